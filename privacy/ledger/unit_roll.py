"""The unit roll: in which household each person was first learned from, so that units never grow together.

Sixteen keyed bytes for each person who was in a household that was learned from, in the ledger's folder and never
exported; each run adds those it is the first to read, before it reads their rows. Each entry states a keyed hash over
the roll as it stood, so that what is taken out of the database is noticed.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from privacy.ledger.admitted import PART
from privacy.ledger.dataset import NOBODY
from privacy.ledger.entry import AnyEntry, EvaluateEntry, ReserveEntry
from privacy.ledger.ledger_tables import blob, damaged, transaction

if TYPE_CHECKING:
    from features.arrays import Bool, UInt64
    from privacy.ledger.terms import DatasetTerms

    Grouping = Callable[[UInt64, UInt64], tuple[UInt64, Bool]]

NOT_YET: Final = 0
"""The unit of whoever nothing was ever learned from."""


@dataclass(frozen=True)
class RollBook:
    """What the rolls of a ledger are held against: its secret, its entries as they are now, and its folder."""

    secret: bytes
    entries: Sequence[AnyEntry]
    folder: Path


@dataclass(frozen=True)
class UnitRoll:
    """The roll of one population.

    Attributes:
        opened: holds the ledger for writing, after it was checked.
        book: what the roll is held against.
        population: whose roll it is.
    """

    opened: Callable[[], AbstractContextManager[sqlite3.Connection]]
    book: RollBook
    population: str

    def fixed(self, people: Sequence[str], grouping: Grouping) -> UInt64:
        """The unit of each person; those who are learned from for the first time are entered for ever, durably.

        Args:
            people: everybody.
            grouping: takes people's numbers and their units so far, `NOT_YET` for none; gives everybody's unit, and who
                is learned from in it.

        Raises:
            Damaged: the roll is not the one that the entries state.
        """
        number = numbers(people, self.book.secret)
        with self.opened() as db:
            heads(db, self.book, self.population)
            before = _looked_up(number, b"".join(_rows(db, self.population)))
            unit, learned_from = grouping(number, before)
            new = learned_from & (before == NOT_YET)
            if new.any():
                _keep(db, self.population, number[new], unit[new])
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


def stated(db: sqlite3.Connection, book: RollBook, population: str, spend: str) -> str:
    """What the entry of a spend states of the roll as it stands: equal to no other entry's.

    Raises:
        Damaged: the roll is not the one that earlier entries state.
    """
    return _said(book, spend, heads(db, book, population)[-1])


def heads(db: sqlite3.Connection, book: RollBook, population: str) -> list[bytes]:
    """The hashes of the roll as it was after each run that added to it.

    Raises:
        Damaged: none of them is the one that the last entry states.
    """
    found = [b""]
    for body in _rows(db, population):
        found.append(hashlib.sha256(found[-1] + body).digest())
    spends = (one for one in reversed(book.entries) if isinstance(one, ReserveEntry | EvaluateEntry))
    last = next((one for one in spends if one.population == population and names_roll(one.body.dataset)), None)
    if last is not None and last.body.dataset.roll not in {_said(book, last.body.spend, head) for head in found}:
        raise damaged(book.folder, f"the roll of units is not the one that entry {last.index} states")
    return found


def names_roll(dataset: DatasetTerms) -> bool:
    """Whether an entry's data set is read by a roll of units, which grow together in no later run."""
    return dataset.roll not in (UNSET, NOBODY)


def _said(book: RollBook, spend: str, head: bytes) -> str:
    return hmac.new(book.secret, f"roll\n{spend}\n".encode() + head, "sha256").hexdigest()


def _rows(db: sqlite3.Connection, population: str) -> list[bytes]:
    """The parts of a population's roll, in the order in which they were added."""
    found = db.execute("SELECT body FROM roll WHERE population = ? ORDER BY position", (population,))
    return [blob(body) for (body,) in found]


def _keep(db: sqlite3.Connection, population: str, number: UInt64, unit: UInt64) -> None:
    import numpy as np

    order = np.argsort(number)
    body = np.stack((number[order], unit[order]), axis=1).astype(">u8").tobytes()
    with transaction(db):
        for start in range(0, len(body), PART):
            db.execute("INSERT INTO roll (population, body) VALUES (?, ?)", (population, body[start : start + PART]))
