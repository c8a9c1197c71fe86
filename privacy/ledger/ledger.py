"""The ledger on disk: entries that are durable before they are acknowledged, and never change afterwards.

    ledger.sqlite   entries, checkpoints, and what must not be exported (sketches of data sets)
    signer.json     the last size and root that was signed; see `privacy.ledger.signed`
    ledger.key      the signing key, for its owner only; ledger.key.next while it is being exchanged
    ledger.pub      its public half, for auditors
    people.key      the secret under which units are fingerprinted
    lock            held by whoever writes

An append is: lock; read what others wrote; judge; one SQLite transaction with the entry and its signed checkpoint;
remember the checkpoint in signer.json; acknowledge. A crash anywhere leaves the entry either absent, or durable and
counted as spent.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.amount import FINEST, read_delta, read_epsilon, text_of
from privacy.accounting.canonical import NotCanonical
from privacy.accounting.mechanism import Mechanism
from privacy.ledger import merkle
from privacy.ledger.entry import BEGINNING, EVERYBODY, STATEMENT, EntryType, LedgerEntry, is_name, is_statement, parse
from privacy.ledger.export import MOST_CHECKPOINTS, LedgerExport, verify
from privacy.ledger.folder import (
    MOUNTS,
    OWNER_ONLY,
    alone,
    begin,
    read_private,
    refuse_network,
    refuse_own_file,
    write_durably,
)
from privacy.ledger.note import BadNote, Checkpoint, Note, NoteVerifier, Signer, proof_text
from privacy.ledger.signed import Inconsistent, SignedState
from privacy.ledger.state import (
    Balance,
    Cohort,
    Conflict,
    Dataset,
    Exhausted,
    KnownPeople,
    LedgerState,
    NotDisjoint,
    SpendRecord,
    UnknownLedgerKey,
    claim_of,
    statement_text,
)

DATABASE: Final = "ledger.sqlite"
PUBLIC_KEY: Final = "ledger.pub"
PRIVATE_KEY: Final = "ledger.key"
NEXT_KEY: Final = "ledger.key.next"
PEOPLE_KEY: Final = "people.key"
SIGNED: Final = "signer.json"
LOCK: Final = "lock"
PATIENCE: Final = 60.0  # seconds to wait for a reader that holds the database outside of the lock
SKETCH: Final = 64  # smallest hashes kept of a data set's units
Clock = Callable[[], int]

_TABLES: Final = {
    "entry": "CREATE TABLE entry (position INTEGER PRIMARY KEY CHECK (position >= 0), body BLOB NOT NULL)",
    "checkpoint": "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY CHECK (size > 0), note BLOB NOT NULL)",
    "cosignature": "CREATE TABLE cosignature (size INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (size, line))",
    "sketch": (
        "CREATE TABLE sketch (population TEXT NOT NULL, hash TEXT NOT NULL, body BLOB NOT NULL,"
        " PRIMARY KEY (population, hash))"
    ),
    "rest": "CREATE TABLE rest (population TEXT PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0))",
}
_GUARDS: Final = {
    f"{table}_keeps_what_it_has_{action}": (
        f"CREATE TRIGGER {table}_keeps_what_it_has_{action} BEFORE {action.upper()} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    )
    for table in ("entry", "checkpoint", "cosignature", "sketch")
    for action in ("update", "delete")
}
_SCHEMA: Final = {**_TABLES, **_GUARDS}


class NoLedger(Rejected):
    """There is no ledger in the folder."""


class Damaged(Rejected):
    """The ledger's files are not what was written; the message names the first bad entry where one is."""


class Busy(Rejected):
    """Something else holds the database; nothing was written, and the same request may be made again."""


class Unwritable(Rejected):
    """The disk did not take an entry (full, read-only, failing): nothing was acknowledged."""


@dataclass(frozen=True)
class LedgerReceipt:
    """What an acknowledged entry is proved by.

    Attributes:
        spend: the spend's id, or nothing for an entry about something else.
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


class Ledger:
    """One folder's ledger. Any number of processes may have it open; each append is one at a time.

    Every method that writes raises, besides what it says itself:
        Busy, Unwritable: the database or the disk did not let it.
        Damaged, Inconsistent: the files are not what was signed; nothing is signed any more.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Use `open` or `create`."""
        self._folder = folder
        self._clock = clock
        self._memory = SignedState(folder / SIGNED)
        self._books = LedgerState()
        self._leaves: list[bytes] = []
        self._frontier = merkle.Frontier()
        self._entries: list[LedgerEntry] = []

    @classmethod
    def open(cls, folder: Path, clock: Clock, *, mounts: Path = MOUNTS) -> Ledger:
        """Open a ledger and check all of it: every entry's bytes, order, rules, root and signature.

        Args:
            folder: where it lies.
            clock: seconds since 1970; written into entries, and never decides anything.
            mounts: where the system says what is mounted.

        Raises:
            NoLedger: there is none.
            NetworkFileSystem: the folder does not lie on a local disk.
        """
        refuse_network(folder, mounts)
        ledger = cls(folder, clock)
        ledger._must_exist()
        with ledger._reading():
            pass
        return ledger

    @classmethod
    def create(cls, folder: Path, clock: Clock, *, mounts: Path = MOUNTS) -> Ledger:
        """Open the folder's ledger, or begin one with a new key. Beginning again after a crash completes it.

        Raises:
            NetworkFileSystem: the folder does not lie on a local disk.
        """
        refuse_network(folder, mounts)
        begin(folder)
        ledger = cls(folder, clock)
        with _refusals(), alone(folder / LOCK):
            ledger._begin()
        return ledger

    # --- what is there -------------------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        """The log's name in its checkpoints."""
        return self._books.origin

    @property
    def verifier(self) -> NoteVerifier:
        """The public key that signs now."""
        return self._books.key_at(self._books.size)

    def status(self, population: str) -> Balance:
        """What is left of a population's budget.

        Raises:
            UnknownPopulation: it has none.
        """
        with self._reading():
            return self._books.balance(population)

    def populations(self) -> tuple[str, ...]:
        """The populations that have a budget, sorted."""
        with self._reading():
            return tuple(sorted(self._books.accounts))

    def spends(self, population: str) -> tuple[SpendRecord, ...]:
        """Everything spent or set aside for a population, in order.

        Raises:
            UnknownPopulation: it has no budget.
        """
        with self._reading():
            self._books.account(population)
            return tuple(spend for spend in self._books.spends.values() if spend.population == population)

    def spend(self, spend_id: str) -> SpendRecord:
        """One spend.

        Raises:
            UnknownSpend: there is none of this id.
        """
        with self._reading():
            return self._books.spend(spend_id)

    def is_public(self, fingerprint: str) -> bool:
        """Whether two people signed that the rows of this fingerprint are public."""
        with self._reading():
            return fingerprint in self._books.public

    def checkpoint(self) -> Note:
        """The signed size and root of the whole ledger, with the witnesses' cosignatures there are."""
        with self._reading() as db:
            return _note_at(db, self._books.size)

    def proof(self, index: int) -> bytes:
        """The ``.tlog-proof`` file by which anybody can check that an entry is in the ledger.

        Raises:
            merkle.BadProof: there is no such entry.
        """
        with self._reading() as db:
            note = _note_at(db, self._books.size)
        return proof_text(index, merkle.inclusion_proof(self._leaves, index), note)

    def consistency(self, earlier: int) -> list[bytes]:
        """The proof that the ledger of an earlier size is a prefix of this one; empty for size 0.

        Raises:
            merkle.BadProof: it never had that size.
        """
        return merkle.consistency_proof(self._leaves, earlier) if earlier else []

    def entry(self, index: int) -> LedgerEntry:
        """One entry."""
        return self._entries[index]

    def bundle(self) -> LedgerExport:
        """Everything an auditor needs; at most 1,000 checkpoints: those cosigned, the latest, and every n-th.

        Raises:
            Damaged: the database holds something that would not verify.
        """
        with self._reading() as db:
            lines = tuple(_blob(row[0]) for row in db.execute("SELECT body FROM entry ORDER BY position"))
            sizes = _chosen(db, self._books.size)
            notes = tuple(_note_at(db, size) for size in sizes)
        bundle = LedgerExport(lines, notes)
        verdict = verify(bundle.encode(), self.verifier, epsilons=False)
        if not verdict.ok:
            raise _damaged(self._folder, str(verdict.findings[0]))
        return bundle

    def export(self, out: Path) -> LedgerExport:
        """Write the bundle to a file, whole or not at all.

        Raises:
            OwnFile: the path names a file of the ledger or lies in its folder.
        """
        refuse_own_file(out, self._folder)
        bundle = self.bundle()
        with _refusals():
            write_durably(out, bundle.encode())
        return bundle

    def dataset(self, units: Iterable[str], cohort: Cohort | None = None) -> Dataset:
        """Fingerprint a data set by whose rows it holds, so that copies and later months are known again.

        Dates, columns and order do not matter; nobody without the ledger's secret can tell who is in it.

        Raises:
            NotDisjoint: some units are not of the cohort.
        """
        whose = tuple(units)
        if cohort is not None:
            cohort.check(whose)
        secret = read_private(self._folder / PEOPLE_KEY)
        hashes = sorted({hmac.digest(secret, unit.encode(), "sha256")[:8] for unit in whose})
        whole = hmac.new(secret, b"".join(hashes), "sha256").hexdigest()
        return Dataset(whole, tuple(int.from_bytes(one, "big") for one in hashes[:SKETCH]), len(hashes), cohort)

    # --- what can be asked -----------------------------------------------------------------------------------------

    def init(
        self,
        population: str,
        unit: str,
        epsilon: Decimal | str,
        delta: Decimal | str,
        period: str,
        approvers: Sequence[NoteVerifier],
        *,
        units: int = 0,
    ) -> LedgerReceipt:
        """Open the budget of a population.

        Args:
            population: a name for the people, not for a file of theirs.
            unit: `person` or `household`: whose whole data is protected.
            epsilon: the cap per period.
            delta: at which all releases compose.
            period: the name of the first period; later ones must sort after it.
            approvers: public keys of at least two people; this process holds none of their private ones.
            units: how many units there are, where that is public; delta must be below one in that many.

        Raises:
            Rejected: a name, amount or key is not usable.
            AlreadyOpen: it has one.
        """
        _check_names(population=population, period=period)
        if len(approvers) < 2:
            remedy = "Give --approver at least twice, with keys of different people"
            raise Rejected(
                [Problem(("approver",), "missing", "a budget needs two people who can approve changes", remedy)]
            )
        body = {
            "approvers": [one.text() for one in approvers],
            "delta": text_of(read_delta(delta, units)),
            "epsilon": text_of(read_epsilon(epsilon)),
            "period": period,
            "relation": "add_or_remove_one",
            "unit": unit,
            "units": units,
        }
        return self._append(EntryType.INIT, population, body)

    def reserve(
        self,
        population: str,
        spend_id: str,
        mechanism: Mechanism,
        epsilon: Decimal | str | None,
        delta: Decimal | str,
        purpose: str,
        requester: str,
        dataset: Dataset,
        cohort: Cohort | None = None,
        *,
        metrics: Sequence[str] | None = None,
    ) -> LedgerReceipt:
        """Set a spend aside before any row is read; the same id with the same content gives the same receipt.

        Args:
            population: whose budget.
            spend_id: names this spend for ever.
            mechanism: what is going to be run.
            epsilon: what is claimed for it at `delta`; None claims exactly the price.
            delta: for the claim; the population's own delta is what everything composes at.
            purpose: in words, for the auditor.
            requester: who asks.
            dataset: see `dataset`.
            cohort: a part of the population that is disjoint from others by construction, or None; the data set must
                have been checked against it.
            metrics: names of released figures: then this is an `evaluate` entry, and committed at once.

        Raises:
            Exhausted: it costs more than is left (asked, left, difference).
            Conflict: the id stands for another spend.
            KnownPeople: these people have a budget under another population.
            WrongPrice: the claim is below the price. UnknownPopulation, NotDisjoint, Rejected: as they say.
        """
        _check_names(population=population, spend=spend_id)
        if cohort is not None and dataset.cohort != cohort:
            what = "is not known to hold all units of the data set: one of them could be in two disjoint cohorts"
            raise NotDisjoint("cohort", what, "Make the data set by `dataset(units, cohort)`, which checks each")
        exact_delta = read_delta(delta, dataset.units)
        claim = None if epsilon is None else read_epsilon(epsilon)
        price = accountant.price(mechanism, exact_delta)
        if not price.epsilon.is_finite():
            left = self.status(population).left
            raise Exhausted(population, price.epsilon, left)
        body: dict[str, Any] = {
            "cohort": None if cohort is None else cohort.to_document(),
            "dataset": dataset.to_document(),
            "delta": text_of(exact_delta),
            "epsilon": text_of(claim_of(price) if claim is None else claim),
            "mechanism": mechanism.to_document(),
            "price": price.to_document(),
            "purpose": purpose,
            "requester": requester,
            "spend": spend_id,
        }
        kind = EntryType.RESERVE if metrics is None else EntryType.EVALUATE
        if metrics is not None:
            body["metrics"] = sorted(metrics)
        return self._append(kind, population, body, dataset)

    def commit(self, spend_id: str, mechanism: Mechanism | None = None) -> LedgerReceipt:
        """Say that a reserved run is done, and what was run where that is less; again gives the same receipt.

        Raises:
            UnknownSpend, NotOpen: there is no such reservation, or it was settled otherwise.
            TooMuch: what was run is not at most what was reserved.
        """
        spend = self.spend(spend_id)
        ran = spend.mechanism if mechanism is None else mechanism
        body = {"mechanism": ran.to_document(), "spend": spend_id}
        return self._append(EntryType.COMMIT, spend.population, body)

    def expire(self, spend_id: str, reason: str) -> LedgerReceipt:
        """Say that a reserved run will never be committed; it stays spent.

        Raises:
            UnknownSpend, NotOpen: there is no such reservation, or it was settled otherwise.
        """
        body = {"reason": reason, "spend": spend_id}
        return self._append(EntryType.EXPIRE, self.spend(spend_id).population, body)

    def draft(self, kind: EntryType | str, population: str, what: Mapping[str, Any]) -> dict[str, Any]:
        """A statement for two approvers to sign: release, raise, reset, public, or a key's change.

        Raises:
            Rejected: it is not something that can be asked.
            UnknownPopulation: the population has no budget.
        """
        with self._reading():
            self._books.account(population)
        statement = {
            "format": STATEMENT,
            "id": secrets.token_hex(16),
            "kind": str(kind),
            "ledger": self.origin,
            "population": population,
            "what": dict(what),
        }
        if not is_statement(statement):
            remedy = "See docs/ledger.md for what can be asked and how"
            raise Rejected(
                [Problem((f"draft of {kind}",), "invalid", "has a field that is missing or not of its form", remedy)]
            )
        return statement

    def approved(self, statement: Mapping[str, Any], signatures: Sequence[str]) -> LedgerReceipt:
        """Enter what two approvers signed (lines of C2SP signed notes over the statement).

        Raises:
            NotApproved: they did not both sign exactly this, or it was entered before.
            Refused: it may not follow (period reopened, cap not raised, spend committed, ...).
        """
        if not is_statement(statement):
            raise Rejected([Problem(("statement",), "invalid", "is not a draft of this ledger", "Draft it anew")])
        body = {"signatures": sorted(signatures), "statement": dict(statement)}
        return self._append(EntryType(statement["kind"]), statement["population"], body)

    def rotate(self, reason: str) -> LedgerReceipt:
        """Exchange the signing key; the entry is signed by the old one and the new, and the old signs nothing more."""
        with _refusals(), alone(self._folder / LOCK), self._database() as db:
            self._catch_up(db, write=True)
            old, new = self._signer(), Signer.generate(self.origin)
            write_durably(self._folder / NEXT_KEY, new.pem(), OWNER_ONLY)
            receipt = self._write(
                db, EntryType.KEY, EVERYBODY, _key_body(self.origin, "rotate", reason, old, new), None
            )
            self._finish_rotation()
        return receipt

    def cosign(self, line: str) -> None:
        """Keep a witness's cosignature of the latest checkpoint.

        Raises:
            UnknownLedgerKey: the witness is not enrolled, or the line is not its cosignature of this checkpoint.
        """
        with _refusals(), alone(self._folder / LOCK), self._database() as db:
            self._catch_up(db, write=True)
            note = _note_at(db, self._books.size)
            with contextlib.suppress(BadNote):
                if Note(note.text, note.joined(line).signatures[-1:]).signers(list(self._books.witnesses.values())):
                    db.execute("INSERT OR IGNORE INTO cosignature VALUES (?, ?)", (self._books.size, line))
                    return
        raise UnknownLedgerKey("cosignature", "is not an enrolled witness's of this checkpoint", "Enrol it first")

    # --- how it is written -------------------------------------------------------------------------------------------

    def _append(
        self, kind: EntryType, population: str, body: Mapping[str, Any], dataset: Dataset | None = None
    ) -> LedgerReceipt:
        with _refusals(), alone(self._folder / LOCK), self._database() as db:
            self._catch_up(db, write=True)
            done = self._done_before(db, kind, body)
            return done or self._write(db, kind, population, body, dataset)

    def _done_before(self, db: sqlite3.Connection, kind: EntryType, body: Mapping[str, Any]) -> LedgerReceipt | None:
        """The receipt of the same request made before: a repeated request has one effect."""
        if kind in (EntryType.RESERVE, EntryType.EVALUATE) and body["spend"] in self._books.spends:
            first = self._entries[self._books.spends[body["spend"]].index]
            if first.kind is not kind or _asked(first.body) != _asked(body):
                raise Conflict(body["spend"], "is the id of another spend", "Give each run an id of its own")
            return self._receipt(db, first)
        if kind in (EntryType.COMMIT, EntryType.EXPIRE):
            same = (one for one in reversed(self._entries) if one.kind is kind and one.body == body)
            first_settled = next(same, None)
            return None if first_settled is None else self._receipt(db, first_settled)
        return None

    def _write(
        self,
        db: sqlite3.Connection,
        kind: EntryType,
        population: str,
        body: Mapping[str, Any],
        dataset: Dataset | None,
    ) -> LedgerReceipt:
        prior = self._leaves[-1].hex() if self._leaves else BEGINNING
        at = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        new = LedgerEntry(len(self._leaves), kind, population, at, prior, body)
        line = _written(new)
        effect = self._books.judge(new)
        left = self._left(db, new, dataset)
        checkpoint = self._next_checkpoint(line)
        note = Note.sign(checkpoint.text(), self._signer_after(new))
        with _transaction(db):
            db.execute("INSERT INTO entry VALUES (?, ?)", (new.index, line))
            db.execute("INSERT INTO checkpoint VALUES (?, ?)", (checkpoint.size, note.encode()))
            if left is not None:
                db.execute("INSERT OR REPLACE INTO rest VALUES (?, ?)", (population, int(left / FINEST)))
            if dataset is not None and dataset.sketch:
                row = (population, dataset.sketch_hash, _packed(dataset.sketch))
                db.execute("INSERT OR IGNORE INTO sketch VALUES (?, ?, ?)", row)
            (kept,) = db.execute("SELECT body FROM entry WHERE position = ?", (new.index,)).fetchone()
            if kept != line:
                raise _damaged(self._folder, f"entry {new.index} was not kept as it was written")
        self._memory.keep(checkpoint)
        effect()
        self._take(new, line)
        return self._receipt(db, new)

    def _left(self, db: sqlite3.Connection, new: LedgerEntry, dataset: Dataset | None) -> Decimal | None:
        """What an entry that spends leaves of the cap; the database refuses to hold less than nothing."""
        if new.kind is EntryType.INIT:
            return Decimal(new.body["epsilon"])
        if dataset is None:
            return None
        self._refuse_known_people(db, new.population, dataset)
        return self._books.account(new.population).cap - self._books.afford(new)

    def _refuse_known_people(self, db: sqlite3.Connection, population: str, dataset: Dataset) -> None:
        mine = set(dataset.sketch)
        for other, found, body in db.execute("SELECT population, hash, body FROM sketch ORDER BY population, hash"):
            content = _blob(body)
            if hashlib.sha256(content).hexdigest() != found:
                raise _damaged(self._folder, f"a sketch of {other} is not the one its entry names")
            if other != population and not mine.isdisjoint(_unpacked(content)):
                what = f"these people, or some of them, spend from the budget of {other!r} already"
                raise KnownPeople(population, what, f"Spend from {other!r}: a copy does not get a fresh budget")

    def _next_checkpoint(self, line: bytes) -> Checkpoint:
        """What the tree grows to; `_catch_up` has just held the tree it grows from against what was signed."""
        grown = self._frontier.grown(merkle.leaf_hash(line))
        return Checkpoint(self.origin or _origin_of(line), grown.size, grown.root())

    def _take(self, new: LedgerEntry, line: bytes) -> None:
        leaf = merkle.leaf_hash(line)
        self._leaves.append(leaf)
        self._frontier.add(leaf)
        self._entries.append(new)

    def _receipt(self, db: sqlite3.Connection, one: LedgerEntry) -> LedgerReceipt:
        note = _note_at(db, one.index + 1)
        return LedgerReceipt(one.body.get("spend", ""), one.index, one.population, one.at, note.encode().decode())

    # --- how it is read ----------------------------------------------------------------------------------------------

    def _must_exist(self) -> None:
        if (self._folder / DATABASE).exists():
            return
        if self._memory.last() is not None:
            what = "is gone, and signer.json says that entries were signed"
            raise Inconsistent(
                [Problem((str(self._folder / DATABASE),), "damaged", what, "Restore it; nothing is begun anew")]
            )
        remedy = "Open a budget with `proffer privacy init`"
        raise NoLedger([Problem((str(self._folder),), "missing", "holds no privacy ledger", remedy)])

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with _refusals(), alone(self._folder / LOCK), self._database() as db:
            self._catch_up(db, write=False)
            yield db

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        self._must_exist()
        db = _connect(self._folder / DATABASE)
        try:
            _check_schema(db, self._folder, whole=not self._leaves)
            yield db
        finally:
            db.close()

    def _catch_up(self, db: sqlite3.Connection, *, write: bool) -> None:
        """Read and check the entries written since, then hold the whole against what was signed."""
        known = len(self._leaves)
        (size,) = db.execute("SELECT coalesce(max(position), -1) + 1 FROM entry").fetchone()
        if size < known:
            remedy = "Nothing was signed. Keep both copies and restore the longer one"
            raise Inconsistent(
                [Problem((str(self._folder),), "damaged", f"had {known} entries a moment ago, now {size}", remedy)]
            )
        for position, body in db.execute("SELECT position, body FROM entry WHERE position >= ? ORDER BY 1", (known,)):
            self._read_one(position, _blob(body))
        self._check_signed(db, write=write)
        self._check_key()

    def _read_one(self, position: int, line: bytes) -> None:
        index = len(self._leaves)
        try:
            one = parse(line)
            prior = self._leaves[-1].hex() if self._leaves else BEGINNING
            if (position, one.index, one.prior) != (index, index, prior):
                raise NotCanonical("does not follow the entry before it")
            effect = self._books.judge(one)
        except (NotCanonical, Rejected) as failure:
            raise _damaged(self._folder, f"entry {index} {failure}") from None
        effect()
        self._take(one, line)

    def _check_signed(self, db: sqlite3.Connection, *, write: bool) -> None:
        size = len(self._leaves)
        found = Checkpoint(self.origin, size, self._frontier.root())
        last = self._memory.last()
        if last is None or size not in (last.size, last.size + 1):
            signed = 0 if last is None else last.size
            what = f"has {size} entries, and {signed} were signed: entries were cut, added, or an old copy was put back"
            remedy = "Nothing was signed. Keep both copies, find out who changed what, and restore the true ledger"
            raise Inconsistent([Problem((str(self._folder / DATABASE),), "damaged", what, remedy)])
        self._memory.accept(found, self.consistency(last.size))
        note = _note_at(db, size)
        try:
            note.require(self._books.key_at(size))
        except BadNote as failure:
            raise UnknownLedgerKey(
                f"checkpoint {size}", str(failure), "Nothing was signed; see docs/ledger.md"
            ) from None
        if note.text != found.text():
            raise _damaged(self._folder, f"the checkpoint of size {size} is of another tree")
        if write and last.size < size:  # the process died between the database's commit and signer.json
            self._memory.keep(found)

    def _check_key(self) -> None:
        if (self._folder / NEXT_KEY).exists():
            self._finish_rotation()
        public = self._folder / PUBLIC_KEY
        if not public.exists() or public.read_text(encoding="utf-8").strip() != self.verifier.text():
            what = f"does not hold the key that signs this ledger ({self.verifier.name}+{self.verifier.id.hex()})"
            raise UnknownLedgerKey(str(public), what, "Restore the file; auditors compare it with what they were given")

    def _finish_rotation(self) -> None:
        """Put the new key in place once the entry that names it is durable; before that, forget it."""
        waiting = self._folder / NEXT_KEY
        new = Signer.from_pem(read_private(waiting))
        if new.verifier() == self.verifier:
            write_durably(self._folder / PUBLIC_KEY, (new.verifier().text() + "\n").encode())
            write_durably(self._folder / PRIVATE_KEY, new.pem(), OWNER_ONLY)
        waiting.unlink()

    def _signer(self) -> Signer:
        try:
            signer = Signer.from_pem(read_private(self._folder / PRIVATE_KEY))
        except (BadNote, FileNotFoundError) as failure:
            path = str(self._folder / PRIVATE_KEY)
            raise UnknownLedgerKey(path, f"holds no signing key ({failure})", "Restore it from a backup") from None
        if signer.verifier() != self.verifier:
            what = "is not the key in force: it is unknown to this ledger, or was revoked"
            raise UnknownLedgerKey(str(self._folder / PRIVATE_KEY), what, "Restore the key in force")
        return signer

    def _signer_after(self, new: LedgerEntry) -> Signer:
        """The key that signs the tree with this entry: a new one from the entry on that names it."""
        about_ledger = new.kind is EntryType.KEY and new.body["statement"]["what"]["role"] == "ledger"
        if not about_ledger:
            return self._signer()
        return Signer.from_pem(read_private(self._folder / (NEXT_KEY if self._leaves else PRIVATE_KEY)))

    # --- how it begins -----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        database = self._folder / DATABASE
        begun = self._memory.last() is not None
        if begun or (database.exists() and _has_entries(database)):
            with self._database() as db:
                if not begun:
                    self._adopt(db)
                self._catch_up(db, write=True)
            return
        signer = self._first_keys()
        with contextlib.closing(_connect(database)) as db:
            _make_schema(db)
            body = _key_body(signer.name, "begin", "the ledger begins", signer)
            self._write(db, EntryType.KEY, EVERYBODY, body, None)

    def _adopt(self, db: sqlite3.Connection) -> None:
        """Complete a beginning that died between its first entry and signer.json: only ever for one entry."""
        (size,) = db.execute("SELECT count(*) FROM entry").fetchone()
        row = db.execute("SELECT body FROM entry WHERE position = 0").fetchone()
        if size != 1 or row is None:
            raise Inconsistent(
                [
                    Problem(
                        (str(self._folder / SIGNED),),
                        "damaged",
                        "is gone: nobody can say what was signed",
                        "Restore it",
                    )
                ]
            )
        leaf = merkle.leaf_hash(_blob(row[0]))
        self._memory.keep(Checkpoint(_origin_of(_blob(row[0])), 1, merkle.root_of([leaf])))

    def _first_keys(self) -> Signer:
        path = self._folder / PRIVATE_KEY
        if not path.exists():
            write_durably(path, Signer.generate(f"proffer-ledger-{secrets.token_hex(4)}").pem(), OWNER_ONLY)
        if not (self._folder / PEOPLE_KEY).exists():
            write_durably(self._folder / PEOPLE_KEY, secrets.token_bytes(32), OWNER_ONLY)
        signer = Signer.from_pem(read_private(path))
        write_durably(self._folder / PUBLIC_KEY, (signer.verifier().text() + "\n").encode())
        return signer


def _asked(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "price"}


def _written(new: LedgerEntry) -> bytes:
    try:
        return new.bytes()
    except NotCanonical as failure:
        remedy = "Names are letters, digits and ._:/@-; texts have 1 to 2,000 characters"
        raise Rejected([Problem((f"{new.kind} entry",), "invalid", str(failure), remedy)]) from None


def _key_body(origin: str, change: str, reason: str, *signers: Signer) -> dict[str, Any]:
    what = {"change": change, "key": signers[-1].verifier().text(), "reason": reason, "role": "ledger"}
    statement = {
        "format": STATEMENT,
        "id": secrets.token_hex(16),
        "kind": "key",
        "ledger": origin,
        "population": EVERYBODY,
        "what": what,
    }
    return {"signatures": [one.sign(statement_text(statement)) for one in signers], "statement": statement}


def _origin_of(line: bytes) -> str:
    return str(parse(line).body["statement"]["ledger"])


def _packed(sketch: Sequence[int]) -> bytes:
    return b"".join(part.to_bytes(8, "big") for part in sketch)


def _unpacked(content: bytes) -> set[int]:
    return {int.from_bytes(content[at : at + 8], "big") for at in range(0, len(content), 8)}


def _check_names(**names: str) -> None:
    wrong = [name for name, value in names.items() if not is_name(value)]
    if wrong:
        remedy = "Use 1 to 128 letters, digits and ._:/@-, the first a letter or digit"
        raise Rejected([Problem((name,), "invalid", f"{names[name]!r} cannot be a name", remedy) for name in wrong])


def _damaged(folder: Path, what: str) -> Damaged:
    remedy = "Nothing was signed. Keep the file as evidence and restore the last good copy"
    return Damaged([Problem((str(folder / DATABASE),), "damaged", what, remedy)])


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _connect(path: Path) -> sqlite3.Connection:
    """Connect for slow and safe writing.

    A rollback journal, so that there is one file and no shared memory; synchronous EXTRA, because under FULL the
    journal's deletion may be lost with the power, and a commit that was acknowledged would be rolled back.
    """
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA synchronous = EXTRA")
    db.execute("PRAGMA trusted_schema = OFF")
    return db


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _make_schema(db: sqlite3.Connection) -> None:
    with _transaction(db):
        have = _schema_of(db)
        for name, statement in _SCHEMA.items():
            if name not in have:
                db.execute(statement)


def _schema_of(db: sqlite3.Connection) -> dict[str, str]:
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {str(name): str(sql) for name, sql in rows}


def _check_schema(db: sqlite3.Connection, folder: Path, *, whole: bool) -> None:
    if _schema_of(db) != _SCHEMA:
        raise _damaged(folder, "has other tables or guards than a ledger has")
    found = db.execute("PRAGMA quick_check(1)").fetchone() if whole else ("ok",)
    if found != ("ok",):
        raise _damaged(folder, f"is not sound: {found[0]}")


def _blob(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise Damaged(
            [Problem(("ledger",), "damaged", "holds text where bytes were written", "Restore the last good copy")]
        )
    return value


def _has_entries(path: Path) -> bool:
    with contextlib.closing(_connect(path)) as db:
        if "entry" not in _schema_of(db):
            return False
        (size,) = db.execute("SELECT count(*) FROM entry").fetchone()
        return bool(size)


def _note_at(db: sqlite3.Connection, size: int) -> Note:
    row = db.execute("SELECT note FROM checkpoint WHERE size = ?", (size,)).fetchone()
    if row is None:
        raise Damaged(
            [Problem(("ledger",), "damaged", f"has no checkpoint of size {size}", "Restore the last good copy")]
        )
    try:
        note = Note.parse(_blob(row[0]))
        for (line,) in db.execute("SELECT line FROM cosignature WHERE size = ? ORDER BY line", (size,)):
            note = note.joined(str(line))
    except BadNote as failure:
        what = f"has a checkpoint of size {size} that is none: it {failure}"
        raise Damaged([Problem(("ledger",), "damaged", what, "Restore the last good copy")]) from None
    return note


def _chosen(db: sqlite3.Connection, size: int) -> list[int]:
    sizes = [row[0] for row in db.execute("SELECT size FROM checkpoint WHERE size <= ? ORDER BY size", (size,))]
    if len(sizes) <= MOST_CHECKPOINTS:
        return sizes
    witnessed = [row[0] for row in db.execute("SELECT DISTINCT size FROM cosignature ORDER BY size DESC")]
    kept = {size, *witnessed[: MOST_CHECKPOINTS // 2]}
    step = -(-len(sizes) // (MOST_CHECKPOINTS - len(kept)))
    return sorted(kept | set(sizes[::step]))


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Turn what SQLite and the disk say into named refusals."""
    try:
        yield
    except sqlite3.OperationalError as failure:
        text = str(failure)
        if "locked" in text or "busy" in text:
            raise Busy(
                [Problem(("ledger",), "unavailable", f"is in use ({text})", "Try again; nothing was written")]
            ) from failure
        if any(word in text for word in ("malformed", "no such", "corrupt", "decode")):
            raise Damaged([Problem(("ledger",), "damaged", text, "Restore the last good copy")]) from failure
        raise _unwritable(text) from failure
    except sqlite3.DatabaseError as failure:
        raise Damaged([Problem(("ledger",), "damaged", str(failure), "Restore the last good copy")]) from failure
    except OSError as failure:
        raise _unwritable(str(failure)) from failure


def _unwritable(text: str) -> Unwritable:
    remedy = "Nothing was acknowledged: free the disk and ask again with the same spend id"
    return Unwritable([Problem(("ledger",), "unreadable", f"could not be written or read ({text})", remedy)])
