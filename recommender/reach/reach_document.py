"""Reach document: counts of a rule as they are told, with names, and without the counts that would tell of a few."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Float64, Int64
from features.value import NONE, UNKNOWN, region_text
from recommender.reach.rule_reach import COLUMNS, RuleReach
from recommender.reach.small_cells import FEW, withheld

if TYPE_CHECKING:
    from recommender.reach.reach_population import ReachPopulation
    from recommender.rules.region import Regions

__all__ = ["BY", "document", "place_named"]

BY: Final = ("region", "group")
"""What counts of anybody can be told apart by; `province` besides where nobody needs small counts left out."""


def document(
    reach: RuleReach, population: ReachPopulation, regions: Regions, by: Collection[str], few: int = FEW
) -> dict[str, Any]:
    """Return the counts of everybody and, as asked, by region and group; counts below `few` are left out (1: none).

    Left out is null, with everything that would tell it (`small_cells`), but that regions and the provinces they lie in
    (the largest regions) may tell it of each other: both are asked for only of people who need no such care.
    """
    told: dict[str, Any] = {"people": max(int(reach.total.sum()), 0), "few": few}
    total = None if reach.total_errors is None else reach.total_errors[None]
    told["total"] = _rows([{}], reach.total[None], total, few)[0]
    if "province" in by:
        told["provinces"] = _provinces(reach, population, regions, few)
    if "region" in by:
        heads = [place_named(code, regions) for code in population.places.tolist()]
        told["regions"] = _rows(heads, reach.regions, reach.region_errors, few)
    if "group" in by:
        groups = [{"group": one.name, "name": one.label.to_document()} for one in population.groups]
        told["groups"] = _rows(groups, reach.groups, reach.group_errors, few, among=np.maximum(reach.total, 0))
    return told


def _provinces(reach: RuleReach, population: ReachPopulation, regions: Regions, few: int) -> list[dict[str, Any]]:
    around = [regions.largest(code, population.day) for code in population.places.tolist()]
    tops, at = np.unique(around, return_inverse=True)
    summed, squares = np.zeros((len(tops), len(COLUMNS)), np.int64), np.zeros((len(tops), len(COLUMNS)))
    np.add.at(summed, at, reach.regions)
    if reach.region_errors is not None:
        np.add.at(squares, at, reach.region_errors**2)
    errors = None if reach.region_errors is None else np.asarray(np.sqrt(squares))
    return _rows([place_named(code, regions) for code in tops.tolist()], summed, errors, few)


def place_named(code: int, regions: Regions) -> dict[str, Any]:
    """The code and the names of where people live; where that is not known, or nowhere, there is no code."""
    if code in (UNKNOWN, NONE):
        return {"region": None, "name": {}}
    region = regions.by_code.get(code)
    languages = [] if region is None else [language for language, _ in region.name.pairs]
    return {"region": region_text(code), "name": {language: regions.name(code, language) for language in languages}}


def _rows(
    heads: Sequence[dict[str, Any]], counts: Int64, errors: Float64 | None, few: int, among: Int64 | None = None
) -> list[dict[str, Any]]:
    """Rows as they are told; noise makes some counts negative, which are told as none."""
    counted = np.maximum(counts, 0)
    hidden = withheld(counted, few, among) if few > 1 else np.zeros(len(counts), np.bool_)
    rows = []
    for place, (head, row, left_out) in enumerate(zip(heads, counted.tolist(), hidden.tolist(), strict=True)):
        cells = dict.fromkeys((*COLUMNS, "people")) if left_out else dict(zip(COLUMNS, row, strict=True))
        rows.append({**head, **({} if left_out else {"people": sum(row)}), **cells})
        if errors is not None:
            wide = dict(zip(COLUMNS, np.ceil(errors[place]).astype(int).tolist(), strict=True))
            rows[-1]["standard_error"] = None if left_out else wide
    return rows
