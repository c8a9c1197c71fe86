from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.snapshot import from_facts
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.verdict import judge
from recommender.standing import STANDINGS, standing, verdict_json
from tests.catalogue.test_cases import declared, places, shipped
from tests.examples import examples
from tests.recommender.catalogues import AT, DAY, DECLARATION, MESSAGES, REGIONS, document, loaded

FARMER = {"fact": "farmer", "is": True}
WORKER = {"fact": "worker", "is": True}
LOW_INCOME = {"advisory": {"fact": "income_percent", "at_most": 50}}
UNREAD = {"no_data": "a sentence nobody read"}


def verdict_of(who, facts=None, **more):
    held = loaded(document("t.a", who, **more))
    snapshot = from_facts(DECLARATION, facts or {}, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY).explaining(MESSAGES)
    return judge(compiled, snapshot).explain(0)


@pytest.mark.parametrize(
    ("who", "facts", "more", "expected"),
    [
        (FARMER, {"farmer": True}, {}, "yes"),
        (FARMER, {"farmer": False}, {}, "no"),
        (FARMER, {}, {}, "depends"),
        ({"all": [FARMER, WORKER]}, {}, {}, "depends"),
        (UNREAD, {}, {}, "likely"),
        ({"all": [FARMER, UNREAD]}, {"farmer": True}, {}, "likely"),
        ({"all": [FARMER, UNREAD]}, {}, {}, "depends"),
        ({"all": [FARMER, UNREAD]}, {"farmer": False}, {}, "no"),
        (FARMER, {"farmer": True}, {"verified": False}, "likely"),
        (FARMER, {}, {"verified": False}, "depends"),
        ({"all": [LOW_INCOME, UNREAD]}, {"income_percent": 40}, {}, "likely"),
        ({"all": [LOW_INCOME, UNREAD]}, {"income_percent": 60}, {}, "depends"),
        ({"all": [LOW_INCOME, UNREAD]}, {}, {}, "depends"),
        ({"any": [LOW_INCOME, FARMER]}, {"income_percent": 60, "farmer": True}, {}, "yes"),
    ],
)
def test_a_standing_follows_from_the_answer_and_its_reasons(who, facts, more, expected):
    verdict = verdict_of(who, facts, **more)
    assert standing(verdict) == expected
    shown = verdict_json(verdict)
    assert (shown["standing"], shown["answer"]) == (expected, verdict.answer.name.lower())


@pytest.mark.parametrize(
    ("facts", "expected"), [({"farmer": True}, "likely"), ({"farmer": False}, "depends"), ({}, "depends")]
)
def test_while_the_rules_of_the_day_are_not_known_the_last_ones_can_still_speak_against_it(facts, expected):
    verdict = verdict_of(FARMER, facts, valid={"until": "2026-10-30"})
    assert (verdict.answer, standing(verdict), verdict.missing) == (Answer.UNKNOWN, expected, ())
    assert verdict.because[0].cause == "no_data"


def _people():
    """Facts files of random people over the shipped declaration, most facts absent."""
    values = {
        "boolean": st.booleans(),
        "enum": st.just(None),
        "date": st.dates(min_value=date(1930, 1, 1)).filter(lambda d: d.year < 2026).map(str),
    }
    optional = {}
    for name, fact in declared().facts.items():
        if not fact.stated:
            continue
        if fact.type == "enum":
            optional[name] = st.sampled_from(fact.values)
        elif fact.type == "integer":
            optional[name] = st.integers(fact.low, fact.high)
        elif fact.type == "region":
            optional[name] = st.sampled_from(["11", "11440", "41360", "26"])
        elif fact.type == "dates":
            optional[name] = st.lists(values["date"], max_size=3)
        else:
            optional[name] = values[fact.type]
    return st.fixed_dictionaries({}, optional=optional)


@pytest.mark.slow
@examples(25)
@given(_people())
def test_an_unknown_of_the_shipped_catalogue_always_has_a_reason_in_words_and_a_standing(facts):
    held, declaration = shipped(), declared()
    snapshot = from_facts(declaration, facts, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, declaration, places(), DAY).explaining(MESSAGES)
    for verdict in judge(compiled, snapshot):
        word = standing(verdict)
        assert word in STANDINGS
        assert (word == "yes", word == "no") == (verdict.answer == Answer.YES, verdict.answer == Answer.NO)
        if verdict.answer == Answer.UNKNOWN:
            assert verdict.because
            assert all(reason.text.get("ko") and reason.text.get("en") for reason in verdict.because)
        json.dumps(verdict_json(verdict))
