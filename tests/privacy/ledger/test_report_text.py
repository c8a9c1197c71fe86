"""Both languages say the same: as many sentences, filled with the same figures."""

from dataclasses import fields
from string import Formatter

import pytest

from privacy.ledger import entry, state
from privacy.ledger.report_text import ENGLISH, KOREAN, Wording

NAMES = [field.name for field in fields(Wording)]


def sentences(words: Wording, name: str) -> list[str]:
    value = getattr(words, name)
    return list(value.values()) if isinstance(value, dict) else [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_is_there_in_both_and_filled_with_the_same(name):
    pairs = list(zip(sentences(ENGLISH, name), sentences(KOREAN, name), strict=True))
    for english, korean in pairs:
        assert english
        assert korean
        assert english != korean
        filled = [{part[1] for part in Formatter().parse(text)} - {None} for text in (english, korean)]
        assert filled[0] == filled[1]


def test_every_state_and_every_kind_that_people_sign_has_its_words():
    for words in (ENGLISH, KOREAN):
        assert words.states.keys() == {state.RESERVED, state.COMMITTED, state.EXPIRED, state.RELEASED}
        assert words.did.keys() == {*map(str, entry.APPROVED), "key"}
