"""Entries have one encoding each; amounts are exact; everything else is refused with its reason."""

import json
from decimal import Decimal

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy.accounting import mechanism as m
from privacy.accounting.amount import is_decimal, read_delta, read_epsilon, text_of
from privacy.accounting.canonical import NotCanonical, canonical
from privacy.ledger.entry import EntryPlace, encode, parse
from privacy.ledger.rules import mechanism_of
from privacy.ledger.terms import EntryType, canonical_bytes, document_of
from tests.privacy.ledgers import AT, Forge

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


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
    assert canonical_bytes(read) == line
    assert (read.body.purpose, read.body.spend, document_of(read.body.dataset)) == (purpose, spend, dataset)


@given(st.data())
def test_a_byte_changed_is_refused_or_reads_as_exactly_those_bytes(data):
    line = bytearray(a_line())
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = parse(bytes(line))
    except NotCanonical:
        return
    assert rfc8785.dumps(json.loads(bytes(line))) == canonical_bytes(read) == bytes(line)


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
        lambda text: text.replace("proffer-ledger-1", "proffer-ledger-9"),
        lambda text: text.replace('"prior":"', '"prior":"0'),
        lambda text: text.replace('"requester":"tester",', ""),
        lambda text: text.replace('"mechanism":{', '"mechanism":{"x":1.5,'),
        lambda text: text.replace('"cohort":null', '"cohort":[]'),
        lambda text: text.replace('"declared"', "[" * 20_000 + "]" * 20_000),
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
    with pytest.raises(NotCanonical, match="is not a valid entry"):
        parse(b"\xff")


def test_no_float_and_no_large_integer_can_be_written():
    for document in (1.5, [0.1], {"a": {"b": 1.0}}, 2**60, "\ud800"):
        with pytest.raises(NotCanonical):
            canonical(document)


def test_an_entry_with_a_wrong_field_cannot_be_written():
    with pytest.raises(NotCanonical, match="missing required field `reason`"):
        encode(EntryType.EXPIRE, EntryPlace(0, "kr", AT, "0" * 64), {"spend": "x"})


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


def test_the_least_delta_is_the_least_at_which_training_can_be_priced():
    assert read_delta("1e-12") == Decimal("1e-12")
    with pytest.raises(Rejected, match="the least at which the accountants can price training"):
        read_delta("9e-13")


def test_an_epsilon_is_at_most_a_million_and_of_at_most_twelve_places():
    assert read_epsilon("1000000") == 1_000_000
    assert read_epsilon("0.000000000001") == Decimal("1e-12")
    for value in ("1000000.1", "0.0000000000011"):
        with pytest.raises(Rejected, match="epsilon"):
            read_epsilon(value)


def test_a_text_has_one_to_two_thousand_characters():
    for purpose in ("p", "p" * 2000):
        assert parse(a_line(purpose=purpose)).body.purpose == purpose
    for purpose in ("", "p" * 2001):
        with pytest.raises(NotCanonical, match="purpose"):
            a_line(purpose=purpose)


def test_a_delta_of_one_in_as_many_as_there_are_is_refused_and_says_why():
    assert read_delta("0.0009", 1000) == Decimal("0.0009")
    with pytest.raises(Rejected, match="1/n for n = 1000"):
        read_delta("0.001", 1000)


@pytest.mark.parametrize(
    "mechanism",
    [
        {},
        {"mechanism": "gdp"},
        {"mechanism": ["declared"]},
        {"mechanism": "declared", "epsilon": "1", "delta": "0", "x": "1"},
        {"mechanism": "declared", "epsilon": 1, "delta": "0"},
        {"mechanism": "declared", "epsilon": "1.0", "delta": "0"},
        {"mechanism": "gaussian"},
        {"mechanism": "composed", "of": [{"mechanism": "composed"}]},
    ],
)
def test_an_entry_that_names_an_unknown_or_malformed_mechanism_is_refused(mechanism):
    with pytest.raises(NotCanonical, match="mechanism"):
        a_line(mechanism=mechanism)


@pytest.mark.parametrize(
    "mechanism",
    [
        m.gaussian("1.5"),
        m.laplace("2"),
        m.gaussian_sgd("2.969", "0.041", 250),
        m.composed(m.gaussian("3"), m.laplace("1")),
        m.repeat_and_select(m.gaussian("20"), "3"),
        m.repeat_and_select(m.gaussian("20"), "3", "1"),
        m.declared("1", "0.0000001"),
        m.non_private(),
    ],
)
def test_every_kind_of_mechanism_is_written_and_read_back(mechanism):
    line = a_line(mechanism=mechanism.to_document())
    assert mechanism_of(parse(line).body.mechanism) == mechanism


def test_an_entry_is_frozen():
    with pytest.raises(AttributeError):
        parse(a_line()).index = 3


@pytest.mark.parametrize("name", ["x\n", "x y", "", "-x", "x" * 129, "한국"])
def test_a_name_matches_its_pattern_whole(name):
    with pytest.raises(NotCanonical, match="spend"):
        a_line(spend=name)


def test_an_entry_whose_bytes_differ_from_its_encoding_by_rfc_8785_is_refused():
    line = a_line(purpose='\u00e9 \u2028 \x01 \\ "')
    assert rfc8785.dumps(json.loads(line)) == line
    with pytest.raises(NotCanonical, match="RFC 8785"):
        parse(json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")).encode())
    with pytest.raises(NotCanonical, match="RFC 8785"):
        parse(msgspec.json.encode(parse(line)))
