"""Seals: one root over what was decided by the end of a day, of salted commitments that say nothing once erased.

How many decisions a day had is a number about people, exact and unpaid for. Among the commitments of a day are as many
of nothing, made of chance alone, as bring them to a power of two: nobody tells one from another without the decision
and its salt, so that neither the root nor a path to it says more than that power.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from features.problem import Problem, Rejected
from privacy.ledger.merkle import leaf_hashes, root_of
from serving.records.service_tables import DECISIONS, LEAVES, SEALS

FEWEST: Final = 1_024
"""The fewest commitments of a day: ten or none look alike."""


@dataclass(frozen=True)
class DailySeal:
    """What was fixed of one day.

    Attributes:
        day: YYYY-MM-DD.
        root: RFC 6962 hash, in hex, over the commitments in the order of their bytes.
        entry: the index of the ledger's entry that states it; None where no ledger has one.
    """

    day: str
    root: str
    entry: int | None = None


def commitment_of(salt: bytes, id_: str) -> str:
    """Return what is published of a decision, in hex: SHA-256 of its salt and its id, the hash of what it says."""
    return sha256(salt + bytes.fromhex(id_)).hexdigest()


def padded(commitments: Iterable[str]) -> list[str]:
    """Return commitments, sorted, with as many of nothing among them as make a power of two, and one at least.

    >>> len(padded([])), len(padded(["00" * 32] * 1_023)), len(padded(["00" * 32] * 1_024))
    (1024, 1024, 2048)
    """
    found = list(commitments)
    size = max(1 << len(found).bit_length(), FEWEST)
    return sorted([*found, *(secrets.token_hex(32) for _ in range(size - len(found)))])


def seal(connection: sa.Connection, day: str, before: int) -> DailySeal:
    """Fix every decision that was made before a UTC second and that no day fixed yet; a day that has a seal keeps it.

    Raises:
        Rejected: a later day was sealed already.
    """
    found = {one.day: one for one in seals(connection)}
    if day in found:
        return found[day]
    if found and day < max(found):
        what = f"is before {max(found)}, which was sealed"
        raise Rejected([Problem(("--as-of",), "conflict", what, "Choose a later day")])
    free = (DECISIONS.c.sealed.is_(None)) & (DECISIONS.c.made < before)
    rows = connection.execute(sa.select(DECISIONS.c.salt, DECISIONS.c.id).where(free))
    leaves = padded(commitment_of(row.salt, row.id) for row in rows)
    made = DailySeal(day, _root(leaves))
    cells = [{"day": day, "place": place, "commitment": one} for place, one in enumerate(leaves)]
    connection.execute(sa.insert(LEAVES), cells)
    connection.execute(sa.update(DECISIONS).where(free).values(sealed=day))
    connection.execute(sa.insert(SEALS), [vars(made)])
    return made


def seals(connection: sa.Connection) -> list[DailySeal]:
    """Return every seal, by day."""
    rows = connection.execute(sa.select(SEALS).order_by(SEALS.c.day))
    return [DailySeal(**row._asdict()) for row in rows]


def entered(connection: sa.Connection, day: str, entry: int) -> None:
    """Note which entry of the ledger states the root of a day."""
    connection.execute(sa.update(SEALS).where(SEALS.c.day == day).values(entry=entry))


def wrong(connection: sa.Connection) -> list[Problem]:
    """Return what does not hold: a root that is not that of its commitments, a decision that is not among them.

    A commitment whose decision is gone is as it should be: its person was erased, or its time was over.
    """
    found = []
    for one in seals(connection):
        query = sa.select(LEAVES.c.commitment).where(LEAVES.c.day == one.day).order_by(LEAVES.c.place)
        leaves = list(connection.execute(query).scalars())
        if _root(leaves) != one.root:
            found.append(_damaged(one.day, "the commitments of this day are not those under its root"))
        held = connection.execute(sa.select(DECISIONS.c.salt, DECISIONS.c.id).where(DECISIONS.c.sealed == one.day))
        known = set(leaves)
        count = sum(commitment_of(row.salt, row.id) not in known for row in held)
        if count:
            found.append(_damaged(one.day, f"{count} decisions of this day are not what was sealed"))
    return found


def purge(connection: sa.Connection, before: int) -> int:
    """Delete the decisions that were made before a UTC second, with their salts; return how many."""
    return int(connection.execute(sa.delete(DECISIONS).where(DECISIONS.c.made < before)).rowcount)


def _root(leaves: list[str]) -> str:
    return root_of(leaf_hashes(bytes.fromhex(one) for one in leaves)).hex()


def _damaged(day: str, what: str) -> Problem:
    return Problem((f"records of {day}",), "damaged", what, "Compare the database with its backups")
