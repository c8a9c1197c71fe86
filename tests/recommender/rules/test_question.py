from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from features.snapshot import from_facts
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.guess import RECEIVES_SHARE
from recommender.rules.question import ask_next
from recommender.rules.question_form import put, question_of
from tests.recommender.catalogues import AT, DAY, DECLARATION, MESSAGES, REGIONS, document, loaded

FARMER = {"fact": "farmer", "is": True}
ADULT = {"fact": "age", "at_least": 19}


def asks(facts, *documents, applicant=1):
    held = loaded(*documents)
    snapshot = from_facts(DECLARATION, facts, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY).explaining(MESSAGES)
    return ask_next(compiled, snapshot, applicant), compiled, snapshot


def settled(facts, *documents, applicant=1):
    return {ask.fact: ask.settles for ask in asks(facts, *documents, applicant=applicant)[0]}


def test_a_fact_that_settles_more_is_asked_first():
    found, _, _ = asks(
        {}, document("t.a", FARMER), document("t.b", FARMER), document("t.c", {"fact": "worker", "is": True})
    )
    assert [(ask.fact, ask.settles) for ask in found] == [("farmer", 2.0), ("worker", 1.0)]


def test_an_answer_counts_by_how_likely_it_is():
    share = DECLARATION.facts["farmer"].share
    both = {"all": [FARMER, {"fact": "worker", "is": True}]}
    assert settled({}, document("t.a", both))["farmer"] == pytest.approx((100 - share) / 100)
    assert settled({"worker": True}, document("t.a", both)) == {"farmer": 1.0}


def test_what_is_computed_is_asked_for_by_what_can_be_stated():
    found = settled({}, document("t.a", ADULT), document("t.b", {"fact": "youngest_child_months", "below": 24}))
    answers = DECLARATION.facts["birth_date"].answers_on(DAY)
    assert found == {"birth_date": 1.0, "children": 1.0}
    assert sum(weight for _, weight in answers) > 0


def test_every_fact_derived_from_an_answer_is_worked_out_anew():
    who = {"all": [{"fact": "youngest_child_months", "below": 24}, {"fact": "child_ages", "at_least": 3}, FARMER]}
    compiled_asks, compiled, snapshot = asks({"farmer": True}, document("t.a", who))
    assert compiled.answers(snapshot.values)[0].tolist() == [Answer.UNKNOWN]
    assert [(ask.fact, ask.settles) for ask in compiled_asks] == [("children", 1.0)]


def test_a_region_is_asked_for_in_parts_weighted_by_their_people():
    found = settled({}, document("t.a", {"fact": "region", "is": 11}), document("t.b", {"fact": "region", "is": 41111}))
    assert found == {"region": 2.0}
    seoul_and_farmers = {"all": [{"fact": "region", "is": 11}, FARMER]}
    people = {11: 900, 41: 1300, 28: 300, 12: 310}
    outside = 1 - people[11] / sum(people.values())
    assert settled({}, document("t.a", seoul_and_farmers))["region"] == pytest.approx(outside, abs=1e-6)


def test_a_region_given_coarsely_is_asked_for_more_finely():
    mapo = document("t.a", {"fact": "region", "is": 11440})
    assert settled({"region": "11"}, mapo) == {"region": 1.0}
    assert settled({"region": "11"}, document("t.b", {"all": [{"fact": "region", "is": 11440}, FARMER]})) == {
        "region": 0.5, "farmer": pytest.approx(0.96),
    }  # fmt: skip
    assert settled({"region": "11440"}, mapo) == {}


def test_receipts_are_asked_for_by_the_programmes_title():
    who = {"fact": "receives.t.a", "is": True}
    found, compiled, _ = asks({}, document("t.a", {"all": []}), document("t.b", who), document("t.c", {"not": who}))
    assert [(ask.fact, ask.settles) for ask in found] == [("receives.t.a", 2.0)]
    assert put(found[0], compiled).question == {
        "ko": "‘t.a 사업’을 이미 받고 계신가요?",
        "en": "Do you already receive The t.a?",
    }
    both = document("t.d", {"all": [who, FARMER]})
    assert settled({}, document("t.a", {"all": []}), both)["receives.t.a"] == 1 - RECEIVES_SHARE / 100


def test_a_receipt_of_what_is_not_loaded_is_asked_for_by_its_id():
    found, compiled, _ = asks({}, document("t.a", {"fact": "receives.gov24.1", "is": True}))
    assert question_of(found[0].fact, compiled)["en"] == "Do you already receive receives.gov24.1?"


def test_what_is_known_or_settles_nothing_is_not_asked():
    assert settled({"farmer": True}, document("t.a", FARMER)) == {}
    nothing = {"all": [{"no_data": "x"}, {"advisory": FARMER}]}
    assert settled({}, document("t.a", nothing)) == {}
    assert settled({}, document("t.a", FARMER), applicant=2) == {}
    assert settled({}, document("t.a", FARMER, valid={"until": "2020-01-01"})) == {}


def test_a_programme_nobody_verified_is_settled_only_by_a_no():
    share = DECLARATION.facts["farmer"].share
    assert settled({}, document("t.a", FARMER, verified=False)) == {"farmer": pytest.approx(1 - share / 100)}


def test_no_data_leaves_nothing_to_ask():
    assert settled({}, document("t.a", {"no_data": "x"})) == {}


FISHER = {"fact": "fisher", "is": True}
VICTIM = {"fact": "violence_victim", "is": True}


def test_facts_that_settle_only_together_are_asked_for_as_much_as_they_settle_together():
    either = {"any": [{"fact": "basic_livelihood_recipient", "is": True}, {"fact": "near_poverty", "is": True}]}
    many = [document(f"t.either{i}", either) for i in range(9)]
    found, _, _ = asks({}, *many, document("t.worker", {"fact": "worker", "is": True}))
    assert found[0].fact == "basic_livelihood_recipient"  # nine programmes for two questions, against one for one
    assert [box.fact for box in found[0].boxes] == ["basic_livelihood_recipient", "near_poverty"]
    assert found[0].settles < 1 < 9 / 2


def test_boxes_of_a_group_that_are_worth_as_much_are_one_list():
    found, compiled, _ = asks({}, document("t.a", FARMER), document("t.b", FISHER))
    assert [[box.fact for box in ask.boxes] for ask in found] == [["farmer", "fisher"]]
    shown = put(found[0], compiled).to_json()
    assert shown["question"] == DECLARATION.groups["rural_work"]
    assert [(box["fact"], box["label"]["en"], box["settles"]) for box in shown["boxes"]] == [
        ("farmer", "a farmer", 1.0), ("fisher", "a fisher", 1.0),
    ]  # fmt: skip
    alone, _, _ = asks({"fisher": True}, document("t.a", FARMER), document("t.b", FISHER))
    assert [(ask.fact, ask.boxes) for ask in alone] == [("farmer", ())]


def test_a_sensitive_fact_is_never_asked_first_while_another_is_open():
    many = [document(f"t.v{i}", VICTIM) for i in range(9)]
    found, compiled, _ = asks({}, *many, document("t.a", FARMER))
    assert [ask.fact for ask in found] == ["farmer", "violence_victim"]
    assert [put(ask, compiled).sensitive for ask in found] == [False, True]
    in_crisis = document("t.b", {"fact": "in_crisis", "is": True})
    boxed, compiled, _ = asks({}, *many, in_crisis, document("t.a", FARMER))
    assert [box.fact for box in boxed[0].boxes] == ["in_crisis", "violence_victim"]
    assert put(boxed[0], compiled).sensitive


def test_programmes_count_by_their_worth():
    held = loaded(document("t.a", FARMER), document("t.b", {"fact": "worker", "is": True}))
    snapshot = from_facts(DECLARATION, {}, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY)
    by_worth = [ask_next(compiled, snapshot, worth=np.array(worth)) for worth in ([1.0, 3.0], [3.0, 1.0])]
    assert [[ask.fact for ask in found] for found in by_worth] == [["worker", "farmer"], ["farmer", "worker"]]


def test_what_was_asked_or_declined_is_not_asked_again():
    held = loaded(document("t.a", FARMER), document("t.b", {"fact": "worker", "is": True}))
    snapshot = from_facts(DECLARATION, {}, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY)
    assert [ask.fact for ask in ask_next(compiled, snapshot, asked={"farmer"})] == ["worker"]


def test_a_question_shows_its_answers_and_two_ways_to_leave_it():
    found, compiled, _ = asks({}, document("t.a", FARMER))
    assert put(found[0], compiled).to_json() == {
        "fact": "farmer",
        "settles": 1.0,
        "question": dict(DECLARATION.facts["farmer"].question),
        "answers": {
            "type": "boolean",
            "values": [
                {"value": True, "label": {"ko": "예", "en": "yes"}},
                {"value": False, "label": {"ko": "아니요", "en": "no"}},
            ],
        },
        "boxes": [],
        "otherwise": [
            {"list": "asked", "text": {"ko": "모르겠습니다.", "en": "I do not know"}},
            {"list": "declined", "text": {"ko": "답하지 않겠습니다.", "en": "I would rather not say"}},
        ],
        "sensitive": False,
    }  # fmt: skip
    income, compiled, _ = asks({}, document("t.a", {"fact": "income_percent", "below": 50}))
    assert put(income[0], compiled).to_json()["answers"] == {
        "type": "integer", "low": 0, "high": 10000, "unit": "percent of median income",
    }  # fmt: skip


ASKABLE = dict.fromkeys(ask for fact in DECLARATION.facts.values() if fact.type != "dates" for ask in fact.asks)


@pytest.mark.parametrize("name", ASKABLE)
def test_every_fact_can_be_asked_with_and_without_a_prior(name):
    facts = DECLARATION.facts
    bare = {**facts, name: dataclasses.replace(facts[name], answers=(), share=None, question={}, label={})}
    column = next(one for one in facts if name in facts[one].asks and facts[one].type != "dates")
    who = {
        "boolean": {"fact": column, "is": True},
        "enum": {"fact": column, "is": facts[column].values[0]} if facts[column].values else {},
        "region": {"fact": column, "is": 11},
        "integer": {"fact": column, "at_most": 3},
        "date": {"fact": column, "below": "2000-01-01"},
    }[facts[column].type]
    for declaration in (DECLARATION, dataclasses.replace(DECLARATION, facts=bare)):
        held = catalogue([("t.yaml", document("t.a", who))], declaration, REGIONS)
        snapshot = from_facts(declaration, {}, AT, held.receives)
        compiled = compile_catalogue(held, snapshot.columns, declaration, REGIONS, DAY).explaining(MESSAGES)
        found = ask_next(compiled, snapshot)
        assert [ask.fact for ask in found] == [name]
        words = put(found[0], compiled).question
        assert all(words[language] for language in ("ko", "en"))
