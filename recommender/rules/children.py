"""Children: how old a person's children are on a day, as far as that is known; what payments for a child count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.calendar import completed_months
from features.value import NONE, UNKNOWN

if TYPE_CHECKING:
    from features.snapshot import Known

__all__ = ["BIRTH", "CHILDREN", "Children", "children_of"]

DATES: Final = "children"
"""The fact that lists the days on which a person's children were born."""
BIRTH: Final = "birth_date"
"""The fact that holds the day on which a person was born."""
_COUNT, _YEARS, _MONTHS = "children_count", "child_ages", "youngest_child_months"
CHILDREN: Final = (DATES, _COUNT, _YEARS, _MONTHS)
"""The facts that tell of children: where none of them is known, nothing is known of children."""


@dataclass(frozen=True, slots=True)
class Children:
    """A person's children, the oldest first.

    Attributes:
        ages: for each the least and the greatest age it may have, in completed months; equal where it is known.
        whole: whether these are all; where they are not, nothing is known of the others.
    """

    ages: tuple[tuple[int, int], ...] = ()
    whole: bool = False


def children_of(known: Known, today: int) -> Children:
    """Return the children a person is known to have.

    The seam between what is known of a household and what is paid for its children: it reads the list of dates where
    that is kept, else what the columns on children tell.
    """
    listed = known.dates.get(DATES)
    if listed is not None:
        ages = [completed_months(day, today) for day in sorted(listed)]
        return Children(tuple((age, age) for age in ages if age >= 0), True)
    row = known.snapshot
    return _from_columns(
        {name: row.value(name) if name in row.columns else UNKNOWN for name in (_COUNT, _YEARS, _MONTHS)}
    )


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
