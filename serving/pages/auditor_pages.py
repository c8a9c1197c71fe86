"""Auditor pages: what the ledger says, each number beside its entry, checked in place, and as files to take home."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from privacy.ledger.registry_entry import NAME, USE, DeploymentFacts
from rendering import budgets_page, duty_page, export_page, ledger_page, model_page, runs_page, service_catalogue
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.http.record_desk import available
from serving.http.service_frame import JSON
from serving.pages.page_form import PageForm
from serving.pages.page_frame import FileSent, Found, GoOn, PageFrame, PageShown, Showing, Visit
from serving.pages.page_role import AUDITOR

if TYPE_CHECKING:
    from privacy.ledger.export import LedgerExport
    from privacy.ledger.note import NoteVerifier

BUDGETS: Final = "/auditor"
ENTRIES: Final = budgets_page.ENTRIES
CHECK: Final = "/auditor/ledger"
RUNS: Final = "/auditor/runs"
MODEL: Final = "/auditor/model"
DECISIONS: Final = "/auditor/decisions"
SHEETS: Final = "/auditor/sheets"
EXPORTS: Final = "/auditor/files"
_LONGEST: Final = 400
_PLAIN: Final = "text/plain; charset=utf-8"


class AuditedLedger(Protocol):
    """What the pages ask of the ledger behind them; each call raises RefusedError where none can be trusted."""

    def is_kept(self) -> bool:
        """Whether there is one at all."""
        ...

    def report(self) -> Mapping[str, Any]:
        """The public report's document."""
        ...

    def spends(self) -> Mapping[str, Any]:
        """Every use of people's data."""
        ...

    def registry(self, population: str, facts: DeploymentFacts) -> Mapping[str, Any]:
        """The entry of a population in the registry of deployments."""
        ...

    def exported(self) -> tuple[LedgerExport, NoteVerifier]:
        """The whole ledger, and the key that signs it."""
        ...

    def entries(self) -> Sequence[Mapping[str, Any]]:
        """Every entry in a line, in order."""
        ...

    def entry(self, index: int) -> Mapping[str, Any]:
        """One entry with its proof."""
        ...

    def checkpoints(self) -> Sequence[Mapping[str, Any]]:
        """Every checkpoint, the latest first."""
        ...

    def verify(self) -> None:
        """Check all of it."""
        ...

    def verified(self) -> Mapping[str, Any] | None:
        """What the last check found."""
        ...


@dataclass(frozen=True)
class AuditedParts:
    """What an auditor looks at beside the ledger; each is called in a worker thread.

    Attributes:
        papers: what is on record of the model in use; None where there is none.
        sampled: draws so many decisions by a seed, and makes each again.
        catalogue: the programmes as JSON-LD.
        sheets: what laws ask of this deployment, answered from what is configured.
    """

    papers: Callable[[], Mapping[str, Any] | None]
    sampled: Callable[[int, int], Mapping[str, Any]]
    catalogue: Callable[[], Mapping[str, Any]]
    sheets: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class AuditorPages:
    """The pages of auditors."""

    ledger: AuditedLedger
    parts: AuditedParts

    def budgets(self, visit: Visit) -> PageShown:
        """What each budget was spent on."""
        return PageShown(budgets_page.TEMPLATE, budgets_page.budgets_view(self.ledger.report(), visit.voice))

    def runs(self, visit: Visit) -> PageShown:
        """What was trained."""
        return PageShown(runs_page.TEMPLATE, runs_page.runs_view(self.ledger.report(), visit.voice))

    def entries(self, visit: Visit) -> PageShown:
        """The entries, the latest first."""
        rows = self.ledger.entries()
        before = _whole(visit.query.get("before", ""), len(rows))
        return PageShown(ledger_page.LIST, ledger_page.entries_view(rows, before, visit.voice))

    def entry(self, visit: Visit) -> PageShown:
        """One entry with its proof."""
        found = self.ledger.entry(_place(visit))
        view = ledger_page.entry_view(found, self.ledger.report(), len(self.ledger.entries()), visit.voice)
        return PageShown(ledger_page.ONE, view)

    def proof(self, visit: Visit) -> FileSent:
        """The file by which anybody can check that an entry is in the ledger."""
        found = self.ledger.entry(_place(visit))
        return FileSent(f"entry-{found['index']}.tlog-proof", found["proof"].encode(), _PLAIN)

    def checked(self, visit: Visit) -> PageShown:
        """Who saw the ledger, and what its last check found."""
        key = self.ledger.exported()[1].text()
        parts = self.ledger.checkpoints(), self.ledger.report(), self.ledger.verified()
        return PageShown(ledger_page.CHECKED, ledger_page.checked_view(*parts, key, visit.voice))

    def check(self, _visit: Visit, _form: PageForm) -> GoOn:
        """Check the whole ledger now."""
        self.ledger.verify()
        return GoOn(f"{CHECK}#result")

    def model(self, visit: Visit) -> PageShown:
        """What is on record of the model in use."""
        papers, uses = self.parts.papers(), self.ledger.spends()["spends"] if self.ledger.is_kept() else ()
        artefact = None if papers is None else papers["manifest"].get("artefact")
        place = next((one["index"] for one in uses if artefact and one["artefact"] == artefact), None)
        entry = "" if place is None else f"{ENTRIES}/{place}"
        return PageShown(model_page.TEMPLATE, model_page.model_view(papers, entry, visit.voice))

    def decisions(self, visit: Visit) -> PageShown:
        """Decisions that are drawn by a seed and made again."""
        asked, most = "seed" in visit.query, model_page.MOST_DRAWN
        seed = _whole(visit.query.get("seed", ""), model_page.SEED)
        count = min(_whole(visit.query.get("count", ""), model_page.DRAWN), most) or 1
        found = self.parts.sampled(seed, count) if asked else None
        return PageShown(model_page.SAMPLE, model_page.sample_view(found, seed, count, visit.voice))

    def sheets(self, visit: Visit) -> PageShown:
        """What laws ask of this deployment, and what is configured of it."""
        with available("What is configured cannot be read now; ask again."):
            return PageShown(duty_page.AUDITOR, duty_page.sheets_view(self.parts.sheets(), visit.voice))

    def exports(self, visit: Visit) -> PageShown:
        """What may be taken home."""
        populations = [one["population"] for one in self.ledger.report()["populations"] if one["uses"]]
        return PageShown(export_page.TEMPLATE, export_page.exports_view(populations, visit.voice))

    def file(self, visit: Visit) -> FileSent:
        """One of the files.

        Raises:
            RefusedError: 404, there is none of this name.
        """
        name = visit.of["name"]
        writers: Mapping[str, Callable[[], tuple[bytes, str]]] = {
            "ledger.bundle": lambda: (self.ledger.exported()[0].encode(), _PLAIN),
            "ledger.pub": lambda: (f"{self.ledger.exported()[1].text()}\n".encode(), _PLAIN),
            "report.json": lambda: (_json(self.ledger.report()), JSON),
            "spends.json": lambda: (_json(self.ledger.spends()), JSON),
            "spends.csv": lambda: (export_page.spends_table(self.ledger.spends()["spends"]), "text/csv; charset=utf-8"),
            "catalogue.jsonld": lambda: (_json(self.parts.catalogue()), service_catalogue.MEDIA_TYPE),
        }
        if name not in writers:
            raise RefusedError(problems.NOT_FOUND, "There is no file of this name.")
        content, media_type = writers[name]()
        return FileSent(name, content, media_type)

    def registry(self, visit: Visit) -> FileSent:
        """The entry of a population in the registry of deployments, as a draft.

        Raises:
            RefusedError: 404, nothing was published of it; 422, something is not told.
        """
        told = {name: visit.query.get(name, "").strip() for name in export_page.FIELDS}
        if not all(0 < len(text) <= _LONGEST and text.isprintable() for text in told.values()):
            raise RefusedError(problems.UNPROCESSABLE, "The entry cannot be written so.")
        facts = DeploymentFacts(NAME, (told["curator"],), (told["author"],), told["region"], USE, ())
        return FileSent("registry.json", _json(self.ledger.registry(told["population"], facts)), JSON)

    def told(self, showing: Showing) -> Showing:
        """A page of what the ledger says; where none is kept, one that says so and what there is without it."""

        def shown(visit: Visit) -> Found:
            if self.ledger.is_kept():
                return showing(visit)
            return PageShown(ledger_page.NONE, ledger_page.none_view(visit.voice), problems.NOT_FOUND.status)

        return shown


def add_auditor_pages(frame: PageFrame, ledger: AuditedLedger, parts: AuditedParts) -> None:
    """Add the pages."""
    pages = AuditorPages(ledger, parts)
    frame.shows(BUDGETS, AUDITOR, pages.told(pages.budgets), "auditor.budgets.name")
    frame.shows(RUNS, AUDITOR, pages.told(pages.runs), "auditor.runs.name")
    frame.shows(ENTRIES, AUDITOR, pages.told(pages.entries), "auditor.entry.name")
    frame.shows(f"{ENTRIES}/{{index}}", AUDITOR, pages.entry)
    frame.shows(f"{ENTRIES}/{{index}}/proof", AUDITOR, pages.proof)
    frame.shows(CHECK, AUDITOR, pages.told(pages.checked), "auditor.check.name")
    frame.takes(CHECK, AUDITOR, pages.check)
    frame.shows(MODEL, AUDITOR, pages.model, "auditor.model.name")
    frame.shows(DECISIONS, AUDITOR, pages.decisions, "auditor.drawn.name")
    frame.shows(SHEETS, AUDITOR, pages.sheets, "sheets.name")
    frame.shows(EXPORTS, AUDITOR, pages.told(pages.exports), "auditor.files.name")
    frame.shows("/auditor/registry", AUDITOR, pages.registry)
    frame.shows(f"{EXPORTS}/{{name}}", AUDITOR, pages.file)


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _place(visit: Visit) -> int:
    place = _whole(visit.of["index"], -1)
    if place < 0:
        raise RefusedError(problems.NOT_FOUND, "The ledger has no such entry.")
    return place


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"
