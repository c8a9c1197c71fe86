"""Order correction: what is added to the utility of some programmes so that groups of people are reached alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Int64
from features.mapping import MappingReader
from features.problem import Problem, Problems, Rejected, Where
from recommender.offers.utility import STEP
from recommender.rules.clause import Answer
from recommender.rules.people_group import PeopleGroup, group_rules

if TYPE_CHECKING:
    from features.snapshot import Snapshots
    from recommender.ranking.scorer import Pairs
    from recommender.rules.compiled import Compiled

BOOSTS: Final = "boosts"
"""Under which key a file of weights lists them."""
SIDES: Final = {"group": Answer.YES, "rest": Answer.NO}
"""Whom a boost is for: who is of a group, or who is not; of whom that is unknown gets neither."""
_KEYS: Final = frozenset({"group", "of", "programme", "adds"})
_MOST: Final = 100.0


class Boost(NamedTuple):
    """What is added for some people to some programmes.

    Attributes:
        group: the name of a declared group.
        of: `group` or `rest`.
        programme: whose utility it is added to; one that the catalogue does not list is left alone.
        steps: how much is added, in steps of `utility.STEP`; above 0.
    """

    group: str
    of: str
    programme: str
    steps: int


@dataclass(frozen=True, eq=False)
class OrderCorrection:
    """Boosts and the groups they name; it moves programmes up and never says who can be offered what.

    Attributes:
        boosts: in the order of the file.
        groups: those that they name.
    """

    boosts: tuple[Boost, ...]
    groups: tuple[PeopleGroup, ...]

    def most(self, compiled: Compiled) -> Int64:
        """The most that may be added to each programme of a catalogue: int64[P], in steps."""
        index, found = compiled.catalogue.index, np.zeros(len(compiled.catalogue), dtype=np.int64)
        for boost in self.boosts:
            if boost.programme in index:
                found[index[boost.programme]] += boost.steps
        return found

    def steps(self, people: Snapshots, pairs: Pairs, compiled: Compiled) -> Int64:
        """What is added to the utility of each pair: int64[m], in steps.

        Args:
            people: with the columns that the catalogue was compiled for.
            pairs: m rows.
            compiled: the rules of the day, by which it is judged who is of which group, too.
        """
        answers = membership_rules(self, compiled).answers(people.values, members=people.members)
        place, index = {group.name: at for at, group in enumerate(self.groups)}, compiled.catalogue.index
        added = np.zeros((len(people), len(compiled.catalogue)), dtype=np.int64)
        for boost in self.boosts:
            if boost.programme in index:
                whose = answers[:, place[boost.group]] == SIDES[boost.of]
                added[:, index[boost.programme]] += boost.steps * whose
        return np.asarray(added[pairs.person, pairs.programme])


@lru_cache(maxsize=8)
def membership_rules(correction: OrderCorrection, compiled: Compiled) -> Compiled:
    """The rules that say who is of the groups of a correction on the day of a catalogue; compiled once for each day."""
    return group_rules(correction.groups, compiled.columns, compiled.declaration, compiled.regions, compiled.day)


def parse_boosts(document: object, groups: Sequence[PeopleGroup], where: Where) -> OrderCorrection | None:
    """Read the list under `boosts` of a parsed file of weights; None where it lists none.

    Args:
        document: the list, each with `group`, `of`, `programme` and `adds` (in units of utility).
        groups: those that the declaration tells apart.
        where: what problems call the list.

    Raises:
        Rejected: with everything that is wrong in it.
    """
    problems, named = Problems(), {group.name: group for group in groups}
    if not isinstance(document, list):
        remedy = "Write what `proffer evaluate --boosts` writes"
        raise Rejected([Problem(where, "invalid", "is not a list of boosts", remedy)])
    read = (MappingReader(one, (*where, place), problems, _KEYS) for place, one in enumerate(document))
    found = [_boost(reader, named) for reader in read]
    problems.raise_any()
    used = tuple(named[name] for name in dict.fromkeys(boost.group for boost in found))
    return OrderCorrection(tuple(found), used) if found else None


def _boost(reader: MappingReader, groups: Collection[str]) -> Boost:
    for key in sorted(_KEYS):
        reader.required(key)
    group, of = (reader.choice(key, allowed) or "" for key, allowed in (("group", groups), ("of", SIDES)))
    programme = reader.slug("programme") or ""
    adds = reader.take("adds")
    if adds is not None and (isinstance(adds, bool) or not isinstance(adds, int | float) or not 0 < adds <= _MOST):
        reader.wrong("adds", "range", f"{adds!r} is no number above 0, to 100", "Give units of utility, such as 0.1")
        adds = 0
    return Boost(group, of, programme, round(float(str(adds or 0)) * STEP))


def boosts_document(boosts: Sequence[Boost]) -> Mapping[str, object]:
    """Boosts as a file of weights lists them."""
    return {
        BOOSTS: [
            {"group": one.group, "of": one.of, "programme": one.programme, "adds": one.steps / STEP} for one in boosts
        ]
    }
