"""Rule difference: of which programmes two catalogues judge otherwise, since when, and for whom on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Int8, Int64
from features.canonical_json import canonical_text
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Answer, clause_document
from recommender.rules.compiled import Compiled, compile_catalogue

if TYPE_CHECKING:
    from features.snapshot import Snapshots
    from recommender.rules.region import Regions
    from recommender.rules.working_days import WorkingDays

__all__ = ["KINDS", "RuleDifference", "changed_rules", "in_force_since"]

KINDS: Final = ("gained", "lost", "opened", "closed")
"""How somebody is touched: yes from now on, yes no longer, open where it was no, no where it was open."""
_CITIZEN: Final = 1


def changed_rules(old: Catalogue, new: Catalogue) -> tuple[str, ...]:
    """Return the ids of programmes that may judge somebody otherwise: a text of theirs asks or is in force otherwise.

    A programme under another id than before is one that ended and one that began.
    """
    before, after = _rules(old), _rules(new)
    ended = {one.id for one in old.programmes if one.ended} ^ {one.id for one in new.programmes if one.ended}
    names = sorted(before.keys() | after.keys())
    return tuple(name for name in names if name in ended or before.get(name) != after.get(name))


def in_force_since(name: str, old: Catalogue, new: Catalogue) -> int | None:
    """Return the earliest day on which a text is the rule of a programme that was not, or one is not that was.

    None where nothing says a day: then the change holds from when it is read.
    """
    before, after = _rules(old).get(name, {}), _rules(new).get(name, {})
    days = [first for rule in after if rule not in before and (first := rule[1]) is not None]
    lasts = [(last, before[rule]) for rule, last in after.items() if rule in before and last != before[rule]]
    days += [min(day for day in both if day is not None) + 1 for both in lasts]
    return min(days, default=None)


_Rule = tuple[str, int | None, bool]
"""What a text judges by: its clauses, the first day it is the rule, and whether it was held against its source."""


def _rules(catalogue: Catalogue) -> dict[str, dict[_Rule, int | None]]:
    """The texts of each programme, each with the last day it is the rule."""
    found: dict[str, dict[_Rule, int | None]] = {}
    for one in catalogue.texts:
        who = canonical_text({kind: clause_document(clause) for kind, clause in one.who.items()})
        rule = who, one.valid.first, one.verified
        found.setdefault(one.id, {})[rule] = one.valid.last
    return found


@dataclass(frozen=True, eq=False)
class RuleDifference:
    """Two catalogues on one day, as far as some programmes are concerned.

    Attributes:
        programmes: their ids.
        sides: before and after: the rules that are there, and the place of each among the programmes.
    """

    programmes: tuple[str, ...]
    sides: tuple[tuple[Compiled, Int64], ...]

    @classmethod
    def on(
        cls, day: int, catalogues: tuple[Catalogue, Catalogue], programmes: Sequence[str], people: Snapshots,
        terms: tuple[Regions, WorkingDays],
    ) -> RuleDifference:  # fmt: skip
        """Compile both sides for a day and snapshots with the columns of these people."""
        sides = []
        for whole in catalogues:
            chosen = tuple(one for one in whole.on(day).programmes if one.id in programmes)
            place = np.array([programmes.index(one.id) for one in chosen], np.int64)
            rules = compile_catalogue(Catalogue(chosen), people.columns, people.declaration, terms[0], day, terms[1])
            sides.append((rules, place))
        return cls(tuple(programmes), tuple(sides))

    def touched(self, people: Snapshots) -> Int8:
        """How each person is touched by each programme: int8[n, P], 0 for not at all, else 1 and the place in KINDS."""
        answers = []
        for rules, place in self.sides:
            found = np.full((len(people), len(self.programmes)), Answer.NO, np.int8)
            if len(place):
                found[:, place] = rules.answers(people.values, _CITIZEN, people.members)
            answers.append(found)
        before, after = answers
        kinds = np.zeros_like(before)
        kinds[(after == Answer.YES) & (before != Answer.YES)] = 1
        kinds[(before == Answer.YES) & (after != Answer.YES)] = 2
        kinds[(before == Answer.NO) & (after == Answer.UNKNOWN)] = 3
        kinds[(before == Answer.UNKNOWN) & (after == Answer.NO)] = 4
        return kinds
