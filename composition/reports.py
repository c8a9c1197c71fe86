"""Reports: a run's report and its pictures as files of the home, and the public report on the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition.reading import read_country, read_messages
from composition.settings import SHIPPED, CountryFolder
from composition.workspace import Workspace
from features.whole_file import write_whole

if TYPE_CHECKING:
    from privacy.ledger.export import LedgerExport
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


def privacy_report(exported: LedgerExport, country: CountryFolder = SHIPPED) -> tuple[dict[str, Any], dict[str, str]]:
    """The public report on a ledger: its document, in the language the country shows, and the page of each language."""
    from privacy.ledger import entry, ledger_report
    from privacy.ledger.note import Checkpoint
    from rendering import privacy_page
    from rendering.page import page

    root = Checkpoint.parse(exported.notes[-1].text).root.hex()
    messages, about = read_messages(country=country), read_country(country)
    says = {language: messages.speaking(language) for language in about.shown_first}
    document = ledger_report.document([entry.parse(line) for line in exported.entries], root, says[about.shown])
    return document, {
        language: page(privacy_page.TEMPLATE, privacy_page.view(document, language, say))
        for language, say in says.items()
    }
