"""What a person holds already: what it keeps out of the offers, and what follows it when it ends."""

from __future__ import annotations

import pytest

from features.calendar import day_of
from features.snapshot import known_from_facts
from recommender.offers.batch import Ranker, recommend
from recommender.rules.compiled import compile_catalogue
from recommender.rules.person import Person, held_programmes
from tests.recommender.catalogues import DECLARATION, MESSAGES, REGIONS, TODAY, document, loaded

ANYONE = {"all": []}
PAID = {"value": {"amount": 100_000, "period": "month"}}


def told(held, day=TODAY, **facts):
    found = known_from_facts(DECLARATION, facts, DECLARATION.zone.end_of_day(day), held.receives)
    columns = (*DECLARATION.columns, *(f"receives.{name}" for name in held.receives))
    compiled = compile_catalogue(held, columns, DECLARATION, REGIONS, day_of(day)).explaining(MESSAGES)
    return recommend(compiled, Person(found, 1, held_programmes(held, found)), Ranker()).to_json()


def names(rows):
    return [row["programme"] for row in rows]


@pytest.mark.parametrize("side", ["t.a", "t.b"])
def test_what_excludes_what_one_receives_is_told_and_never_offered_whichever_side_says_so(side):
    other = {"t.a": "t.b", "t.b": "t.a"}[side]
    held = loaded(document(side, ANYONE, excludes=[other], **PAID), document(other, ANYONE, **PAID))
    found = told(held, **{"receives.t.b": True})
    assert (names(found["recommendations"]), names(found["already"])) == ([], ["t.b"])
    (one,) = found["alternatives"]
    assert (one["programme"], one["answer"], one["instead_of"]) == ("t.a", "yes", ["t.b"])
    assert "The t.a cannot be received together with The t.b" in one["notice"]["en"]
    assert one["notice"]["en"].count("1,200,000 won") == 2


def test_without_a_receipt_both_are_offered():
    held = loaded(document("t.a", ANYONE, excludes=["t.b"]), document("t.b", ANYONE))
    found = told(held)
    assert (sorted(names(found["recommendations"])), found["alternatives"]) == (["t.a", "t.b"], [])


def test_a_receipt_of_a_former_id_is_a_receipt_of_the_present_one():
    held = loaded(document("t.new", ANYONE, formerly=["t.old"]))
    found = told(held, **{"receives.t.old": True})
    assert (names(found["recommendations"]), names(found["already"])) == ([], ["t.new"])


@pytest.mark.parametrize(
    ("key", "said"), [("succeeds", "It takes the place of"), ("renews", "It is the next period of")]
)
def test_who_held_a_benefit_that_has_ended_is_told_what_follows(key, said):
    gone = document("t.old", ANYONE, valid={"until": "2026-10-01"}, ended=True)
    found = told(
        loaded(gone, document("t.new", ANYONE, excludes=["t.old"], **{key: ["t.old"]})), **{"receives.t.old": True}
    )
    (offer,) = found["recommendations"]
    assert offer["programme"] == "t.new"
    assert offer["notices"][0]["en"].startswith(f"{said} The t.old")
    (ended,) = found["already"]
    assert ended["notice"]["en"] == "It ended on 1 October 2026. What follows it: The t.new."


def test_who_receives_a_benefit_that_ends_soon_is_told():
    soon = document("t.old", ANYONE, valid={"until": "2026-12-31"}, ended=True)
    found = told(loaded(soon), **{"receives.t.old": True})
    assert found["already"][0]["notice"]["en"] == "It ends on 31 December 2026."
