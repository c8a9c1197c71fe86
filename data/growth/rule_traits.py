"""Rule traits: what is counted of one programme, none of its words among it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from data.growth.rule_mix import Trait
from features.canonical_json import canonical_text
from recommender.rules.clause import RECEIVES
from recommender.rules.programme import Programme

__all__ = ["AXES", "LEAVES", "PART", "WHOLE", "axis_parts", "operator", "traits"]

Document = Mapping[str, Any]

WHOLE, PART = "whole", "part"
"""Whether all of a programme's words were read into clauses."""
LEAVES: Final = ("fact", "no_data", "unread_text")
SHAPELY: Final = 40
"""Rules with more comparisons tell nothing of the usual shape: a few such would outweigh all others."""
_OPERATORS: Final = ("all", "any", "not", "advisory", "members", *LEAVES)
_WORDS: Final = frozenset({"text", "source", "why", "axis", "occasion"})
_REGION: Final = "region"
_OF_ONE: Final = (RECEIVES, _REGION)
"""How facts begin that a rule of one programme alone asks about so: the receipt of another programme, a place."""
_DAYS_A_WEEK: Final = 7


def traits(programme: Programme) -> Iterator[Trait]:
    """Yield everything that is counted of a programme."""
    document: Document = programme.to_document()
    category, level = programme.category, programme.provider.level
    whole = WHOLE if programme.verified else PART
    yield "category", "", category
    yield "level", category, level
    yield "whole", category, whole
    yield "kinds", category, " ".join(document["who"])
    yield "form", category, " ".join(programme.form)
    yield "delivery", category, programme.delivery
    yield "documents", category, str(len(programme.documents))
    yield "beneficiary", category, programme.beneficiary
    yield "views", "", str((programme.views or 0).bit_length())
    yield from _window_traits(document.get("window", {}), category, document["source"].get("checked"))
    yield from _value_traits(document["value"], category)
    yield from _who_traits(document["who"], category, level, whole)


def operator(clause: Document) -> str:
    """Return what a clause's document is: the operator, or the kind of leaf."""
    return next(name for name in _OPERATORS if name in clause)


def axis_parts(clause: Document) -> tuple[dict[str, Document], list[Document]]:
    """Split what is asked of one kind of applicant into what flags say, by axis, and what words say."""
    parts = clause["all"] if operator(clause) == "all" else [clause]
    flags = {_axis_of(part): part for part in parts if _axis_of(part)}
    return flags, [part for part in parts if not _axis_of(part)]


def _axis_of(part: Document) -> str:
    inner = part.get("advisory", part)
    return str(part.get("axis") or (_REGION if inner.get("fact") == _REGION else ""))


# --- who may have it -----------------------------------------------------------------------------------------------


def _who_traits(who: Document, category: str, level: str, whole: str) -> Iterator[Trait]:
    for place, (kind, clause) in enumerate(who.items()):
        flags, words = axis_parts(clause)
        if place == 0:
            where = flags.pop(_REGION, None)
            yield "region", level, "none" if where is None else operator(where)
            yield from _text_traits({"all": words} if len(words) != 1 else words[0], category, whole)
        if whole == PART:
            for axis in AXES[kind]:
                yield "axis", f"{category} {axis}", _bare(flags[axis]) if axis in flags else ""


AXES: Final[Mapping[str, tuple[str, ...]]] = {
    "citizen": ("sex", "age", "income", "person", "household"),
    "small_business": ("stage", "trade"),
    "organisation": ("type", "field"),
}


def _text_traits(clause: Document, category: str, whole: str) -> Iterator[Trait]:
    """What the words ask: how many comparisons, of what, and how they are joined."""
    nodes = list(_nodes(clause, "root"))
    leaves = [node for _, node in nodes if operator(node) in LEAVES]
    yield "leaves", whole, str(len(leaves))
    about_people = [node for node in leaves if "fact" in node and not str(node["fact"]).startswith(_OF_ONE)]
    asked = {_bare(node) for node in about_people}
    yield from (("fact", category, one) for one in asked)
    if len(leaves) > SHAPELY:
        return
    for above, node in nodes:
        name = operator(node)
        if name in LEAVES:
            yield "leaf", whole, name
        elif name in ("all", "any") and len(node[name]) > 1:
            yield "joined", above, name
            yield "parts", name, str(len(node[name]))
        elif name == "not":
            yield "joined", above, name


def _nodes(clause: Document, above: str) -> Iterator[tuple[str, Document]]:
    name = operator(clause)
    yield above, clause
    below = clause[name]
    for part in below if name in ("all", "any") else [below] if name in ("not", "advisory") else []:
        yield from _nodes(part, name)


# --- when, and how much --------------------------------------------------------------------------------------------


def _window_traits(window: Any, category: str, checked: str | None) -> Iterator[Trait]:
    """The kind of the first window with its lengths; of dated ones the month, the weeks, and how old they are."""
    first = window[0] if isinstance(window, list) else window
    told = {key: value for key, value in first.items() if key not in _WORDS}
    if "occasion" in first:
        told["occasion"] = True
    if told.get("kind") == "dated" and "from" in told and "until" in told:
        opens, closes = date.fromisoformat(told.pop("from")), date.fromisoformat(told.pop("until"))
        years = date.fromisoformat(checked).year - opens.year if checked else 0
        told |= {"month": opens.month, "weeks": (closes - opens).days // _DAYS_A_WEEK, "years_ago": max(years, 0)}
    yield "window", category, canonical_text(told)


_SUMS: Final = ("amount", "at_most", "from")


def _value_traits(value: Document, category: str) -> Iterator[Trait]:
    """How many payments, of what form each, and how large they are in whole units of the currency."""
    parts = value.get("parts", [value] if any(value.get(key) for key in _SUMS) else [])
    plain = [part for part in parts if "tiers" not in part and "when" not in part]
    yield "payments", category, str(len(plain))
    for part in plain:
        told = {key: true for key, true in part.items() if key not in _WORDS and key not in ("currency", "adds")}
        sums = {key: told.pop(key) for key in _SUMS if told.get(key)}
        yield "payment", category, canonical_text(told | dict.fromkeys(sums, True))
        yield from (("sum", key, str(int(Decimal(str(amount))))) for key, amount in sums.items())


def _bare(clause: Document) -> str:
    """A clause without its notes, as canonical JSON."""
    return canonical_text(_without_notes(clause))


def _without_notes(found: Any) -> Any:
    if isinstance(found, list):
        return [_without_notes(one) for one in found]
    if isinstance(found, Mapping):
        return {key: _without_notes(one) for key, one in found.items() if key not in _WORDS}
    return found
