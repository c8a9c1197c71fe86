"""Entries have one encoding each; amounts are exact; everything else is refused with its reason."""

import json
from decimal import Decimal
from itertools import islice

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy.accounting.amount import is_decimal, read_delta, read_epsilon, text_of
from privacy.accounting.canonical import NotCanonical, canonical
from privacy.ledger import entry
from privacy.ledger.entry import EntryType, LedgerEntry, parse
from tests.privacy.ledgers import AT, Forge

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ09_", max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_the_fast_encoder_writes_what_rfc_8785_says(document):
    assert entry._fast(document).encode() == rfc8785.dumps(document)


def a_line(**changes) -> bytes:
    forge = Forge()
    forge.init()
    forge.reserve(**{"spend": "run-1", **changes})
    return forge.lines[-1]


@given(NAMES, TEXTS, TEXTS, st.integers(0, 2**50))
def test_an_entry_is_read_back_as_it_was_written(spend, purpose, requester, units):
    dataset = {"fingerprint": "a" * 64, "sketch": "b" * 64, "units": units}
    line = a_line(purpose=purpose, requester=requester, dataset=dataset, spend=spend)
    read = parse(line)
    assert read.bytes() == line
    assert (read.body["purpose"], read.body["spend"], read.body["dataset"]) == (purpose, spend, dataset)
    assert entry._parse_whole(line.decode()) == read


@given(st.data())
def test_a_byte_changed_is_refused_or_reads_as_exactly_those_bytes_by_both_ways_of_reading(data):
    line = bytearray(a_line())
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = parse(bytes(line))
    except NotCanonical:
        with pytest.raises((NotCanonical, UnicodeDecodeError)):
            entry._parse_whole(bytes(line).decode())
    else:
        assert read.bytes() == bytes(line)
        assert entry._parse_whole(bytes(line).decode()) == read


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: " " + text,
        lambda text: text + "\n",
        lambda text: text.replace('"index":2', '"index":2.0'),
        lambda text: text.replace('"index":2', '"index":02'),
        lambda text: text.replace('"index":2', '"index":-2'),
        lambda text: text.replace('"index":2', '"index":true'),
        lambda text: text.replace('"index":2', '"index":2,"index":2'),
        lambda text: text.replace("a test", "\\u0061 test"),
        lambda text: text.replace('"epsilon":"1"', '"epsilon":1'),
        lambda text: text.replace('"epsilon":"1"', '"epsilon":"1.0"'),
        lambda text: text.replace('"epsilon":"1"', '"epsilon":"+1"'),
        lambda text: text.replace('"epsilon":"1"', '"epsilon":NaN'),
        lambda text: text.replace('"kind":"reserve"', '"kind":"gift"'),
        lambda text: text.replace('"kind":"reserve"', '"kind":7'),
        lambda text: text.replace('"population":"kr"', '"population":""'),
        lambda text: text.replace(AT, "2026-11-01 00:00:00"),
        lambda text: text.replace("proffer-ledger-1", "proffer-ledger-2"),
        lambda text: text.replace('"prior":"', '"prior":"0'),
        lambda text: text.replace('"requester":"tester",', ""),
        lambda text: text.replace('"mechanism":{', '"mechanism":{"x":1.5,'),
        lambda text: text.replace('"mechanism":{', '"mechanism":{"\u00e9":"1",'),
        lambda text: text.replace('"cohort":null', '"cohort":[]'),
        lambda text: text.replace('"declared"', "[" * 20 + "]" * 20),
        lambda _: "[" * 100_000,
        lambda text: json.dumps(json.loads(text)),
        lambda _: "null",
    ],
)
def test_anything_but_the_one_encoding_of_a_known_entry_is_refused(spoil):
    text = a_line().decode()
    assert spoil(text) != text
    with pytest.raises(NotCanonical):
        parse(spoil(text).encode())


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(NotCanonical, match="is not an entry"):
        parse(b"\xff")


def test_no_float_and_no_large_integer_can_be_written():
    for document in (1.5, [0.1], {"a": {"b": 1.0}}, 2**60, "\ud800"):
        with pytest.raises(NotCanonical):
            canonical(document)


def test_an_entry_with_a_wrong_field_cannot_be_written():
    with pytest.raises(NotCanonical, match="fields of a expire entry"):
        LedgerEntry(0, EntryType.EXPIRE, "kr", AT, "0" * 64, {"spend": "x"}).bytes()


@pytest.mark.parametrize(
    "value", ["0", "-1", "NaN", "sNaN", "Infinity", "-inf", "1e400", "1e-400", "1e7", "", "one", 0, -3, Decimal("nan")]
)
def test_an_epsilon_that_is_none_is_refused(value):
    with pytest.raises(Rejected, match="epsilon"):
        read_epsilon(value)


@pytest.mark.parametrize("value", [0.5, True, None, [1]])
def test_an_epsilon_that_is_no_exact_amount_is_refused(value):
    with pytest.raises(Rejected):
        read_epsilon(value)


@given(st.decimals(min_value="0.000001", max_value=1000, places=6))
def test_an_epsilon_is_kept_exactly(value):
    assert Decimal(text_of(read_epsilon(str(value)))) == value
    assert is_decimal(text_of(value))


@pytest.mark.parametrize("value", ["0", "-1e-9", "1", "2", "NaN", "Infinity", "1e-400", "x", 0.1])
def test_a_delta_that_is_none_is_refused(value):
    with pytest.raises(Rejected, match="delta"):
        read_delta(value)


def test_the_finest_delta_is_one_in_ten_to_the_thirty():
    assert read_delta("1e-30") == Decimal("1e-30")
    with pytest.raises(Rejected, match="above 0 and below 1"):
        read_delta("9.9e-31")


def test_an_epsilon_is_at_most_a_million_and_of_at_most_twelve_places():
    assert read_epsilon("1000000") == 1_000_000
    assert read_epsilon("0.000000000001") == Decimal("1e-12")
    for value in ("1000000.1", "0.0000000000011"):
        with pytest.raises(Rejected, match="epsilon"):
            read_epsilon(value)


def test_a_text_has_one_to_two_thousand_characters():
    for purpose in ("p", "p" * 2000):
        assert parse(a_line(purpose=purpose)).body["purpose"] == purpose
    for purpose in ("", "p" * 2001):
        with pytest.raises(NotCanonical, match="fields of a reserve entry"):
            a_line(purpose=purpose)


def test_mechanisms_are_read_eight_deep_and_lists_and_texts_in_them_have_bounds():
    def nested(depth: int, wrap) -> dict:
        inner: object = "x"
        for _ in range(depth):
            inner = wrap(inner)
        return {"mechanism": inner}

    for wrap in (lambda inner: [inner], lambda inner: {"of": inner}):
        assert parse(a_line(mechanism=nested(7, wrap)))
        with pytest.raises(NotCanonical, match="fields of a reserve entry"):
            a_line(mechanism=nested(8, wrap))
    assert parse(a_line(mechanism={"mechanism": "x" * 2000, "count": 2**53 - 1}))
    for value in ("x" * 2001, -1, 2**53, True, None):
        with pytest.raises(NotCanonical):
            a_line(mechanism={"mechanism": value})


def test_a_delta_of_one_in_as_many_as_there_are_is_refused_and_says_why():
    assert read_delta("0.0009", 1000) == Decimal("0.0009")
    with pytest.raises(Rejected, match="1/n for n = 1000"):
        read_delta("0.001", 1000)


def told(one: LedgerEntry) -> tuple:
    """What a likeness must say of an entry."""
    return one.index, one.at, one.prior, one.body["spend"], one.body.get("dataset", {"units": 0})["units"]


def assert_alike(like: LedgerEntry, one: LedgerEntry) -> None:
    """The parts that balances depend on, and that are not told apart, are those of the entry it is like."""
    changing = {"spend", "dataset"}
    assert (like.kind, like.population) == (one.kind, one.population)
    assert {**like.body, **dict.fromkeys(changing)} == {**one.body, **dict.fromkeys(changing)}


def both_ways(line: bytes) -> LedgerEntry | None:
    """How a line reads, which must be the same by what is remembered of others, among others and by itself."""
    among = [A_COMMIT, line, A_COMMIT]
    try:
        alone = entry._parse_whole(line.decode())
    except (NotCanonical, UnicodeDecodeError):
        with pytest.raises(NotCanonical):
            parse(line)
        with pytest.raises(NotCanonical):
            list(entry.likenesses(among))
        return None
    assert parse(line) == alone
    for one, (like, *rest) in zip([parse(A_COMMIT), alone], entry.likenesses(among), strict=False):
        assert tuple(rest) == told(one)
        assert_alike(like, one)
    assert alone.bytes() == line
    return alone


A_COMMIT = (
    '{"at":"2026-11-01T00:00:00Z","body":{"mechanism":{"mechanism":"non_private"},"spend":"a"},'
    '"format":"proffer-ledger-1","index":5,"kind":"commit","population":"kr","prior":"' + "0" * 64 + '"}'
).encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"index":5', b'"index":5"a'),
        (b'"index":5', b'"index":5\n0'),
        (b'"spend":"a"', b'"spend":"a\nb"'),
        (b'"spend":"a"', b'"spend":"a\\""'),
        (b'"spend":"a"', b'"spend":"a","spend":"b"'),
        (b'"spend":"a"', b'"spend":"' + b"0" * 64 + b'","sketch":"' + b"0" * 64 + b'","units":5"'),
        (b'"index":5', b'"index":5"' + b"0" * 64 + b'","sketch":"' + b"0" * 64 + b'","units":5'),
        (b'{"mechanism":"non_private"}', b'{"a":"\\"spend\\":\\"b\\"","mechanism":"x"}'),
        (b'{"mechanism":"non_private"}', b'{"cohort":1,"dataset":{"fingerprint":"x"},"mechanism":"x"}'),
        (b'"body":{', b'"body":{"cohort":null,"dataset":{"fingerprint":"x"},'),
        (b'"body":{', b'"body":{"cohort":null,"dataset":{"fingerprint":"","units":0},'),
        (b'"prior":"0', b'"prior":"G'),
        (b'"prior":"0', b'"prior":"\xff'),
        (b'"kind":"commit"', b'"kind":"gift"'),
        (b'"population":"kr"', '"population":"한국"'.encode()),
        (b"2026-11-01", "2026-11-0１".encode()),
        (b"2026-11-01T", b"2026-11-01 "),
        (b'{"at"', b' {"at"'),
        (b'"}', b'"} '),
    ],
)
def test_a_line_that_only_resembles_those_read_before_is_read_for_what_it_is(old, new):
    assert both_ways(A_COMMIT) is not None
    both_ways(a_line())
    for line in (A_COMMIT, a_line()):
        both_ways(line.replace(old, new))


def test_a_data_set_whose_slots_are_empty_is_refused_also_after_one_that_is_whole():
    whole = a_line()
    both_ways(whole)
    begin, end = whole.index(b'"fingerprint":"') + 15, whole.index(b'},"delta"')
    for rows in (
        b"",
        b'"',
        b'","sketch":"","units":0',
        b'","sketch":"","units":',
        whole[begin:end] + b"0" * 20,
        b"\n" + whole[begin:end],
    ):
        assert both_ways(whole[:begin] + rows + whole[end:]) is None


@given(st.data())
def test_lines_cut_from_true_ones_and_joined_anew_are_read_for_what_they_are(data):
    lines = [A_COMMIT, a_line(), a_line(purpose='say "spend":"x"'), a_line(metrics=["m"], kind=EntryType.EVALUATE)]
    pieces = [piece for line in lines for piece in line.split(b'"')]
    line = data.draw(st.sampled_from(lines)).split(b'"')
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.sampled_from(pieces))
    both_ways(b'"'.join(line))


def test_what_is_remembered_of_shapes_and_layouts_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(entry, "_MOST_SHAPES", 3)
    monkeypatch.setattr(entry, "_MOST_LAYOUTS", 2)
    for size in range(1, 9):
        line = a_line(purpose="p" * size, requester="r" * (9 - size), spend="s" * size)
        assert parse(line).body["spend"] == "s" * size
        assert len(entry._shapes) <= 3
        assert all(len(layouts) <= 2 for layouts in entry._layouts.values())


def test_the_kinds_that_are_many_are_read_by_what_is_remembered_of_them():
    for line in (A_COMMIT, a_line(), a_line(kind=EntryType.EVALUATE, metrics=["m"])):
        entry._shapes.clear()
        entry._layouts.clear()
        assert entry._learned(line) == entry._parse_whole(line.decode())
        (unpack,) = entry._layouts[len(line)].values()
        assert entry._filled(unpack(line)) == parse(line)


def many_lines() -> list[bytes]:
    """Five hundred entries of the kinds that are many, of a few layouts, after two that are not."""
    forge = Forge()
    forge.init("1000000")
    for i in range(250):
        forge.reserve(f"run-{i}", dataset={"fingerprint": f"{i:064x}", "sketch": f"{7 * i:064x}", "units": i})
        forge.commit(f"run-{i}") if i % 2 else forge.add(EntryType.EXPIRE, {"reason": "lost", "spend": f"run-{i}"})
    return forge.lines


MANY = many_lines()


def test_many_entries_read_together_are_told_as_each_is_read_alone():
    entry._shapes.clear()
    entry._layouts.clear()
    for _ in range(2):  # while the layouts are learned, and once they are
        found = list(entry.likenesses(MANY))
        assert len(found) == len(MANY)
        for line, (like, index, at, prior, spend, units) in zip(MANY, found, strict=True):
            one = parse(line)
            assert (index, at, prior) == (one.index, one.at, one.prior)
            if index > 1:
                assert told(one) == (index, at, prior, spend, units)
                assert_alike(like, one)
            else:
                assert (like, spend, units) == (one, "", one.body.get("units", 0) * 0)


@given(st.integers(2, len(MANY) - 1), st.data())
def test_one_bad_line_among_many_is_refused_where_it_stands_and_not_before(place, data):
    line = bytearray(MANY[place])
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    lines = [*MANY[:place], bytes(line), *MANY[place + 1 :]]
    read = entry.likenesses(lines)
    one = failure = None
    try:
        one = parse(bytes(line))
    except NotCanonical as refusal:
        failure = str(refusal)
    if one is None:
        assert [index for _, index, *_ in islice(read, place)] == list(range(place))
        with pytest.raises(NotCanonical) as found:
            next(read)
        assert str(found.value) == failure
    else:
        like, *rest = next(islice(read, place, None))
        assert tuple(rest) == told(one)
        assert_alike(like, one)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"spend":"run-12"', b'"spend":"run\n12"'),
        (b'"spend":"run-12"', b'"spend":"run 12"'),
        (b'"units":12', b'"units":1\n'),
        (b'"units":12', b'"units":02'),
        (b'"units":12', b'"units":-2'),
        (b'"index":26', b'"index":06'),
        (b'"index":26', b'"index":2\n'),
        (b'"fingerprint":"0', b'"fingerprint":"A'),
        (b'"sketch":"0', b'"sketch":"g'),
        (b'"sketch":"0', b'"sketch":" '),
        (b"2026-11-01T", b"2026-11-0aT"),
        (b"2026-11-01T", b"2026-11-01 "),
    ],
)
def test_a_slot_of_another_form_is_refused_also_among_many_of_known_layout(old, new):
    list(entry.likenesses(MANY))
    (place,) = (i for i, line in enumerate(MANY) if b'"index":26,' in line)
    assert MANY[place].count(old) == 1
    line = MANY[place].replace(old, new)
    with pytest.raises(NotCanonical):
        list(entry.likenesses([*MANY[:place], line, *MANY[place + 1 :]]))
