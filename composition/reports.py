"""Reports: a run's report and its pictures as files of the home, and the public report on the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock
from composition.model_registry import ModelRegistry
from composition.reading import read_country, read_messages
from composition.settings import SHIPPED, CountryFolder
from composition.workspace import Workspace
from features.problem import Problem
from features.whole_file import write_whole

FULL_REPORT: Final = "proffer-evaluation-1"

if TYPE_CHECKING:
    from composition.reading import Definitions
    from privacy.ledger.export import LedgerExport
    from privacy.ledger.ledger_report import ExportCheck, SeenBy
    from privacy.ledger.report_text import Say
    from recommender.offers.order_correction import Boost
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


def mirror_report(files: Sequence[Path], model: Path, workspace: Workspace) -> tuple[Problem, ...]:
    """Copy the files of a report to the run of its model in MLflow; returns why not, where MLflow takes nothing.

    Args:
        files: as `write_report` and `write_page` left them; of two of one name the later one stays.
        model: the artefact's folder; of a model that is not of this home nothing is copied.
        workspace: the home.
    """
    from training.tracking import NotTracked, Store, keep_report

    if model.resolve().parent != workspace.models.resolve():
        return ()
    try:
        with workspace.alone("models", wait=True):  # as a run is kept: MLflow makes its database without a lock
            keep_report(Store(workspace.mlflow_uri, workspace.mlflow_files), model.name, files)
    except NotTracked as failure:
        return failure.problems
    return ()


def write_boosts(boosts: Sequence[Boost], file: Path) -> Path:
    """Write boosts as a file of weights that lists nothing else, whole or not at all; returns its path."""
    import yaml

    from recommender.offers.order_correction import boosts_document

    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, yaml.safe_dump(boosts_document(boosts), sort_keys=False, allow_unicode=True).encode())
    return file


def write_page(report: Report, model: Path, folder: Path, country: CountryFolder = SHIPPED) -> list[Path]:
    """Write a full report as a page in each language of the country, and as JSON; returns their paths.

    Args:
        report: with every section.
        model: the artefact's folder, after which the page is named.
        folder: takes the files; `index.html` is in the language that the country shows.
        country: whose languages the pages are in.
    """
    from rendering import evaluation_page

    messages = read_messages(country=country)
    document = {"format": FULL_REPORT, "model": model.name, **report.to_document()}
    files = {"report.json": json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"}
    files |= _in_each_language(
        evaluation_page.TEMPLATE,
        lambda language: evaluation_page.view(document, language, messages.speaking(language)),
        country,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content.encode())
    return [folder / name for name in files]


def write_sweep_page(
    summary: Mapping[str, Any], definitions: Definitions, folder: Path, country: CountryFolder = SHIPPED
) -> None:
    """Write what a sweep found as a page in each language of the country.

    Args:
        summary: the counts, as `summary.json` has them.
        definitions: what programmes, regions and facts are called.
        folder: takes the files; `index.html` is in the language that the country shows.
        country: whose languages the pages are in.
    """
    from rendering import sweep_page
    from rendering.voice import voice_of

    messages, (declaration, catalogue, regions) = read_messages(country=country), definitions

    def shown(language: str) -> Mapping[str, object]:
        names = sweep_page.SweepNames(
            lambda name: catalogue.by_id[name].title.to_document() if name in catalogue.by_id else None,
            lambda code: regions.name(int(code), language) if code.isdigit() else None,
            lambda fact: declaration.facts[fact].label if fact in declaration.facts else None,
        )
        return sweep_page.view(summary, names, voice_of(messages, language))

    for name, content in _in_each_language(sweep_page.TEMPLATE, shown, country).items():
        write_whole(folder / name, content.encode())


def _in_each_language(
    template: str, shown: Callable[[str], Mapping[str, object]], country: CountryFolder
) -> dict[str, str]:
    """A page in each language of a country by its file's name, `index.html` in the one that the country shows."""
    from rendering.page import page

    about = read_country(country)
    return {
        "index.html" if language == about.shown else f"index.{language}.html": page(template, shown(language))
        for language in about.shown_first
    }


def privacy_report(
    exported: LedgerExport, beside: Workspace | ExportCheck, country: CountryFolder = SHIPPED
) -> tuple[dict[str, Any], dict[str, str]]:
    """The public report on a ledger: its document, in the language the country shows, and the page of each language.

    Args:
        exported: the ledger.
        beside: the home whose models the ledger's artefacts are looked for among; or, where there is nothing but the
            export, how it was verified.
        country: whose languages the pages are in.
    """
    from rendering import privacy_page
    from rendering.page import page

    messages, about = read_messages(country=country), read_country(country)
    says = {language: messages.speaking(language) for language in about.shown_first}
    document = _document(exported, beside, says[about.shown])
    return document, {
        language: page(privacy_page.TEMPLATE, privacy_page.view(document, language, say))
        for language, say in says.items()
    }


def privacy_document(exported: LedgerExport, workspace: Workspace) -> dict[str, Any]:
    """The report's document in English, which registries of deployments are written in."""
    return _document(exported, workspace, read_messages().speaking("en"))


def _document(exported: LedgerExport, beside: Workspace | ExportCheck, say: Say) -> dict[str, Any]:
    """The report's document; without a home nobody knows which model an artefact is, so that nothing is said of it."""
    from privacy.ledger import entry, ledger_report

    entries = [entry.parse(line) for line in exported.entries]
    home, verified = (beside, None) if isinstance(beside, Workspace) else (None, beside)
    document = ledger_report.document(entries, _seen_by(exported, verified), say)
    kept = None if home is None else ModelRegistry(home).by_artefact()
    for use in (use for one in document["populations"] for use in one["uses"]):
        del use["model"]
        use |= {} if kept is None else {"model": kept.get(use["artefact"])}
    return document


def _seen_by(exported: LedgerExport, verified: ExportCheck | None) -> SeenBy:
    from privacy.ledger.ledger_report import SeenBy
    from privacy.ledger.note import Checkpoint

    last = exported.notes[-1]
    seen = [(one.name, one.moment) for one in last.signatures[1:]]
    witnesses = tuple((name, clock.timestamp_of(moment)) for name, moment in seen if moment is not None)
    return SeenBy(Checkpoint.parse(last.text).root.hex(), witnesses, clock.timestamp(), verified)
