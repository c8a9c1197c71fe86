"""Programme reads: which columns the rules of each programme read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.arrays import Int64
from recommender.rules.clause import compares, members_counted

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["ProgrammeReads", "programme_reads"]


class ProgrammeReads(NamedTuple):
    """Which columns each programme's rules read; programmes that read the same ones share a place.

    Attributes:
        of: int64[P], the place of each programme.
        at: int64[places + 1], where the columns of each place begin.
        columns: int64[...], ascending.
    """

    of: Int64
    at: Int64
    columns: Int64


def programme_reads(compiled: Compiled) -> ProgrammeReads:
    """Return what a compiled catalogue's programmes read; who counts members reads every fact that lists some."""
    facts, place = compiled.declaration.facts, {name: i for i, name in enumerate(compiled.columns)}
    listed = frozenset(name for name, fact in facts.items() if fact.members)
    sets: dict[frozenset[str], int] = {}
    of = np.zeros(len(compiled.catalogue), np.int64)
    for i, programme in enumerate(compiled.catalogue.programmes):
        clauses = tuple(programme.who.values())
        read = frozenset(one.fact for who in clauses for one in compares(who))
        counted = any(True for who in clauses for _ in members_counted(who))
        of[i] = sets.setdefault((read | listed if counted else read).intersection(place), len(sets))
    columns = [sorted(place[name] for name in read) for read in sets]
    at = np.cumsum([0, *map(len, columns)])
    return ProgrammeReads(of, at.astype(np.int64), np.array([one for some in columns for one in some], np.int64))
