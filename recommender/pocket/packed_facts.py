"""Packed facts: what a pack says of facts, of members and of regions, so that a device reads statements as the service.

What people state is checked by it and turned into the columns that rules compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.declaration.vocabulary import Derived, Fact
from features.value import UNKNOWN, region_text
from recommender.rules.clause import RECEIVES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.declaration.declaration import Declaration
    from features.declaration.kinship import Household
    from recommender.rules.region import Regions

__all__ = ["columns_table", "household_table", "region_table"]

Table = dict[str, Any]


def columns_table(declaration: Declaration, receipts: Sequence[str | tuple[str, ...]]) -> list[Table]:
    """Return the columns a pack judges by: the facts in the declaration's order, then receipts with all their ids."""
    places = {name: place for place, name in enumerate(declaration.facts)}
    found = [_fact(fact, declaration, places) for fact in declaration.facts.values()]
    for receipt in receipts:
        ids = (receipt,) if isinstance(receipt, str) else receipt
        found.append({"name": RECEIVES + ids[0], "type": "boolean", "receipt": [RECEIVES + one for one in ids]})
    return found


def _fact(fact: Fact, declaration: Declaration, places: Mapping[str, int]) -> Table:
    home = declaration.household
    table: Table = {
        "name": fact.name, "type": fact.type, "low": fact.low, "high": fact.high, "values": list(fact.values),
        "scale": fact.kind.scale if fact.kind.scale != 1 else None, "form": fact.kind.form, "past": fact.past,
        "members": [home.place(name) for name in fact.members] if home else [],
        "asks": list(fact.asks) if fact.asks != (fact.name,) else None,
        "same_as": RECEIVES + declaration.receipts[fact.name] if fact.name in declaration.receipts else None,
    }  # fmt: skip
    if fact.only_while:
        table["only_while"] = [places[fact.only_while[0]], fact.only_while[1]]
    if fact.derived:
        table["derived"] = _derived(fact.derived, places)
    return {key: value for key, value in table.items() if (value == 0 and value is not False) or value}


def _derived(derived: Derived, places: Mapping[str, int]) -> Table:
    table: Table = {"op": derived.op, "of": places[derived.of]}
    if derived.which != "latest":
        table["which"] = derived.which
    if derived.op == "time_until":
        plus = derived.plus
        table |= {"unit": derived.unit, "plus": [plus.months, plus.days] if plus else [0, 0]}
    return table


def household_table(home: Household | None, places: Mapping[str, int]) -> Table | None:
    """Return what may be said of members, None where a declaration has no household."""
    if home is None:
        return None
    relations = [
        {
            "name": one.name,
            **({"expected": True} if one.expected else {}),
            **({"guards": True} if one.guards else {}),
            **({"single": True} if one.single else {}),
            **({"raises": one.raises} if one.raises != UNKNOWN else {}),
        }
        for one in home.relations.values()
    ]
    closings = [[places[one.fact], one.value, [home.place(name) for name in one.relations]] for one in home.closings]
    return {"relations": relations, "closings": closings}


def region_table(regions: Regions, day: int) -> Table:
    """Return the regions as a day finds them, by their places in the ascending order of codes.

    `leaves` are the finest regions of each that is not one of them itself, `vague` those that will hold an unknown part
    of what a region of that day holds (recommender.rules.region.Regions).
    """
    codes = sorted(regions.by_code)
    places = {code: place for place, code in enumerate(codes)}
    leaves = {places[code]: sorted(places[leaf] for leaf in regions.leaves(code, day)) for code in codes}
    return {
        "codes": [region_text(code) for code in codes],
        "leaves": [[place, *own] for place, own in leaves.items() if own != [place]],
        "vague": [places[code] for code in codes if regions.vague(code, day)],
    }
