"""The canonical text is what stored hashes were made over, and RFC 8785 where that says the same."""

import json
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from features.canonical_json import canonical_text

CHARACTERS = st.characters(exclude_categories=["Cs"])
NAMES = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=5)
EXACT = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(CHARACTERS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(EXACT)
def test_without_floats_it_is_the_text_of_rfc_8785(value):
    assert canonical_text(value).encode() == rfc8785.dumps(value)


@given(
    st.recursive(EXACT | st.floats(allow_nan=False, allow_infinity=False), lambda inner: st.lists(inner, max_size=3))
)
def test_it_is_the_text_that_stored_hashes_were_made_over(value):
    for ascii_only in (False, True):
        before = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only)
        assert canonical_text(value, ascii_only=ascii_only) == before


def test_a_stored_hash_stays_as_it_is():
    text = canonical_text({"region": "11440", "pay": 72.0, "about": ["가", "\u007f"]})
    assert sha256(text.encode()).hexdigest() == "7192adb0474d9752547b7e4410dcc8794a3c85b7d3263ce8b9dce29461f80913"


def test_what_json_does_not_have_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_text(float("nan"))


@given(
    st.dictionaries(
        st.text(max_size=3),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters()),
    )
)
def test_a_flat_object_has_the_text_that_json_gives_it_whatever_stands_in_it(value):
    assert canonical_text(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize(
    "value", [{"a": "\ud800"}, {"\udfff": 1}, {"a": 2**70}, {1: "a", 2: "b"}, {"a": 1e16}, {None: 1}]
)
def test_a_flat_object_that_is_out_of_the_ordinary_has_the_text_that_json_gives_it(value):
    assert canonical_text(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
