"""Size limits: how much of anything a ledger may hold, so that an auditor's check ends in time and memory known before.

They bind whoever writes as well as whoever verifies, so that no ledger grows beyond what can be checked. Each is far
above what a country needs; the worst that fits under all of them takes `verify` the time that docs/ledger.md states.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Final, Protocol

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
Growth = tuple[int, int]
"""The weights that a spend adds to what is priced, and to what is composed."""
_PRICED: Final = "mechanisms, weighed by how long they take to price"
_COMPOSED: Final = "mechanisms to compose, weighed alike, in all cohorts and intervals"
_UNBOUNDED: Final = "more than is checked in bounded time"
_REMEDY: Final = "Begin another ledger, and keep this one: what it holds stays verifiable"


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


def check_size(state: MeasuredState, index: int) -> None:
    """Accept an entry only after a history that an auditor can check.

    Raises:
        Refused: there is more of something than is ever checked.
    """
    for most, held, of_what in (
        (MOST_POPULATIONS, len(state.budgets), "populations"),
        (MOST_HOLDERS, state.most_holders, "keys of one role"),
        (MOST_ROTATIONS, len(state.keys), "keys of its own"),
        (MOST_PRICED, state.priced, _PRICED),
        (MOST_COMPOSED, state.composed, _COMPOSED),
    ):
        if held > most:
            raise Refused(f"entry {index}", f"follows more than {most} {of_what}: {_UNBOUNDED}", _REMEDY)


def check_growth(state: MeasuredState, index: int, growth: Growth) -> None:
    """Accept a spend only where what it adds can be checked, too: it is asked before anything is priced.

    Raises:
        Refused: with it there is more to price or to compose than is ever checked.
    """
    priced, composed = growth
    for most, held, of_what in (
        (MOST_PRICED, state.priced + priced, _PRICED),
        (MOST_COMPOSED, state.composed + composed, _COMPOSED),
    ):
        if held > most:
            raise Refused(f"entry {index}", f"makes it more than {most} {of_what}: {_UNBOUNDED}", _REMEDY)
