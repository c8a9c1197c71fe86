"""Reading a ledger: balances, spends, proofs and exports, each from a journal that was checked first."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from features.whole_file import write_whole
from privacy.budget import Balance
from privacy.cohort import Cohort
from privacy.ledger import admitted, ledger_tables, merkle
from privacy.ledger.admitted import claimed_elsewhere
from privacy.ledger.approval import statement_text
from privacy.ledger.change import SpendRecord
from privacy.ledger.dataset import Dataset, fingerprinted
from privacy.ledger.entry import AnyEntry
from privacy.ledger.export import MOST_CHECKPOINTS, LedgerExport
from privacy.ledger.folder import refuse_own_file
from privacy.ledger.journal import Journal
from privacy.ledger.note import Note, NoteVerifier, Signer, proof_text
from privacy.ledger.terms import read_statement
from privacy.ledger.unit_roll import UnitRoll
from privacy.ledger.verify import verify
from privacy.refusal import Unsigned


class LedgerReader:
    """The questions that a ledger answers; none of them changes it."""

    def __init__(self, journal: Journal) -> None:
        """Use `open` or `create`."""
        self._journal = journal
        self._state = journal.state

    @property
    def origin(self) -> str:
        """The log's name in its checkpoints."""
        return self._state.origin

    @property
    def verifier(self) -> NoteVerifier:
        """The public key that signs now."""
        return self._state.key_at(self._state.size)

    def status(self, population: str) -> Balance:
        """What is left of a population's budget.

        Raises:
            UnknownPopulation: it has none.
        """
        with self._journal.opened():
            return self._state.balance(population)

    def populations(self) -> tuple[str, ...]:
        """The populations that have a budget, sorted."""
        with self._journal.opened():
            return tuple(sorted(self._state.budgets))

    def spends(self, population: str) -> tuple[SpendRecord, ...]:
        """Everything spent or reserved for a population, in order.

        Raises:
            UnknownPopulation: it has no budget.
        """
        with self._journal.opened():
            self._state.budget(population)
            return tuple(spend for spend in self._state.spends.values() if spend.population == population)

    def spend(self, spend_id: str) -> SpendRecord:
        """One spend.

        Raises:
            UnknownSpend: there is none of this id.
        """
        with self._journal.opened():
            return self._state.spend(spend_id)

    def public_in(self, dataset: Dataset, rows: str) -> str | None:
        """The population whose approvers signed that exactly these rows are public, and whose people they are; or None.

        Args:
            dataset: of the people.
            rows: the sha256 of the rows, hex.
        """
        with self._journal.opened() as db:
            named = [one for one, *of in self._state.public if of == [dataset.fingerprint, rows]]
            return next((one for one in named if not claimed_elsewhere(db, one, dataset)), None)

    def overlaps(self) -> tuple[tuple[AnyEntry, tuple[str, ...]], ...]:
        """The spends over HTTP of people who spend from other populations, too, and which these are.

        Only the keeper is told: who asked was not.

        Raises:
            Damaged: what is kept of people, or of overlaps, is not what the entries state.
        """
        with self._journal.opened() as db:
            for _ in admitted.checked(db, self._journal.keys, self._journal.entries):
                pass
            return tuple((self.entry(index), others) for index, others in admitted.overlaps(db).items())

    def roll(self, population: str, spend: str) -> UnitRoll:
        """In which household each person of a population was first learned from, for the run of one spend."""
        return UnitRoll(self._journal.roll_book(), population, spend)

    @property
    def roots(self) -> tuple[NoteVerifier, ...]:
        """The root approvers, who open the budgets of people who may be real."""
        with self._journal.opened():
            return tuple(self._state.roots.values())

    def checkpoint(self) -> Note:
        """The signed size and root of the whole ledger, with its cosignatures."""
        with self._journal.opened() as db:
            return ledger_tables.note_at(db, self._state.size)

    def proof(self, index: int) -> bytes:
        """The ``.tlog-proof`` file by which anybody can check that an entry is in the ledger.

        Raises:
            merkle.BadProof: there is no such entry.
        """
        note = self.checkpoint()
        return proof_text(index, merkle.inclusion_proof(self._journal.leaves, index), note)

    def consistency(self, earlier: int) -> list[bytes]:
        """The proof that the ledger of an earlier size is a prefix of this one; empty for size 0.

        Raises:
            merkle.BadProof: it never had that size.
        """
        return self._journal.consistency(earlier)

    def entry(self, index: int) -> AnyEntry:
        """One entry."""
        return self._journal.entries[index]

    def consider(self, statement: Mapping[str, Any]) -> None:
        """See that a statement could be entered, were it signed: who signs should not do so in vain.

        Raises:
            Refused: it may not follow (the population has a budget, the cap is not raised, a period is over, ...).
        """
        found = read_statement(dict(statement))
        nobody = Signer.generate("nobody").sign(statement_text(found))
        with self._journal.opened(), contextlib.suppress(Unsigned):
            body = {"signatures": [nobody], "statement": dict(statement)}
            self._journal.considered(found.kind, found.population, body)

    def exported(self) -> LedgerExport:
        """Everything an auditor needs; at most 1,000 checkpoints: those cosigned, the latest, and every n-th.

        Raises:
            Damaged: the database holds something that would not verify.
        """
        with self._journal.opened() as db:
            lines = tuple(line for _, line in ledger_tables.lines_from(db))
            sizes = ledger_tables.chosen_sizes(db, self._state.size, MOST_CHECKPOINTS)
            notes = tuple(ledger_tables.note_at(db, size) for size in sizes)
        made = LedgerExport(lines, notes)
        verification = verify(made.encode(), self.verifier, epsilons=False)
        if not verification.ok:
            raise ledger_tables.damaged(self._journal.folder, str(verification.findings[0]))
        return made

    def export(self, out: Path) -> LedgerExport:
        """Write the export to a file, whole or not at all.

        Raises:
            OwnFile: the path names a file of the ledger or lies in its folder.
        """
        refuse_own_file(out, self._journal.folder)
        made = self.exported()
        with ledger_tables.refusals():
            write_whole(out, made.encode())
        return made

    def dataset(self, units: Iterable[str], cohort: Cohort | None = None) -> Dataset:
        """Fingerprint a data set by its units, so that copies and later months are recognised.

        Raises:
            NotDisjoint: some units are not of the cohort.
        """
        return fingerprinted(units, self._journal.keys.people_secret(), cohort)
