"""People as a private run may see them: those who agreed, under pseudonyms, each in their privacy unit."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Int64
from privacy.request import Basis
from privacy.unit import PrivacyUnit, households
from training.data.examples import LearningLog, amended, held_out

if TYPE_CHECKING:
    import pyarrow

    from features.log.history import History
    from privacy.request import RunRequest


GIVEN: Final = "consent.given"
WITHDRAWN: Final = "consent.withdrawn"


def admitted(
    log: LearningLog, events: pyarrow.Table, run: RunRequest, pseudonym: Callable[[str], str], every: int
) -> LearningLog:
    """The log of those whom a run may learn from or be judged by, each under a pseudonym.

    Households are found among everybody, so that who did not agree still is somebody's relative; then those who did not
    agree to the purpose are left out with all their events. Who is held out is noted while names are still known.

    Args:
        log: everybody.
        events: the rows the log was read from: who consented, and who belongs together.
        run: what for, on which ground, and in which unit.
        pseudonym: what to call a person.
        every: one person in so many is held out.
    """
    people = log.segments.people
    unit = households(people, together(events)) if run.unit is PrivacyUnit.HOUSEHOLD else np.arange(len(people))
    known = replace(log, unit=unit, held=held_out(people, every))
    return _only(known, agreeing(events, people, run.purpose, run.basis), pseudonym)


def agreeing(events: pyarrow.Table, people: Collection[str], purpose: str, basis: Basis) -> Bool:
    """Who may be learned from for a purpose: bool[people].

    The latest word counts; said in the same second, a withdrawal does. A withdrawal holds whatever corrected it, and a
    consent that was corrected or retracted does not.
    """
    spoken = _latest(events, purpose)
    silent = basis is Basis.LAW
    return np.array([spoken.get(person, silent) for person in people], dtype=np.bool_)


def _latest(events: pyarrow.Table, purpose: str) -> dict[str, bool]:
    undone = amended(events)
    said = sorted(
        (row["time"], row["type"] == WITHDRAWN, row["subject"])
        for row in _rows(events, (GIVEN, WITHDRAWN))
        if json.loads(row["data"]).get("purpose") == purpose
        and (row["type"] == WITHDRAWN or (row["source"], row["id"]) not in undone)
    )
    return {person: not withdrawn for _, withdrawn, person in said}


def _rows(events: pyarrow.Table, kinds: tuple[str, ...]) -> Iterator[dict[str, str]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = events.filter(pc.is_in(events["type"].cast(pa.string()), value_set=pa.array(kinds)))
    for batch in wanted.to_batches(max_chunksize=65_536):
        yield from batch.to_pylist()


def together(events: pyarrow.Table) -> Iterator[tuple[str, str]]:
    """Pairs of people that one event is about."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = events["data"].cast(pa.string())
    named = events.filter(pc.match_substring(text, '"about"')).select(["subject", "data"])
    for row in named.to_pylist():
        for other in json.loads(row["data"]).get("about", ()):
            yield row["subject"], other["person"]


def _only(log: LearningLog, kept: Bool, pseudonym: Callable[[str], str]) -> LearningLog:
    """The log of some people, in the order of their pseudonyms, which tells nothing."""
    names = {place: pseudonym(log.segments.people[place]) for place in np.flatnonzero(kept).tolist()}
    chosen = np.array(sorted(names, key=names.__getitem__), dtype=np.int64)
    new = np.full(kept.size, -1, dtype=np.int64)
    new[chosen] = np.arange(chosen.size)
    benefits = log.benefits[kept[log.benefits.person]]
    assert log.unit is not None, "the caller has grouped them"
    assert log.held is not None, "and noted who is held out"
    return LearningLog(
        _segments(log.segments, chosen, tuple(names[place] for place in chosen.tolist())),
        replace(benefits, person=new[benefits.person]),
        np.unique(log.unit[chosen], return_inverse=True)[1].astype(np.int64),
        log.held[chosen],
    )


def _segments(segments: History, chosen: Int64, names: tuple[str, ...]) -> History:
    sizes = np.diff(segments.offsets)[chosen]
    ends = np.cumsum(sizes)
    rows = np.arange(int(sizes.sum())) + np.repeat(segments.offsets[chosen] - (ends - sizes), sizes)
    columns = ("happened", "recorded", "superseded", "local", "signal", "value")
    taken = {name: getattr(segments, name)[rows] for name in columns}
    return replace(segments, people=names, offsets=np.concatenate(([0], ends)).astype(np.int64), **taken)
