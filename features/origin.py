"""Origin: from which event, since when and until when a fact of one person is known; what a reason can be traced to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from features.calendar import DAY_SECONDS, Duration, date_of
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import STATED, Fact, Selector, State
from features.kernel.lowering import trusted_for
from features.kernel.tally import moved
from features.log.row_encoder import signals_of
from features.value import NONE, UNKNOWN, is_known

if TYPE_CHECKING:
    from features.arrays import Int64
    from features.log.history import History


@dataclass(frozen=True)
class Origin:
    """What made a fact known.

    Attributes:
        events: the type of the event it follows from; or the types none of which happened.
        day: the local day it happened on; or since when none of them did.
        until: the local day from which it is no longer believed, None where only another event ends it.
        happened: False where it is known because nothing happened.
    """

    events: tuple[str, ...]
    day: int
    until: int | None = None
    happened: bool = True

    def to_document(self) -> dict[str, Any]:
        """Return the entry of `known_from` in the outer contract."""
        until = None if self.until is None else date_of(self.until).isoformat()
        on = date_of(self.day).isoformat()
        return {"events": list(self.events), "on": on, "until": until, "happened": self.happened}


class _Cue(NamedTuple):
    """One row that speaks of a fact: its day, what it gives, until when, and the identifier of what begins or ends."""

    event: str
    day: int
    gives: int
    until: int | None = None
    name: int = NONE

    def origin(self) -> Origin:
        return Origin((self.event,), self.day, self.until)

    def ended_in(self, cues: list[_Cue]) -> bool:
        """Whether the one that began by name ended by name afterwards."""
        later = cues[cues.index(self) + 1 :]
        return is_known(self.name) and any(cue.gives == 0 and cue.name == self.name for cue in later)


def origins(
    declaration: Declaration, history: History, person: str, t: int, value_of: Callable[[str], int]
) -> Mapping[str, Origin]:
    """Return where each known fact of one person comes from; facts whose origin nothing tells are left out.

    That of a fact is worked out when it is asked for: what is said to a person rests on few of all that is known.

    Args:
        declaration: the facts.
        history: the events the values were computed from.
        person: whose.
        t: the UTC second as of which they were.
        value_of: the value of a fact, by its name.
    """
    cues: dict[str, list[_Cue]] = {}
    for name, cue in _cues(declaration, history, history.visible(person, t)):
        cues.setdefault(name, []).append(cue)
    return _Origins(declaration, cues, value_of)


class _Origins(Mapping[str, Origin]):
    """The origins of the known facts of one person."""

    def __init__(
        self, declaration: Declaration, cues: Mapping[str, list[_Cue]], value_of: Callable[[str], int]
    ) -> None:
        self._declaration, self._cues, self._value_of = declaration, cues, value_of
        self._kept: dict[str, Origin | None] = {}

    def __getitem__(self, name: str) -> Origin:
        if name not in self._kept:
            self._kept[name] = self._of(name)
        origin = self._kept[name]
        if origin is None:
            raise KeyError(name)
        return origin

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._declaration.facts if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _of(self, name: str) -> Origin | None:
        fact = self._declaration.facts.get(name)
        value = UNKNOWN if fact is None else self._value_of(name)
        if fact is None or value == UNKNOWN:
            return None
        leans = fact.derived.of if fact.derived else fact.hangs_on[0] if fact.hangs_on else ""
        # only what is declared before tells of another, so that none goes round in a circle
        places = _places(self._declaration)
        base = self.get(leans) if leans and places.get(leans, len(places)) < places[name] else None
        return _origin(self._declaration, fact, value, self._cues.get(name, []), base)


@lru_cache(maxsize=8)
def _places(declaration: Declaration) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(declaration.facts)}


def _cues(declaration: Declaration, history: History, rows: Int64) -> Iterator[tuple[str, _Cue]]:
    """Everything that was said of each fact, in order."""
    speaks = _speaks(declaration)
    held: dict[str, int] = {}
    days = (history.local[rows] // DAY_SECONDS).tolist()
    for place, value, day in zip(history.signal[rows].tolist(), history.value[rows].tolist(), days, strict=True):
        spoken = speaks[place]
        before = {**held} if spoken.changing else held
        for name, act in spoken.acts:
            if isinstance(act, int):
                yield name, _Cue(spoken.event, day, act, None, value)
            elif not isinstance(act, State):
                held[name] = value
                yield name, _Cue(spoken.event, day, value, _after(act.get(value, (None, 0))[0], day))
            elif not act.changes or moved(before.get(act.changes, UNKNOWN), value) != 0:
                given = value if act.gives is None or value == UNKNOWN else act.gives
                held[name] = given
                yield name, _Cue(spoken.event, day, given, _after(act.lapse, day))


class _Spoken(NamedTuple):
    """What one signal says: its event, and of each fact it speaks of the name and what it does.

    That is a state it sets; what one of several becomes that it begins or ends; or how long each value that it states
    is believed. `changing` is whether any of it depends on what was held before.
    """

    event: str
    acts: tuple[tuple[str, State | int | Mapping[int, tuple[Duration, int]]], ...]
    changing: bool


@lru_cache(maxsize=8)
def _speaks(declaration: Declaration) -> tuple[_Spoken, ...]:
    """What each of the signals of a declaration says, by its place in a history's `signals`."""
    speaks: dict[Selector, list[tuple[str, State | int | Mapping[int, tuple[Duration, int]]]]] = {}
    for fact in declaration.facts.values():
        for state in fact.states:
            speaks.setdefault(state.signal, []).append((fact.name, state))
        for gives, signals in enumerate((fact.tally.ends, fact.tally.begins) if fact.tally else ()):
            for signal in signals:
                speaks.setdefault(signal, []).append((fact.name, gives))
        for signal in (*fact.adds, *([Selector(STATED, None, fact.name)] if fact.stated else ())):
            speaks.setdefault(signal, []).append((fact.name, trusted_for(fact)))
    acts = [tuple(speaks.get(signal, ())) for signal in signals_of(declaration)]
    changing = [any(isinstance(act, State) and act.changes for _, act in some) for some in acts]
    events = [signal.event for signal in signals_of(declaration)]
    return tuple(map(_Spoken, events, acts, changing))


def _after(lapse: Duration | None, day: int) -> int | None:
    return None if lapse is None else lapse.after(day)


def _origin(declaration: Declaration, fact: Fact, value: int, cues: list[_Cue], base: Origin | None) -> Origin | None:
    """The origin of a fact of this value; `base` is that of the fact from which it is derived or on which it hangs."""
    if fact.derived:
        return base
    if fact.type == "dates" or (cues and cues[-1].gives == value and not fact.tally):
        return cues[-1].origin() if cues else _nothing(declaration, fact)
    if cues and cues[-1].until is not None:  # it has lapsed
        return cues[-1].origin()
    if fact.tally and is_known(value):
        told = [cue for cue in cues if cue.gives == value and (value == 0 or not cue.ended_in(cues))]
        if told:
            return told[-1].origin()
    if value == 0 and fact.hangs_on and base is not None:
        return base
    return _nothing(declaration, fact) if value == 0 else None


def _nothing(declaration: Declaration, fact: Fact) -> Origin | None:
    """That nothing which could have made it so happened since all of it is in the log."""
    begins = fact.tally.begins if fact.tally else fact.adds
    makes = (*(state.signal for state in fact.states if state.gives != 0), *begins)
    events = tuple(dict.fromkeys(signal.event for signal in makes))
    since = [declaration.events[event].complete_from for event in events]
    known = [day for day in since if day is not None]
    return Origin(events, max(known), happened=False) if known and len(known) == len(since) else None
