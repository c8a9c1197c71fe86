"""What a person's events make of a fact one after the other, said in plain Python straight from the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from features.calendar import DAY_SECONDS, Duration
from features.declaration.vocabulary import STATED, Fact, Selector, State
from features.kernel.history_oracle import OracleHistory
from features.kernel.tally_oracle import Cue, OracleTally
from features.value import NONE, UNKNOWN, region_text


class Setting(NamedTuple):
    """What one signal made of a fact.

    Attributes:
        place: the event's place in the person's order of events.
        rank: the signal's place in the order in which the facts name signals; it orders what one event gives.
        wall: the wall-clock second.
        value: what the fact is then.
        lapse: how long for.
        then: and what then; None as if nothing had been seen.
    """

    place: int
    rank: int
    wall: int
    value: int
    lapse: Duration | None = None
    then: int | None = None


_Said = tuple[int, int, int, Setting | Cue]
"""Place, rank, 1 for what another fact brings about, and what is said."""


class OracleChain:
    """What one person's events make of the facts with one value."""

    def __init__(self, life: OracleHistory) -> None:
        """Note in which order the facts name what they listen to."""
        self.life = life
        named = [signal for fact in life.declaration.facts.values() for signal in fact.signals]
        stated = [Selector(STATED, None, name) for name in life.declaration.facts]
        self.ranks = {signal: rank for rank, signal in enumerate(dict.fromkeys([*named, *stated]))}
        self.known_settings: dict[str, list[Setting]] = {}

    def value(self, fact: Fact) -> int:
        """The value of a fact."""
        if fact.only_while:
            other, wanted = self.life.declaration.facts[fact.only_while[0]], fact.only_while[1]
            if self.value(other) == 1 - wanted:
                return 0
        held = self.timeline(self.settings(fact))[-1][1]
        if held is not None:
            return held
        return 0 if fact.type == "boolean" and self.cannot_be_true(fact) else UNKNOWN

    def cannot_be_true(self, fact: Fact) -> bool:
        """Whether everything that could have made a boolean true would be known."""
        could = [
            ([state.signal], state.lapse, state.then) for state in fact.states if state.gives != 0 or state.then == 1
        ]
        could += [(list(fact.tally.begins), None, None)] if fact.tally else []
        return bool(fact.exhaustive and could) and all(
            self.life.whole(signals, None if then == 1 else lapse) for signals, lapse, then in could
        )  # fmt: skip

    def settings(self, fact: Fact) -> list[Setting]:
        """What set the fact, in order."""
        if fact.name not in self.known_settings:
            self.known_settings[fact.name] = self.set_by(fact)
        return self.known_settings[fact.name]

    def set_by(self, fact: Fact) -> list[Setting]:
        """What events say of the fact one after the other; what is counted is counted along."""
        said: list[_Said] = [(one.place, one.rank, 0, one) for one in (*self.statements(fact), *self.states(fact))]
        counted: list[_Said] = [(place, rank, 0, cue) for place, rank, cue in self.counted(fact)]
        hung: list[_Said] = [(one.place, one.rank, 1, one) for one in self.hung(fact)]
        tally = OracleTally.of(0 if fact.tally and self.cannot_be_true(fact) else UNKNOWN)
        found: list[Setting] = []
        for place, rank, _, cue in sorted([*said, *counted, *hung], key=lambda entry: entry[:3]):
            if isinstance(cue, Setting):
                tally = OracleTally.of(cue.value)
                found.append(cue)
            else:
                tally.hear(cue, first=bool(fact.tally and fact.tally.before_none and not found))
                found.append(Setting(place, rank, cue.wall, tally.value()))
        return found

    def statements(self, fact: Fact) -> Iterator[Setting]:
        """Every statement of the fact."""
        for place, wall, value in self.life.stated(fact.name):
            code, rank = fact.encode(value), self.ranks[Selector(STATED, None, fact.name)]
            open_ended = any(state.gives == code and state.then == UNKNOWN for state in fact.states)
            yield Setting(place, rank, wall, code, _believed_for(fact, code), UNKNOWN if open_ended else None)

    def states(self, fact: Fact) -> Iterator[Setting]:
        """Every event that gives the fact a value."""
        for state in fact.states:
            rank = self.ranks[state.signal]
            for heard in self.life.heard([state.signal]):
                code = heard.value if heard.value == UNKNOWN or state.gives is None else state.gives
                code = heard.day if code == NONE else code
                if state.changes:
                    before = self.value_at(self.life.declaration.facts[state.changes], heard.place, rank - 1)
                    another = _another_region(before, heard.value)
                    if another is False:
                        continue
                    code = UNKNOWN if another is None else code
                yield Setting(heard.place, rank, heard.wall, code, state.lapse, state.then)

    def counted(self, fact: Fact) -> Iterator[tuple[int, int, Cue]]:
        """Every event that begins or ends one of what the fact counts."""
        for begins, signals in ((True, fact.tally.begins), (False, fact.tally.ends)) if fact.tally else ():
            for signal in signals:
                for one in self.life.heard([signal]):
                    partly = not begins and bool(fact.tally and fact.tally.partly(signal))
                    yield one.place, self.ranks[signal], Cue(begins, one.value, one.wall, partly)

    def hung(self, fact: Fact) -> Iterator[Setting]:
        """Every event that could change what the fact hangs on, where that is then known to be otherwise."""
        if fact.hangs_on:
            other, wanted = self.life.declaration.facts[fact.hangs_on[0]], fact.hangs_on[1]
            for place, rank, wall in self.touched(other, stated=fact.only_while is not None):
                if self.value_at(other, place, rank) == 1 - wanted:
                    yield Setting(place, rank, wall, 0)

    def touched(self, fact: Fact, stated: bool) -> set[tuple[int, int, int]]:
        """Every signal that the fact, or what it hangs on, listens to: place, rank and wall-clock second."""
        rank = self.ranks[Selector(STATED, None, fact.name)]
        rows = {(place, rank, wall) for place, wall, _ in self.life.stated(fact.name)} if stated else set()
        for signal in fact.signals:
            rows |= {(heard.place, self.ranks[signal], heard.wall) for heard in self.life.heard([signal])}
        if fact.hangs_on:
            rows |= self.touched(self.life.declaration.facts[fact.hangs_on[0]], stated=fact.only_while is not None)
        return rows

    def value_at(self, fact: Fact, place: int, rank: int) -> int:
        """The value of a fact that never lapses, after one signal of one event."""
        values = [one.value for one in self.settings(fact) if (one.place, one.rank) <= (place, rank)]
        return values[-1] if values else UNKNOWN

    def timeline(self, settings: Sequence[Setting]) -> list[tuple[int, int | None]]:
        """The values a fact took, each with the day from which on; None is nothing seen."""
        line: list[tuple[int, int | None]] = [(self.life.epoch // DAY_SECONDS, None)]
        ends = [one.wall for one in settings] + [self.life.now]
        for (_, _, wall, value, lapse, then), end in zip(settings, ends[1:], strict=True):
            line.append((wall // DAY_SECONDS, value))
            if lapse and wall < lapse.back_from(end):
                line.append((lapse.after(wall // DAY_SECONDS), then))
        return line


def _believed_for(fact: Fact, value: int) -> Duration | None:
    """How long a statement is believed: as long as the longest event that gives the value, if all that may lapse."""
    givers: list[State] = [state for state in fact.states if state.gives in (None, value)]
    lapses = [state.lapse for state in givers if state.lapse is not None]
    if not lapses or len(lapses) < len(givers) or any(state.gives is None for state in fact.states):
        return None
    return max(lapses, key=lambda lapse: lapse.after(0))


def _another_region(before: int, now: int) -> bool | None:
    """Whether one region is not the one before; None where one may lie in the other, or either is not known."""
    if UNKNOWN in (before, now) or NONE in (before, now):
        return None
    one, other = region_text(before), region_text(now)
    if one == other:
        return False
    numbers = [text.isdigit() and text[0] != "0" for text in (one, other)]
    nested = one.startswith(other) or other.startswith(one)
    alike = all(numbers) and len(one) == len(other) >= 5 and one[:-1] == other[:-1]
    return None if alike or (nested and numbers[0] == numbers[1]) else True
