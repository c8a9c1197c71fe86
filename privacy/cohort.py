"""Cohorts: parts of a population that are disjoint by construction, so that their spends do not add up."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from privacy.refusal import NotDisjoint


@dataclass(frozen=True)
class Cohort:
    """A part of a population; a hash of a unit's id alone decides its part.

    Attributes:
        salt: public name of the partition.
        modulus: the number of parts.
        residues: the parts that form this cohort, ascending.
    """

    salt: str
    modulus: int
    residues: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse an invalid set of parts."""
        parts = self.residues
        if not 2 <= self.modulus <= 4096 or not parts or list(parts) != sorted(set(parts)):
            raise NotDisjoint("cohort", "is not a sorted set of parts of 2 to 4096", "Name each part once, ascending")
        if not 0 <= parts[0] <= parts[-1] < self.modulus:
            raise NotDisjoint("cohort", f"names a part outside 0 to {self.modulus - 1}", "Name parts that exist")

    def part_of(self, unit: str) -> int:
        """The part of a unit; the same for every caller at any time."""
        digest = hashlib.sha256(f"{self.salt}\x00{unit}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.modulus

    def check(self, units: Iterable[str]) -> None:
        """Accept only units of this cohort, so that no unit is in two disjoint cohorts.

        Raises:
            NotDisjoint: some are of another part; the message states how many, never which.
        """
        mine = frozenset(self.residues)
        strangers = sum(self.part_of(unit) not in mine for unit in units)
        if strangers:
            what = f"{strangers} units belong to another part of {self.salt!r}: they would be in two disjoint cohorts"
            raise NotDisjoint("cohort", what, "Keep the units for which `part_of` gives one of the cohort's parts")

    def to_document(self) -> dict[str, Any]:
        """As entries write it."""
        return {"modulus": self.modulus, "residues": list(self.residues), "salt": self.salt}


def check_disjoint(cohorts: Mapping[str, Iterable[str]]) -> None:
    """Accept only cohorts that share no unit.

    Raises:
        NotDisjoint: some units are in two; the message states how many and in which cohorts, never which units.
    """
    seen: dict[str, str] = {}
    for name, units in cohorts.items():
        shared = Counter(seen[unit] for unit in set(units) if unit in seen)
        for other, count in sorted(shared.items()):
            what = f"{count} units are in {other!r} and in {name!r}: those two are not disjoint"
            remedy = "Account them one after the other, or divide people by `Cohort.part_of`"
            raise NotDisjoint("cohorts", what, remedy)
        seen.update(dict.fromkeys(units, name))
