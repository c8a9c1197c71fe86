"""Rule part: which nodes of a plan the rules of single programmes rest on, and a plan of some programmes alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Bool, Int64
from features.kernel.jit import njit
from recommender.rules.rule_kernel import AND, COUNT, OR, REGION, RulePlan

__all__ = [
    "NO_GATE",
    "NO_RULE",
    "ProgrammeNodes",
    "plan_of_programmes",
    "programme_nodes",
    "programmes_reading",
    "region_gates",
]

NO_GATE, NO_RULE = -1, -2
"""A rule that may hold in any region, and none for this kind of applicant."""


class ProgrammeNodes(NamedTuple):
    """The nodes that each programme's rules rest on, parts first, and each programme's rules by themselves.

    Attributes:
        starts: int64[P + 1]; programme p has the entries from `starts[p]` to `starts[p + 1]`.
        nodes: int64[E], which node of the plan each entry is.
        ends: int64[E + 1], where the parts of each entry begin.
        parts: int64[...], references as in the plan, but nodes counted from the programme's first entry.
        roots: int64[kinds, P], likewise; -1 where the programme is not for a kind of applicant.
    """

    starts: Int64
    nodes: Int64
    ends: Int64
    parts: Int64
    roots: Int64


def programme_nodes(plan: RulePlan) -> ProgrammeNodes:
    """Return the nodes of every programme, of all kinds of applicant."""
    starts = np.zeros(plan.roots.shape[1] + 1, np.int64)
    room = np.empty(len(plan.ops) + 1, np.int64)
    _count_nodes(plan, starts, room)
    nodes, roots = np.empty(int(starts[-1]), np.int64), plan.roots.astype(np.int64)
    _fill_nodes(plan, starts, nodes, room)
    ends = np.concatenate(([0], np.cumsum(np.diff(plan.starts)[nodes]))).astype(np.int64)
    parts = np.empty(int(ends[-1]), np.int64)
    _fill_parts(plan, ProgrammeNodes(starts, nodes, ends, parts, roots))
    return ProgrammeNodes(starts, nodes, ends, parts, roots)


@njit
def _reach(plan: RulePlan, programme: int, room: Int64, stamp: Int64) -> int:
    """Fill room with a programme's nodes, the parts of each after it; return how many."""
    atoms, many = len(plan.atoms), 0
    for k in range(plan.roots.shape[0]):
        root = plan.roots[k, programme] - atoms
        if root >= 0 and stamp[root] != programme:
            stamp[root] = programme
            room[many] = root
            many += 1
    at = 0
    while at < many:
        node = room[at]
        for part in plan.parts[plan.starts[node] : plan.starts[node + 1]]:
            if part >= atoms and stamp[part - atoms] != programme:
                stamp[part - atoms] = programme
                room[many] = part - atoms
                many += 1
        at += 1
    return many


@njit
def _count_nodes(plan: RulePlan, starts: Int64, room: Int64) -> None:
    stamp = np.full(len(plan.ops), -1, np.int64)
    for programme in range(plan.roots.shape[1]):
        starts[programme + 1] = starts[programme] + _reach(plan, programme, room, stamp)


@njit
def _fill_nodes(plan: RulePlan, starts: Int64, nodes: Int64, room: Int64) -> None:
    stamp = np.full(len(plan.ops), -1, np.int64)
    for programme in range(plan.roots.shape[1]):
        many = _reach(plan, programme, room, stamp)
        nodes[starts[programme] : starts[programme + 1]] = np.sort(room[:many])  # a node stands after its parts


@njit
def _fill_parts(plan: RulePlan, of: ProgrammeNodes) -> None:
    """Fill parts and roots with references that count nodes from the programme's first entry."""
    atoms, place = len(plan.atoms), np.empty(len(plan.ops), np.int64)
    for programme in range(plan.roots.shape[1]):
        first = of.starts[programme]
        for entry in range(first, of.starts[programme + 1]):
            node = of.nodes[entry]
            place[node] = atoms + entry - first
            for i in range(of.ends[entry + 1] - of.ends[entry]):
                part = plan.parts[plan.starts[node] + i]
                of.parts[of.ends[entry] + i] = part if part < atoms else place[part - atoms]
        for k in range(plan.roots.shape[0]):
            root = plan.roots[k, programme]
            of.roots[k, programme] = root if root < atoms else place[root - atoms]


def programmes_reading(plan: RulePlan, columns: Int64) -> Bool:
    """Return whose rules compare one of some columns themselves, or hold a list of members closed by one: bool[P]."""
    atoms = plan.atoms
    mine = np.isin(atoms[:, 1], columns) & (atoms[:, 0] != COUNT) & (atoms[:, 0] != REGION)
    if np.isin(plan.closers[:, 0], columns).any():
        mine |= atoms[:, 0] == COUNT
    reads = np.concatenate((mine, np.zeros(len(plan.ops), np.bool_)))
    for node in range(len(plan.ops)):
        parts = plan.parts[plan.starts[node] : plan.starts[node + 1]]
        reads[len(atoms) + node] = reads[parts].any()
    return np.asarray((reads[plan.roots] & (plan.roots >= 0)).any(axis=0))


def region_gates(plan: RulePlan) -> Int64:
    """Return the comparison with a region without which each rule does not hold: int64[kinds, P].

    Where whoever is asked about cannot live in that region, the answer is no and nothing else of the rule counts. It is
    `NO_GATE` where there is no such comparison, `NO_RULE` where a programme is not for a kind of applicant.
    """
    gates = np.full(len(plan.atoms) + len(plan.ops) + 1, NO_GATE, np.int64)
    regions = plan.atoms[:, 0] == REGION
    gates[: len(plan.atoms)][regions] = np.flatnonzero(regions)
    _fill_gates(plan, gates)
    return np.where(plan.roots >= 0, gates[plan.roots], NO_RULE)


@njit
def _fill_gates(plan: RulePlan, gates: Int64) -> None:
    """Fill the gate of each node: of all of several that of any part, of one of several that of every part."""
    atoms = len(plan.atoms)
    for node in range(len(plan.ops)):
        parts = plan.parts[plan.starts[node] : plan.starts[node + 1]]
        if plan.ops[node] == AND:
            for part in parts:
                gates[atoms + node] = max(gates[atoms + node], gates[part])
        elif plan.ops[node] == OR and len(parts) > 0:
            same = True
            for part in parts:
                same &= gates[part] == gates[parts[0]]
            if same:
                gates[atoms + node] = gates[parts[0]]


def plan_of_programmes(plan: RulePlan, by: ProgrammeNodes, programmes: Int64) -> RulePlan:
    """Return the plan of some programmes alone, by their places; what no rule of theirs rests on is left out.

    Args:
        plan: that of all programmes.
        by: its nodes by programme.
        programmes: int64[...].
    """
    size = len(plan.atoms)
    chosen = [by.nodes[by.starts[one] : by.starts[one + 1]] for one in programmes.tolist()]
    nodes = np.unique(np.concatenate([np.empty(0, np.int64), *chosen]))
    sizes = np.diff(plan.starts)[nodes]
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    parts = plan.parts[np.repeat(plan.starts[nodes] - starts[:-1], sizes) + np.arange(int(starts[-1]))]
    roots = plan.roots[:, programmes]
    atoms = np.unique(np.concatenate((parts[parts < size], roots[(roots >= 0) & (roots < size)])))
    place = np.full(size + len(plan.ops) + 1, -1, np.int64)  # the last is that of -1, no rule
    place[atoms], place[size + nodes] = np.arange(atoms.size), atoms.size + np.arange(nodes.size)
    compared = plan.atoms[atoms]
    counted = compared[:, 0] == COUNT
    tests, compared[counted, 1] = np.unique(compared[counted, 1], return_inverse=True)
    return plan._replace(
        atoms=compared,
        ops=plan.ops[nodes],
        starts=starts,
        parts=place[parts],
        roots=place[roots].astype(np.int32),
        capped=plan.capped[programmes],
        tests=plan.tests[tests],
    )
