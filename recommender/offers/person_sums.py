"""Person sums: what programmes come to for one person, each worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Int64
from features.value import UNKNOWN
from recommender.currency import currency_of
from recommender.offers.amount_table import amount_table
from recommender.offers.offer_arrays import offer_arrays
from recommender.rules.payment import GIVES

if TYPE_CHECKING:
    from features.country import Currency
    from features.snapshot import Snapshots
    from recommender.offers.amount_text import ToldAmount
    from recommender.rules.compiled import Compiled
    from recommender.rules.estimate import Estimate
    from recommender.rules.person import Person

__all__ = ["PersonSum", "PersonSums", "child_keys"]


@dataclass(frozen=True, eq=False)
class PersonSums:
    """What some programmes come to for one person in the first year.

    Attributes:
        compiled: the rules of the day.
        person: as known at the end of it.
        places: int64[m], the programmes, by their places in the catalogue.
        children: what sums can tell apart of the person's children (`AmountTable.child_keys`), int64[1].
        found: the sums, where they were worked out with those of others (`AmountTable.amounts`), int64[m, 4].
    """

    compiled: Compiled
    person: Person
    places: Int64
    children: Int64 | None
    found: Int64 | None = None

    @cached_property
    def cases(self) -> Mapping[int, tuple[int, int, int]]:
        """By place the least, the most (`UNKNOWN` where it is not stated) and what it gives, a place in GIVES."""
        found = self.found
        if found is None:
            found = amount_table(self.compiled, self.person.t).of_person(self.person, self.places, self.children)
        return {
            place: (least, most, gives)
            for place, (least, most, _, gives) in zip(self.places.tolist(), found.tolist(), strict=True)
        }


@dataclass(frozen=True, eq=False)
class PersonSum:
    """What one of them comes to: a `recommender.offers.recommendation.OfferSum`.

    Attributes:
        sums: those of the person.
        place: of the programme in the catalogue.
    """

    sums: PersonSums
    place: int

    @property
    def currency(self) -> Currency:
        """In which currency."""
        compiled = self.sums.compiled
        programme = compiled.catalogue.programmes[self.place]
        return currency_of(programme.value.currency, compiled.declaration.country.currency)

    @property
    def told(self) -> ToldAmount | None:
        """The estimate in words, where it is the same for everybody and was told before."""
        compiled, value = self.sums.compiled, self.sums.compiled.catalogue.programmes[self.place].value
        table, t = offer_arrays(compiled), self.sums.person.t
        return table.told_to_all(self.place, value, t, self.currency, compiled.messages)

    @cached_property
    def estimate(self) -> Estimate:
        """The estimate, with how it was reached."""
        return offer_arrays(self.sums.compiled).estimate_of(self.place, self.sums.person)

    @property
    def span(self) -> tuple[int | None, int | None]:
        """The least and the most of the estimate, in whole minor units; None where that is not stated."""
        least, most, _ = self.sums.cases[self.place]
        return None if least == UNKNOWN else least, None if most == UNKNOWN else most

    @property
    def gives(self) -> str:
        """What the estimate gives."""
        return GIVES[self.sums.cases[self.place][2]]


def child_keys(known: Snapshots, compiled: Compiled) -> Int64 | None:
    """Return what sums can tell apart of each person's children, int64[n]; None where it takes more to tell."""
    seconds = known.t.tolist()
    if len(set(seconds)) == 1:
        return amount_table(compiled, seconds[0]).child_keys(known)
    found = [amount_table(compiled, t).child_keys(known.row(i)) for i, t in enumerate(seconds)]
    told = [one for one in found if one is not None]
    return np.concatenate(told) if told else None
