"""Champion gate: what every command asks that would make a model champion on rows whose figures cost nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from composition.model_evidence import evidence
from composition.model_registry import ModelRegistry, load_model, read_artefact

if TYPE_CHECKING:
    from pathlib import Path

    from composition.model_evidence import ModelEvidence
    from composition.workspace import Workspace
    from training.data.material import TrainingData
    from training.evaluation.evaluation_report import Report
    from training.runs.promotion import Check


@dataclass(frozen=True)
class GateAnswer:
    """What was found.

    Attributes:
        evidence: what the model brings: its card, its hashes, its ledger entry.
        checks: what it showed on held-out people; none where evidence is missing, for then nothing is judged.
    """

    evidence: tuple[ModelEvidence, ...]
    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the model may be champion."""
        return all(one.passed for one in self.evidence) and all(one.passed for one in self.checks)


def answered(
    data: TrainingData, workspace: Workspace, challenger: Path, *, fewer: bool = False, report: Report | None = None
) -> GateAnswer:
    """Ask whether a challenger may take the champion's place; the first is compared with no model at all.

    Args:
        data: the held-out people behind their gate.
        workspace: the home, whose champion it is compared with.
        challenger: its artefact.
        fewer: let it take over though it learned from far fewer people.
        report: of the challenger on the same held-out people, where it was just judged; None to judge it.

    Raises:
        Rejected: the rows or an artefact do not admit it.
    """
    from training.artefact import REPORT
    from training.runs import promotion

    brought = evidence(challenger, data, workspace)
    if not all(one.passed for one in brought):
        return GateAnswer(brought)
    champion, features = ModelRegistry(workspace).champion(), data.declaration.hash
    if champion is None and report is not None:
        return GateAnswer(brought, promotion.checks(report, None, data))
    before = None if champion is None else load_model(champion, features)
    found = promotion.compare(data, load_model(challenger, features), before)
    if champion is not None and not fewer:
        found += promotion.far_fewer(*(json.loads(read_artefact(one)[REPORT]) for one in (challenger, champion)))
    return GateAnswer(brought, found)
