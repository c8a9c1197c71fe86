"""Entries have one encoding each; amounts are exact; everything else is refused with its reason."""

import json
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy import entry
from privacy.entry import Entry, Kind, NotCanonical, canonical, parse, read_delta, read_epsilon
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
        Entry(0, Kind.EXPIRE, "kr", AT, "0" * 64, {"spend": "x"}).bytes()


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
    assert Decimal(entry.text_of(read_epsilon(str(value)))) == value
    assert entry.is_decimal(entry.text_of(value))


@pytest.mark.parametrize("value", ["0", "-1e-9", "1", "2", "NaN", "Infinity", "1e-400", "x", 0.1])
def test_a_delta_that_is_none_is_refused(value):
    with pytest.raises(Rejected, match="delta"):
        read_delta(value)


def test_a_delta_of_one_in_as_many_as_there_are_is_refused_and_says_why():
    assert read_delta("0.0009", 1000) == Decimal("0.0009")
    with pytest.raises(Rejected, match="1/n for n = 1000"):
        read_delta("0.001", 1000)
