"""The ledger: what a deployment asks of its privacy budgets, each request one durable entry of the journal."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.amount import read_delta, read_epsilon, text_of
from privacy.accounting.mechanism import Mechanism
from privacy.cohort import Cohort
from privacy.ledger import ledger_tables
from privacy.ledger.approval import statement_text
from privacy.ledger.change import SpendRecord
from privacy.ledger.dataset import Dataset
from privacy.ledger.entry import AnyEntry, CommitBody, CommitEntry, EvaluateEntry, ExpireBody, ExpireEntry, ReserveEntry
from privacy.ledger.folder import MOUNTS, begin, refuse_network, refuse_shared
from privacy.ledger.journal import Clock, Journal, LedgerReceipt
from privacy.ledger.note import BadNote, Note, NoteVerifier, Signer
from privacy.ledger.reader import LedgerReader
from privacy.ledger.rules import claim_of
from privacy.ledger.terms import EVERYBODY, STATEMENT, EntryType, document_of, is_name, read_mechanism, read_statement
from privacy.refusal import Conflict, Exhausted, NotDisjoint, UnknownLedgerKey


@dataclass(frozen=True)
class BudgetTerms:
    """What a budget is opened with.

    Attributes:
        unit: `person` or `household`: the privacy unit.
        epsilon: the cap per period.
        delta: at which all releases compose.
        period: the name of the first period; later ones must sort after it.
        approvers: public keys of at least two people; this process holds none of their private keys.
        units: the number of units, where that is public; delta must be below one in that many.
    """

    unit: str
    epsilon: Decimal | str
    delta: Decimal | str
    period: str
    approvers: Sequence[NoteVerifier]
    units: int = 0


@dataclass(frozen=True)
class SpendTerms:
    """What a spend is reserved for.

    Attributes:
        mechanism: what will be run.
        epsilon: what is claimed for it at `delta`; None claims exactly the price.
        delta: for the claim; the population's own delta is what everything composes at.
        purpose: in words, for the auditor.
        requester: who asks.
        cohort: a part of the population that is disjoint from others by construction, or None; the data set must
            have been checked against it.
    """

    mechanism: Mechanism
    epsilon: Decimal | str | None
    delta: Decimal | str
    purpose: str
    requester: str
    cohort: Cohort | None = None


class Ledger(LedgerReader):
    """One folder's ledger. Any number of processes may have it open; each append is one at a time.

    Every method that writes raises, besides what it says itself:
        Busy, Unwritable: the database or the disk did not let it.
        Damaged, Inconsistent: the files are not what was signed; nothing is signed any more.
    """

    @classmethod
    def open(cls, folder: Path, clock: Clock, *, mounts: Path = MOUNTS) -> Ledger:
        """Open a ledger and check all of it: every entry's bytes, order, rules, root and signature.

        Args:
            folder: the ledger's folder.
            clock: seconds since 1970; written into entries, and never decides anything.
            mounts: the system's list of mounts.

        Raises:
            NoLedger: there is none.
            NetworkFileSystem: the folder is not on a local disk.
        """
        refuse_network(folder, mounts)
        refuse_shared(folder)
        journal = Journal(folder, clock)
        journal.must_exist()
        with journal.opened():
            return cls(journal)

    @classmethod
    def create(cls, folder: Path, clock: Clock, *, mounts: Path = MOUNTS) -> Ledger:
        """Open the folder's ledger, or begin one with a new key. Beginning again after a crash completes it.

        Raises:
            NetworkFileSystem: the folder is not on a local disk.
        """
        refuse_network(folder, mounts)
        begin(folder)
        refuse_shared(folder)
        journal = Journal(folder, clock)
        journal.begin(lambda signer: _key_body(signer.name, "begin", "the ledger begins", signer))
        return cls(journal)

    # --- budgets and spends ------------------------------------------------------------------------------------------

    def init(self, population: str, terms: BudgetTerms) -> LedgerReceipt:
        """Open the budget of a population; `population` names the people, not a file.

        Raises:
            Rejected: a name, amount or key is not usable.
            AlreadyOpen: it has one.
        """
        check_names(population=population, period=terms.period)
        if len(terms.approvers) < 2:
            remedy = "Give --approver at least twice, with keys of different people"
            what = "a budget needs two people who can approve changes"
            raise Rejected([Problem(("approver",), "missing", what, remedy)])
        body = {
            "approvers": [one.text() for one in terms.approvers],
            "delta": text_of(read_delta(terms.delta, terms.units)),
            "epsilon": text_of(read_epsilon(terms.epsilon)),
            "period": terms.period,
            "relation": "add_or_remove_one",
            "unit": terms.unit,
            "units": terms.units,
        }
        return self._append(EntryType.INIT, population, body)

    def reserve(
        self,
        population: str,
        spend_id: str,
        terms: SpendTerms,
        dataset: Dataset,
        *,
        metrics: Sequence[str] | None = None,
    ) -> LedgerReceipt:
        """Reserve a spend before any row is read; the same id with the same content gives the same receipt.

        Args:
            population: whose budget.
            spend_id: the spend's id for ever.
            terms: what for.
            dataset: see `dataset`.
            metrics: names of released figures: then this is an `evaluate` entry, and committed at once.

        Raises:
            Exhausted: it costs more than is left (asked, left, difference).
            Conflict: the id belongs to another spend.
            KnownPeople: these people have a budget under another population.
            WrongPrice: the claim is below the price. UnknownPopulation, NotDisjoint, Rejected: as they say.
        """
        check_names(population=population, spend=spend_id)
        _check_words(purpose=terms.purpose, requester=terms.requester)
        cohort = terms.cohort
        if cohort is not None and dataset.cohort != cohort:
            what = "is not known to hold all units of the data set: one of them could be in two disjoint cohorts"
            raise NotDisjoint("cohort", what, "Make the data set by `dataset(units, cohort)`, which checks each")
        exact_delta = read_delta(terms.delta, dataset.units)
        claim = None if terms.epsilon is None else read_epsilon(terms.epsilon)
        price = accountant.price(terms.mechanism, exact_delta)
        if not price.epsilon.is_finite():
            raise Exhausted(population, price.epsilon, self.status(population).left)
        body = {
            "cohort": None if cohort is None else cohort.to_document(),
            "dataset": dataset.to_document(),
            "delta": text_of(exact_delta),
            "epsilon": text_of(claim_of(price) if claim is None else claim),
            "mechanism": terms.mechanism.to_document(),
            "price": price.to_document(),
            "purpose": terms.purpose,
            "requester": terms.requester,
            "spend": spend_id,
            **({} if metrics is None else {"metrics": sorted(metrics)}),
        }
        kind = EntryType.RESERVE if metrics is None else EntryType.EVALUATE
        with self._journal.opened(write=True) as db:
            first = self._reserved_before(kind, body)
            if first is not None:
                return self._journal.receipt(db, first)
            return self._journal.append(db, kind, population, body, dataset)

    def _reserved_before(self, kind: EntryType, body: Mapping[str, Any]) -> AnyEntry | None:
        """The entry of the same request made before: a repeated request has one effect."""
        spend = self._state.spends.get(body["spend"])
        if spend is None:
            return None
        first = self.entry(spend.index)
        assert isinstance(first, ReserveEntry | EvaluateEntry), "a spend begins with its reservation"
        if first.kind is not kind or document_of(first.body) | {"price": None} != {**body, "price": None}:
            raise Conflict(spend.id, "is the id of another spend", "Give each run an id of its own")
        return first

    def commit(self, spend_id: str, mechanism: Mechanism | None = None) -> LedgerReceipt:
        """Record that a reserved run is done, and what was run where that is less; again gives the same receipt.

        Raises:
            UnknownSpend, NotOpen: there is no such reservation, or it was settled otherwise.
            TooMuch: what was run is not at most what was reserved.
        """
        spend = self.spend(spend_id)
        ran = spend.mechanism if mechanism is None else mechanism
        return self._settle(EntryType.COMMIT, spend, CommitBody(read_mechanism(ran.to_document()), spend_id))

    def expire(self, spend_id: str, reason: str) -> LedgerReceipt:
        """Record that a reserved run will not be committed; it stays spent.

        Raises:
            UnknownSpend, NotOpen: there is no such reservation, or it was settled otherwise.
        """
        _check_words(reason=reason)
        return self._settle(EntryType.EXPIRE, self.spend(spend_id), ExpireBody(reason, spend_id))

    def _settle(self, kind: EntryType, spend: SpendRecord, body: CommitBody | ExpireBody) -> LedgerReceipt:
        with self._journal.opened(write=True) as db:
            for one in reversed(self._journal.entries):
                if isinstance(one, CommitEntry | ExpireEntry) and one.kind is kind and one.body == body:
                    return self._journal.receipt(db, one)
            return self._journal.append(db, kind, spend.population, body)

    # --- what two approvers sign -------------------------------------------------------------------------------------

    def draft(self, kind: EntryType | str, population: str, what: Mapping[str, Any]) -> dict[str, Any]:
        """A statement for two approvers to sign: release, raise, reset, public, or a key's change.

        Raises:
            Rejected: it is not a valid statement.
            UnknownPopulation: the population has no budget.
        """
        with self._journal.opened():
            self._state.budget(population)
        statement = _statement(str(kind), self.origin, population, what)
        read_statement(statement, (f"draft of {kind}",))
        return statement

    def approved(self, statement: Mapping[str, Any], signatures: Sequence[str]) -> LedgerReceipt:
        """Enter what two approvers signed (lines of C2SP signed notes over the statement).

        Raises:
            NotApproved: they did not both sign exactly this, or it was entered before.
            Refused: it may not follow (period reopened, cap not raised, spend committed, ...).
        """
        found = read_statement(dict(statement))
        body = {"signatures": sorted(signatures), "statement": dict(statement)}
        return self._append(found.kind, found.population, body)

    def _append(self, kind: EntryType, population: str, body: object) -> LedgerReceipt:
        with self._journal.opened(write=True) as db:
            return self._journal.append(db, kind, population, body)

    # --- keys --------------------------------------------------------------------------------------------------------

    def rotate(self, reason: str) -> LedgerReceipt:
        """Exchange the signing key; the entry is signed by the old key and the new, and the old signs no more."""
        with self._journal.opened(write=True) as db:
            old, new = self._journal.keys.signer(self.verifier), Signer.generate(self.origin)
            self._journal.keys.propose(new)
            body = _key_body(self.origin, "rotate", reason, old, new)
            receipt = self._journal.append(db, EntryType.KEY, EVERYBODY, body)
            self._journal.keys.finish_rotation(self.verifier)
        return receipt

    def cosign(self, line: str) -> None:
        """Keep a witness's cosignature of the latest checkpoint.

        Raises:
            UnknownLedgerKey: the witness is not enrolled, or the line is not its cosignature of this checkpoint.
        """
        with self._journal.opened(write=True) as db:
            note = ledger_tables.note_at(db, self._state.size)
            with contextlib.suppress(BadNote):
                if Note(note.text, note.joined(line).signatures[-1:]).signers(list(self._state.witnesses.values())):
                    db.execute("INSERT OR IGNORE INTO cosignature VALUES (?, ?)", (self._state.size, line))
                    return
        raise UnknownLedgerKey("cosignature", "is not an enrolled witness's of this checkpoint", "Enrol it first")


def _statement(kind: str, origin: str, population: str, what: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": STATEMENT,
        "id": secrets.token_hex(16),
        "kind": kind,
        "ledger": origin,
        "population": population,
        "what": dict(what),
    }


def _key_body(origin: str, change: str, reason: str, *signers: Signer) -> dict[str, Any]:
    what = {"change": change, "key": signers[-1].verifier().text(), "reason": reason, "role": "ledger"}
    statement = _statement("key", origin, EVERYBODY, what)
    text = statement_text(read_statement(statement))
    return {"signatures": [one.sign(text) for one in signers], "statement": statement}


def check_names(**names: str) -> None:
    """Raise Rejected with every name that cannot name a population, a spend or a period."""
    wrong = [name for name, value in names.items() if not is_name(value)]
    if wrong:
        remedy = "Use 1 to 128 letters, digits and ._:/@-, the first a letter or digit"
        raise Rejected([Problem((name,), "invalid", f"{names[name]!r} is not a valid name", remedy) for name in wrong])


def _check_words(**texts: str) -> None:
    """Refuse what a terminal would act on or not show: an auditor reads these words on a screen."""
    wrong = [name for name, text in texts.items() if not text.isprintable()]
    if wrong:
        what, remedy = "contains a line break or another character that does not print", "Write it in one line"
        raise Rejected([Problem((name,), "invalid", what, remedy) for name in wrong])
