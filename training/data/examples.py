"""Examples: what people were shown and what came of it, each as the person was known just before it was shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Bool, Float32, Float64, Int8, Int64
from features.calendar import DAY_SECONDS
from features.log.event import parse_time
from features.problem import Problem, Rejected
from features.value import identifier_code

if TYPE_CHECKING:
    import pyarrow

    from features.declaration.declaration import Declaration
    from features.log.history import History


SHOWN: Final = "benefit.shown"
OPENED: Final = "benefit.opened"
APPLIED: Final = "benefit.applied"
KINDS: Final = (SHOWN, OPENED, APPLIED)
COLUMNS: Final = ("id", "source", "subject", "type", "time", "recordedtime", "data")
"""The contract's columns of a Parquet file of events."""
AMENDED: Final = ("event.corrected", "event.retracted")

WITHIN_DAYS: Final = 60
"""An application so many days after a showing counts as its answer, unless the programme was shown again in between."""
HELD_OUT: Final = 5
"""Where a stamp does not say otherwise, one person in so many is held out: whose identifier's code it divides."""


@dataclass(frozen=True)
class Interactions:
    """What was shown, opened and applied for, one row per event.

    Attributes:
        kind: int8, the place in `KINDS`.
        person: int64, the person's place in the segments.
        programme: int64, the programme's identifier code.
        time: int64, UTC seconds when it happened.
        recorded: int64, UTC seconds when it was recorded.
        position: float32, the place it was shown at, from 1; NaN where the event does not say.
        channel: float32, the channel's place in the declaration; NaN likewise.
    """

    kind: Int8
    person: Int64
    programme: Int64
    time: Int64
    recorded: Int64
    position: Float32
    channel: Float32

    def __getitem__(self, rows: Any) -> Interactions:
        """The rows that `rows` selects."""
        return Interactions(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def of(self, kind: str) -> Interactions:
        """The rows of one kind of event."""
        return self[self.kind == KINDS.index(kind)]


@dataclass(frozen=True)
class LearningLog:
    """What the gate hands out: everybody's segments, and the showings and applications among their events.

    Attributes:
        segments: everybody's events.
        benefits: what was shown, opened and applied for.
        unit: int64[people], which privacy unit each person is in; None where every person is one.
        held: bool[people], who is held out; None where their names still tell.
    """

    segments: History
    benefits: Interactions
    unit: Int64 | None = None
    held: Bool | None = None


def read_interactions(events: pyarrow.Table, people: Sequence[str], declaration: Declaration) -> Interactions:
    """Pick the showings, openings and applications out of a table of events.

    An event that was corrected or retracted is left out: what it said when it was learned from no longer holds.

    Args:
        events: the contract's columns id, source, subject, type, time, recordedtime, data.
        people: everybody, in the order in which segments know them.
        declaration: what the payloads mean.

    Raises:
        Rejected: a time or a payload cannot be read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = _without(events.filter(pc.is_in(events["type"], value_set=pa.array(KINDS))), amended(events))
    payload, at = _distinct(wanted["data"])
    decoded = np.array([_payload(text, declaration) for text in payload], dtype=np.float64).reshape(-1, 2)
    codes = np.array([_programme(text) for text in payload], dtype=np.int64)
    kinds, kind_at = _distinct(wanted["type"])
    subjects, subject_at = _distinct(wanted["subject"])
    place = {person: row for row, person in enumerate(people)}
    return Interactions(
        kind=np.array([KINDS.index(kind) for kind in kinds], dtype=np.int8)[kind_at],
        person=np.array([place[subject] for subject in subjects], dtype=np.int64)[subject_at],
        programme=codes[at],
        time=_seconds(wanted["time"]),
        recorded=_seconds(wanted["recordedtime"]),
        position=decoded[at, 0].astype(np.float32),
        channel=decoded[at, 1].astype(np.float32),
    )


def _distinct(column: pyarrow.ChunkedArray) -> tuple[list[str], Int64]:
    """The values that occur, each once, and which of them each row holds."""
    import pyarrow as pa

    plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    found = plain.combine_chunks().dictionary_encode()
    return found.dictionary.to_pylist(), found.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _seconds(column: pyarrow.ChunkedArray) -> Int64:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s", "UTC")).cast(pa.int64())
        return np.asarray(seconds.to_numpy(), dtype=np.int64)
    texts, at = _distinct(column)
    return np.array([parse_time(text) for text in texts], dtype=np.int64)[at]


def amended(events: pyarrow.Table) -> set[tuple[str, str]]:
    """(source, id) of the events that a later one corrects or retracts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    actions = events.filter(pc.is_in(events["type"], value_set=pa.array(AMENDED)))
    payloads = [json.loads(text) for text in actions["data"].to_pylist()]
    return {(payload["source"], payload["id"]) for payload in payloads}


def _without(events: pyarrow.Table, keys: set[tuple[str, str]]) -> pyarrow.Table:
    if not keys:
        return events
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pa.array(sorted({name for _, name in keys}), pa.string())
    named = np.flatnonzero(pc.is_in(events["id"].cast(pa.string()), value_set=ids).to_numpy())
    rows = events.take(pa.array(named)).select(["source", "id"]).to_pylist()
    kept = np.ones(len(events), dtype=np.bool_)
    kept[[at for at, row in zip(named, rows, strict=True) if (row["source"], row["id"]) in keys]] = False
    return events.filter(pa.array(kept))


def _payload(text: str, declaration: Declaration) -> tuple[float, float]:
    payload, fields = json.loads(text), declaration.events[SHOWN].fields
    channel = payload.get("channel")
    known = np.nan if channel is None else fields["channel"].encode(channel)
    return payload.get("position", np.nan), known


def _programme(text: str) -> int:
    payload = json.loads(text)
    if "programme" not in payload:
        what = "does not say which programme it is about"
        raise Rejected(
            (
                Problem(
                    ("events", "data", "programme"), "missing", what, "Send the programme's id with every benefit event"
                ),
            )
        )
    return identifier_code(payload["programme"])


@dataclass(frozen=True)
class Examples:
    """Labelled showings in the order in which they were recorded.

    Attributes:
        person: int64[m], the person's place in the segments.
        t: int64[m], UTC seconds: the showing itself; what is known is what was recorded before it.
        programme: int64[m], the place in the catalogue.
        position: float32[m], from 1.
        channel: float32[m], the place in the declaration.
        label: float64[m], 1 where the person applied in time.
        weight: float64[m], how many showings each row stands for.
    """

    person: Int64
    t: Int64
    programme: Int64
    position: Float32
    channel: Float32
    label: Float64
    weight: Float64

    def __len__(self) -> int:
        """How many rows."""
        return int(self.person.size)

    def __getitem__(self, rows: Any) -> Examples:
        """The rows that `rows` selects."""
        return Examples(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @cached_property
    def lists(self) -> Int64:
        """int64[m], which list each row was shown in, one person at one time; numbered by person, then time."""
        order = np.lexsort((self.t, self.person))
        person, t = self.person[order], self.t[order]
        starts = np.r_[False, (person[1:] != person[:-1]) | (t[1:] != t[:-1])][: order.size]
        found = np.empty(order.size, dtype=np.int64)
        found[order] = np.cumsum(starts)
        return found

    def by_list(self) -> Examples:
        """The same rows with those of one list side by side."""
        return self[np.argsort(self.lists, kind="stable")]

    def heads(self) -> tuple[Int64, Int64]:
        """Person and t of each list, in the order of its number: whom and when to take a snapshot."""
        first = np.unique(self.lists, return_index=True)[1]
        return self.person[first], self.t[first]


def shown(benefits: Interactions, codes: Int64, end: int, within_days: int = WITHIN_DAYS) -> Examples:
    """Every showing of a programme of the catalogue whose answer had time to come, labelled by whether it came.

    Args:
        benefits: the log's showings and applications.
        codes: int64[P], identifier codes of the catalogue's programmes in its order.
        end: UTC seconds at which the log ends; a showing less than `within_days` before it has no label yet.
        within_days: how long an answer may take.
    """
    order = np.argsort(codes, kind="stable")
    offers, place = _placed(benefits.of(SHOWN), codes, order)
    applied, applied_place = _placed(benefits.of(APPLIED), codes, order)
    limit = within_days * DAY_SECONDS
    answered = _answered(offers, place, applied, applied_place, limit)
    ripe = np.flatnonzero(offers.time + limit <= end)
    kept = ripe[np.lexsort((place[ripe], offers.person[ripe], offers.time[ripe], offers.recorded[ripe]))]
    return Examples(
        person=offers.person[kept],
        t=offers.time[kept],
        programme=place[kept],
        position=offers.position[kept],
        channel=offers.channel[kept],
        label=answered[kept],
        weight=np.ones(kept.size),
    )


def _placed(benefits: Interactions, codes: Int64, order: Int64) -> tuple[Interactions, Int64]:
    at = np.minimum(np.searchsorted(codes, benefits.programme, sorter=order), codes.size - 1)
    place = order[at]
    known = codes[place] == benefits.programme
    return benefits[known], place[known]


def _answered(offers: Interactions, place: Int64, applied: Interactions, applied_place: Int64, limit: int) -> Float64:
    """Each application answers the latest showing of its programme to its person, if that was within the limit."""
    pair = np.concatenate([offers.person, applied.person]), np.concatenate([place, applied_place])
    time = np.concatenate([offers.time, applied.time])
    is_answer = np.arange(time.size) >= offers.time.size
    order = np.lexsort((is_answer, time, pair[1], pair[0]))
    answers = np.flatnonzero(is_answer[order][1:] & ~is_answer[order][:-1])
    before, after = order[answers], order[answers + 1]
    fits = (pair[0][before] == pair[0][after]) & (pair[1][before] == pair[1][after])
    fits &= time[after] - time[before] < limit
    label = np.zeros(offers.time.size)
    label[before[fits]] = 1.0
    return label


def thinned(examples: Examples, most: int, rng: np.random.Generator) -> Examples:
    """At most about `most` rows: every list with an answer, and a share of the others that stands for all of them.

    The weights undo the choice, so probabilities learned from the rows are those of all showings.
    """
    if len(examples) <= most:
        return examples
    answered = np.bincount(examples.lists, weights=examples.label)[examples.lists] > 0
    room = max(most - int(answered.sum()), 0)
    share = max(room / int((~answered).sum()), 1e-3)
    drawn = rng.random(int(examples.lists.max()) + 1)[examples.lists] < share
    kept = answered | drawn
    weight = np.where(answered, examples.weight, examples.weight / share)
    return replace(examples, weight=weight)[kept]


def held_out(people: Sequence[str], every: int = HELD_OUT) -> Bool:
    """Who is never learned from: bool[people], the same people whatever else is in the data."""
    return np.array([identifier_code(person) % every == 0 for person in people], dtype=np.bool_)
