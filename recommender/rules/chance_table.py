"""Chance table: how likely many people are to meet what is open to them, each different prior looked up once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Float64, Int8, Int32, Int64, UInt64
from features.kernel.jit import njit
from features.kernel.like_rows import like_rows
from features.members import Members
from features.value import UNKNOWN
from recommender.rules.chance import MOST, assembled, counted_of, inside, priors_of
from recommender.rules.chance_kernel import CHECKED, EVEN, Priors, atom_chance
from recommender.rules.clause import Answer
from recommender.rules.guess import choices
from recommender.rules.member_chance import counted_keys
from recommender.rules.rule_kernel import AND, BLOCK, COUNT, NOT, OR, REGION, RulePlan, RuleRows, fill_words
from recommender.rules.rule_part import ProgrammeNodes

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["ChanceTable", "OpenShares", "chance_table", "fill_atoms", "fill_entries", "fill_missed"]

_MOST_SHARES: Final = 10_000_000
"""So many shares of households are remembered before all are forgotten: what bounds memory."""


class OpenShares(NamedTuple):
    """How likely each open comparison is to hold, by what of people decides it; and of which class each person is.

    Attributes:
        plain: float64[circumstances, atoms].
        inside: float64[regions, sets of regions].
        counted: float64[households, atoms], of comparisons that count members.
        of: int64[n, 3], places in these.
    """

    plain: Float64
    inside: Float64
    counted: Float64
    of: Int64


class ChanceTable:
    """The chances of one day's rules; what it says of each person is what `recommender.rules.chance.chances` says.

    What no rule decides depends on the circumstances that priors are given for, on the region and on the listed
    members; each different case is worked out once and remembered.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled, self._plan = compiled, compiled.last_known
        facts = {one.fact for priors in priors_of(compiled) for prior in priors for one in prior.when}
        self._given = [place for place, name in enumerate(compiled.columns) if name in facts]
        self._choices: dict[bytes, int] = {}
        self._chosen: dict[tuple[int, ...], int] = {}
        self._plain: list[Float64] = []
        self._regions: dict[int, int] = {}
        self._inside: list[Float64] = []
        self._keys: dict[bytes, int] = {}
        self._counted: list[Float64] = []
        self._lock = threading.Lock()

    def chances(self, rows: RuleRows, members: Members, answers: Int8) -> Float64:
        """Return how likely people are to meet each programme, float64[n, P]: 1 for a yes, 0 for a no; many may ask.

        Args:
            rows: n people, as rules read them.
            members: theirs.
            answers: int8[n, P], what the rules say.
        """
        with self._lock:
            shares = self.shares(rows.values, members)
        found = np.empty(answers.shape)
        _fill_people(self._plan, rows, shares, found)
        np.minimum(found, MOST, out=found)
        found[answers == Answer.YES] = 1.0
        found[answers == Answer.NO] = 0.0
        return found

    def shares(self, values: Int64, members: Members) -> OpenShares:
        """Return the shares of people, by their columns, int64[n, F], and members."""
        compiled = self._compiled
        given = _different(values[:, self._given], self._choices, lambda at: self._choose(values[at]))
        home = values[:, compiled.region_columns[:1]] if compiled.region_columns.size else np.full(
            (len(values), 1), UNKNOWN
        )  # fmt: skip
        codes, where = np.unique(home[:, 0], return_inverse=True)
        for code in (one for one in codes.tolist() if one not in self._regions):
            self._regions[code] = len(self._inside)
            self._inside.append(inside(compiled, code))
        region = np.array([self._regions[code] for code in codes.tolist()], np.int64)[where.reshape(-1)]
        keys = np.column_stack((given, counted_keys(compiled, values, members)))
        if len(self._counted) * max(len(self._plan.atoms), 1) > _MOST_SHARES:
            self._keys.clear()
            self._counted.clear()
        counted = _different(keys, self._keys, lambda at: self._count(int(given[at]), values[at], members[at]))
        used, counted = np.unique(counted, return_inverse=True)
        of = np.column_stack((given, region, counted))
        households = np.array([self._counted[one] for one in used.tolist()])
        return OpenShares(np.array(self._plain), np.array(self._inside), households, of)

    def _choose(self, known: Int64) -> int:
        """The place of the shares that count for one person, by the circumstances."""
        compiled = self._compiled
        row = dict(zip(compiled.columns, known.tolist(), strict=True))
        chosen = choices(priors_of(compiled), compiled, row)
        if chosen not in self._chosen:
            self._chosen[chosen] = len(self._plain)
            none = np.zeros(0, np.float64)
            priors, atoms = Priors(*assembled(compiled, chosen), none, none), self._plan.atoms
            self._plain.append(np.array([
                0.0 if atom[0] in (COUNT, REGION) else atom_chance(atom, priors) for atom in atoms
            ], np.float64))  # fmt: skip
        return self._chosen[chosen]

    def _count(self, given: int, known: Int64, members: Members) -> int:
        """The place of the shares of one person by the members, where the priors of a place count."""
        chosen = list(self._chosen)[given]
        found = counted_of(self._compiled, known, chosen, members)
        self._counted.append(found)
        return len(self._counted) - 1


@lru_cache(maxsize=8)
def chance_table(compiled: Compiled) -> ChanceTable:
    """Return the table of a compiled catalogue, made once for each of them."""
    return ChanceTable(compiled)


def _different(keys: Int64, met: dict[bytes, int], made: Callable[[int], int]) -> Int64:
    """Return for each row what was made of the first row like it, in this call or an earlier one."""
    like = like_rows(keys)
    found = []
    for at in like.first.tolist():
        name = keys[at].tobytes()
        if name not in met:
            met[name] = made(at)
        found.append(met[name])
    return np.array(found, np.int64)[like.of]


@njit
def _fill_people(plan: RulePlan, people: RuleRows, shares: OpenShares, found: Float64) -> None:
    """Fill how likely each of n people is to meet each programme, float64[n, P], 64 people at a time."""
    atoms, nodes, programmes = len(plan.atoms), len(plan.ops), plan.roots.shape[1]
    certain, possible = np.empty(atoms, np.uint64), np.empty(atoms, np.uint64)
    chance, missed = np.zeros((atoms + nodes, BLOCK)), np.empty(BLOCK)
    for first in range(0, len(people.values), BLOCK):
        last = min(first + BLOCK, len(people.values))
        fill_words(plan, people, first, last, certain, possible)
        for person in range(first, last):
            fill_atoms(plan.atoms, certain, possible, person - first, shares, shares.of[person], chance)
        for i in range(nodes):
            _fill_node(plan.ops[i], plan.parts[plan.starts[i] : plan.starts[i + 1]], chance, chance[atoms + i])
        for p in range(programmes):
            right = CHECKED if plan.capped[p] else 1.0
            fill_missed(plan.roots, people.masks[first:last], p, chance, missed)
            for lane in range(last - first):
                found[first + lane, p] = (1 - missed[lane]) * right


@njit
def _fill_node(op: int, parts: Int64, chance: Float64, mine: Float64) -> None:
    """Fill how likely one node of the rules is to hold, of 64 people, by what it is made of."""
    mine[:] = 1.0
    for part in parts:
        theirs = chance[part]
        for lane in range(BLOCK):
            if op == AND:
                mine[lane] *= theirs[lane]
            elif op == OR:
                mine[lane] *= 1 - theirs[lane]
            elif op == NOT:
                mine[lane] = 1 - theirs[lane]
            else:
                mine[lane] = theirs[lane] + (1 - theirs[lane]) * EVEN
    if op == OR:
        for lane in range(BLOCK):
            mine[lane] = 1 - mine[lane]


@njit
def fill_entries(ops: Int64, rules: ProgrammeNodes, programme: int, atoms: int, chance: Float64) -> None:
    """Fill how likely each node of one programme's rules is to hold, of 64 people."""
    first = rules.starts[programme]
    for entry in range(first, rules.starts[programme + 1]):
        op, mine = ops[rules.nodes[entry]], chance[atoms + entry - first]
        mine[:] = 1.0
        for part in rules.parts[rules.ends[entry] : rules.ends[entry + 1]]:
            theirs = chance[part]
            if op == AND:
                for lane in range(BLOCK):
                    mine[lane] *= theirs[lane]
            elif op == OR:
                for lane in range(BLOCK):
                    mine[lane] *= 1 - theirs[lane]
            elif op == NOT:
                for lane in range(BLOCK):
                    mine[lane] = 1 - theirs[lane]
            else:
                for lane in range(BLOCK):
                    mine[lane] = theirs[lane] + (1 - theirs[lane]) * EVEN
        if op == OR:
            for lane in range(BLOCK):
                mine[lane] = 1 - mine[lane]


@njit
def fill_missed(roots: Int32 | Int64, masks: Int64, programme: int, chance: Float64, missed: Float64) -> None:
    """Fill how likely no rule of one programme is to hold, of each person."""
    missed[:] = 1.0
    for k in range(roots.shape[0]):
        root = roots[k, programme]
        if root >= 0:
            for lane in range(len(masks)):
                if (masks[lane] >> k) & 1:
                    missed[lane] *= 1 - chance[root, lane]


@njit
def fill_atoms(
    atoms: Int64, certain: UInt64, possible: UInt64, lane: int, shares: OpenShares, of: Int64, chance: Float64
) -> None:
    """Fill how likely each comparison is to hold of one person."""
    one, shift, plain = np.uint64(1), np.uint64(lane), shares.plain[of[0]]
    region, counted = shares.inside[of[1]], shares.counted[of[2]]
    for i in range(len(atoms)):
        sure = (certain[i] >> shift) & one
        if sure or not (possible[i] >> shift) & one:
            chance[i, lane] = float(sure)
        elif atoms[i, 0] == COUNT:
            chance[i, lane] = counted[i]
        elif atoms[i, 0] == REGION:
            chance[i, lane] = region[atoms[i, 2]]
        else:
            chance[i, lane] = plain[i]
