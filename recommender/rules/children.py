"""Children: how old a person's children are on a day, as far as that is known; what payments for a child count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from features.calendar import completed_months
from features.members import BORN, CERTAIN, RAISES, RELATION, WHOLE
from features.value import NONE, UNKNOWN

if TYPE_CHECKING:
    from features.snapshot import Known

__all__ = ["BIRTH", "CHILDREN", "Children", "children_of"]

_OLDEST: Final = 1860
"""The greatest age in months that somebody of unknown age may have."""
DATES: Final = "children"
"""The fact that lists the days on which a person's children were born."""
BIRTH: Final = "birth_date"
"""The fact that holds the day on which a person was born."""
_COUNT, _YEARS, _MONTHS = "children_count", "child_ages", "youngest_child_months"
CHILDREN: Final = (DATES, _COUNT, _YEARS, _MONTHS)
"""The facts that tell of children: where none of them is known, nothing is known of children."""


@dataclass(frozen=True, slots=True)
class Children:
    """The children that a person raises, the oldest first.

    Attributes:
        ages: for each the least and the greatest age it may have, in completed months; equal where it is known.
        whole: whether these are all; where they are not, nothing is known of the others.
        born: the day on which each was born, `UNKNOWN` where it is not known; empty where none is.
        today: the day on which they are so old.
        orders: the place of each in the order of birth, 1 the first, among all children known, also those whom others
            raise; 0 where it is not known; empty where these are all.
    """

    ages: tuple[tuple[int, int], ...] = ()
    whole: bool = False
    born: tuple[int, ...] = ()
    today: int = 0
    orders: tuple[int, ...] = ()

    def day_of(self, place: int) -> int:
        """Return the day on which one of them was born, `UNKNOWN` where it is not known."""
        return self.born[place] if self.born else UNKNOWN

    def order_of(self, place: int) -> int:
        """Return which child one of them is in the order of birth, 0 where that is not known."""
        return self.orders[place] if self.orders else place + 1


def children_of(known: Known, today: int) -> Children:
    """Return the children a person raises, as far as that is known.

    The seam between what is known of a household and what is paid for its children: those of the list of dates, and of
    the relations that a fact can say there is nobody of, unless they are known to be raised by others. Those of others
    count where they are known to be raised by the person. One's own whom others raise still come in the order of birth.
    Without a household it reads the columns on children.
    """
    row = known.snapshot
    home, facts = row.declaration.household, row.declaration.facts
    if home is not None and DATES in facts and facts[DATES].members:
        own = [home.place(name) for name in facts[DATES].members]
        others = [home.place(name) for closing in home.closings for name in closing.relations]
        of_others = any(row.value(one.fact) == 1 - one.value for one in home.closings if one.fact in row.columns)
        known_of = [
            (cells[BORN], cells[RAISES] != 0)
            for cells in row.members.cells.tolist()
            if cells[CERTAIN] and cells[BORN] <= today
            and (cells[RELATION] in own or (cells[RELATION] in others and cells[RAISES] == 1))
        ]  # fmt: skip
        sure = len(known_of) == 1 or all(day != UNKNOWN for day, _ in known_of)
        orders = tuple(i if sure else 0 for i, (_, raised) in enumerate(known_of, 1) if raised)
        days = [day for day, raised in known_of if raised]
        listed = row.members.since[0, own] == WHOLE
        closed = not of_others or bool(np.all(row.members.since[0, others] == WHOLE))
        return replace(_born_on(days, bool(listed.all()) and closed, today), orders=orders)
    listed_days = known.dates.get(DATES)
    if listed_days is not None:
        return _born_on(sorted(day for day in listed_days if day <= today), True, today)
    return _from_columns(
        {name: row.value(name) if name in row.columns else UNKNOWN for name in (_COUNT, _YEARS, _MONTHS)}
    )


def _born_on(days: list[int], whole: bool, today: int) -> Children:
    spans = [(0, _OLDEST) if day == UNKNOWN else (completed_months(day, today),) * 2 for day in days]
    return Children(tuple(spans), whole, tuple(days), today)


def _from_columns(columns: dict[str, int]) -> Children:
    count, bits, youngest = columns[_COUNT], columns[_YEARS], columns[_MONTHS]
    if count in (0, NONE):
        return Children((), True)
    if count == UNKNOWN or bits <= 0:
        return Children() if youngest < 0 else Children(((youngest, youngest),))
    years = sorted((year for year in range(bits.bit_length()) if bits >> year & 1), reverse=True)
    last = youngest if youngest >= 0 else 12 * years[-1]
    spans = [(max(12 * year, last), 12 * year + 11) for year in years]
    between = (spans[-1][0], spans[0][1])
    rest = [between] * max(0, count - len(spans))  # of children of one age in years, only one is in the set
    spans[-1] = (youngest, youngest) if youngest >= 0 else spans[-1]
    return Children((*spans[:-1], *rest, spans[-1]), True)
