"""Person: one person as known on the day: a snapshot, who asks, what happened to them, what they receive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.calendar import DAY_SECONDS
from features.declaration.vocabulary import STATED, SUBJECT
from features.value import UNKNOWN, identifier_code, is_known
from recommender.rules.clause import RECEIVES
from recommender.rules.window import Occurrence, births

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.history import History
    from features.snapshot import Snapshot
    from recommender.rules.catalogue import Catalogue


@dataclass(frozen=True)
class Person:
    """One person on one day.

    Attributes:
        snapshot: what is known, one row.
        applicant: bit mask of KINDS: in which roles the person asks.
        occurrences: what happened, the earliest first.
        held: ids of the programmes the person receives or has applied for.
    """

    snapshot: Snapshot
    applicant: int = 1
    occurrences: tuple[Occurrence, ...] = ()
    held: frozenset[str] = frozenset()


def occurrences_of(segments: History, person: str, t: int, declaration: Declaration) -> tuple[Occurrence, ...]:
    """What the log knew at `t` to have happened to a person: each type and local day once, the earliest day first.

    A part in an event counts where it is the one its type gives the subject: a birth happens to the parent who may
    claim, not to the child.
    """
    row = int(segments.rows_of([person])[0])
    if row < 0:
        return ()
    part = slice(int(segments.offsets[row]), int(segments.offsets[row + 1]))
    seen = (segments.happened[part] < t) & (segments.recorded[part] < t) & (t <= segments.superseded[part])
    signals, days = segments.signal[part][seen], segments.local[part][seen] // DAY_SECONDS
    found = set[tuple[int, str]]()
    for signal, day in zip(signals.tolist(), days.tolist(), strict=True):
        heard = segments.signals[signal]
        if heard.event != STATED and heard.role in _parts(declaration, heard.event):
            found.add((day, heard.event))
    return tuple(Occurrence(event, day) for day, event in sorted(found))


def _parts(declaration: Declaration, event: str) -> tuple[str | None, ...]:
    """Under which roles an event is one's own; where its subject has no name, everybody in it is meant."""
    subject = declaration.events[event].subject
    return (None, subject) if subject == SUBJECT else (subject,)


def occurrences_in(snapshot: Snapshot, declaration: Declaration, today: int) -> tuple[Occurrence, ...]:
    """The events that facts alone imply: the latest date of each list that an event adds its own day to."""
    found: list[Occurrence] = []
    for name, fact in declaration.facts.items():
        latest = snapshot.value(name) if fact.type == "dates" else UNKNOWN
        if is_known(latest):
            for signal in fact.adds:
                found += births([latest], signal.event, today) if signal.field is None else ()
    return tuple(found)


def receipts(
    catalogue: Catalogue, facts: Iterable[tuple[str, object]] = (), codes: Iterable[int] = ()
) -> frozenset[str]:
    """The programmes a person receives: stated as `receives.<id>` true, or held in the log by identifier code."""
    stated = {name.removeprefix(RECEIVES) for name, value in facts if name.startswith(RECEIVES) and value is True}
    wanted = set(codes)
    return frozenset(stated) | {one.id for one in catalogue.programmes if wanted and identifier_code(one.id) in wanted}
