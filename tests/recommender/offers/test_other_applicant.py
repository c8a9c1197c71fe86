"""What follows an event but is for another kind of applicant is told, with how to ask, and never silently left out."""

from __future__ import annotations

from datetime import date

import pytest

from composition.reading import read_catalogue, read_declaration, read_messages, read_regions
from features.calendar import day_of
from features.log.event import Event
from features.log.history import history_of
from features.snapshot import known
from recommender.offers.batch import Ranker, recommend
from recommender.rules.compiled import compile_catalogue
from recommender.rules.person import Person, held_programmes

DAY = date(2026, 11, 28)
OPENED = ("life.business_opened", date(2024, 3, 1), {"trade": "restaurant"})
LATELY = ("life.business_opened", date(2026, 11, 1), {"trade": "restaurant"})


@pytest.fixture(scope="module")
def told():
    declaration, regions = read_declaration(), read_regions()
    catalogue = read_catalogue(None, declaration, regions)
    columns = (*declaration.columns, *(f"receives.{name}" for name in catalogue.receives))
    compiled = compile_catalogue(catalogue, columns, declaration, regions, day_of(DAY)).explaining(read_messages())

    def of(applicant, *happened):
        events = [
            Event(
                str(place), "s", "p", kind, declaration.zone.end_of_day(day) - 9, declaration.zone.end_of_day(day), data
            )
            for place, (kind, day, data) in enumerate(happened)
        ]
        found = known(
            declaration, history_of(events, declaration), "p", declaration.zone.end_of_day(DAY), catalogue.receives
        )
        return recommend(compiled, Person(found, applicant, held_programmes(catalogue, found)), Ranker())

    return of


def test_who_opened_a_business_hears_of_what_is_for_small_businesses(told):
    found = told(1, LATELY)
    (other,) = found.other_applicants
    assert (other.programme.id, other.event) == ("kr.strong-small-merchant", "life.business_opened")
    document = found.to_json()["other_applicants"][0]
    assert (document["applicants"], document["on"]) == (["small_business"], "2026-11-01")
    assert "소상공인" in document["notice"]["ko"]
    assert "small businesses" in document["notice"]["en"]


def test_who_asks_as_a_small_business_is_answered_instead(told):
    found = told(2, LATELY)
    assert found.other_applicants == ()
    assert "kr.strong-small-merchant" in [one.programme.id for one in found.shown]
    assert "small_business" not in found.not_asked


def test_who_closed_a_business_is_offered_the_package_as_a_citizen(told):
    found = told(1, OPENED, ("life.business_closed", date(2026, 11, 1), {}))
    assert found.other_applicants == ()
    assert "kr.hope-return-package" in [one.programme.id for one in found.shown]


def test_what_happened_long_ago_or_is_ruled_out_is_not_told(told):
    assert told(1, ("life.business_opened", date(2025, 11, 1), {})).other_applicants == ()
    denied = ("fact.stated", date(2026, 11, 20), {"in_business": False})
    assert told(1, LATELY, denied).other_applicants == ()


def test_how_many_programmes_nobody_asked_about_is_said(told):
    found = told(1, OPENED)
    assert found.not_asked["small_business"] > 0
    assert "citizen" not in found.not_asked
