from __future__ import annotations

import contextlib
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.strict_json import LIMITS, JsonLimits, MalformedError, parse
from features.unicode_form import composed

TEXTS = st.text().map(composed)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5).map(composed), inner, max_size=3),
    max_leaves=12,
)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@given(PLAIN)
def test_what_json_dumps_writes_is_read_back(value):
    text = json.dumps(value)
    if "\\u0000" not in text:
        assert parse(text.encode()) == value


def test_sixteen_levels_are_taken_and_seventeen_are_not():
    assert parse(nested(LIMITS.depth)) is not None
    with pytest.raises(MalformedError, match="deeper than 16"):
        parse(nested(LIMITS.depth + 1))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"1 2", "not JSON"),
        (b"\xff\xfe[\x00]\x00", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'"\xc3\x28"', "not UTF-8"),
        (b'{"a": 1, "b": 2, "a": 1}', "twice in one object"),
        (b'{"x": [{"a": 1, "\\u0061": 2}]}', "twice in one object"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "NaN"),
        (b"[-Infinity]", "NaN"),
        (b"1e999", "too large"),
        (b"-1e999", "too large"),
        (b"9007199254740992", "an integer beyond"),
        (b"-9007199254740992", "an integer beyond"),
        (b"9" * 5000, "an integer beyond"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'"a\\u0000b"', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (nested(100_000), "deeper"),
        (b'{"a":' * 100_000, "deeper"),
        (b"[" * 20, "not JSON"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_a_reason(body, why):
    with pytest.raises(MalformedError, match=why):
        parse(body)


NAMES = st.sampled_from(['"a"', '"b"', '"\\u0061"', '":"', '"a\\":"', '""'])
SPACE = st.sampled_from(["", "", " ", "\t", "\n"])
WRITTEN = st.recursive(
    st.sampled_from(
        ["1", "-0", "0.5", "1e3", "null", "true", '":"', '"\\":"', '"가"', '"\\ud800"', "9007199254740992"]
    ),
    lambda inner: st.one_of(
        st.lists(st.tuples(SPACE, inner), max_size=3).map(lambda of: f"[{','.join(map(''.join, of))}]"),
        st.lists(st.tuples(NAMES, SPACE, st.just(":"), SPACE, inner), max_size=4).map(
            lambda of: "{" + ",".join(map("".join, of)) + "}"
        ),
    ),
    max_leaves=12,
)


@given(WRITTEN, st.integers(0, 5))
def test_bytes_and_text_are_read_alike(text, depth):
    def outcome(content):
        try:
            return parse(content, JsonLimits(depth=depth))
        except MalformedError as failure:
            return str(failure), failure.line, failure.column, failure.name

    assert repr(outcome(text.encode())) == repr(outcome(text))


def test_a_limit_is_an_argument():
    assert parse(nested(64), JsonLimits(depth=64)) is not None
    assert parse(b"99", JsonLimits(integer=99)) == 99
    for body, limits in ((b"100", JsonLimits(integer=99)), (b"[1, 2]", JsonLimits(size=5))):
        with pytest.raises(MalformedError):
            parse(body, limits)


def test_where_a_text_stops_being_json_and_which_name_stands_twice_are_data():
    with pytest.raises(MalformedError) as broken:
        parse(b'{"a": 1,\n "b" 2}')
    assert (broken.value.line, broken.value.column) == (2, 6)
    with pytest.raises(MalformedError) as twice:
        parse(b'[{"a": 1, "b": 2, "a": 3}]')
    assert twice.value.name == "a"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_malformed_and_never_anything_else(body):
    with contextlib.suppress(MalformedError):
        parse(body)


def test_a_refusal_never_quotes_the_body():
    for body in (b'{"secret-canary"', b'"secret-canary\\ud800"', b'{"secret-canary": 1, "secret-canary": 2}'):
        with pytest.raises(MalformedError) as refusal:
            parse(body)
        assert "canary" not in str(refusal.value)
        assert refusal.value.__cause__ is None


@pytest.mark.parametrize("written", ['{"a": ["%s"], "%s": 1}', '{"\\u0061": ["%s"], "%s": 1}'])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_texts_and_names_come_in_one_form_however_they_were_written(written, form):
    apart = unicodedata.normalize(form, "홍길동")
    escaped = json.dumps(apart)[1:-1]
    for spelled in (apart, escaped):
        for content in (written % (spelled, spelled), (written % (spelled, spelled)).encode()):
            assert parse(content) == {"a": ["홍길동"], "홍길동": 1}


def test_two_spellings_of_one_name_are_a_name_given_twice():
    apart = unicodedata.normalize("NFD", "가")
    for name in (apart, json.dumps(apart)[1:-1]):
        with pytest.raises(MalformedError, match="twice"):
            parse(f'{{"가": 1, "{name}": 2}}'.encode())


WHOLE = JsonLimits(whole=True)


@pytest.mark.parametrize("written", ["72", "72.0", "7.2e1", "7.20E+1", "720e-1"])
def test_where_it_is_asked_for_a_number_without_a_fraction_is_an_integer_however_it_is_written(written):
    for content in (written, f'[{written}, "\\u0061"]', f'{{"a": {written}}}'):
        for text in (content, content.encode()):
            found = parse(text, WHOLE)
            number = found if isinstance(found, int) else found[0] if isinstance(found, list) else found["a"]
            assert repr(number) == "72"


def test_what_has_a_fraction_or_is_beyond_exact_integers_stays_a_real_number():
    for content in ("[0.5, 1e16, -9007199254740992.0]", b"[0.5, 1e16, -9007199254740992.0]"):
        assert repr(parse(content, WHOLE)) == "[0.5, 1e+16, -9007199254740992.0]"
    for written in (b"1e999", b"[-1e999]"):
        with pytest.raises(MalformedError, match="too large"):
            parse(written, WHOLE)


@given(WRITTEN)
def test_bytes_and_text_are_read_alike_where_whole_numbers_are_asked_for(text):
    def outcome(content):
        try:
            return parse(content, WHOLE)
        except MalformedError as failure:
            return str(failure), failure.line, failure.column, failure.name

    assert repr(outcome(text.encode())) == repr(outcome(text))
