"""Each known fact can be traced to the event it follows from, with the day, and until when it is believed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.reading import read_declaration
from features import origin
from features.log.event import Event
from features.log.history import history_of
from features.snapshot import known, known_from_facts
from features.value import UNKNOWN
from tests.examples import examples
from tests.features.histories import DECLARATION, PEOPLE, PROGRAMMES, asked

KOREA = read_declaration()


def traced(*happened, on="2026-11-28"):
    zone = KOREA.zone
    ends = [zone.end_of_day(date.fromisoformat(day)) for _, day, _ in happened]
    events = [
        Event(str(place), "s", "p", kind, ends[place] - 9, ends[place], data)
        for place, (kind, _, data) in enumerate(happened)
    ]
    found = known(KOREA, history_of(events, KOREA), "p", zone.end_of_day(date.fromisoformat(on)))
    return {name: origin.to_document() for name, origin in found.origins.items()}


def from_event(event, on, until=None):
    return {"events": [event], "on": on, "until": until, "happened": True}


A, B = {"employer": "a"}, {"employer": "b"}
MOVED = [("fact.stated", "2025-01-01", {"region": "11440"}), ("life.moved", "2026-03-01", {"region": "41570"})]


@pytest.mark.parametrize(
    ("events", "fact", "told"),
    [
        ([("life.job_started", "2024-03-02", A)], "worker", from_event("life.job_started", "2024-03-02")),
        ([("life.job_started", "2024-03-02", A), ("life.job_started", "2024-05-02", B),
          ("life.job_lost", "2026-01-05", B)], "worker", from_event("life.job_started", "2024-03-02")),
        ([("life.retired", "2026-01-05", {})], "worker", from_event("life.retired", "2026-01-05")),
        (MOVED, "newly_moved_in", from_event("life.moved", "2026-03-01", "2027-03-01")),
        (MOVED, "region", from_event("life.moved", "2026-03-01")),
        ([*MOVED, ("life.moved", "2026-06-01", {"region": "41570"})], "newly_moved_in",
         from_event("life.moved", "2026-03-01", "2027-03-01")),
        ([("fact.stated", "2026-06-01", {"pregnant": True})], "pregnant",
         from_event("fact.stated", "2026-06-01", "2027-04-01")),
        ([("fact.stated", "2025-01-01", {"birth_date": "1990-05-01"})], "age", from_event("fact.stated", "2025-01-01")),
        ([("life.child_born", "2025-06-01", {})], "gave_birth_or_adopted",
         from_event("life.child_born", "2025-06-01", "2026-06-01")),
        ([("life.married", "2026-01-05", {})], "widowed", from_event("life.married", "2026-01-05")),
        ([("life.retired", "2026-01-05", {})], "newly_moved_in",
         {"events": ["life.moved"], "on": "2023-11-01", "until": None, "happened": False}),
        ([("life.business_opened", "2024-03-01", {"trade": "restaurant"}), ("life.business_closed", "2026-11-01", {})],
         "restaurant", from_event("life.business_closed", "2026-11-01")),
    ],
)  # fmt: skip
def test_a_fact_says_from_which_event_it_is_known(events, fact, told):
    assert traced(*events)[fact] == told


def test_what_is_not_known_or_only_given_has_no_origin():
    assert "worker" not in traced(("life.job_started", "2024-03-02", {}), ("life.job_lost", "2026-01-05", {}))
    assert known_from_facts(KOREA, {"worker": True}, KOREA.zone.end_of_day(date(2026, 11, 28))).origins == {}


@examples(60)
@given(asked())
def test_only_what_is_known_has_an_origin_and_none_lies_in_the_future(history):
    events, times = history
    built = history_of(events, DECLARATION)
    for person in PEOPLE:
        for t in times:
            found = known(DECLARATION, built, person, t, PROGRAMMES)
            snapshot = found.snapshot
            for name, one in found.origins.items():
                assert snapshot.value(name) != -(2**63)
                assert one.day <= snapshot.today()


def told_one_by_one(declaration, history, person, t, value_of):
    """The slow way: the origins of all facts, in the order of their declaration."""
    cues, told = {}, {}
    for name, cue in origin._cues(declaration, history, history.visible(person, t)):
        cues.setdefault(name, []).append(cue)
    for name, fact in declaration.facts.items():
        value, on = value_of(name), fact.derived.of if fact.derived else (fact.hangs_on or [""])[0]
        one = None if value == UNKNOWN else origin._origin(declaration, fact, value, cues.get(name, []), told.get(on))
        told |= {} if one is None else {name: one}
    return told


@examples(60)
@given(asked(), st.randoms(use_true_random=False))
def test_in_whatever_order_origins_are_asked_for_they_are_those_of_all_facts_one_by_one(history, random):
    events, times = history
    built, names = history_of(events, DECLARATION), list(DECLARATION.facts)
    random.shuffle(names)
    for person in PEOPLE:
        for t in times:
            one = known(DECLARATION, built, person, t, PROGRAMMES).snapshot
            wanted = told_one_by_one(DECLARATION, built, person, t, one.value)
            found = origin.origins(DECLARATION, built, person, t, one.value)
            assert {name: found[name] for name in names if name in found} == wanted == dict(found)
            assert list(found) == list(wanted)
            assert len(found) == len(wanted)
            assert "no-such-fact" not in found
