"""What was held of each event over time: corrections, retractions, and retractions of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, TypeVar

from features.arrays import Int64
from features.calendar import DAY_SECONDS
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import RETRACTED, STATED
from features.log.event import ACTS, Event, parse_time, read_about
from features.log.event_parser import REFERENCE
from features.log.statement import accepts_fact
from features.problem import Problem, Problems, Rejected

FOREVER: Final = 2**63 - 1
DEEPEST: Final = 64
"""How many events may act one on the other, each on the one before: nobody corrects so often."""
MOST_ACTS: Final = 256
"""How many may act on one event, themselves or through others: reading it takes time that grows with their square."""

Acts = Mapping[tuple[str, str, str], "Sequence[Event]"]
"""Corrections and retractions by source, id and subject of what they act on, in the order in which they act."""

Moment = TypeVar("Moment", int, Int64)


def visible(happened: Moment, recorded: Moment, superseded: Moment, t: int) -> Any:
    """Return whether something is known at the UTC second `t`, or for arrays which rows are: bool or bool[rows].

    It happened and was recorded before `t`, and was superseded at `t` or later. `FOREVER` as `t` means now.
    """
    return (happened < t) & (recorded < t) & (t <= superseded)


@dataclass(frozen=True)
class Version:
    """What was held of an event from one UTC second up to another, None once it was retracted.

    `sources` are all who say so: whoever recorded the event, and whoever corrected it.
    """

    event: Event | None
    since: int
    until: int
    sources: frozenset[str] = field(default_factory=frozenset)


def versions(event: Event, actions: Acts, declaration: Declaration) -> list[Version]:
    """Return what was held of an event over time, as its corrections and retractions became known.

    A correction acts from its own recorded time, on an event of the same subject; a retraction is final unless it is
    itself retracted.

    Raises:
        Rejected: over `DEEPEST` events act one on the other, or over `MOST_ACTS` on this one.
    """
    acted = list(islice(_moments(event, actions), MOST_ACTS + 1))
    if not acted:  # as nearly all events are
        return [Version(event, event.recorded, FOREVER, frozenset({event.source}))]
    if len(acted) > MOST_ACTS:
        what, remedy = f"is acted on by over {MOST_ACTS} events", "Send one correction that holds all of them"
        raise Rejected([Problem((f"event {event.source} {event.id}",), "range", what, remedy)])
    moments = sorted({max(moment, event.recorded) for moment in acted} | {event.recorded})
    held = [_held(event, moment, actions, declaration) for moment in moments]
    return [
        Version(None, since, until) if body is None else Version(body[0], since, until, body[1])
        for body, since, until in zip(held, moments, [*moments[1:], FOREVER], strict=True)
    ]  # fmt: skip


def _moments(event: Event, actions: Acts, depth: int = 0) -> Iterator[int]:
    for action in _acting_on(event, actions):
        if depth == DEEPEST:
            what, remedy = f"over {DEEPEST} events act one on the other", "Send one correction of the first event"
            raise Rejected([Problem((f"event {action.source} {action.id}",), "range", what, remedy)])
        yield action.recorded
        yield from _moments(action, actions, depth + 1)


def _acting_on(event: Event, actions: Acts) -> Iterator[Event]:
    for action in actions.get((*event.key, event.subject), ()):
        later = (action.recorded, *action.key) > (event.recorded, *event.key)
        if event.target is None or later:  # guards against cycles of corrections
            yield action


def _held(event: Event, at: int, actions: Acts, declaration: Declaration) -> tuple[Event, frozenset[str]] | None:
    """An event as held at a UTC second, and all who say so."""
    body, sources = event, frozenset({event.source})
    for action in _acting_on(event, actions):
        acting = _held(action, at, actions, declaration) if action.recorded <= at else None
        if acting is None or acting[0].target != event.key:
            continue
        if acting[0].type == RETRACTED:
            return None
        body, sources = amend(body, acting[0], declaration), sources | acting[1]
    return body, sources


def events_as_held(
    events: Iterable[Event], declaration: Declaration, t: int = FOREVER
) -> Iterator[tuple[Event, Event]]:
    """Yield each event that was held at `t`, as it was first recorded and as it was held then.

    Args:
        events: in any order, each given any number of times.
        declaration: what may happen.
        t: a UTC second; only what happened and was recorded before it counts.

    Raises:
        Rejected: two events have the same source and id and say different things.
    """
    unique = distinct_events(events)
    actions = actions_among(unique)
    for event in unique:
        for version in versions(event, actions, declaration) if event.target is None else ():
            held = version.event
            if held is not None and visible(held.time, version.since, version.until, t):
                yield event, held


def amend(event: Event, correction: Event, declaration: Declaration) -> Event:
    """Return the event as a correction says it was: its time, its payload, or both.

    What does not fit the event's type is left out, so that it counts as unknown.
    """
    time = event.time if "time" not in correction.data else parse_time(correction.data["time"])
    amended = replace(event, time=time, recorded=correction.recorded)
    if "data" not in correction.data:
        return amended
    body = correction.data["data"]
    fields = dict(body) if isinstance(body, Mapping) else {}
    about = read_about(fields.pop("about", ()), (), Problems())
    fitting = {name: value for name, value in fields.items() if _fits(event, name, value, declaration)}
    return replace(amended, data=fitting, about=about if _fit_roles(event, about, declaration) else ())


def _fits(event: Event, name: str, value: object, declaration: Declaration) -> bool:
    """Whether a field may stand in an event of this type."""
    if event.type in ACTS:
        return name in REFERENCE[event.type] and _fits_action(event, name, value)
    if event.type == STATED:
        today = declaration.zone.local_seconds(event.time) // DAY_SECONDS
        return accepts_fact(name, value, declaration, today)
    if event.type not in declaration.events:
        return True
    field = declaration.events[event.type].fields.get(name)
    return field is not None and field.accepts(value)


def _fits_action(action: Event, name: str, value: object) -> bool:
    if name == "time":
        try:
            return parse_time(value) <= action.recorded
        except Rejected:
            return False
    return name != "data" or isinstance(value, Mapping)


def _fit_roles(event: Event, about: Iterable[tuple[str, str]], declaration: Declaration) -> bool:
    """Whether the people may play these roles in an event of this type."""
    roles = {role for _, role in about}
    if event.type in ACTS or event.type == STATED:
        return not roles
    return event.type not in declaration.events or roles <= set(declaration.events[event.type].parts)


def distinct_events(events: Iterable[Event], unreadable: set[str] | None = None) -> list[Event]:
    """Return each event once, as it was first recorded.

    Args:
        events: in any order.
        unreadable: takes the subjects who contradict themselves. Ids are then each subject's own, so that what is read
            of one never depends on what stands in the log of another.

    Raises:
        Rejected: with every conflict, where nothing takes them.
    """
    found: dict[tuple[str, ...], Event] = {}
    conflicts = []
    for event in events:
        key = event.key if unreadable is None else (event.subject, *event.key)
        earlier = found.setdefault(key, event)
        if earlier is event:
            continue
        if earlier.body_hash != event.body_hash:
            conflicts.append(conflict(event.key))
            if unreadable is not None:
                unreadable.add(event.subject)
        elif event.recorded < earlier.recorded:
            found[key] = event
    if conflicts and unreadable is None:
        raise Rejected(conflicts)
    return list(found.values())


def conflict(key: tuple[str, str]) -> Problem:
    """Return the problem of an event that says something else than one of the same source and id."""
    remedy = "Give the new event its own id, or send event.corrected"
    return Problem((f"event {key[0]} {key[1]}",), "conflict", "is there already with another body", remedy)


def foreign_action(key: tuple[str, str]) -> Problem:
    """Return the problem of a correction or retraction of what was said of somebody else."""
    what = "corrects or retracts an event whose subject is somebody else"
    remedy = "Send it with the subject of the event it names: nobody changes what is said of others"
    return Problem((f"event {key[0]} {key[1]}",), "forbidden", what, remedy)


def erased_subject(key: tuple[str, str]) -> Problem:
    """Return the problem of an event about somebody who was erased."""
    what = "is about somebody whose events were erased"
    remedy = "Leave it out; who is to be known again needs another id"
    return Problem((f"event {key[0]} {key[1]}",), "refused", what, remedy)


def actions_among(events: Iterable[Event]) -> dict[tuple[str, str, str], list[Event]]:
    """Return the corrections and retractions by what they may act on: an event of their own subject."""
    actions: dict[tuple[str, str, str], list[Event]] = {}
    for event in sorted((one for one in events if one.target), key=lambda one: (one.recorded, *one.key)):
        assert event.target is not None
        actions.setdefault((*event.target, event.subject), []).append(event)
    return actions
