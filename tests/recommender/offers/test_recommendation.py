from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import day_of
from features.declaration.declaration import declare
from features.problem import Rejected
from features.snapshot import Known, Occurrence, from_facts, known_from_facts
from recommender.currency import CURRENCIES
from recommender.offers.batch import Ranker, batch, recommend
from recommender.offers.offer_arrays import MOST_ORDERED, ordered_amount
from recommender.offers.recommendation import Recommendation
from recommender.offers.utility import UtilityWeights
from recommender.ranking.scorer import Scores
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.estimate import Estimate
from recommender.rules.person import Person, held_programmes
from recommender.rules.region import Regions
from recommender.rules.verdict import Verdict, judge
from recommender.rules.window import CLOSED, OPEN, between, window_of
from recommender.rules.working_days import WEEKENDS_ONLY
from tests.recommender.catalogues import KOREA, MESSAGES

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 10, 31)
DAY = day_of(TODAY)


def document(name, who, **more):
    return {
        "id": name,
        "title": {"ko": f"{name} 사업", "en": f"The {name}"},
        "provider": {"id": "kr.x", "name": {"ko": "부처", "en": "Ministry"}, "level": "national"},
        "category": "livelihood",
        "form": "cash",
        "who": who,
        "source": {"url": "https://example.org", "checked": "2026-10-01"},
        "verified": True,
        **more,
    }


ANYONE = {"all": []}
BABY = {"fact": "youngest_child_months", "below": 24}
DOCUMENTS = [
    document("t.anyone", ANYONE, value={"amount": 100_000, "period": "month"}, window={"kind": "open_ended"}),
    document("t.baby", BABY, value={"amount": 2_000_000}, window={"after": "life.child_born", "within": "P2Y"},
             documents=["출생증명서", {"ko": "통장", "en": "bankbook"}], effort_minutes=15, beneficiary="child",
             grants=["receives.t.baby"]),
    document("t.closing", ANYONE, window={"kind": "dated", "from": "2026-10-01", "until": "2026-11-05"}),
    document("t.gone", ANYONE, window={"kind": "dated", "until": "2026-10-30", "text": "10월 30일까지"}),
    document("t.later", ANYONE, window={"kind": "dated", "from": "2026-12-01"}),
    document("t.men", {"fact": "sex", "is": "male"}, window={"kind": "recurring", "text": "매년 3월"}),
    document("t.unlocked", {"fact": "receives.t.baby", "is": True}),
    document("t.rival", ANYONE, excludes=["t.anyone"], triggers=["life.child_born"], effort_minutes=60,
             documents=["출생증명서"]),
    document("t.auto", ANYONE, delivery="auto_grant", triggers=["life.child_born", "life.moved"]),
    document("t.poor", {"fact": "income_percent", "at_most": 50}, verified=False),
]  # fmt: skip


@pytest.fixture(scope="module")
def declaration():
    folder = ROOT / "data" / "countries" / "kr" / "declaration"
    *read, household = (
        yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("events", "facts", "features", "household")
    )
    return declare(*read, KOREA, household)


@pytest.fixture(scope="module")
def compiled(declaration):
    regions = Regions.parse({"regions": [{"code": "11", "name": {"ko": "서울", "en": "Seoul"}, "verified": True}],
                             "agencies": [], "sources": []})  # fmt: skip
    programmes = catalogue([(one["id"], one) for one in DOCUMENTS], declaration, regions)
    columns = (*declaration.columns, *(f"receives.{name}" for name in programmes.receives))
    return compile_catalogue(programmes, columns, declaration, regions, DAY).explaining(MESSAGES)


@pytest.fixture(scope="module")
def person_of(compiled, declaration):
    def person(**facts):
        t = declaration.zone.end_of_day(TODAY)
        found = known_from_facts(declaration, facts, t, compiled.catalogue.receives)
        return Person(found, 1, held_programmes(compiled.catalogue, found))

    return person


class FakeScorer:
    """Likes programmes as it is told to; everything else is out of its hands."""

    features_hash = catalogue_hash = ""

    def __init__(self, likes):
        self.likes = likes

    def score(self, _people, _attributes, pairs):
        probability = np.array([self.likes[int(i) % len(self.likes)] for i in pairs.programme])
        return Scores(probability, probability)


def ranker(*likes, **model):
    return Ranker(scorer=FakeScorer(likes), attributes=object(), model=model)


def ids(found):
    return [one.programme.id for one in found.shown]


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "sex": st.sampled_from(["male", "female"]),
        "children": st.lists(st.sampled_from(["2026-09-01", "2025-01-01", "2010-01-01"]), max_size=2),
        "income_percent": st.integers(0, 300),
        "receives.t.baby": st.booleans(),
        "receives.t.anyone": st.booleans(),
    },
)


@given(facts=FACTS, likes=st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_what_can_be_recommended_is_the_same_with_a_model_and_without(compiled, person_of, facts, likes):
    person = person_of(**facts)
    off, on = recommend(compiled, person, Ranker()), recommend(compiled, person, ranker(*likes))
    assert set(ids(off)) == set(ids(on))
    assert (off.total, off.already, off.closed) == (on.total, on.already, on.closed)
    assert {one for bundle in off.bundles for one in bundle.programmes} <= set(ids(off))


@given(facts=FACTS, likes=st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_nothing_the_rules_exclude_is_shown_and_nothing_else_is_lost(compiled, person_of, facts, likes):
    person = person_of(**facts)
    found = recommend(compiled, person, ranker(*likes))
    answers = judge(compiled, person.snapshot, 1).answers
    permitted = {one.id for one, answer in zip(compiled.catalogue.programmes, answers, strict=True) if answer}
    named = [*ids(found), *(one.id for one, _ in found.already), *(one.id for one, _ in found.closed)]
    named += [one.programme.id for one in found.alternatives]
    assert sorted(named) == sorted(permitted)
    assert [one.rank for one in found.shown] == list(range(1, found.total + 1))
    order = [(-one.utility.steps, one.programme.id) for one in found.shown]
    assert order == sorted(order)
    assert all(one.utility.steps == sum(part.steps for part in one.utility.contributions) for one in found.shown)


@given(facts=FACTS)
def test_the_document_is_json_and_says_the_same_every_time(compiled, person_of, facts):
    first, second = (recommend(compiled, person_of(**facts), ranker(0.5)).to_json() for _ in range(2))
    assert json.loads(json.dumps(first, allow_nan=False)) == json.loads(json.dumps(second, allow_nan=False))


def test_k_only_says_how_many_are_shown(compiled, person_of):
    person = person_of(sex="male")
    every, first = recommend(compiled, person, Ranker()), recommend(compiled, person, Ranker(), k=2)
    assert ids(first) == ids(every)[:2]
    assert (first.total, first.bundles) == (every.total, every.bundles)


def test_a_programme_received_already_is_set_apart(compiled, person_of):
    found = recommend(compiled, person_of(**{"children": ["2026-09-01"], "receives.t.baby": True}), Ranker())
    assert [one.id for one, _ in found.already] == ["t.baby"]
    assert "t.baby" not in ids(found)
    assert "t.unlocked" in ids(found)


def test_a_closed_window_is_named_and_not_recommended(compiled, person_of):
    found = recommend(compiled, person_of(), Ranker())
    assert [(one.id, opening.state) for one, opening in found.closed] == [("t.gone", CLOSED)]
    assert found.to_json()["closed"] == [
        {"programme": "t.gone", "title": {"ko": "t.gone 사업", "en": "The t.gone"}, "closed": "2026-10-30"}
    ]


def test_the_window_of_a_birth_runs_from_the_latest_child(compiled, person_of):
    found = recommend(compiled, person_of(children=["2026-09-01", "2020-01-01"]), Ranker())
    baby = next(one for one in found.shown if one.programme.id == "t.baby")
    window = baby.to_json()["window"]
    assert (window["opens"], window["closes"], window["state"]) == ("2026-09-01", "2028-09-01", OPEN)
    assert window["days_left"] == day_of(date(2028, 9, 1)) - DAY
    assert window["text"]["en"].startswith("Apply by 1 September 2028")


def test_a_recommendation_says_what_the_contract_asks(compiled, person_of):
    found = recommend(compiled, person_of(children=["2026-09-01"]), ranker(0.25, kind="fake"))
    shown = {one["programme"]: one for one in found.to_json()["recommendations"]}
    baby = shown["t.baby"]
    assert (baby["answer"], baby["probability"], baby["delivery"]) == ("yes", 0.25, "offer")
    assert baby["value"].pop("first_year")["low"] == 2_000_000
    assert baby["value"] == {
        "amount": 2_000_000, "currency": "KRW", "period": "once", "gives": "gift",
        "parts": [{"amount": 2_000_000, "period": "once"}], "text": None,
    }  # fmt: skip
    assert (baby["documents"], baby["effort_minutes"]) == (["출생증명서", {"ko": "통장", "en": "bankbook"}], 15)
    assert baby["beneficiary"] == {"role": "child"}
    assert baby["already_receives"] is False
    assert {part["factor"] for part in baby["why_rank"]} == {
        "likelihood_times_value", "certainty", "unlocks", "effort"
    }  # fmt: skip
    assert round(sum(part["contribution"] for part in baby["why_rank"]), 4) == baby["utility"]
    assert shown["t.auto"]["delivery"] == "auto_grant"
    assert shown["t.men"]["delivery"] == "ask"
    assert shown["t.men"]["missing"] == ["sex"]
    assert shown["t.men"]["window"]["text"]["ko"] == "신청 기간은 ‘매년 3월’로 공고되었습니다."
    assert shown["t.men"]["window"]["wording"] == {"ko": "매년 3월"}
    assert shown["t.later"]["window"]["state"] == "upcoming"
    assert shown["t.poor"]["answer"] == "unknown"
    assert found.to_json()["model"] == {"kind": "fake"}


def test_without_a_model_nothing_is_said_of_likelihood(compiled, person_of):
    found = recommend(compiled, person_of(), Ranker(model={"kind": "left over"})).to_json()
    assert found["model"] is None
    assert {one["probability"] for one in found["recommendations"]} == {None}


def test_what_closes_soon_comes_before_what_is_worth_the_same(compiled, person_of):
    order = ids(recommend(compiled, person_of(), Ranker()))
    assert order.index("t.closing") < order.index("t.later")


def test_a_programme_that_unlocks_another_says_so(compiled, person_of):
    found = recommend(compiled, person_of(**{"children": ["2026-09-01"], "receives.t.baby": False}), Ranker())
    baby = next(one for one in found.shown if one.programme.id == "t.baby")
    part = next(part for part in baby.utility.contributions if part.factor == "unlocks")
    assert part.figures == {"programmes": 1}


def test_ties_are_broken_by_the_programmes_id(compiled, person_of):
    weights = UtilityWeights(expected=0, value=0, doubt=0, certainty=0, urgency=0, unlocks=0, effort=0)
    found = recommend(compiled, person_of(children=["2026-09-01"]), Ranker(weights))
    assert ids(found) == sorted(ids(found))


def test_a_birth_makes_a_bundle_without_what_excludes_one_another(compiled, person_of):
    found = recommend(compiled, person_of(children=["2026-09-01"]), Ranker()).to_json()
    bundle = found["bundles"][0]
    assert (bundle["event"], bundle["on"]) == ("life.child_born", "2026-09-01")
    assert bundle["title"]["en"] == "A child was born"
    assert set(bundle["programmes"]) == {"t.baby", "t.rival", "t.auto"}
    assert bundle["documents"].count("출생증명서") == 1
    assert (bundle["effort_minutes"], bundle["effort_unstated"]) == (75, 1)
    assert bundle["set_aside"] == []


def test_what_is_received_keeps_its_rival_out_of_the_bundle(compiled, person_of):
    person = person_of(**{"children": ["2026-09-01"], "receives.t.anyone": True})
    found = recommend(compiled, person, Ranker()).to_json()
    assert found["bundles"][0]["set_aside"] == [{"programme": "t.rival", "excluded_by": "t.anyone"}]
    assert "t.rival" not in [one["programme"] for one in found["recommendations"]]
    (told,) = found["alternatives"]
    assert (told["programme"], told["instead_of"]) == ("t.rival", ["t.anyone"])
    assert "cannot be received together with" in told["notice"]["en"]


def test_what_is_received_may_be_unknown_to_the_catalogue(compiled, person_of):
    person = person_of()
    found = Known(person.snapshot, (Occurrence("life.moved", DAY),), frozenset({5}))
    stranger = Person(found, 1, frozenset({"gone.from.the.catalogue"}))
    assert recommend(compiled, stranger, Ranker()).bundles[0].programmes == ("t.auto",)


@pytest.mark.parametrize("likes", [(float("nan"),), (1.5,), (-0.1,)])
def test_a_model_that_answers_with_no_probability_is_refused(compiled, person_of, likes):
    with pytest.raises(Rejected, match="probabilities"):
        recommend(compiled, person_of(), ranker(*likes))


def test_a_recommendation_cannot_be_built_from_a_no_or_a_closed_window(compiled):
    programme = compiled.catalogue.programmes[0]
    for answer, opening in (
        (Answer.NO, between("dated", None, 5, 1, WEEKENDS_ONLY)),
        (Answer.YES, between("dated", None, 5, 6, WEEKENDS_ONLY)),
    ):
        with pytest.raises(ValueError, match="cannot be recommended"):
            Recommendation(
                1,
                programme,
                Verdict(programme, answer, (), ()),
                None,
                None,
                opening,
                None,
                MESSAGES,
            )


def test_someone_about_whom_nothing_matches_is_told_so_in_an_empty_document(declaration):
    regions = Regions.parse({"regions": [], "agencies": [], "sources": []})
    none = catalogue([("x", document("t.men", {"fact": "sex", "is": "male"}))], declaration, regions)
    empty = compile_catalogue(none, declaration.columns, declaration, regions, DAY).explaining(MESSAGES)
    snapshot = from_facts(declaration, {"sex": "female"}, declaration.zone.end_of_day(TODAY))
    found = recommend(empty, Person(Known(snapshot)), ranker(0.5))
    assert (found.total, found.to_json()["recommendations"]) == (0, [])


def test_a_window_nobody_described_is_unknown_and_stays_recommended(compiled):
    assert window_of(compiled.catalogue.by_id["t.auto"].windows, (), DAY, WEEKENDS_ONLY).state == "unknown"
    assert window_of(compiled.catalogue.by_id["t.baby"].windows, (), DAY, WEEKENDS_ONLY).state == "unknown"
    assert window_of(compiled.catalogue.by_id["t.anyone"].windows, (), DAY, WEEKENDS_ONLY).state == OPEN


@given(several=st.lists(FACTS, min_size=1, max_size=4), likes=st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_a_batch_recommends_to_each_person_what_that_person_gets_alone(compiled, person_of, several, likes):
    people = [person_of(**facts) for facts in several]
    found = batch(people, compiled, ranker(*likes), k=5)
    assert [one.to_json() for one in found] == [
        recommend(compiled, person, ranker(*likes), k=5).to_json() for person in people
    ]


def test_a_batch_of_nobody_is_empty(compiled):
    assert batch([], compiled, Ranker()) == ()


def test_a_published_saturday_is_listed_to_be_asked_about_until_the_monday_and_then_closed(declaration):
    def on(day):
        regions = Regions()
        held = catalogue(
            [("t.sat", document("t.sat", ANYONE, window={"kind": "dated", "until": "2026-10-31"}))],
            declaration,
            regions,
        )
        compiled = compile_catalogue(held, declaration.columns, declaration, regions, day_of(day)).explaining(MESSAGES)
        snapshot = from_facts(declaration, {}, declaration.zone.end_of_day(day))
        return recommend(compiled, Person(Known(snapshot)), Ranker()).to_json()

    for day in (date(2026, 11, 1), date(2026, 11, 2)):
        (one,) = on(day)["recommendations"]
        assert (one["window"]["state"], one["window"]["closes"], one["window"]["days_left"]) == (
            "ask", "2026-10-31", None,
        )  # fmt: skip
        assert on(day)["closed"] == []
    assert [one["closed"] for one in on(date(2026, 11, 3))["closed"]] == ["2026-10-31"]


def test_parts_that_add_up_beyond_every_integer_are_ordered_as_the_largest_sum():
    huge = Estimate("gift", 10**30, 10**30, True, ())
    assert ordered_amount(huge, "EUR", CURRENCIES["EUR"]) == MOST_ORDERED
    assert ordered_amount(Estimate("gift", 7, 7, True, ()), "KRW", CURRENCIES["KRW"]) == 7
