"""Person: one person as known on the day, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.snapshot import Known, Occurrence, Snapshot
    from recommender.rules.catalogue import Catalogue


@dataclass(frozen=True, eq=False)
class Person:
    """One person on one day.

    Attributes:
        known: what is known of the person.
        applicant: bit mask of KINDS: in which roles the person asks.
        held: ids of the programmes the person receives or has applied for; see `held_programmes`.
    """

    known: Known
    applicant: int = 1
    held: frozenset[str] = frozenset()

    @property
    def snapshot(self) -> Snapshot:
        """What is known, one row of columns."""
        return self.known.snapshot

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """What happened, the earliest first."""
        return self.known.occurrences


def held_programmes(catalogue: Catalogue, known: Known) -> frozenset[str]:
    """The ids of the programmes a person holds, of all that the catalogue names."""
    names = (catalogue.by_code.get(code) for code in known.holdings)
    return frozenset(name for name in names if name is not None)
