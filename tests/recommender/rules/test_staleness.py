"""Which programmes time has overtaken, at both sides of each day."""

from __future__ import annotations

import datetime

import pytest

from composition import reading
from features.calendar import day_of, parse_duration
from recommender.rules.catalogue import catalogue
from recommender.rules.staleness import CAUSES, checked_ahead, stale

DECLARATION = reading.read_declaration()
YEAR = parse_duration("P1Y")


def written(name="kr.a", **fields):
    return {
        "id": name,
        "title": {"ko": "가"},
        "provider": {"id": "kr.p", "name": {"ko": "구청"}},
        "category": "livelihood",
        "form": "cash",
        "who": {"all": []},
        "source": {"text": "나", "checked": "2026-06-01"},
        "verified": True,
    } | fields


def found(day, *documents):
    read = catalogue([(one["id"], one) for one in documents], DECLARATION)
    return [(one.programme, one.cause) for one in stale(read, day_of(datetime.date.fromisoformat(day)), YEAR)]


DATED = {"kind": "dated", "until": "2026-03-31"}
LATER = {"kind": "dated", "from": "2026-09-01", "until": "2026-09-30"}


@pytest.mark.parametrize(
    ("day", "fields", "causes"),
    [
        ("2026-03-31", {"window": DATED}, []),
        ("2026-04-01", {"window": DATED}, ["window_ended"]),
        ("2026-09-30", {"window": [DATED, LATER]}, []),
        ("2026-10-01", {"window": [DATED, LATER]}, ["window_ended"]),
        ("2026-10-01", {"window": [DATED, {"kind": "open_ended"}]}, []),
        ("2026-06-30", {"valid": {"until": "2026-06-30"}}, []),
        ("2026-07-01", {"valid": {"until": "2026-06-30"}}, ["rules_ended"]),
        ("2026-07-01", {"valid": {"until": "2026-06-30"}, "ended": True, "window": DATED}, []),
        ("2027-06-01", {}, []),
        ("2027-06-02", {}, ["checked_long_ago"]),
        ("2027-06-02", {"id": "gov24.1"}, ["unmodified"]),
        ("2027-06-02", {"id": "youth.1"}, ["unmodified"]),
        ("2026-07-01", {"source": {"text": "나"}}, ["never_checked"]),
        ("2026-07-01", {"source": {"text": "나"}, "verified": False}, []),
    ],
)
def test_what_time_has_overtaken_is_named_with_its_cause(day, fields, causes):
    document = written(**fields)
    assert found(day, document) == [(document["id"], cause) for cause in causes]


def test_a_programme_with_a_later_text_is_judged_by_that_text():
    old, new = written(valid={"until": "2026-06-30"}), written(valid={"from": "2026-07-01"})
    assert found("2026-08-01", old, new) == []


def test_causes_come_in_one_order_and_programmes_by_id():
    several = found(
        "2027-07-01", written("kr.b", window=DATED), written("kr.a"), written("kr.c", valid={"until": "2026-12-31"})
    )
    assert [CAUSES.index(cause) for _, cause in several] == sorted(CAUSES.index(cause) for _, cause in several)
    assert several[0] == ("kr.b", "window_ended")


def test_a_source_checked_on_a_day_to_come_is_a_problem():
    held = catalogue([("a.yaml", written())], DECLARATION)
    places = {"kr.a": ("a.yaml",)}
    assert list(checked_ahead(held, day_of(datetime.date(2026, 6, 1)), places)) == []
    (problem,) = checked_ahead(held, day_of(datetime.date(2026, 5, 31)), places)
    assert str(problem).startswith("a.yaml: source.checked: 2026-06-01 is in the future")
