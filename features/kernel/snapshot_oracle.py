"""What a snapshot is, said in plain Python straight from the definitions: what the kernel is proved against.

It reads the events themselves, one person and one instant at a time, and knows nothing of rows, tables or plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from features.calendar import DAY_SECONDS, Duration, completed_months, completed_years
from features.declaration.datatype import OLDEST_AGE
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import RETRACTED, STATED, Derived, Fact, Feature, Selector, State
from features.log.event import Event
from features.log.statement import RECEIVES
from features.log.versions import amend
from features.value import NONE, UNKNOWN

_Setting = tuple[int, int, int, Duration | None, int | None]


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
                return UNKNOWN
            if fields[name].encode(event.data[name]) != wanted:
                return None
        if signal.field is None:
            return 1
        return fields[signal.field].encode(event.data[signal.field]) if signal.field in event.data else UNKNOWN

    def stated(self, name: str) -> Iterator[tuple[int, int, object]]:
        """Every statement of a fact: its place, its wall-clock second, its JSON value."""
        for place, (event, _) in enumerate(self.events):
            if event.type == STATED and name in event.data:
                yield place, self.declaration.zone.local_seconds(event.time), event.data[name]

    def begins(self, window: Duration | None) -> int:
        """The wall-clock second at which a window that ends now begins; a lifetime begins at the epoch."""
        return max(self.epoch, window.back_from(self.now)) if window else self.epoch

    def whole(self, signals: Sequence[Selector], window: Duration | None) -> bool:
        """Whether every event of these signals' types within the window is known."""
        since = [self.declaration.events[signal.event].complete_from for signal in signals]
        return self.complete and all(day is not None and day * DAY_SECONDS <= self.begins(window) for day in since)

    def fact(self, fact: Fact) -> int:
        """The value of a fact."""
        if fact.derived:
            return self.derived(fact.derived)
        if fact.type == "dates":
            return self.pick(fact, "latest")
        held = self.timeline(self.settings(fact))[-1][1]
        if held is not None:
            return held
        return 0 if fact.type == "boolean" and self.cannot_be_true(fact) else UNKNOWN

    def cannot_be_true(self, fact: Fact) -> bool:
        """Whether everything that could have made a boolean true would be known."""
        could = [state for state in fact.states if state.gives != 0 or state.then == 1]
        return bool(could) and all(
            self.whole([state.signal], None if state.then == 1 else state.lapse) for state in could
        )  # fmt: skip

    def settings(self, fact: Fact) -> list[_Setting]:
        """What set the fact, in order: place, wall-clock second, value, how long for, and what then (None: unseen)."""
        found: list[_Setting] = []
        for place, wall, value in self.stated(fact.name):
            code = fact.encode(value)
            found.append((place, wall, code, _believed_for(fact, code), None))
        for state in fact.states:
            for heard in self.heard([state.signal]):
                code = heard.value if UNKNOWN in (heard.value, state.gives) or state.gives is None else state.gives
                found.append((heard.place, heard.wall, code, state.lapse, state.then))
        return sorted(found, key=lambda setting: setting[0])

    def timeline(self, settings: Sequence[_Setting]) -> list[tuple[int, int | None]]:
        """The values a fact took, each with the day from which on; None is nothing seen."""
        line: list[tuple[int, int | None]] = [(self.epoch // DAY_SECONDS, None)]
        ends = [wall for _, wall, *_ in settings] + [self.now]
        for (_, wall, value, lapse, then), end in zip(settings, ends[1:], strict=True):
            line.append((wall // DAY_SECONDS, value))
            if lapse and wall < lapse.back_from(end):
                line.append((lapse.after(wall // DAY_SECONDS), then))
        return line

    def spell(self, feature: Feature) -> int:
        """How long the fact has had the value it has."""
        line = self.timeline(self.settings(self.declaration.facts[feature.of]))
        value = line[-1][1]
        if value is None or value == UNKNOWN:
            return UNKNOWN
        changes = [later for (_, before), (later, after) in pairwise(line) if before != after]
        return _length(min(changes[-1], self.today), self.today, feature.unit)

    def dates(self, fact: Fact) -> tuple[list[int], bool, bool]:
        """The dates known to be in a list, whether these are all, and whether one is known of without its date."""
        restated = [(place, fact.encode_all(value)) for place, _, value in self.stated(fact.name)]
        since, found = (restated[-1][0], list(restated[-1][1])) if restated else (-1, [])
        dateless = False
        for signal in fact.adds:
            for heard in self.heard([signal]):
                if heard.place > since:
                    dateless |= heard.value == UNKNOWN
                    found.append(heard.value if signal.field else heard.day)
        return found, bool(restated) or (bool(fact.adds) and self.whole(fact.adds, None)), dateless

    def pick(self, fact: Fact, which: str) -> int:
        """One date of a list; the latest is known even of a list not all known, if all since then would be known."""
        dates, all_known, dateless = self.dates(fact)
        if dateless:
            return UNKNOWN
        if all_known:
            return (max(dates) if which == "latest" else min(dates)) if dates else NONE
        since = [self.declaration.events[signal.event].complete_from for signal in fact.adds]
        known = [day for day in since if day is not None]
        closed = self.complete and dates and known and len(known) == len(since) and max(dates) >= max(known)
        return max(dates) if closed and which == "latest" else UNKNOWN

    def derived(self, derived: Derived) -> int:
        """A column computed from a date or a list of dates."""
        fact = self.declaration.facts[derived.of]
        if derived.op in ("count_of", "ages_of"):
            dates, all_known, dateless = self.dates(fact)
            if dateless or not all_known:
                return UNKNOWN
            if derived.op == "count_of":
                return len(dates)
            ages = {min(max(completed_years(day, self.today), 0), OLDEST_AGE) for day in dates}
            return sum(2**age for age in ages) if ages else NONE
        day = self.pick(fact, derived.which) if fact.type == "dates" else self.fact(fact)
        if day in (UNKNOWN, NONE):
            return day
        day = derived.plus.after(day) if derived.plus else day
        if derived.op != "time_until":
            return _length(day, self.today, derived.op.removesuffix("_since"))
        return _length(self.today, day, derived.unit) if day >= self.today else -_length(day, self.today, derived.unit)

    def feature(self, feature: Feature) -> int:
        """The value of a feature."""
        if feature.derived:
            return self.derived(feature.derived)
        if feature.op == "spell":
            return self.spell(feature)
        since, whole = self.begins(feature.window), self.whole(feature.signals, feature.window)
        if feature.op == "sequence":
            return self.sequence(feature, since) if whole else UNKNOWN
        heard = self.heard(feature.signals, since)
        values = [one.value for one in heard]
        if feature.op in ("last", "time_since"):
            if not heard:
                return NONE if whole else UNKNOWN
            known = values[-1] != UNKNOWN and feature.op == "time_since"
            return _length(heard[-1].day, self.today, feature.unit) if known else values[-1]
        if not whole or UNKNOWN in values:
            return UNKNOWN
        return {"count": len(values), "sum": sum(values), "distinct": len(set(values))}[feature.op]

    def sequence(self, feature: Feature, since: int) -> int:
        """How many last steps complete the sequence: every step after the one before, all of it within the length."""
        steps = [self.heard([signal], since) for signal in feature.signals]
        if any(one.value == UNKNOWN for step in steps for one in step):
            return UNKNOWN
        within = feature.within or Duration()
        chains = [(first.wall, first.place) for first in steps[0]]
        for step in steps[1:]:
            chains = [
                (begun, one.place)
                for one in step
                for begun in {
                    begun for begun, place in chains if place < one.place and begun >= within.back_from(one.wall)
                }
            ]
        return len({place for _, place in chains})

    def receives(self, programme: str) -> int:
        """Whether the person receives a programme."""
        found = [(place, int(bool(value))) for place, _, value in self.stated(RECEIVES + programme)]
        for name, given in (("benefit.granted", 1), ("benefit.ended", 0)):
            for place, (event, _) in enumerate(self.events):
                if event.type == name and event.data.get("programme") == programme:
                    found.append((place, given))
        granted = self.declaration.events.get("benefit.granted")
        lifelong = granted and self.whole([Selector("benefit.granted")], None)
        return max(found)[1] if found else 0 if lifelong else UNKNOWN


def snapshot(
    declaration: Declaration,
    events: Iterable[Event],
    person: str,
    t: int,
    receives: Sequence[str] = (),
    complete: bool = True,
) -> tuple[int, ...]:
    """Return the columns of one person at one instant: facts, features, then receipts, as the kernel computes them.

    Args:
        declaration: what to compute.
        events: everybody's, in any order, each any number of times.
        person: whose.
        t: a UTC second; only what happened and was recorded before counts.
        receives: programme ids.
        complete: False where nothing is complete.
    """
    life = OracleHistory(declaration, list(events), person, t, complete)
    facts = [life.fact(fact) for fact in declaration.facts.values()]
    features = [life.feature(feature) for feature in declaration.features.values()]
    return (*facts, *features, *(life.receives(programme) for programme in receives))


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


def _believed_for(fact: Fact, value: int) -> Duration | None:
    """How long a statement is believed: as long as the longest event that gives the value, if all that may lapse."""
    givers: list[State] = [state for state in fact.states if state.gives in (None, value)]
    lapses = [state.lapse for state in givers if state.lapse is not None]
    if not lapses or len(lapses) < len(givers) or any(state.gives is None for state in fact.states):
        return None
    return max(lapses, key=lambda lapse: lapse.after(0))


def _length(start: int, end: int, unit: str) -> int:
    lengths: Mapping[str, int] = {
        "days": end - start, "months": completed_months(start, end), "years": completed_years(start, end)
    }  # fmt: skip
    return lengths[unit]
