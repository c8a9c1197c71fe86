"""What the service tells of a home's ledger: the answers of `proffer privacy status` and `spends`, kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from composition import clock, ledger_files, reports
from composition.workspace import Workspace
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from privacy.ledger.export import LedgerExport
    from privacy.ledger.ledger import Ledger
    from privacy.ledger.note import NoteVerifier
    from privacy.ledger.registry_entry import DeploymentFacts

KEPT_SECONDS: Final = 30
"""A ledger is checked whole before it is told of, which takes long; for so many seconds the answer is told again."""

T = TypeVar("T")


class LedgerAnswers:
    """Reads the ledger of a home and changes nothing of it; may be shared by threads."""

    def __init__(self, home: Path, clock: Callable[[], int]) -> None:
        """Nothing is opened yet."""
        self._home, self._clock = home, clock
        self._kept: dict[str, tuple[int, Any]] = {}
        self._verified: Mapping[str, Any] | None = None
        self._lock = threading.Lock()

    def is_kept(self) -> bool:
        """Whether there is a ledger."""
        return Workspace(self._home).ledger.is_dir()

    def status(self) -> Mapping[str, Any]:
        """What every population has left.

        Raises:
            RefusedError: 404, there is no ledger; 503, it is not what was signed.
        """
        return self._answer("status", status_document)

    def spends(self) -> Mapping[str, Any]:
        """Every use of people's data.

        Raises:
            RefusedError: 404, there is no ledger; 503, it is not what was signed.
        """
        return self._answer("spends", lambda ledger: spends_document(ledger.exported()))

    def registry(self, population: str, facts: DeploymentFacts) -> Mapping[str, Any]:
        """The entry of a population in the registry of deployments, as a draft.

        Raises:
            RefusedError: 404, there is no ledger, or nothing of the population was published; 503, it is not what was
                signed.
        """
        from serving.http.problem_documents import NOT_FOUND, RefusedError

        try:
            return entry_of(self.report(), population, facts)
        except Rejected:
            raise RefusedError(NOT_FOUND, "Nothing was published of a population of this name.") from None

    def report(self) -> Mapping[str, Any]:
        """The public report's document, in English; raises RefusedError as `status` does."""
        home = Workspace(self._home)
        return self._answer("report", lambda ledger: reports.privacy_document(ledger.exported(), home))

    def exported(self) -> tuple[LedgerExport, NoteVerifier]:
        """The whole ledger, and the key that signs it; raises RefusedError as `status` does."""
        return self._answer("export", lambda ledger: (ledger.exported(), ledger.verifier))

    def entries(self) -> Sequence[Mapping[str, Any]]:
        """Every entry in a line, in order; raises RefusedError as `status` does."""
        from privacy.ledger.entry_report import entry_summaries

        return entry_summaries(self.exported()[0])

    def checkpoints(self) -> Sequence[Mapping[str, Any]]:
        """Every checkpoint, the latest first; raises RefusedError as `status` does."""
        from privacy.ledger.entry_report import checkpoint_rows

        return checkpoint_rows(self.exported()[0])

    def entry(self, index: int) -> Mapping[str, Any]:
        """One entry with its proof.

        Raises:
            RefusedError: 404, there is none; or as `status` does.
        """
        from privacy.ledger.entry_report import entry_document
        from privacy.ledger.merkle import BadProof
        from serving.http.problem_documents import NOT_FOUND, RefusedError

        try:
            return entry_document(self.exported()[0], index)
        except BadProof:
            raise RefusedError(NOT_FOUND, "The ledger has no such entry.") from None

    def verify(self) -> None:
        """Check the whole ledger as an auditor would, every price again; `verified` tells what was found.

        Raises:
            RefusedError: as `status` does.
        """
        from privacy.ledger.verify import AuditTerms, verify

        exported, key = self.exported()
        now = datetime.fromtimestamp(self._clock(), UTC)
        found = verify(exported.encode(), key, asked=AuditTerms(now=now))
        self._verified = {**found.to_document(), "key": key.text(), "checked": clock.timestamp_of(self._clock())}

    def verified(self) -> Mapping[str, Any] | None:
        """What the last check found; None where nobody asked for one since the service began."""
        return self._verified

    def signing_key(self) -> str:
        """The public key that signs now, as text; raises RefusedError as `status` does."""
        return self.exported()[1].text()

    def _answer(self, name: str, of: Callable[[Ledger], T]) -> T:
        from serving.http.problem_documents import LEDGER_UNAVAILABLE, NOT_FOUND, RefusedError

        with self._lock:
            until, kept = self._kept.get(name, (0, None))
            if self._clock() < until:
                return cast("T", kept)
            if not self.is_kept():
                raise RefusedError(NOT_FOUND, "This home has no privacy ledger.")
            try:
                found = of(ledger_files.open_ledger(self._home))
            except (Rejected, OSError, ValueError):
                raise RefusedError(LEDGER_UNAVAILABLE, "The ledger cannot be read, or is not as signed.") from None
            self._kept[name] = (self._clock() + KEPT_SECONDS, found)
            return found


def status_document(ledger: Ledger, population: str | None = None) -> dict[str, Any]:
    """What every population, or one, has left, and which spends are open."""
    names = [population] if population else ledger.populations()
    shown = [(ledger.status(name).to_document(), ledger.spends(name)) for name in names]
    still = ("reserved", "expired")
    return {
        "ledger": ledger.origin,
        "populations": [
            {**balance, "open": [spend.id for spend in spends if spend.state in still]} for balance, spends in shown
        ],
    }


def entry_of(report: Mapping[str, Any], population: str, facts: DeploymentFacts) -> dict[str, Any]:
    """The entry of a population in the registry of deployments, of the report on its ledger.

    Raises:
        Rejected: nothing of it was published.
    """
    from privacy.ledger.registry_entry import registry_entry

    uses = [use for one in report["populations"] if one["population"] == population for use in one["uses"]]
    if not any(use["counts"] for use in uses):
        what, remedy = "has no use that counts: nothing was published", "Describe it once something was"
        raise Rejected([Problem((population,), "missing", what, remedy)])
    return registry_entry(report, population, facts)


def spends_document(exported: LedgerExport, population: str | None = None) -> dict[str, Any]:
    """Every use of people's data, of one population or of all, in the order of the entries of a checked export."""
    from privacy.ledger import entry, ledger_report

    return ledger_report.all_uses([entry.parse(line) for line in exported.entries], population)
