"""Hold-out: who, or from which day on what, is never learned from and only judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np

from features.arrays import Bool, Int64, UInt64
from features.value import identifier_code

HELD_OUT: Final = 5
"""Where nothing else is said, one person in so many is held out: whose identifier's code it divides."""


@dataclass(frozen=True)
class HoldOut:
    """Who is held out; the same people whatever else is in the data.

    Attributes:
        every: one person in so many is, by the code of the identifier.
        named: these people are, instead.
        since: lists made from this UTC second on are judged, of everybody, instead of some people's; what was recorded
            from then on is not learned from.
        whole: whether a household is never on both sides: with named people, all of it is held out; else the least code
            among its members decides.
    """

    every: int = HELD_OUT
    named: frozenset[str] | None = None
    since: int | None = None
    whole: bool = False

    def of(self, people: Sequence[str], household: Int64 | None = None) -> Bool:
        """Who is never learned from: bool[people]; nobody, where a day divides.

        Args:
            people: their names.
            household: int64[people], which household each is in; None where everybody is looked at alone.
        """
        if self.since is not None:
            return np.zeros(len(people), dtype=np.bool_)
        if self.named is not None:
            found = np.array([person in self.named for person in people], dtype=np.bool_)
            return found if household is None else np.isin(household, household[found])
        codes = np.array([identifier_code(person) for person in people], dtype=np.int64)
        if household is not None:
            _, place = np.unique(household, return_inverse=True)
            least = np.full(len(people), np.iinfo(np.int64).max)
            np.minimum.at(least, place, codes)
            codes = least[place]
        return np.asarray(codes % self.every == 0)

    def of_units(self, people: Sequence[str], unit: Int64, number: UInt64 | None, speaking: Bool) -> Bool:
        """Who is never learned from by a private run: bool[people], each unit whole or not at all.

        Args:
            people: their names.
            unit: int64[people], the privacy unit of each.
            number: uint64[people], the number that a unit has in every run, whoever joins it (the unit roll); None
                where units are those of today: then one is held out where somebody in it is whom a reader of all rows
                holds out, so that whoever is judged by reading all rows was not learned from either.
            speaking: bool[people], whose rows are read.
        """
        if number is not None and self.named is None and self.since is None:
            return np.asarray(number % np.uint64(self.every) == 0)
        if self.whole:
            return self.of(people, unit)
        return np.isin(unit, unit[self.of(people) & speaking])

    def to_document(self) -> dict[str, Any]:
        """As a manifest says it, so that a model is judged as it was learned; names are told by their hash."""
        if self.since is not None:
            return {"since": self.since}
        if self.named is not None:
            return {"people": sha256("\n".join(sorted(self.named)).encode()).hexdigest()}
        return {"every": self.every, "whole_households": self.whole}


ONE_IN_FIVE: Final = HoldOut()
"""What holds where nothing is said."""
