"""How many of something there may be, said in plain Python: what the compiled tally is proved against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from features.calendar import DAY_SECONDS
from features.value import NONE, UNKNOWN

MOST_NAMED: Final = 32
"""How many identifiers of one fact are told apart; any more count as if the event named nothing."""


class Cue(NamedTuple):
    """Something begins or ends.

    Attributes:
        begins: whether it begins.
        name: its identifier's code, `UNKNOWN` where the event does not say, `NONE` where it may not be meant.
        wall: the wall-clock second.
        partly: whether what ends may be something that is not counted.
    """

    begins: bool
    name: int
    wall: int
    partly: bool


@dataclass
class OracleTally:
    """What is known of how many there are.

    Attributes:
        sure: at least so many that no event named.
        room: at most so many that no event named; None is any number.
        loose: whether one that no event named began since, which may be a named one.
        named: whether each that was named is there.
        ended_on: the day of the last end.
    """

    sure: int
    room: int | None
    loose: bool = False
    named: dict[int, bool] = field(default_factory=dict)
    ended_on: int | None = None

    @classmethod
    def of(cls, value: int) -> OracleTally:
        """What a value says: false none, true at least one, anything else nothing."""
        return cls(int(value == 1), 0 if value == 0 else None)

    def value(self) -> int:
        """Whether there is one."""
        if self.sure or self.loose or any(self.named.values()):
            return 1
        return 0 if self.room == 0 else UNKNOWN

    def hear(self, cue: Cue, first: bool) -> None:
        """Let one begin or end; where none was before the first, say so."""
        if cue.begins:
            self.room = 0 if first else self.room
            self.begin(cue.name)
        else:
            same_day = self.ended_on == cue.wall // DAY_SECONDS
            self.ended_on = cue.wall // DAY_SECONDS
            self.end(cue.name, perhaps=cue.partly or cue.name == NONE or same_day)

    def begin(self, name: int) -> None:
        """One more is there, unless it is known to be."""
        if name in self.named or (name > NONE and len(self.named) < MOST_NAMED):
            self.loose = self.loose and self.named.get(name, False)
            self.named[name] = True
        else:
            self.room = None if self.room is None else self.room + 1
            self.loose |= name != NONE

    def end(self, name: int, perhaps: bool) -> None:
        """One is there no longer; which one may not be known."""
        if name in self.named:
            self.loose = self.loose and not self.named[name]
            self.named[name] = False
            return
        self.loose = False
        open_now = sum(self.named.values())
        if name > NONE:
            open_now = 0
            if len(self.named) < MOST_NAMED:
                self.named[name] = False
        else:
            self.named.clear()
        least, most = open_now + self.sure, None if self.room is None else open_now + self.room
        self.sure = max(least - 1, 0)
        self.room = most if perhaps or most is None else max(most - 1, 0)
