"""Open rules: what is left of the rules for one person once what no answer changes is worked out.

What rests on no column that an answer changes is a constant; a node that a constant decides is one, too. The rest is
numbered anew, atoms first and parts before what rests on them, so that it lies together in memory: of a catalogue of
thousands of programmes some hundreds of nodes for whom much is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Bool, Int64, UInt64
from features.kernel.jit import njit
from recommender.rules.rule_kernel import AND, COUNT, OR, REGION, RulePlan, node_words

__all__ = ["OpenRules", "open_rules", "open_words"]

_CONSTANT = -1


class OpenRules(NamedTuple):
    """The rules of m programmes of which answers may change something: a atoms, then n nodes, as references.

    Attributes:
        atoms: int64[a], the place of each among the atoms of the plan.
        ops: int64[n], AND, OR, NOT or ADVISORY of the references `parts[starts[i]:starts[i + 1]]`, parts first.
        starts: int64[n + 1].
        parts: the references of all parts, one node's after the other's.
        given_yes: uint64[n], the words with which parts that nothing changes enter into a node.
        given_maybe: uint64[n], likewise.
        yes: uint64[a + n], the person's own word of each reference, for 64 people alike.
        maybe: uint64[a + n], likewise.
        roots: int64[m, K], the reference of each programme for each kind of applicant, -1 for none.
        held_yes: uint64[m], what the roots say that nothing changes.
        held_maybe: uint64[m], likewise.
        use_starts: int64[a + n + 1]; which nodes rest on a reference: `users[use_starts[i]:use_starts[i + 1]]`.
        users: as above, ascending.
        root_starts: int64[a + n + 1]; whose root a reference is: `rooted[root_starts[i]:root_starts[i + 1]]`.
        rooted: as above, places among the m programmes.
    """

    atoms: Int64
    ops: Int64
    starts: Int64
    parts: Int64
    given_yes: UInt64
    given_maybe: UInt64
    yes: UInt64
    maybe: UInt64
    roots: Int64
    held_yes: UInt64
    held_maybe: UInt64
    use_starts: Int64
    users: Int64
    root_starts: Int64
    rooted: Int64


@njit
def open_rules(
    plan: RulePlan, mask: int, places: Int64, certain: UInt64, possible: UInt64, columns: Bool, regions: Int64
) -> OpenRules:
    """Return what is left of the rules of some programmes, for a person who applies as the kinds of a mask.

    Args:
        plan: all rules.
        mask: bits of KINDS.
        places: int64[m], of the programmes.
        certain: the words of all references, the person in the first bit.
        possible: likewise.
        columns: bool[F], which columns some answer changes.
        regions: the columns that hold regions.
    """
    atoms, ops, starts, parts = len(plan.atoms), plan.ops, plan.starts, plan.parts
    yes, maybe = np.empty(len(certain), np.uint64), np.empty(len(certain), np.uint64)
    for i in range(len(certain)):
        yes[i], maybe[i] = _for_all(certain[i]), _for_all(possible[i])
    needed = _needed(plan, mask, places)
    moves = np.zeros(len(certain), np.bool_)
    for i in range(atoms):
        kind, column = plan.atoms[i, 0], plan.atoms[i, 1]
        moves[i] = needed[i] and (kind == COUNT or columns[regions[column] if kind == REGION else column])
    for node in range(len(ops)):
        if needed[atoms + node]:
            moves[atoms + node] = _moves(ops[node], starts[node], starts[node + 1], parts, moves, yes, maybe)
    left = np.zeros(len(certain), np.bool_)
    for place in places:
        for k in range(len(plan.roots)):
            root = plan.roots[k, place]
            if root >= 0 and (mask >> k) & 1:
                left[root] = moves[root]
    for node in range(len(ops) - 1, -1, -1):
        if left[atoms + node]:
            for at in range(starts[node], starts[node + 1]):
                left[parts[at]] = left[parts[at]] or moves[parts[at]]
    return _numbered(plan, mask, places, left, yes, maybe)


@njit
def open_words(
    op: int, first: int, last: int, parts: Int64, given: tuple[np.uint64, np.uint64], yes: UInt64, maybe: UInt64
) -> tuple[np.uint64, np.uint64]:
    """Whose answer to a node is yes, and whose is not no, by the words of its parts and what else enters into it."""
    certain, possible = node_words(op, first, last, parts, yes, maybe)
    if op == AND:
        return certain & given[0], possible & given[1]
    if op == OR:
        return certain | given[0], possible | given[1]
    return certain, possible


@njit
def _numbered(plan: RulePlan, mask: int, places: Int64, left: Bool, yes: UInt64, maybe: UInt64) -> OpenRules:
    """Number what is left anew; a node of one part that nothing else enters into is that part."""
    atoms, ops, starts, parts = len(plan.atoms), plan.ops, plan.starts, plan.parts
    room = 0
    for node in range(len(ops)):
        if left[atoms + node]:
            room += starts[node + 1] - starts[node]
    many, every = _true(left, atoms), _true(left, len(left))
    names, kept = np.full(len(left), _CONSTANT, np.int64), np.empty(every, np.int64)
    ends, held = np.zeros(every - many + 1, np.int64), np.empty(room, np.int64)
    given_yes, given_maybe = np.empty(every - many, np.uint64), np.empty(every - many, np.uint64)
    count, at = 0, 0
    for i in range(len(left)):
        if not left[i]:
            continue
        if i >= atoms:
            begun, (node, new) = at, (i - atoms, count - many)
            enters_yes, enters_maybe = np.uint64(0), np.uint64(0)
            if ops[node] == AND:
                enters_yes, enters_maybe = ~enters_yes, ~enters_maybe
            neutral = (enters_yes, enters_maybe)
            for place in range(starts[node], starts[node + 1]):
                part = parts[place]
                if names[part] >= 0:
                    held[at] = names[part]
                    at += 1
                elif ops[node] == AND:
                    enters_yes, enters_maybe = enters_yes & yes[part], enters_maybe & maybe[part]
                else:
                    enters_yes, enters_maybe = enters_yes | yes[part], enters_maybe | maybe[part]
            if at == begun + 1 and (ops[node] == AND or ops[node] == OR) and neutral == (enters_yes, enters_maybe):
                names[i], at = held[begun], begun
                continue
            given_yes[new], given_maybe[new], ends[new + 1] = enters_yes, enters_maybe, at
        names[i], kept[count] = count, i
        count += 1
    kept, nodes = kept[:count], count - many
    roots, held_yes, held_maybe = _roots(plan, mask, places, names, yes, maybe)
    use_starts, users = _uses(ends[: nodes + 1], held, many, count)
    root_starts, rooted = _by_root(roots, count)
    return OpenRules(
        kept[:many].copy(), ops[kept[many:] - atoms], ends[: nodes + 1].copy(), held[:at].copy(),
        given_yes[:nodes].copy(), given_maybe[:nodes].copy(), yes[kept], maybe[kept],
        roots, held_yes, held_maybe, use_starts, users, root_starts, rooted,
    )  # fmt: skip


@njit
def _needed(plan: RulePlan, mask: int, places: Int64) -> Bool:
    """On which atoms and nodes some programmes rest, for the kinds of applicant of a mask."""
    atoms, (ops, starts, parts, roots) = len(plan.atoms), (plan.ops, plan.starts, plan.parts, plan.roots)
    needed = np.zeros(atoms + len(ops), np.bool_)
    for place in places:
        for k in range(len(roots)):
            if roots[k, place] >= 0 and (mask >> k) & 1:
                needed[roots[k, place]] = True
    for node in range(len(ops) - 1, -1, -1):
        if needed[atoms + node]:
            for at in range(starts[node], starts[node + 1]):
                needed[parts[at]] = True
    return needed


@njit
def _moves(op: int, first: int, last: int, parts: Int64, moves: Bool, yes: UInt64, maybe: UInt64) -> bool:
    """Whether a node may change: some part may, and none that cannot decides it."""
    moving = False
    for at in range(first, last):
        part = parts[at]
        if moves[part]:
            moving = True
        elif (op == AND and maybe[part] == 0) or (op == OR and yes[part] != 0):
            return False
    return moving


@njit
def _roots(
    plan: RulePlan, mask: int, places: Int64, names: Int64, yes: UInt64, maybe: UInt64
) -> tuple[Int64, UInt64, UInt64]:
    """The roots of some programmes by their new numbers, and what those say that nothing changes."""
    kinds = len(plan.roots)
    roots = np.full((len(places), kinds), _CONSTANT, np.int64)
    held_yes, held_maybe = np.zeros(len(places), np.uint64), np.zeros(len(places), np.uint64)
    for one in range(len(places)):
        for k in range(kinds):
            root = plan.roots[k, places[one]]
            if root < 0 or not (mask >> k) & 1:
                continue
            roots[one, k] = names[root]
            if names[root] < 0:
                held_yes[one] |= yes[root]
                held_maybe[one] |= maybe[root]
    return roots, held_yes, held_maybe


@njit
def _uses(ends: Int64, parts: Int64, atoms: int, references: int) -> tuple[Int64, Int64]:
    """Which nodes rest on each reference: those of i are `users[starts[i]:starts[i + 1]]`, ascending."""
    starts, at = np.zeros(references + 1, np.int64), np.zeros(references, np.int64)
    for place in range(ends[-1]):
        starts[parts[place] + 1] += 1
    for i in range(references):
        starts[i + 1] += starts[i]
        at[i] = starts[i]
    users = np.empty(starts[references], np.int64)
    for node in range(references - atoms):
        for place in range(ends[node], ends[node + 1]):
            users[at[parts[place]]] = node
            at[parts[place]] += 1
    return starts, users


@njit
def _by_root(roots: Int64, references: int) -> tuple[Int64, Int64]:
    """Whose root each reference is: the programmes of i are `rooted[starts[i]:starts[i + 1]]`."""
    starts, at = np.zeros(references + 1, np.int64), np.zeros(references, np.int64)
    for one in range(len(roots)):
        for k in range(roots.shape[1]):
            if roots[one, k] >= 0:
                starts[roots[one, k] + 1] += 1
    for i in range(references):
        starts[i + 1] += starts[i]
        at[i] = starts[i]
    rooted = np.empty(starts[references], np.int64)
    for one in range(len(roots)):
        for k in range(roots.shape[1]):
            if roots[one, k] >= 0:
                rooted[at[roots[one, k]]] = one
                at[roots[one, k]] += 1
    return starts, rooted


@njit
def _true(holds: Bool, last: int) -> int:
    """How many of the first truths hold."""
    many = 0
    for i in range(last):
        many += holds[i]
    return many


@njit
def _for_all(word: np.uint64) -> np.uint64:
    """The first person's bit, for 64 people."""
    return ~np.uint64(0) if word & np.uint64(1) else np.uint64(0)
