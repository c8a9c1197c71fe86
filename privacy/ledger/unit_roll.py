"""The unit roll: in which household each person was first learned from, so that units never grow together.

Sixteen keyed bytes for each person who was in a household that was learned from, in the ledger's folder and never
exported. A run adds those it is the first to read before it reads their rows, in one transaction with an entry of the
ledger (`units`) that names its spend and states a keyed hash over the whole roll, additions included; so the newest
hash is as signed as the ledger is, and what is put in, taken out or changed by hand is found when the ledger is opened.
A crash leaves both or neither. One between the entry and the reading leaves people in the roll of whom nothing was
learned: they stay in the household of then all the same, which protects them no less.

Spends of version 3 state the roll as it stood before their run added to it, and no entry states what that run added:
until a population's first `units` entry, rows put in by hand after its last spend are not found.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from privacy.ledger.admitted import PART
from privacy.ledger.dataset import names_roll
from privacy.ledger.entry import AnyEntry, EvaluateEntry, ReserveEntry, UnitsEntry
from privacy.ledger.ledger_tables import blob, damaged, has_table
from privacy.ledger.rule_versions import WAYS

if TYPE_CHECKING:
    from features.arrays import Bool, UInt64

    Grouping = Callable[[UInt64, UInt64], tuple[UInt64, Bool]]
    Body = Callable[[int], Mapping[str, str]]
    Enter = Callable[[sqlite3.Connection, str, Body, Callable[[AnyEntry], object]], object]

NOT_YET: Final = 0
"""The unit of whoever nothing was ever learned from."""


@dataclass(frozen=True)
class RollBook:
    """How a ledger keeps rolls: its secret, how it is held for writing, and how a `units` entry is entered."""

    secret: bytes
    opened: Callable[[], AbstractContextManager[sqlite3.Connection]]
    enter: Enter


@dataclass(frozen=True)
class UnitRoll:
    """The roll of one population, for one spend.

    Attributes:
        book: how the ledger keeps it.
        population: whose roll it is.
        spend: the spend whose run reads it.
    """

    book: RollBook
    population: str
    spend: str

    def fixed(self, people: Sequence[str], grouping: Grouping) -> UInt64:
        """The unit of each person; those who are learned from for the first time are entered for ever, durably.

        Args:
            people: everybody.
            grouping: takes people's numbers and their units so far, `NOT_YET` for none; gives everybody's unit, and who
                is learned from in it.

        Raises:
            Damaged: the ledger, or its roll, is not what was signed.
            Refused: the spend is not one of a run on households.
        """
        number = numbers(people, self.book.secret)
        with self.book.opened() as db:
            known = _rows(db, self.population)
            before = _looked_up(number, b"".join(known))
            unit, learned_from = grouping(number, before)
            new = learned_from & (before == NOT_YET)
            added = _parts(number[new], unit[new])
            head, rows = _heads([*known, *added])[-1], [(self.population, part) for part in added]

            def body(index: int) -> dict[str, str]:
                return {"roll": _said(self.book.secret, f"entry {index}", head), "spend": self.spend}

            statement = "INSERT INTO roll (population, body) VALUES (?, ?)"
            self.book.enter(db, self.population, body, lambda _: db.executemany(statement, rows))
        return unit


def numbers(people: Iterable[str], secret: bytes) -> UInt64:
    """A number above 0 of each person, which is theirs for ever: eight keyed bytes."""
    import numpy as np

    found = b"".join(hmac.digest(secret, b"unit\n" + person.encode(), "sha256")[:8] for person in people)
    return np.maximum(np.frombuffer(found, ">u8").astype(np.uint64), 1)


def _looked_up(number: UInt64, roll: bytes) -> UInt64:
    """The unit of each number in a roll, `NOT_YET` where it is in none."""
    import numpy as np

    known = np.frombuffer(roll + bytes(16), ">u8").astype(np.uint64).reshape(-1, 2)
    known = known[np.argsort(known[:, 0])]
    at = np.minimum(np.searchsorted(known[:, 0], number), len(known) - 1)
    return np.where(known[at, 0] == number, known[at, 1], np.uint64(NOT_YET))


def _parts(number: UInt64, unit: UInt64) -> list[bytes]:
    """What a run adds, as rows of the database."""
    import numpy as np

    order = np.argsort(number)
    body = np.stack((number[order], unit[order]), axis=1).astype(">u8").tobytes()
    return [body[start : start + PART] for start in range(0, len(body), PART)]


def stated(db: sqlite3.Connection, secret: bytes, population: str, spend: str) -> str:
    """What the entry of a spend states of the roll as it stands: equal to no other entry's."""
    return _said(secret, spend, _heads(_rows(db, population))[-1])


def check(db: sqlite3.Connection, folder: Path, entries: Sequence[AnyEntry], secret: Callable[[], bytes]) -> None:
    """Accept only a database whose rolls are those that the newest entry about each states.

    Raises:
        Damaged: rows were put in, taken out or changed.
    """
    last = {
        one.population: one
        for one in entries
        if isinstance(one, UnitsEntry | ReserveEntry | EvaluateEntry)
        and (isinstance(one, UnitsEntry) or names_roll(one.body.dataset))
    }
    kept = db.execute("SELECT DISTINCT population FROM roll") if has_table(db, "roll") else ()
    strange = sorted({str(population) for (population,) in kept} - last.keys())
    if strange:
        raise damaged(folder, f"there is a roll of units of {strange[0]}, which no entry states")
    for population, one in last.items():
        found = _heads(_rows(db, population))
        may = found[-1:] if one.version >= WAYS else found
        if isinstance(one, UnitsEntry):
            key, roll = f"entry {one.index}", one.body.roll
        else:
            key, roll = one.body.spend, str(one.body.dataset.roll)
        if roll not in {_said(secret(), key, head) for head in may}:
            raise damaged(folder, f"the roll of units is not the one that entry {one.index} states")


def _heads(parts: Iterable[bytes]) -> list[bytes]:
    """The hashes of a roll as it was after each part that was added to it."""
    found = [b""]
    for part in parts:
        found.append(hashlib.sha256(found[-1] + part).digest())
    return found


def _said(secret: bytes, key: str, head: bytes) -> str:
    """A hash that no two entries share, so that none tells whether somebody came; no spend's id holds a space."""
    return hmac.new(secret, f"roll\n{key}\n".encode() + head, "sha256").hexdigest()


def _rows(db: sqlite3.Connection, population: str) -> list[bytes]:
    """The parts of a population's roll, in the order in which they were added."""
    if not has_table(db, "roll"):
        return []
    found = db.execute("SELECT body FROM roll WHERE population = ? ORDER BY position", (population,))
    return [blob(body) for (body,) in found]
