"""Size limits: how much of anything a ledger may hold, so that an auditor's check ends in time and memory known before.

They bind whoever writes as well as whoever verifies, so that no ledger grows beyond what can be checked. Each is far
above what a country needs; the worst that fits under all of them takes `verify` the time that docs/ledger.md states.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Final, Protocol

from privacy.accounting.mechanism import Mechanism
from privacy.refusal import Refused

MOST_POPULATIONS: Final = 1_000
MOST_HOLDERS: Final = 64
"""Keys of one role at a time: root approvers, witnesses, approvers of one population."""
MOST_ROTATIONS: Final = 256
MOST_PRICED: Final = 20_000
"""The weights of all distinct mechanisms together, each of which is priced again."""
MOST_COMPOSED: Final = 1_000_000
"""What all intervals compose: of each group of people of the same cohorts, the weights of what ran on it."""
SAMPLED: Final = 20
"""How many times as long as a full batch a sampled mechanism, or a choice among runs, takes to price."""
BY_PLD: Final = 50
"""How many times as long privacy loss distributions take to compose, which judge entries before version 3."""
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
        (MOST_PRICED, state.priced, "mechanisms, weighed by how long they take to price"),
        (MOST_COMPOSED, state.composed, "mechanisms to compose, weighed alike, in all cohorts and intervals"),
    ):
        if held > most:
            what = f"follows more than {most} {of_what}: more than is checked in bounded time"
            raise Refused(f"entry {index}", what, _REMEDY)


def weight(mechanism: Mechanism) -> int:
    """How long a mechanism takes to price, beside one full batch.

    >>> from privacy.accounting.mechanism import composed, gaussian, gaussian_sgd
    >>> weight(gaussian("4")), weight(gaussian_sgd("4", "0.1", 9)), weight(composed(gaussian("4"), gaussian("5")))
    (1, 20, 2)
    """
    inside = sum(map(weight, mechanism.parts())) or 1
    return inside * (SAMPLED if mechanism.kind in ("poisson", "repeat_and_select") else 1)
