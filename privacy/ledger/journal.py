"""The journal: the durable, checked sequence of a ledger's entries, and the only code that appends to it.

    ledger.sqlite   entries, checkpoints, and data that is never exported (hashes of the people admitted)
    signer.json     the last size and root that was signed; see `privacy.ledger.signed`
    ledger.key      the signing key, readable by its owner only; ledger.key.next while it is rotated
    ledger.pub      its public half, for auditors
    people.key      the secret under which units are fingerprinted
    lock            held by the process that reads or writes

An append is: lock; read what others wrote; decide; one SQLite transaction with the entry and its signed checkpoint;
keep the checkpoint in signer.json; apply; acknowledge. A crash anywhere leaves the entry either absent, or durable and
counted as spent.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from features.problem import Problem, Rejected
from features.whole_file import locked
from privacy.accounting.amount import FINEST
from privacy.accounting.canonical import NotCanonical
from privacy.ledger import admitted, entry, ledger_tables, merkle, unit_roll
from privacy.ledger.admitted import PeopleClaim
from privacy.ledger.change import Change, LedgerKeyChanged
from privacy.ledger.dataset import NOBODY, Dataset
from privacy.ledger.entry import BEGINNING, AnyEntry, EntryPlace
from privacy.ledger.folder import is_read_only
from privacy.ledger.keys import KeyRing
from privacy.ledger.ledger_tables import DATABASE, damaged
from privacy.ledger.note import BadNote, Checkpoint, Note, Signer
from privacy.ledger.rules import decide
from privacy.ledger.signed import Inconsistent, SignedState
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import EVERYBODY, EntryType
from privacy.ledger.unit_roll import RollBook
from privacy.refusal import UnknownLedgerKey

SIGNED: Final = "signer.json"
LOCK: Final = "lock"
HOUR: Final = 3_600
"""Entries tell the hour and no more: how long a run took would tell of whom it read."""
Clock = Callable[[], int]
Also = Callable[[AnyEntry], object]


class NoLedger(Rejected):
    """There is no ledger in the folder."""


@dataclass(frozen=True)
class LedgerReceipt:
    """The proof of an acknowledged entry.

    Attributes:
        spend: the spend's id, or empty for an entry about something else.
        index: the entry's place.
        checkpoint: the signed note over the tree that the entry completed.
    """

    spend: str
    index: int
    population: str
    at: str
    checkpoint: str

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return dict(self.__dict__)


class Journal:
    """One folder's entries, replayed and held against what was signed whenever they are read."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Nothing is read yet."""
        self.folder = folder
        self.keys = KeyRing(folder)
        self.state = LedgerState()
        self.entries: list[AnyEntry] = []
        self.leaves: list[bytes] = []
        self._clock = clock
        self._signed = SignedState(folder / SIGNED)
        self._frontier = merkle.Frontier()

    @contextlib.contextmanager
    def opened(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Hold the lock and the database, after reading and checking what others wrote."""
        frozen = not write and is_read_only(self.folder)
        with (
            ledger_tables.refusals(),
            # on read-only media no lock can be made and none is needed
            contextlib.nullcontext() if frozen else locked(self.folder / LOCK),
            self._database(frozen=frozen) as db,
        ):
            self._catch_up(db, write=write, frozen=frozen)
            if write:
                ledger_tables.make_schema(db)
            yield db

    # --- appending ---------------------------------------------------------------------------------------------------

    def append(
        self, db: sqlite3.Connection, kind: EntryType, population: str, body: object, also: Also = lambda _: None
    ) -> LedgerReceipt:
        """Decide on a new entry, make it durable with its signed checkpoint, then apply and acknowledge it.

        What is kept beside the entry is written by `also`, in the same transaction.

        Raises:
            Refused: it may not follow.
            Rejected: it cannot be written down.
        """
        line, new, change = self.considered(kind, population, body)
        left = self.state.left_after(change)
        grown = self._frontier.grown(merkle.leaf_hash(line))
        origin = change.origin if isinstance(change, LedgerKeyChanged) else self.state.origin
        checkpoint = Checkpoint(origin, grown.size, grown.root())
        self._store(db, new, line, Note.sign(checkpoint.text(), self._signer_after(change)), left, also)
        self._signed.keep(checkpoint)
        self._take(new, line, change)
        return self.receipt(db, new)

    def considered(self, kind: EntryType, population: str, body: object) -> tuple[bytes, AnyEntry, Change]:
        """Decide on a new entry without entering it: its line, what it is and what it would change.

        Raises:
            Refused: it may not follow.
            Rejected: it cannot be written down.
        """
        index, prior = len(self.leaves), self.leaves[-1].hex() if self.leaves else BEGINNING
        now = datetime.fromtimestamp(self._clock() // HOUR * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        at = max(now, self.state.at)  # a clock that was put back dates nothing back
        try:
            line, new = entry.encode(kind, EntryPlace(index, population, at, prior), body)
        except NotCanonical as failure:
            remedy = "Names are letters, digits and ._:/@-; texts have 1 to 2,000 characters"
            raise Rejected([Problem((f"{kind} entry",), "invalid", str(failure), remedy)]) from None
        return line, new, decide(self.state, new)

    def _store(
        self,
        db: sqlite3.Connection,
        new: AnyEntry,
        line: bytes,
        note: Note,
        left: Decimal | None,
        also: Also,
    ) -> None:
        with ledger_tables.transaction(db):
            db.execute("INSERT INTO entry VALUES (?, ?)", (new.index, line))
            db.execute("INSERT INTO checkpoint VALUES (?, ?)", (new.index + 1, note.encode()))
            if left is not None:
                db.execute("INSERT OR REPLACE INTO rest VALUES (?, ?)", (new.population, int(left / FINEST)))
            also(new)
            if ledger_tables.line_at(db, new.index) != line:
                raise damaged(self.folder, f"entry {new.index} was not kept as it was written")

    def claim(self, db: sqlite3.Connection, population: str, body: Mapping[str, Any], dataset: Dataset) -> PeopleClaim:
        """Claim a data set's people for a population's spend; where a run reads them, by the roll of its units.

        Raises:
            KnownPeople: one of them spends from another population already, and it is not asked for over HTTP.
            Damaged: what was kept of people or of their units is not what the entries state.
        """
        spend = body["spend"]
        found = admitted.claim(db, self.keys, population, body, dataset, self.entries)
        grouped = (
            body["run"]["by"] == "gate"
            and found.added is not None
            and self.state.budget(population).opened.unit == "household"
        )
        roll = unit_roll.stated(db, self.keys.people_secret(), population, spend) if grouped else NOBODY
        return replace(found, document={**found.document, "roll": roll})

    def history(self) -> dict[str, Any]:
        """The size and head of the ledger, which a statement drafted now names."""
        return {"size": len(self.leaves), "head": self.leaves[-1].hex() if self.leaves else BEGINNING}

    def roll_book(self) -> RollBook:
        """How the rolls of units are kept: each addition with its entry."""
        return RollBook(
            self.keys.people_secret(),
            lambda: self.opened(write=True),
            lambda db, population, body, also: self.append(
                db, EntryType.UNITS, population, body(len(self.leaves)), also
            ),
        )

    def _signer_after(self, change: Change) -> Signer:
        """The key that signs the tree with this entry: a new key signs from the entry on that names it."""
        if not isinstance(change, LedgerKeyChanged):
            return self.keys.signer(self.state.key_at(self.state.size))
        return self.keys.proposed() if self.leaves else self.keys.begun()

    def _take(self, new: AnyEntry, line: bytes, change: Change) -> None:
        leaf = merkle.leaf_hash(line)
        self.state.apply(change, new)
        self.leaves.append(leaf)
        self._frontier.add(leaf)
        self.entries.append(new)

    def receipt(self, db: sqlite3.Connection, one: AnyEntry) -> LedgerReceipt:
        """The proof of an entry that is there."""
        note = ledger_tables.note_at(db, one.index + 1)
        spend = getattr(one.body, "spend", "")
        return LedgerReceipt(spend, one.index, one.population, one.at, note.encode().decode())

    # --- reading -----------------------------------------------------------------------------------------------------

    def must_exist(self) -> None:
        """Accept only a folder that holds a ledger.

        Raises:
            NoLedger: it holds none.
            Inconsistent: the database is gone, and signer.json says that entries were signed.
        """
        database = self.folder / DATABASE
        if database.is_file():
            return
        if database.exists():
            raise damaged(self.folder, "is a folder, a device or a pipe")
        if self._signed.last() is not None:
            what = "is gone, and signer.json says that entries were signed"
            raise Inconsistent([Problem((str(database),), "damaged", what, "Restore it; no new ledger is begun")])
        remedy = "Open a budget with `proffer privacy init`"
        raise NoLedger([Problem((str(self.folder),), "missing", "holds no privacy ledger", remedy)])

    @contextlib.contextmanager
    def _database(self, *, frozen: bool = False) -> Iterator[sqlite3.Connection]:
        self.must_exist()
        with contextlib.closing(ledger_tables.connect(self.folder / DATABASE, read_only=frozen)) as db:
            ledger_tables.check_schema(db, self.folder, whole=not self.leaves)
            yield db

    def _catch_up(self, db: sqlite3.Connection, *, write: bool, frozen: bool = False) -> None:
        """Read and check the entries written since, then hold the whole against what was signed."""
        known, size = len(self.leaves), ledger_tables.size_of(db)
        if size < known:
            what = f"had {known} entries a moment ago, now {size}"
            remedy = "Nothing was signed. Keep both copies and restore the longer one"
            raise Inconsistent([Problem((str(self.folder),), "damaged", what, remedy)])
        for position, line in ledger_tables.lines_from(db, known):
            self._read(position, line)
        if not known:
            admitted.check_present(db, self.folder, self.entries)
        if write or not known:
            unit_roll.check(db, self.folder, self.entries, self.keys.people_secret)
        self._check_signed(db, write=write)
        in_force = self.state.key_at(self.state.size)
        if not frozen:
            self.keys.finish_rotation(in_force)
        self.keys.check_public(in_force)

    def _read(self, position: int, line: bytes) -> None:
        index, prior = len(self.leaves), self.leaves[-1].hex() if self.leaves else BEGINNING
        try:
            one = entry.parse(line)
            if (position, one.index, one.prior) != (index, index, prior):
                raise NotCanonical("does not follow the entry before it")
            change = decide(self.state, one)
        except (NotCanonical, Rejected) as failure:
            raise damaged(self.folder, f"entry {index} {failure}") from None
        self._take(one, line, change)

    def _check_signed(self, db: sqlite3.Connection, *, write: bool) -> None:
        size = len(self.leaves)
        found = Checkpoint(self.state.origin, size, self._frontier.root())
        last = self._signed.last()
        if last is None or size not in (last.size, last.size + 1):
            signed = 0 if last is None else last.size
            what = f"has {size} entries, and {signed} were signed: entries were cut, added, or an old copy was put back"
            remedy = "Nothing was signed. Keep both copies, find out who changed what, and restore the true ledger"
            raise Inconsistent([Problem((str(self.folder / DATABASE),), "damaged", what, remedy)])
        self._signed.accept(found, self.consistency(last.size))
        note = ledger_tables.note_at(db, size)
        try:
            note.require(self.state.key_at(size))
        except BadNote as failure:
            remedy = "Nothing was signed; see docs/ledger.md"
            raise UnknownLedgerKey(f"checkpoint {size}", str(failure), remedy) from None
        if note.text != found.text():
            raise damaged(self.folder, f"the checkpoint of size {size} is of another tree")
        if write and last.size < size:  # the process died between the database's commit and signer.json
            self._signed.keep(found)

    def consistency(self, earlier: int) -> list[bytes]:
        """The proof that the ledger of an earlier size is a prefix of this one; empty for size 0."""
        return merkle.consistency_proof(self.leaves, earlier) if earlier else []

    # --- beginning ---------------------------------------------------------------------------------------------------

    def begin(self, first_body: Callable[[Signer], object]) -> None:
        """Begin a new ledger, complete a beginning that crashed, or open the ledger that is there."""
        database = self.folder / DATABASE
        with ledger_tables.refusals(), locked(self.folder / LOCK):
            begun = self._signed.last() is not None
            if begun or (database.exists() and ledger_tables.has_entries(database)):
                with self._database() as db:
                    if not begun:
                        self._adopt(db)
                    self._catch_up(db, write=True)
                return
            signer = self.keys.first()
            with contextlib.closing(ledger_tables.connect(database)) as db:
                ledger_tables.make_schema(db)
                self.append(db, EntryType.KEY, EVERYBODY, first_body(signer))

    def _adopt(self, db: sqlite3.Connection) -> None:
        """Complete a beginning that died between its first entry and signer.json: only ever for one entry."""
        if ledger_tables.size_of(db) != 1:
            what = "is gone, so that what was signed is unknown"
            raise Inconsistent([Problem((str(self.folder / SIGNED),), "damaged", what, "Restore it")])
        line = ledger_tables.line_at(db, 0)
        try:
            change = decide(LedgerState(), entry.parse(line))
        except (NotCanonical, Rejected) as failure:
            raise damaged(self.folder, f"entry 0 {failure}") from None
        assert isinstance(change, LedgerKeyChanged), "a ledger begins with its own key"
        self._signed.keep(Checkpoint(change.origin, 1, merkle.root_of([merkle.leaf_hash(line)])))
