"""The event log: each event once, all of a batch or none, and nothing left of an erased person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from features.log.event import Event
from features.log.store import EventLog, Ingested
from tests.examples import examples
from tests.features.histories import PEOPLE, histories


@pytest.fixture
def log(tmp_path):
    opened = EventLog(f"sqlite:///{tmp_path}/events.db")
    yield opened
    opened.close()


def event(number, subject="ann", source="s", **change):
    plain = Event(str(number), source, subject, "life.moved", 1_700_000_000, 1_700_000_000 + number, {"region": "11"})
    return replace(plain, **change)


@examples(25)
@given(histories())
def test_what_went_in_comes_out_in_order_and_once(events):
    log = EventLog("sqlite://")
    assert log.append(events) == Ingested(len(events), 0, ())
    assert list(log.events()) == events
    assert log.count() == len(events)
    assert log.append(reversed(events)) == Ingested(0, len(events), ())
    assert log.people() == tuple(sorted({person for event in events for person in event.people}))
    for person in PEOPLE:
        mine = {one.key for one in log.events([person])}
        assert {one.key for one in events if person in one.people} <= mine
        related = mine | {one.target for one in events if one.key in mine}
        assert {one.key for one in events if one.target in mine or one.key in related} <= mine
    log.close()


def test_the_same_event_with_another_body_is_a_conflict_and_is_not_written(log):
    log.append([event(1)])
    found = log.append([event(1, data={"region": "26"}), event(2), event(2), event(1, recorded=5)])
    assert (found.accepted, found.duplicates) == (1, 2)
    assert "event s 1: is there already with another body" in str(found.conflicts[0])
    assert [one.data for one in log.events()] == [{"region": "11"}] * 2


def test_a_conflict_within_one_batch_keeps_the_first(log):
    found = log.append([event(1), event(1, data={"region": "26"})])
    assert (found.accepted, found.duplicates, len(found.conflicts)) == (1, 0, 1)


def test_the_same_id_of_another_source_is_another_event(log):
    assert log.append([event(1), event(1, source="t")]).accepted == 2


def test_a_batch_that_breaks_off_leaves_nothing(log):
    def breaking():
        yield event(1)
        raise OSError("the line went dead")

    with pytest.raises(OSError, match="went dead"):
        log.append(breaking())
    assert list(log.events()) == []
    assert log.append([event(1)]).accepted == 1


def test_events_can_be_read_as_they_were_known_before_a_second(log):
    log.append([event(1), event(2)])
    assert [one.id for one in log.events(recorded_before=1_700_000_002)] == ["1"]
    assert [one.id for one in log.events(["ann"], recorded_before=1_700_000_002)] == ["1"]
    assert list(log.events([])) == []


def test_more_events_than_one_portion_are_read_and_refused_alike(log):
    many = [event(number, subject=f"p{number % 700}") for number in range(1_000)]
    assert log.append(many).accepted == 1_000
    assert log.append(many).duplicates == 1_000
    assert len(list(log.events([f"p{number}" for number in range(700)]))) == 1_000


def test_a_log_is_still_there_after_it_was_closed(tmp_path):
    url = f"sqlite:///{tmp_path}/events.db"
    for expected in (1, 0):
        log = EventLog(url)
        assert log.append([event(1)]).accepted == expected
        log.close()


def test_an_erased_person_is_physically_gone(log, tmp_path):
    own = event(1, subject="secretname", data={"region": "11", "note": "secretdata"})
    fixed = replace(own, id="2", type="event.corrected", data={"source": "s", "id": "1", "data": {"region": "26"}})
    about = (("secretname", "child"), ("bob", "parent"))
    born = event(3, type="life.born", data={}, about=about)
    body = {"about": [{"person": person, "role": role} for person, role in about]}
    rewritten = event(4, type="event.corrected", data={"source": "s", "id": "3", "data": body})
    log.append([own, fixed, born, rewritten, event(5)])
    assert log.erase("secretname") == 4
    assert log.people() == ("ann", "bob")
    kept = list(log.events())
    assert [one.id for one in kept] == ["3", "4", "5"]
    assert kept[0].about == (("bob", "parent"),)
    assert kept[1].people == ("ann", "bob")
    log.close()
    assert b"secret" not in (tmp_path / "events.db").read_bytes()


def test_sending_an_event_again_does_not_bring_an_erased_name_back(log):
    born = event(3, type="life.born", data={}, about=(("bob", "child"),))
    log.append([born])
    log.erase("bob")
    assert log.append([born]) == Ingested(0, 1, ())
    assert log.people() == ("ann",)


def test_erasing_somebody_unknown_touches_nothing(log):
    log.append([event(1)])
    assert log.erase("nobody") == 0
    assert len(list(log.events())) == 1
