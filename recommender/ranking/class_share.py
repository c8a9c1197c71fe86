"""Class share: how common each class of a fact is thought to be, by the public priors of a declaration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.declaration.vocabulary import Fact

RARE_YES: Final = 0.15
"""How often a yes is thought to be where nothing is declared."""
_DOUBT: Final = 0.1
"""What a prior that names a few answers leaves to all classes alike."""
_DAYS: Final = {"days_since": 1.0, "months_since": 30.4375, "years_since": 365.25}


def share_of(name: str, cuts: tuple[int, ...], declaration: Declaration) -> tuple[float, ...]:
    """The share of each class of a column; none where nothing is declared and it is no yes or no.

    Args:
        name: the column.
        cuts: where each class but the first begins, in stored integers, or days ago for a date.
        declaration: whose facts may say which answers are common (`answers`).
    """
    fact, counts = declaration.facts.get(name), np.zeros(len(cuts) + 1)
    for value, weight in () if fact is None else _answers(fact, declaration):
        counts[np.searchsorted(cuts, value, side="right")] += weight
    if counts.any():
        share = (1 - _DOUBT) * counts / counts.sum() + _DOUBT / counts.size
        return tuple(round(float(one), 6) for one in (counts / counts.sum() if counts.size == 2 else share))
    return (1 - RARE_YES, RARE_YES) if declaration.kind(name).type == "boolean" else ()


def _answers(fact: Fact, declaration: Declaration) -> Iterator[tuple[float, int]]:
    """Each answer that is thought to be given, as classes read it, and its weight."""
    if fact.derived is not None:
        source = declaration.facts.get(fact.derived.of)
        if source is not None and source.type == "date" and fact.derived.op in _DAYS:
            yield from ((days / _DAYS[fact.derived.op], weight) for days, weight in _answers(source, declaration))
        return
    for value, weight in fact.answers_on(0):  # birthdays are told as years before the day that is asked about
        if not isinstance(value, list) and fact.kind.accepts(value):
            code = fact.encode(value)
            yield (-code if fact.type == "date" else code), weight
