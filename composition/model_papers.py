"""Model papers: what a home says of its champion: the manifest, and the report with every section where one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from composition.model_registry import MANIFEST, ModelRegistry
from composition.reports import FULL_REPORT
from composition.workspace import Workspace
from features import strict_json
from features.problem import Rejected

REPORT: Final = "report.json"


def champion_papers(home: Workspace) -> dict[str, Any] | None:
    """The name, the manifest and the full report of the champion; None where none was promoted.

    The report is what `proffer evaluate --report HOME/reports/MODEL` wrote; None where no such report is there.
    """
    try:
        folder = ModelRegistry(home).champion()
    except Rejected:
        return None
    if folder is None:
        return None
    report = _document(home, folder.name)
    full = report is not None and report.get("format") == FULL_REPORT
    manifest = strict_json.parse((folder / MANIFEST).read_bytes())
    return {"name": folder.name, "manifest": manifest, "report": report if full else None}


def _document(home: Workspace, name: str) -> Mapping[str, Any] | None:
    try:
        found = strict_json.parse((home.reports / name / REPORT).read_bytes())
    except (OSError, strict_json.MalformedError):
        return None
    return found if isinstance(found, dict) else None
