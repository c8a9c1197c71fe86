"""Need document: a table of unmet need as it is told, with errors, and without the counts that would tell of a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Bool, Int64
from features.calendar import date_of
from recommender.reach.noised_census import ROUNDING
from recommender.reach.reach_document import place_named
from recommender.reach.small_cells import FEW, withheld
from recommender.reach.unmet_need import OUTCOMES

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.reach.unmet_need import NeedTable
    from recommender.rules.region import Regions

__all__ = ["need_document"]

_ERRORS: Final = 2
"""A noised count is told where it is at least so many standard errors: a smaller one may be none."""


def need_document(
    table: NeedTable, declaration: Declaration, regions: Regions, event: str = "", few: int = FEW
) -> dict[str, Any]:
    """Return the counts of each event, and of one event by province; small counts are left out (null).

    Args:
        table: the counts.
        declaration: what events are called.
        regions: what provinces are called.
        event: whose provinces are told; none where the table does not have it.
        few: counts below this, but for none, are small; 1 for none are.
    """
    layout = table.layout
    told: dict[str, Any] = {
        "as_of": date_of(layout.day).isoformat(), "days": layout.days,
        "population": "noised" if table.deviation else "counted", "few": few,
    }  # fmt: skip
    events = [{"event": name, "name": declaration.events[name].title} for name in layout.events]
    sums = table.counts.sum(axis=1)
    error = _error(table.deviation, len(layout.places))
    told["events"] = _rows(events, sums, _hidden(sums, error, few, summed=False), error)
    if event in layout.events:
        own, error = table.counts[layout.events.index(event)], _error(table.deviation, 1)
        places = [place_named(code, regions) for code in layout.places.tolist()]
        told["provinces"] = _rows(places, own, _hidden(own, error, few, summed=True), error)
    return told


def _error(deviation: float, cells: int) -> float:
    """The standard error of a sum of so many cells; 0 where they are exact."""
    return float(np.sqrt(cells * (deviation**2 + ROUNDING))) if deviation else 0.0


def _hidden(counts: Int64, error: float, few: int, *, summed: bool) -> Bool:
    """Which counts are left out: of a noised table those that may be of nobody, else whole rows with a small one.

    Where the sum of all rows is told, so are rows that would tell the small one beside it.
    """
    if error:
        return np.asarray(counts < max(few, _ERRORS * error), np.bool_)
    small: Bool = np.asarray(((counts > 0) & (counts < few)).any(axis=1), np.bool_)
    rows = withheld(counts, few) if summed and few > 1 else small
    return np.repeat(rows[:, None], counts.shape[1], axis=1)


def _rows(heads: Sequence[dict[str, Any]], counts: Int64, hidden: Bool, error: float) -> list[dict[str, Any]]:
    """Rows, those first of whom most found nothing; noise makes some counts negative, which are left out."""
    rows = []
    for head, own, gone in zip(heads, counts.tolist(), hidden.tolist(), strict=True):
        told = {name: None if one else count for name, count, one in zip(OUTCOMES, own, gone, strict=True)}
        rows.append({**head, **told, **({"standard_error": int(np.ceil(error))} if error else {})})
    return sorted(rows, key=lambda one: -(one["nothing"] or 0))
