"""What every reader of the log must pass: corrections, retractions, foreign subjects, order, repetition and offsets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from composition.reading import read_declaration
from features.log.columnar import read_segments
from features.log.event import Event, rfc3339
from features.log.event_parser import parse_event
from features.log.files import COLUMNS
from features.log.history import History, history_of

DECLARATION = read_declaration()
DAY = 86_400
START = int(datetime(2024, 5, 1, 1, tzinfo=UTC).timestamp())  # 10:00 in Seoul, whose text sorts after 02:00Z
LATE = START + 300 * DAY
SEOUL = timezone(timedelta(hours=9))


def happened(name: str, kind: str, data: dict[str, Any], day: int = 0, subject: str = "c0000001", **more: Any) -> Event:
    """An event recorded in the second in which it happened."""
    return Event(name, "agency", subject, kind, START + day * DAY, START + day * DAY, data, **more)


def action(target: Event, day: int, name: str, kind: str = "event.corrected", **data: Any) -> Event:
    """A correction or retraction of an event, by its own subject."""
    when = START + day * DAY
    return Event(
        name, target.source, target.subject, kind, when, when, {"source": target.source, "id": target.id} | data
    )


def retraction(target: Event, day: int, name: str) -> Event:
    """A retraction by the event's own subject."""
    return action(target, day, name, "event.retracted")


def with_offset(event: Event, hours: int) -> dict[str, Any]:
    """The event as a CloudEvent whose times are written with an offset."""
    zone = timezone(timedelta(hours=hours))
    times = {"time": event.time, "recordedtime": event.recorded}
    return event.to_document() | {name: datetime.fromtimestamp(at, zone).isoformat() for name, at in times.items()}


class LogReaderSuite:
    """One event of a kind that the reader reads, and what must hold whatever is sent about it afterwards.

    Attributes:
        event: what happened.
        other: another event that the reader reads, an hour after `event`.
        fixed: the payload that a correction of `event` gives.
        fixed_again: the payload that the next correction gives.
    """

    event: ClassVar[Event]
    other: ClassVar[Event]
    fixed: ClassVar[dict[str, Any]]
    fixed_again: ClassVar[dict[str, Any]]

    def seen(self, events: list[Event], t: int = LATE) -> Any:
        """What the reader makes of the events as held at `t`, as a value that can be compared."""
        raise NotImplementedError

    def as_corrected(self, data: dict[str, Any]) -> Event:
        """The event as it would have been sent had it been right at once."""
        return replace(self.event, data=data)

    def test_the_reader_sees_the_event_and_tells_its_payloads_apart(self) -> None:
        versions = [self.event, self.as_corrected(self.fixed), self.as_corrected(self.fixed_again)]
        views = [self.seen([]), *(self.seen([one]) for one in versions)]
        assert all(one != other for place, one in enumerate(views) for other in views[:place])

    def test_a_correction_acts_from_its_own_recorded_time(self) -> None:
        correction = action(self.event, 10, "fix", data=self.fixed)
        assert self.seen([self.event, correction]) == self.seen([self.as_corrected(self.fixed)])
        at = START + 10 * DAY
        assert self.seen([self.event, correction], at) == self.seen([self.event], at)

    def test_of_two_corrections_the_later_one_holds(self) -> None:
        first = action(self.event, 10, "fix", data=self.fixed)
        second = action(self.event, 20, "fix again", data=self.fixed_again)
        assert self.seen([self.event, second, first]) == self.seen([self.as_corrected(self.fixed_again)])

    def test_a_correction_of_a_correction_corrects_the_event(self) -> None:
        first = action(self.event, 10, "fix", data=self.fixed)
        body = {"source": self.event.source, "id": self.event.id, "data": self.fixed_again}
        second = action(first, 20, "fix the fix", data=body)
        assert self.seen([self.event, first, second]) == self.seen([self.as_corrected(self.fixed_again)])

    def test_a_retracted_correction_does_not_act(self) -> None:
        first = action(self.event, 10, "fix", data=self.fixed)
        assert self.seen([self.event, first, retraction(first, 20, "undo")]) == self.seen([self.event])

    def test_what_was_retracted_is_not_seen(self) -> None:
        assert self.seen([self.event, retraction(self.event, 10, "gone")]) == self.seen([])

    def test_what_was_retracted_is_seen_until_then(self) -> None:
        at = START + 10 * DAY
        assert self.seen([self.event, retraction(self.event, 10, "gone")], at) == self.seen([self.event], at)

    def test_what_was_retracted_is_seen_again_once_the_retraction_is_retracted(self) -> None:
        gone = retraction(self.event, 10, "gone")
        assert self.seen([self.event, gone, retraction(gone, 20, "back")]) == self.seen([self.event])

    def test_nobody_can_correct_or_retract_the_event_of_another(self) -> None:
        for foreign in (retraction(self.event, 10, "gone"), action(self.event, 10, "fix", data=self.fixed)):
            forged = replace(foreign, subject="c0000002")
            assert self.seen([self.event, forged]) == self.seen([self.event])

    def test_a_retraction_of_another_source_does_not_act(self) -> None:
        stray = replace(retraction(self.event, 10, "gone"), data={"source": "elsewhere", "id": self.event.id})
        assert self.seen([self.event, stray]) == self.seen([self.event])

    def test_order_and_repetition_mean_nothing(self) -> None:
        gone = retraction(self.event, 10, "gone")
        events = [
            self.event,
            gone,
            retraction(gone, 20, "back"),
            action(self.event, 30, "fix", data=self.fixed),
            self.other,
        ]
        wanted = self.seen(events)
        for some in list(permutations(events))[::7]:
            assert self.seen([*some, some[0], some[2]]) == wanted

    def test_offsets_mean_nothing_but_the_instant(self) -> None:
        events = [self.event, action(self.event, 10, "fix", time=rfc3339(START + DAY)), self.other]
        written = [with_offset(one, hours) for one, hours in zip(events, (9, -5, 0), strict=True)]
        assert self.seen([parse_event(one, DECLARATION) for one in written]) == self.seen(events)


class HistoryReaderSuite(LogReaderSuite):
    """A reader of `History`, which is made of events one by one or of a Parquet file by columns."""

    def read(self, history: History, t: int) -> Any:
        """What the reader makes of the history at `t`."""
        raise NotImplementedError

    def seen(self, events: list[Event], t: int = LATE) -> Any:
        return self.read(history_of(events, DECLARATION), t)

    def test_a_file_of_texts_with_offsets_is_read_as_its_events_are(self, tmp_path: Any) -> None:
        gone = retraction(self.event, 10, "gone")
        events = [self.event, self.other, gone, retraction(gone, 20, "back")]
        rows = [with_offset(one, hours) for one, hours in zip(events, (9, 0, -11, 5), strict=True)]
        texts = [row | {"data": json.dumps(row["data"])} for row in rows]
        pq.write_table(pa.table({name: [row[name] for row in texts] for name in COLUMNS}), tmp_path / "events.parquet")
        found = self.read(read_segments(tmp_path / "events.parquet", DECLARATION), LATE)
        assert found == self.seen(events) == self.seen([self.event, self.other])


class RelationReaderSuite(LogReaderSuite):
    """A reader that hears of an event as one of the people it is about."""

    def test_a_correction_can_bring_in_another_person(self) -> None:
        about = [{"person": "c0000002", "role": "parent"}]
        correction = action(self.event, 10, "who", data={**self.event.data, "about": about})
        as_told = replace(self.event, about=(("c0000002", "parent"),))
        assert self.seen([self.event, correction]) == self.seen([as_told]) != self.seen([self.event])
        at = START + 10 * DAY
        assert self.seen([self.event, correction], at) == self.seen([self.event], at)

    def test_a_correction_by_another_person_brings_in_nobody(self) -> None:
        about = [{"person": "c0000002", "role": "parent"}]
        forged = replace(action(self.event, 10, "who", data={"about": about}), subject="c0000003")
        assert self.seen([self.event, forged]) == self.seen([self.event])
