"""One programme, several dated texts: which is the rule of a day, and what is wrong with how they follow each other."""

from __future__ import annotations

from datetime import date

import pytest

from features.calendar import day_of
from features.problem import Rejected
from features.snapshot import from_facts
from recommender.rules.catalogue import catalogue
from recommender.rules.catalogue_form import catalogue_from_json, catalogue_to_json
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.rule_oracle import Oracle
from recommender.rules.verdict import judge
from tests.recommender.catalogues import DECLARATION, MESSAGES, REGIONS, document

OLD = {"valid": {"until": "2026-06-30"}, "who": {"fact": "age", "at_least": 60}}
NEW = {"valid": {"from": "2026-07-01", "until": "2026-12-31"}, "who": {"fact": "age", "at_least": 65}}


def several(*versions, **more):
    shared = document("t.a", None, **more)
    del shared["who"]
    return {**shared, "versions": list(versions)}


def read(*documents):
    return catalogue([(f"{i}.yaml", one) for i, one in enumerate(documents)], DECLARATION, REGIONS)


def problems_of(*documents):
    with pytest.raises(Rejected) as rejected:
        read(*documents)
    return [str(problem) for problem in rejected.value.problems]


def answer(held, born, day):
    t = DECLARATION.zone.end_of_day(day)
    person = from_facts(DECLARATION, {"birth_date": born}, t, held.receives)
    compiled = compile_catalogue(held, person.columns, DECLARATION, REGIONS, day_of(day)).explaining(MESSAGES)
    verdict = judge(compiled, person).explain(0)
    oracle = Oracle(DECLARATION, REGIONS, day_of(day)).programme(held.on(day_of(day)).programmes[0], person.value, 1)
    assert verdict.answer == oracle
    assert verdict.answer != Answer.UNKNOWN or verdict.because
    return verdict


@pytest.mark.parametrize("documents", [[several(OLD, NEW)], [{**several(NEW), **NEW}, {**several(OLD), **OLD}]])
def test_the_text_of_the_day_is_the_rule(documents):
    held = read(
        *[{key: value for key, value in one.items() if key != "versions" or len(documents) == 1} for one in documents]
    )
    assert (len(held), len(held.texts)) == (1, 2)
    assert answer(held, "1964-01-01", date(2026, 6, 30)).answer == Answer.YES
    assert answer(held, "1964-01-01", date(2026, 7, 1)).answer == Answer.NO
    assert answer(held, "1961-01-01", date(2026, 7, 1)).answer == Answer.YES


def test_after_the_last_text_nothing_is_known_unless_it_says_that_it_has_ended():
    lapsed = answer(read(several(OLD, NEW)), "1950-01-01", date(2027, 1, 1))
    assert (lapsed.answer, [one.cause for one in lapsed.because]) == (Answer.UNKNOWN, ["no_data"])
    assert "2027" in lapsed.because[0].text.get("en")
    ended = answer(read(several(OLD, {**NEW, "ended": True})), "1950-01-01", date(2027, 1, 1))
    assert ended.answer == Answer.NO


def test_what_is_over_is_offered_only_to_those_whom_the_last_text_was_for():
    held, day = read(several(OLD, NEW)), date(2027, 1, 1)
    for born, offered in (("1950-01-01", Answer.UNKNOWN), ("2000-01-01", Answer.NO)):
        person = from_facts(DECLARATION, {"birth_date": born}, DECLARATION.zone.end_of_day(day), held.receives)
        compiled = compile_catalogue(held, person.columns, DECLARATION, REGIONS, day_of(day))
        assert compiled.answers(person.values)[0, 0] == Answer.UNKNOWN
        assert compiled.offerable(person.values)[0, 0] == offered


def test_texts_are_kept_and_hashed_all_of_them():
    held = read(several(OLD, NEW))
    again = catalogue_from_json(catalogue_to_json(held))
    assert (again.texts, again.hash) == (held.texts, held.hash)
    assert read(*[text.to_document() for text in held.texts]).hash == held.hash
    assert read(several(OLD)).hash != held.hash


def test_days_that_no_text_has_or_two_have_are_told_once():
    late = {**NEW, "valid": {"from": "2026-08-01"}}
    (gap,) = problems_of(several(OLD, late))
    assert gap.startswith("0.yaml: versions[1].valid.from: leaves the days from 2026-07-01 to 2026-07-31 to no version")
    (twice,) = problems_of(several(OLD, {**NEW, "valid": {"from": "2026-06-30"}}))
    assert twice.startswith("0.yaml: versions[1].valid: t.a stands in 0.yaml already for the same days")
    read(several({**OLD, "ended": True}, late))


def test_what_is_wrong_in_what_versions_share_is_told_once_and_where_it_stands():
    assert problems_of(several(OLD, NEW, category="x")) == [
        problem.replace("versions[0].", "") for problem in problems_of(several({**OLD, "category": "x"}, NEW))
    ]


def test_an_end_without_a_last_day_is_refused():
    assert problems_of(several({**OLD, "valid": {}, "ended": True}))[0].startswith("0.yaml: versions[0].ended: says no")
