"""The decisions a service keeps: each written once, found by its id, within the transaction of one connection."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from secrets import token_bytes
from typing import Final, NamedTuple

import sqlalchemy as sa

from features.calendar import DAY_SECONDS
from features.log.touching import portions
from serving.records.decision import Decision
from serving.records.service_tables import DECISIONS, MESSAGES

SALT_BYTES: Final = 32
_QUICK: Final = 1
"""A decision is compressed while somebody waits; of a typical one this level leaves 20 %, the slowest 17 %."""


@dataclass(frozen=True)
class KeptDecision:
    """A decision on record.

    Attributes:
        id: under which it is kept.
        decision: what it says.
        made: the UTC second at which it was first made.
        left: of an offer, what became of each of its messages: the state, and the UTC second of that, or of the next
            try.
    """

    id: str
    decision: Decision
    made: int
    left: Mapping[str, tuple[str, int]] = field(default_factory=dict)


class DecisionSummary(NamedTuple):
    """A decision of a list: its id, its kind, the day it is as of (since 1970-01-01), the UTC second it was made."""

    id: str
    kind: str
    day: int
    made: int


class DecisionLog:
    """Every decision on record about somebody whose events are kept."""

    def __init__(self, connection: sa.Connection, entropy: Callable[[int], bytes] = token_bytes) -> None:
        """Take the connection of a `ServiceStore`; `entropy` gives so many random bytes."""
        self._connection = connection
        self._entropy = entropy

    def has(self, id_: str) -> bool:
        """Whether a decision is on record."""
        found = self._connection.execute(sa.select(DECISIONS.c.id).where(DECISIONS.c.id == id_))
        return found.first() is not None

    def write(self, decision: Decision, made: int) -> bool:
        """Write a decision that is new; return whether it was.

        Args:
            decision: about somebody whose events are kept.
            made: the UTC second.

        Raises:
            ValueError: it is about nobody whose events are kept, and goes only to whoever asked.
        """
        return bool(self.write_all([decision], made))

    def write_all(self, decisions: Sequence[Decision], made: int) -> int:
        """Write those decisions that are new; return how many were; see `write`.

        Raises:
            ValueError: one is about nobody whose events are kept.
        """
        if any(one.citizen is None for one in decisions):
            raise ValueError("a decision about facts that were sent is not kept")
        fresh, held = {one.id: one for one in decisions}, set[str]()
        for some in portions(list(fresh)):
            held.update(self._connection.execute(sa.select(DECISIONS.c.id).where(DECISIONS.c.id.in_(some))).scalars())
        rows = [self._row(one, made) for id_, one in fresh.items() if id_ not in held]
        if rows:
            self._connection.execute(sa.insert(DECISIONS), rows)
        return len(rows)

    def _row(self, decision: Decision, made: int) -> dict[str, object]:
        return {
            "id": decision.id,
            "citizen": decision.citizen,
            "kind": decision.kind,
            "day": decision.day,
            "made": made,
            "body": zlib.compress(decision.text.encode(), _QUICK),
            "salt": self._entropy(SALT_BYTES),
        }

    def find(self, id_: str) -> KeptDecision | None:
        """Return a decision on record, None where there is none of this id."""
        query = sa.select(DECISIONS.c.body, DECISIONS.c.made).where(DECISIONS.c.id == id_)
        row = self._connection.execute(query).first()
        if row is None:
            return None
        whole = json.loads(zlib.decompress(row.body))
        found = Decision(whole["decision"], whole["answer"])
        names = [one["id"] for one in found.document.get("said", {}).get("messages", ())]
        left = sa.select(MESSAGES.c.id, MESSAGES.c.state, MESSAGES.c.next).where(MESSAGES.c.id.in_(names))
        return KeptDecision(
            id_, found, row.made, {one.id: (one.state, one.next) for one in self._connection.execute(left)}
        )

    def ids_of(self, citizen: str) -> tuple[str, ...]:
        """Return the ids of the decisions about a person, the latest first."""
        query = sa.select(DECISIONS.c.id).where(DECISIONS.c.citizen == citizen)
        return tuple(self._connection.execute(query.order_by(DECISIONS.c.made.desc(), DECISIONS.c.id)).scalars())

    def latest(self, citizen: str, most: int) -> frozenset[str]:
        """Return the ids of the decisions about a person that were made last, at most so many."""
        query = sa.select(DECISIONS.c.id).where(DECISIONS.c.citizen == citizen).order_by(DECISIONS.c.made.desc())
        return frozenset(self._connection.execute(query.limit(most)).scalars())

    def told_to(self, citizen: str, after: tuple[int, str] | None, most: int) -> list[DecisionSummary]:
        """Return what was decided on a person and told, the latest first; none that a challenger would have made.

        Args:
            citizen: whom.
            after: when the last decision before these was made, and its id; None for the beginning.
            most: how many at most.
        """
        columns, made = (DECISIONS.c[name] for name in DecisionSummary._fields), DECISIONS.c.made
        query = sa.select(*columns).where(DECISIONS.c.citizen == citizen, DECISIONS.c.kind != "shadow")
        if after is not None:
            query = query.where((made < after[0]) | ((made == after[0]) & (DECISIONS.c.id > after[1])))
        rows = self._connection.execute(query.order_by(made.desc(), DECISIONS.c.id).limit(most))
        return [DecisionSummary(*row) for row in rows]

    def drawn(self, seed: int, most: int) -> tuple[int, tuple[str, ...]]:
        """Return how many decisions were told to somebody, and the ids of so many of them, drawn by a seed."""
        told = sa.select(DECISIONS.c.id).where(DECISIONS.c.kind != "shadow").order_by(DECISIONS.c.id)
        ids = self._connection.execute(told).scalars().all()
        return len(ids), tuple(Random(seed).sample(ids, min(most, len(ids))))  # noqa: S311 - to be drawn again

    def free_at(self, citizen: str, most: int, now: int) -> int:
        """Return the UTC second from which on fewer than so many answers about a person are of the last 24 hours."""
        mine = (DECISIONS.c.citizen == citizen) & (DECISIONS.c.kind == "answer")
        query = sa.select(DECISIONS.c.made).where(mine).order_by(DECISIONS.c.made.desc()).offset(most - 1).limit(1)
        found = self._connection.execute(query).scalar()
        return now if found is None else int(found) + DAY_SECONDS
