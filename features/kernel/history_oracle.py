"""One person's events as known at one instant, said in plain Python straight from the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from features.calendar import DAY_SECONDS, Duration
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import RETRACTED, STATED, Selector
from features.log.event import Event
from features.log.statement import with_receipts
from features.log.versions import amend
from features.value import NONE, UNKNOWN, identifier_code


@dataclass(frozen=True)
class Heard:
    """A signal as one event gave it: its place in the person's order of events, when, and what."""

    place: int
    wall: int
    value: int

    @property
    def day(self) -> int:
        """The local day."""
        return self.wall // DAY_SECONDS


class OracleHistory:
    """One person as known at one instant: the events that count, in order, and what is computed from them."""

    def __init__(self, declaration: Declaration, events: Iterable[Event], person: str, t: int, complete: bool) -> None:
        """Keep what happened before `t`, as recorded before `t`, each event once."""
        self.declaration, self.complete = declaration, complete
        self.now, self.today = declaration.zone.local_seconds(t), declaration.zone.today(t)
        self.epoch = declaration.epoch * DAY_SECONDS
        known = _first_recorded(event for event in events if event.recorded < t)
        self.events: list[tuple[Event, str]] = []
        for event in sorted(known, key=lambda event: (event.recorded, event.source, event.id)):
            held = None if event.target else _held(event, known, declaration)
            if held and held.time < t:
                parts = dict(held.parts(declaration.events[held.type]))
                if person in parts:
                    self.events.append((held, parts[person]))
        self.events.sort(key=lambda pair: pair[0].time)  # stable: the order of recording breaks ties

    def heard(self, signals: Sequence[Selector], since: int | None = None) -> list[Heard]:
        """Every time one of these signals was given at or after a wall-clock second, in order."""
        found = []
        for place, (event, role) in enumerate(self.events):
            wall = self.declaration.zone.local_seconds(event.time)
            for signal in signals:
                value = self._value(signal, event, role)
                if value is not None and (since is None or wall >= since):
                    found.append(Heard(place, wall, value))
        return found

    def _value(self, signal: Selector, event: Event, role: str) -> int | None:
        if event.type != signal.event or signal.role not in (None, role):
            return None
        fields = self.declaration.events[event.type].fields
        if signal.where is not None:
            name, wanted = signal.where
            if name not in event.data:
                return UNKNOWN if signal.over is None else NONE
            if fields[name].encode(event.data[name]) != wanted:
                return None
        if signal.over is not None:
            return identifier_code(str(event.data[signal.over])) if signal.over in event.data else UNKNOWN
        if signal.field is None:
            return 1
        return fields[signal.field].encode(event.data[signal.field]) if signal.field in event.data else UNKNOWN

    def stated(self, name: str) -> Iterator[tuple[int, int, object]]:
        """Every statement of a fact: its place, its wall-clock second, its JSON value."""
        for place, (event, _) in enumerate(self.events):
            said = with_receipts(event.data, self.declaration) if event.type == STATED else {}
            if name in said:
                yield place, self.declaration.zone.local_seconds(event.time), said[name]

    def begins(self, window: Duration | None) -> int:
        """The wall-clock second at which a window that ends now begins; a lifetime begins at the epoch."""
        return max(self.epoch, window.back_from(self.now)) if window else self.epoch

    def whole(self, signals: Sequence[Selector], window: Duration | None) -> bool:
        """Whether every event of these signals' types within the window is known."""
        since = [self.declaration.events[signal.event].complete_from for signal in signals]
        return self.complete and all(day is not None and day * DAY_SECONDS <= self.begins(window) for day in since)


def _first_recorded(events: Iterable[Event]) -> list[Event]:
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        if event.key not in found or event.recorded < found[event.key].recorded:
            found[event.key] = event
    return list(found.values())


def _held(event: Event, known: Sequence[Event], declaration: Declaration) -> Event | None:
    """The event as what is known corrects it, None when it is retracted; its recorded time stays the first."""
    held = event
    for action in sorted(known, key=lambda one: (one.recorded, one.source, one.id)):
        if action.target != event.key or action.subject != event.subject:
            continue
        if event.target and (action.recorded, *action.key) <= (event.recorded, *event.key):
            continue
        acting = _held(action, known, declaration)
        if acting is None or acting.target != event.key:
            continue
        if acting.type == RETRACTED:
            return None
        held = amend(held, acting, declaration)
    return held
