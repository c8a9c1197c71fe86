"""Size limits: how much of anything a ledger may hold, so that an auditor's check ends in time and memory known before.

They bind whoever writes as well as whoever verifies, so that no ledger grows beyond what can be checked. Each is far
above what a country needs; the worst that fits under all of them takes `verify` the time that docs/ledger.md states.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Final, NamedTuple, Protocol

from privacy.refusal import Refused

MOST_POPULATIONS: Final = 1_000
MOST_HOLDERS: Final = 64
"""Keys of one role at a time: root approvers, witnesses, approvers of one population."""
MOST_ROTATIONS: Final = 256
MOST_PRICED: Final = 20_000
"""The weights of all distinct mechanisms together, each of which is priced again."""
MOST_COMPOSED: Final = 1_000_000
"""What all intervals compose: of each group of people of the same cohorts, the weights of what ran on it."""
BY_PLD: Final = 50
"""How many times as long privacy loss distributions take to compose, which judge entries before version 3."""
_OF_WHAT: Final = (
    "populations",
    "keys of one role",
    "keys of its own",
    "mechanisms, weighed by how long they take to price",
    "mechanisms to compose, weighed alike, in all cohorts and intervals",
)
_UNBOUNDED: Final = "more than is checked in bounded time"
_REMEDY: Final = "Begin another ledger, and keep this one: what it holds stays verifiable"


class Growth(NamedTuple):
    """What one entry adds to all that a ledger holds.

    Attributes:
        populations: with a budget.
        holders: keys of the role that has most of them.
        rotations: keys of the ledger's own.
        priced: weights of mechanisms that were not priced before.
        composed: weights of what is composed.
    """

    populations: int = 0
    holders: int = 0
    rotations: int = 0
    priced: int = 0
    composed: int = 0


NOTHING: Final = Growth()


class MeasuredState(Protocol):
    """What a ledger's state says of how much it holds."""

    @property
    def budgets(self) -> Sized:
        """One for each population."""
        ...

    @property
    def keys(self) -> Sized:
        """The ledger's own keys, one after another."""
        ...

    @property
    def most_holders(self) -> int:
        """The most keys that one role ever had at a time."""
        ...

    @property
    def priced(self) -> int:
        """The weights of the distinct mechanisms."""
        ...

    @property
    def composed(self) -> int:
        """What is composed, in weights."""
        ...


def check_size(state: MeasuredState, index: int, growth: Growth = NOTHING) -> None:
    """Accept an entry only after a history that an auditor can check, and only if what it adds can be checked, too.

    What a spend adds is asked before anything is priced. What adds too much is refused itself, and the ledger goes on.

    Raises:
        Refused: there is more of something than is ever checked, or would be with this entry.
    """
    held = (len(state.budgets), state.most_holders, len(state.keys), state.priced, state.composed)
    limits = (MOST_POPULATIONS, MOST_HOLDERS, MOST_ROTATIONS, MOST_PRICED, MOST_COMPOSED)
    for most, before, more, of_what in zip(limits, held, growth, _OF_WHAT, strict=True):
        if before + more > most:
            how = "follows" if before > most else "makes it"
            raise Refused(f"entry {index}", f"{how} more than {most} {of_what}: {_UNBOUNDED}", _REMEDY)
