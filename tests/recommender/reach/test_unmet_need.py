"""After an event of a life, somebody found nothing, something open, or something: counted by event and province."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import DAY_SECONDS
from features.log.event import Event
from features.log.history import history_of
from features.value import UNKNOWN
from recommender.reach.need_document import need_document
from recommender.reach.unmet_need import (
    NeedLayout,
    NeedRules,
    NeedTable,
    happenings,
    need_cells,
    need_layout,
)
from recommender.rules.catalogue import catalogue
from recommender.rules.working_days import WEEKENDS_ONLY
from tests.examples import examples
from tests.recommender.catalogues import AT, DAY, DECLARATION, REGIONS, TODAY, document

PROGRAMMES = [
    document("t.job", {"fact": "age", "at_least": 30}, triggers=["life.job_lost"]),
    document("t.old", {"fact": "age", "at_least": 60}, triggers=["life.job_lost"]),
    document("t.born", {"fact": "region", "is": "11"}, window={"after": "life.child_born", "within": "P2Y"}),
]
RULES = NeedRules(
    DECLARATION, catalogue([(one["id"], one) for one in PROGRAMMES], DECLARATION, REGIONS), REGIONS, WEEKENDS_ONLY
)
LAYOUT = need_layout(DECLARATION, REGIONS, TODAY, 365)


def happened(name, person, kind, days, late=0, about=(), **data):
    at = AT - days * DAY_SECONDS - 3600
    return Event(name, "test", person, kind, at, at + late * DAY_SECONDS, data, about)


def stated(person, **facts):
    return happened(f"s-{person}", person, "fact.stated", 900, **facts)


def table_of(events):
    cells, person = need_cells(RULES, history_of(events, DECLARATION), LAYOUT)
    assert len(cells) == len(person)
    return np.bincount(cells, minlength=LAYOUT.size).reshape(LAYOUT.shape)


def found_in(counts):
    """What is counted: by event and province, how many found nothing, something open, or something."""
    found = {}
    for event, place in np.argwhere(counts.sum(axis=2)).tolist():
        code = int(LAYOUT.places[place])
        found[LAYOUT.events[event], None if code == UNKNOWN else code] = counts[event, place].tolist()
    return found


def test_each_person_is_counted_once_for_an_event_by_the_best_of_its_programmes():
    grown, young = (date(TODAY.year - age, 1, 1).isoformat() for age in (40, 20))
    counts = table_of([
        stated("ann", birth_date=grown, region="11440"),
        happened("1", "ann", "life.job_lost", 200), happened("2", "ann", "life.job_lost", 10),
        stated("bob", birth_date=young, region="11110"), happened("3", "bob", "life.job_lost", 30),
        happened("4", "cat", "life.job_lost", 30),
        stated("dan", birth_date=grown, region="11440"), happened("5", "dan", "life.job_lost", 400),
        stated("eve", birth_date=young, region="41130"),
        happened("6", "eve", "life.child_born", 9, about=(("kid", "child"),)),
        happened("7", "eve", "life.widowed", 5),
        happened("8", "fay", "life.job_lost", 5), happened("9", "fay", "event.retracted", 4, source="test", id="8"),
        happened("10", "gus", "life.job_lost", 5, late=6),
    ])  # fmt: skip
    assert found_in(counts) == {
        ("life.job_lost", 11): [1, 0, 1],  # bob is too young for both, ann may have one of them
        ("life.job_lost", None): [0, 1, 0],  # how old cat is nobody knows
        ("life.child_born", 41): [1, 0, 0],
        ("life.widowed", 41): [1, 0, 0],  # for which there is no programme
    }


def test_who_lives_in_a_province_that_is_gone_is_counted_where_it_went():
    counts = table_of([stated("ann", region="29110"), happened("1", "ann", "life.widowed", 5)])
    assert found_in(counts) == {("life.widowed", 12): [1, 0, 0]}


def test_what_is_said_late_is_judged_by_what_is_known_a_day_after_it():
    grown = date(TODAY.year - 40, 1, 1).isoformat()
    before = [happened("1", "ann", "life.job_lost", 50), happened("2", "ann", "fact.stated", 20, birth_date=grown)]
    after = [happened("1", "ann", "life.job_lost", 50, late=31), before[1]]
    assert [found_in(table_of(events)) for events in (before, after)] == [
        {("life.job_lost", None): [0, 1, 0]},
        {("life.job_lost", None): [0, 0, 1]},
    ]


LIVES = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cat"]),
        st.sampled_from(["life.job_lost", "life.child_born", "life.widowed", "life.moved"]),
        st.integers(-3, 500), st.integers(0, 40),
    ), max_size=12,
)  # fmt: skip


@examples(60)
@given(LIVES, st.integers(1, 400))
def test_the_last_known_time_alone_counts_of_each_person_and_event(lives, days):
    layout = NeedLayout(LAYOUT.events, LAYOUT.places, DAY, days)
    events = [happened(str(at), *life[:3], late=life[3]) for at, life in enumerate(lives)]
    known = [one for one in events if AT - days * DAY_SECONDS <= one.time and one.time < AT and one.recorded < AT]
    last = {}
    for one in sorted(known, key=lambda one: one.time):
        last[one.subject, one.type] = one
    history = history_of(events, DECLARATION)
    found = happenings(DECLARATION, history, layout)
    told = {(history.people[who], layout.events[what]) for who, what in zip(found.person, found.event, strict=True)}
    assert told == set(last)
    assert len(told) == len(found.person)
    assert (found.t <= AT).all()


def test_the_layout_is_made_of_public_things_alone_and_is_read_back():
    assert "life.job_lost" in LAYOUT.events
    assert all(name.startswith("life.") for name in LAYOUT.events)
    assert LAYOUT.places.tolist()[-1] == UNKNOWN
    assert {11, 41, 28} <= set(LAYOUT.places.tolist()) < {*REGIONS.by_code, UNKNOWN}
    again = NeedLayout.of_document(LAYOUT.to_document())
    assert (again.events, again.day, again.days, again.shape) == (LAYOUT.events, DAY, 365, LAYOUT.shape)


def table(rows, deviation=0.0):
    counts = np.zeros(LAYOUT.shape, np.int64)
    for (event, code), own in rows.items():
        counts[LAYOUT.events.index(event), LAYOUT.places.tolist().index(code)] = own
    return NeedTable(LAYOUT, counts, deviation)


def test_exact_counts_of_a_few_are_left_out_with_what_would_tell_them():
    rows = {("life.job_lost", 11): [30, 20, 50], ("life.job_lost", 41): [3, 40, 60], ("life.widowed", 11): [200, 0, 0]}
    told = need_document(table(rows), DECLARATION, REGIONS, "life.job_lost")
    by_event = {one["event"]: (one["nothing"], one["open"], one["available"]) for one in told["events"]}
    assert by_event["life.widowed"] == (200, 0, 0)
    assert by_event["life.job_lost"] == (33, 60, 110)
    places = {one["region"]: one["nothing"] for one in told["provinces"]}
    assert (places["41"], places["11"]) == (None, None)  # the second would tell the first beside the sum
    assert "provinces" not in need_document(table(rows), DECLARATION, REGIONS, "life.none")
    assert (told["population"], told["as_of"]) == ("counted", TODAY.isoformat())


@pytest.mark.parametrize(("own", "shown"), [(500, 500), (12, None), (-8, None)])
def test_a_noised_count_is_told_with_its_error_and_only_where_it_is_well_above_it(own, shown):
    told = need_document(table({("life.job_lost", 11): [own, 0, 0]}, 10.0), DECLARATION, REGIONS, "life.job_lost")
    seoul = next(one for one in told["provinces"] if one["region"] == "11")
    assert (seoul["nothing"], seoul["open"], seoul["standard_error"]) == (shown, None, 11)
    everywhere = next(one for one in told["events"] if one["event"] == "life.job_lost")
    assert everywhere["standard_error"] == int(np.ceil(10.0042 * len(LAYOUT.places) ** 0.5))
    assert told["events"][0]["nothing"] is None or told["events"][0]["event"] == "life.job_lost"


def test_the_span_ends_with_the_day():
    day = need_layout(DECLARATION, REGIONS, TODAY - timedelta(days=40), 365)
    events = [happened("1", "ann", "life.job_lost", 30), happened("2", "bob", "life.job_lost", 50)]
    history = history_of(events, DECLARATION)
    assert [history.people[who] for who in happenings(DECLARATION, history, day).person] == ["bob"]
