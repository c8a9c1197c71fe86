"""The ledger: what a deployment asks of its privacy budgets, each request one durable entry of the journal."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import convert

from features.canonical_json import canonical_text
from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.accountant import AccountedPrice
from privacy.accounting.amount import read_delta, read_epsilon, text_of
from privacy.accounting.mechanism import Mechanism
from privacy.cohort import Cohort
from privacy.ledger import admitted, ledger_tables
from privacy.ledger.admitted import salted
from privacy.ledger.asked import SOFTWARE, request_text, run_facts
from privacy.ledger.change import SpendRecord
from privacy.ledger.dataset import Dataset
from privacy.ledger.draft import BEGUN, check_names, check_words, drafted, key_body, opening
from privacy.ledger.draft import BudgetTerms as BudgetTerms
from privacy.ledger.entry import (
    AnyEntry,
    CommitBody,
    CommitEntry,
    EvaluateEntry,
    ExpireBody,
    ExpireEntry,
    ReserveEntry,
)
from privacy.ledger.folder import MOUNTS, begin, refuse_network, refuse_shared
from privacy.ledger.journal import Clock, Journal, LedgerReceipt
from privacy.ledger.note import BadNote, Note, NoteVerifier, Signer
from privacy.ledger.reader import LedgerReader
from privacy.ledger.rule_versions import FORMAT, FORMATS, WAYS
from privacy.ledger.rules import claim_of
from privacy.ledger.size_limits import check_size
from privacy.ledger.terms import EVERYBODY, EntryType, document_of, read_statement
from privacy.refusal import Conflict, Exhausted, NotDisjoint, UnknownLedgerKey


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
        run: what the spend is part of: `RunTerms`, but for the accountants and the software, which are found here.
        sign: gives the key of who asks and its signature over a text; None where nobody signs.
    """

    mechanism: Mechanism
    epsilon: Decimal | str | None
    delta: Decimal | str
    purpose: str
    requester: str
    cohort: Cohort | None = None
    run: Mapping[str, str | None] = field(default_factory=dict)
    sign: Callable[[str], Mapping[str, str]] | None = None


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
    def create(cls, folder: Path, clock: Clock, roots: Sequence[NoteVerifier] = (), *, mounts: Path = MOUNTS) -> Ledger:
        """Open the folder's ledger, or begin one with a new key whose first entry names the root approvers.

        Beginning again after a crash completes it. Without root approvers it is for synthetic people only.

        Raises:
            NetworkFileSystem: the folder is not on a local disk.
        """
        refuse_network(folder, mounts)
        begin(folder)
        refuse_shared(folder)
        journal = Journal(folder, clock)
        named = [one.text() for one in roots]
        journal.begin(lambda signer: key_body(signer.name, BEGUN, {"change": "begin", "roots": named}, signer))
        return cls(journal)

    # --- budgets and spends ------------------------------------------------------------------------------------------

    def init(self, population: str, terms: BudgetTerms) -> LedgerReceipt:
        """Open the budget of a synthetic population at once; one of people who may be real is drafted and signed.

        Raises:
            Rejected: a name, amount or key is not usable.
            AlreadyOpen: it has one.
            NotApproved: the people may be real.
        """
        return self._append(EntryType.INIT, population, opening(population, terms))

    def draft_open(self, population: str, terms: BudgetTerms, reason: str) -> dict[str, Any]:
        """A statement for two root approvers to sign, which opens the budget of people who may be real.

        Where the ledger names no root approvers yet (it began with synthetic people), it names those of the budget.

        Raises:
            Rejected: a name, amount or key is not usable.
        """
        what = {**opening(population, terms), "reason": reason}
        named = {} if self._state.roots else {"roots": what["approvers"]}
        return self.draft(EntryType.OPEN, population, {**what, **named})

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
        check_words(purpose=terms.purpose, requester=terms.requester, reason=terms.run.get("why") or "")
        cohort = terms.cohort
        if cohort is not None and dataset.cohort != cohort:
            what = "is not known to hold all units of the data set: one of them could be in two disjoint cohorts"
            raise NotDisjoint("cohort", what, "Make the data set by `dataset(units, cohort)`, which checks each")
        if terms.epsilon is not None:
            read_epsilon(terms.epsilon)
        _refuse_beyond_checking(self._journal, population, spend_id, terms)
        price = accountant.price(terms.mechanism, read_delta(terms.delta, dataset.units))
        if not price.epsilon.is_finite():
            raise Exhausted(population, price.epsilon, self.status(population).left)
        body = _spend_body(spend_id, terms, price, dataset.units)
        body |= {} if metrics is None else {"metrics": sorted(metrics)}
        if terms.sign is not None:
            body["request"] = terms.sign(request_text(self.origin, population, body, dataset.units))
        kind = EntryType.RESERVE if metrics is None else EntryType.EVALUATE
        with self._journal.opened(write=True) as db:
            first = self._reserved_before(kind, body, dataset)
            if first is not None:
                return self._journal.receipt(db, first)
            claimed = self._journal.claim(db, population, body, dataset)
            body |= {"dataset": claimed.document}
            return self._journal.append(db, kind, population, body, lambda new: admitted.keep(db, new, claimed))

    def _reserved_before(self, kind: EntryType, body: Mapping[str, Any], dataset: Dataset) -> AnyEntry | None:
        """The entry of the same request made before: a repeated request has one effect."""
        spend = self._state.spends.get(body["spend"])
        if spend is None:
            return None
        first = self.entry(spend.index)
        assert isinstance(first, ReserveEntry | EvaluateEntry), "a spend begins with its reservation"
        if not _repeats(first, kind, body, dataset, self._journal.keys.people_secret()):
            raise Conflict(spend.id, "is the id of another spend", "Give each run an id of its own")
        return first

    def commit(
        self, spend_id: str, mechanism: Mechanism | None = None, artefact: str | None = None, *, by: str = "hand"
    ) -> LedgerReceipt:
        """Record that a reserved run is done, at its full price; again gives the same receipt.

        Args:
            spend_id: which reservation.
            mechanism: what was run where that was fewer steps; nothing is given back for it.
            artefact: the sha256 of what was released, hex; None where nobody says.
            by: who commits it (`terms.Way`): a run what it reserved, a caller over HTTP what one reserved.

        Raises:
            UnknownSpend, NotOpen: there is no such reservation, or it was settled otherwise.
            NotTheirs: it was reserved in another way.
            TooMuch: what was run is not what was reserved, or fewer steps of it.
        """
        spend = self.spend(spend_id)
        ran = spend.mechanism if mechanism is None else mechanism
        return self._settle(EntryType.COMMIT, spend, _committed(ran, spend_id, artefact, by))

    def expire(self, spend_id: str, reason: str) -> LedgerReceipt:
        """Record that a reserved run will not be committed; it stays spent.

        Raises:
            UnknownSpend, NotOpen: there is no such reservation, or it was settled otherwise.
        """
        check_words(reason=reason)
        return self._settle(EntryType.EXPIRE, self.spend(spend_id), ExpireBody(reason, spend_id))

    def _settle(self, kind: EntryType, spend: SpendRecord, body: CommitBody | ExpireBody) -> LedgerReceipt:
        with self._journal.opened(write=True) as db:
            for one in reversed(self._journal.entries):
                if isinstance(one, CommitEntry | ExpireEntry) and one.kind is kind and one.body == body:
                    return self._journal.receipt(db, one)
            return self._journal.append(db, kind, spend.population, body)

    def exact(
        self, population: str, spend_id: str, dataset: Dataset, rows: str, words: Mapping[str, str]
    ) -> LedgerReceipt:
        """Record a fit without noise on public rows: an entry of infinite epsilon.

        Args:
            population: to which the people belong.
            spend_id: the fit's id for ever.
            dataset: of the people.
            rows: the sha256 of the rows.
            words: `learner` and `requester`, for the auditor.

        Raises:
            NotApproved: two approvers of the population did not sign that these rows are public.
        """
        check_words(**words)
        body = {"fingerprint": dataset.fingerprint, "rows": rows, "spend": spend_id, **words}
        return self._append(EntryType.EXACT, population, body)

    def noted(self, kind: EntryType, found: Mapping[str, Any]) -> LedgerReceipt:
        """Record what an audit of a run showed, or what a service had decided: no balance is changed.

        `kind` is audit or records; `found` has the fields of its body, but for the software.
        """
        return self._append(kind, EVERYBODY, {"software": SOFTWARE, **found})

    # --- what two approvers sign -------------------------------------------------------------------------------------

    def draft(self, kind: EntryType | str, population: str, what: Mapping[str, Any]) -> dict[str, Any]:
        """A statement for two approvers to sign: open, release, raise, reset, public, or a key's change.

        It names the ledger's size and last hash, and is void after `approval.MOST_LATER` further entries.

        Raises:
            Rejected: it is not a valid statement.
            UnknownPopulation: the population has no budget.
        """
        check_words(**{name: text for name, text in what.items() if name == "reason" and isinstance(text, str)})
        with self._journal.opened():
            if population != EVERYBODY and EntryType(kind) is not EntryType.OPEN:
                self._state.budget(population)
        statement = drafted(str(kind), self.origin, population, what, self._journal.history())
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
            body = key_body(self.origin, self._journal.history(), {"change": "rotate", "reason": reason}, old, new)
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


def _spend_body(spend: str, terms: SpendTerms, price: AccountedPrice, units: int) -> dict[str, Any]:
    """The fields of a spend but its data set; without a claim the price is claimed."""
    return {
        "cohort": None if terms.cohort is None else terms.cohort.to_document(),
        "delta": text_of(price.delta),
        "epsilon": text_of(claim_of(price) if terms.epsilon is None else read_epsilon(terms.epsilon)),
        "mechanism": terms.mechanism.to_document(),
        "price": price.to_document(),
        "purpose": terms.purpose,
        "requester": terms.requester,
        "run": run_facts(terms.run, units),
        "spend": spend,
    }


def _committed(ran: Mechanism, spend: str, artefact: str | None, by: str) -> CommitBody:
    if artefact is not None and not re.fullmatch("[0-9a-f]{64}", artefact):
        what, remedy = "is not a sha256 in hex", "Give 64 hex digits, as sha256sum prints them"
        raise Rejected([Problem(("artefact",), "invalid", what, remedy)])
    return convert({"artefact": artefact, "by": by, "mechanism": ran.to_document(), "spend": spend}, CommitBody)


def _repeats(
    first: ReserveEntry | EvaluateEntry, kind: EntryType, body: Mapping[str, Any], dataset: Dataset, secret: bytes
) -> bool:
    """Whether a request is the one that an entry was made of, but for its price and whom it was the first to name."""
    mine = dataset.fingerprint if first.version == 1 else salted(secret, first.body.spend, dataset)
    open_to_change = {"price": None, "dataset": None, "run": None, "request": None}  # prices and programs have versions
    entered = document_of(first.body)
    ways = (first.version < WAYS, entered.get("run", {}).get("by") == body["run"]["by"])
    signer = entered.get("request", {}).get("key") == body.get("request", {}).get("key")
    # as text: what is read back has tuples where what is asked has lists
    asked, before = (canonical_text(one | open_to_change) for one in (dict(body), entered))
    same = any(ways) and signer and asked == before
    return (
        same
        and first.kind is kind
        and (first.body.dataset.fingerprint, first.body.dataset.units) == (mine, dataset.units)
    )


def _refuse_beyond_checking(journal: Journal, population: str, spend_id: str, terms: SpendTerms) -> None:
    """Refuse, before it is priced, what no auditor would check; the entry itself is held to the same again."""
    terms.mechanism.check_priceable()
    with journal.opened():
        state = journal.state
        if spend_id not in state.spends and population in state.budgets:
            growth = state.growth(population, terms.cohort, terms.mechanism, None, FORMATS[FORMAT])
            check_size(state, state.size, growth)
