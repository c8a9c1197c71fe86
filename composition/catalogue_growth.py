"""Catalogue growth: a country's programmes grown to any size by the mix of rules that its folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from composition import reading
from composition.settings import SHIPPED, CountryFolder
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from data.growth.grown_catalogue import CatalogueGrowth

__all__ = ["growth"]


def growth(
    seed: int, catalogue: Path | None = None, mix: Path | None = None, country: CountryFolder = SHIPPED
) -> CatalogueGrowth:
    """Return what grows a catalogue (default: the country's) by a mix (default: the country's) and a seed.

    Raises:
        Rejected: a file is unreadable or wrong, or the country has no mix and none is named.
    """
    from data.growth.grown_catalogue import CatalogueGrowth
    from data.growth.rule_mix import RuleMix

    file = mix or country.rule_mix
    if not file.exists():
        remedy = "Measure one with `proffer catalogue mix CATALOGUE --out FILE` and name it with --mix FILE"
        raise Rejected([Problem((str(file),), "missing", "no mix of rules is there", remedy)])
    return CatalogueGrowth(
        reading.programme_documents(catalogue or country.catalogue),
        RuleMix.parse(reading.read_json(file), (file.name,)),
        reading.read_declaration(country=country),
        reading.read_regions(country=country),
        reading.read_messages(country=country),
        seed,
    )
