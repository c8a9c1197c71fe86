"""Reports: a run's report and its pictures as files of the home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition.workspace import Workspace
from features.whole_file import write_whole

if TYPE_CHECKING:
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
        files["ndcg.png"] = standing_picture(report.means)
    for name, content in files.items():
        write_whole(folder / name, content)
    return [folder / name for name in files]
