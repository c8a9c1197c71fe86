"""What the service tells of a home's ledger: the answers of `proffer privacy status` and `spends`, kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import ledger_files, reports
from composition.workspace import Workspace
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from privacy.ledger.ledger import Ledger
    from privacy.ledger.registry_entry import DeploymentFacts

KEPT_SECONDS: Final = 30
"""A ledger is checked whole before it is told of, which takes long; for so many seconds the answer is told again."""


class LedgerAnswers:
    """Reads the ledger of a home and changes nothing of it; may be shared by threads."""

    def __init__(self, home: Path, clock: Callable[[], int]) -> None:
        """Nothing is opened yet."""
        self._home, self._clock = home, clock
        self._kept: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._lock = threading.Lock()

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
        return self._answer("spends", spends_document)

    def registry(self, population: str, facts: DeploymentFacts) -> Mapping[str, Any]:
        """The entry of a population in the registry of deployments, as a draft.

        Raises:
            RefusedError: 404, there is no ledger, or nothing of the population was published; 503, it is not what was
                signed.
        """
        from serving.http.problem_documents import NOT_FOUND, RefusedError

        home = Workspace(self._home)
        report = self._answer("report", lambda ledger: reports.privacy_document(ledger.exported(), home))
        try:
            return entry_of(report, population, facts)
        except Rejected:
            raise RefusedError(NOT_FOUND, "Nothing was published of a population of this name.") from None

    def _answer(self, name: str, of: Callable[[Ledger], Mapping[str, Any]]) -> Mapping[str, Any]:
        from serving.http.problem_documents import LEDGER_UNAVAILABLE, NOT_FOUND, RefusedError

        with self._lock:
            until, found = self._kept.get(name, (0, {}))
            if self._clock() < until:
                return found
            if not Workspace(self._home).ledger.is_dir():
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


def spends_document(ledger: Ledger, population: str | None = None) -> dict[str, Any]:
    """Every use of people's data, of one population or of all, in the order of the entries."""
    from privacy.ledger import entry, ledger_report

    names = [population] if population else list(ledger.populations())
    for name in names:
        ledger.status(name)
    entries = [entry.parse(line) for line in ledger.exported().entries]
    return {"ledger": ledger.origin, "spends": ledger_report.all_uses(entries, names)}
