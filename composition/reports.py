"""Reports: a run's report and its pictures as files of the home, and the public report on the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock
from composition.model_registry import ModelRegistry
from composition.reading import read_country, read_messages
from composition.settings import SHIPPED, CountryFolder
from composition.workspace import Workspace
from features.whole_file import write_whole

FULL_REPORT: Final = "proffer-evaluation-1"

if TYPE_CHECKING:
    from privacy.ledger.export import LedgerExport
    from privacy.ledger.ledger_report import SeenBy
    from privacy.ledger.report_text import Say
    from training.evaluation.evaluation_report import Report


def write_report(report: Report, model: Path, workspace: Workspace) -> list[Path]:
    """Write the report of a model and its pictures, each whole or not at all; returns their paths."""
    from training.evaluation.pictures import reliability_picture, standing_picture

    document: Mapping[str, Any] = {"model": str(model), **report.to_document()}
    folder = workspace.folder(workspace.reports) / model.name
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "report.json": json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n",
        "reliability.png": reliability_picture(report.observed.reliability),
    }
    if report.means:
        files["ndcg.png"] = standing_picture({name: one.values for name, one in report.standings.items()})
    for name, content in files.items():
        write_whole(folder / name, content)
    return [folder / name for name in files]


def write_page(report: Report, model: Path, folder: Path, country: CountryFolder = SHIPPED) -> list[Path]:
    """Write a full report as a page in each language of the country, and as JSON; returns their paths.

    Args:
        report: with every section.
        model: the artefact's folder, after which the page is named.
        folder: takes the files; `index.html` is in the language that the country shows.
        country: whose languages the pages are in.
    """
    from rendering import evaluation_page
    from rendering.page import page

    messages, about = read_messages(country=country), read_country(country)
    document = {"format": FULL_REPORT, "model": model.name, **report.to_document()}
    files = {"report.json": json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"}
    for language in about.shown_first:
        name = "index.html" if language == about.shown else f"index.{language}.html"
        shown = evaluation_page.view(document, language, messages.speaking(language))
        files[name] = page(evaluation_page.TEMPLATE, shown)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content.encode())
    return [folder / name for name in files]


def privacy_report(
    exported: LedgerExport, workspace: Workspace, country: CountryFolder = SHIPPED
) -> tuple[dict[str, Any], dict[str, str]]:
    """The public report on a ledger: its document, in the language the country shows, and the page of each language.

    Args:
        exported: the ledger.
        workspace: the home whose models the ledger's artefacts are looked for among.
        country: whose languages the pages are in.
    """
    from rendering import privacy_page
    from rendering.page import page

    messages, about = read_messages(country=country), read_country(country)
    says = {language: messages.speaking(language) for language in about.shown_first}
    document = _document(exported, workspace, says[about.shown])
    return document, {
        language: page(privacy_page.TEMPLATE, privacy_page.view(document, language, say))
        for language, say in says.items()
    }


def privacy_document(exported: LedgerExport, workspace: Workspace) -> dict[str, Any]:
    """The report's document in English, which registries of deployments are written in."""
    return _document(exported, workspace, read_messages().speaking("en"))


def _document(exported: LedgerExport, workspace: Workspace, say: Say) -> dict[str, Any]:
    from privacy.ledger import entry, ledger_report

    entries = [entry.parse(line) for line in exported.entries]
    document = ledger_report.document(entries, _seen_by(exported), say)
    kept = ModelRegistry(workspace).by_artefact()
    for use in (use for one in document["populations"] for use in one["uses"]):
        use["model"] = kept.get(use["artefact"])
    return document


def _seen_by(exported: LedgerExport) -> SeenBy:
    from privacy.ledger.ledger_report import SeenBy
    from privacy.ledger.note import Checkpoint

    last = exported.notes[-1]
    seen = [(one.name, one.moment) for one in last.signatures[1:]]
    witnesses = tuple((name, clock.timestamp_of(moment)) for name, moment in seen if moment is not None)
    return SeenBy(Checkpoint.parse(last.text).root.hex(), witnesses, clock.timestamp())
