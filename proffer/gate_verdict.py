"""Gate verdict: what the gate says of a challenger, as `promote` and `retrain` ask it and tell it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import champion_gate
from composition.budgets import run_request
from composition.champion_gate import GateAnswer
from composition.model_evidence import evidence
from composition.model_registry import ModelRegistry, load_model, read_artefact
from proffer.comparison_text import SAYS, comparison_document, comparison_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from composition.model_evidence import ModelEvidence
    from composition.sources import TrainingSource
    from training.data.material import TrainingData
    from training.progress import Progress
    from training.runs.private_promotion import Contender


PROMOTED: Final = ("was not promoted", "is now the champion")


@dataclass(frozen=True)
class GateVerdict:
    """What the gate found.

    Attributes:
        passed: whether the challenger may take over.
        document: as `promote --json` prints it.
        text: the same for people.
        why: what refuses it, line by line; none where it passed.
    """

    passed: bool
    document: dict[str, Any]
    text: str
    why: tuple[str, ...] = ()


def asked(
    source: TrainingSource, data: TrainingData, challenger: Path, *, fewer: bool, progress: Progress
) -> GateVerdict:
    """Ask the gate whether a challenger may take the champion's place; where a figure costs, by one noised release.

    What a model has to bring comes first: where that is missing nothing is judged, and nothing is spent.

    Args:
        source: whose terms say what may be spent; None for an exact comparison.
        data: the held-out people behind their gate.
        challenger: its artefact.
        fewer: let it take over though it learned from far fewer people.
        progress: takes the step that begins.

    Raises:
        Rejected: the rows, the budget or an artefact do not admit it.
    """
    champion = ModelRegistry(source.workspace).champion()
    before = {"challenger": challenger.name, "champion_before": None if champion is None else champion.name}
    if source.terms is None:
        progress("looking at the model's card, its hashes and its ledger entry, then comparing on held-out people")
        return _told(before, champion_gate.answered(data, source.workspace, challenger, fewer=fewer))
    progress("looking at the model's card, its hashes and its ledger entry")
    brought = evidence(challenger, data, source.workspace)
    if not all(one.passed for one in brought):
        return _told(before, GateAnswer(brought))
    return _noised(source, data, (challenger, champion), brought, progress)


def _told(before: dict[str, Any], answer: GateAnswer) -> GateVerdict:
    passed, brought, checks = answer.passed, answer.evidence, answer.checks
    told = [one.to_document() for one in brought], [one.to_document() for one in checks]
    document = {**before, "promoted": passed, "evidence": told[0], "checks": told[1]}
    lines = [*map(str, brought), *map(str, checks)]
    why = tuple(line for line in lines if line.startswith("FAILED"))
    return GateVerdict(passed, document, "\n".join([*lines, f"{before['challenger']} {PROMOTED[passed]}"]), why)


def _noised(
    source: TrainingSource, data: TrainingData, models: tuple[Path, Path | None], brought: Sequence[ModelEvidence],
    progress: Progress,
) -> GateVerdict:  # fmt: skip
    from privacy.learning.noise import secure
    from training.runs import private_promotion

    workspace = source.workspace
    assert source.terms is not None, "who asks for a noised comparison states its terms"
    request = run_request(data, source.terms, workspace)
    challenger, champion = _contender(models[0], data), None if models[1] is None else _contender(models[1], data)
    kept = workspace.folder(workspace.reports)
    found = private_promotion.compare(data, request, (challenger, champion), secure(), kept, progress)
    passed = found.comparison.outcome == "better"
    before = {"challenger": challenger.name, "champion_before": None if champion is None else champion.name}
    told = {"promoted": passed, "evidence": [one.to_document() for one in brought]}
    document = {**before, **told, **comparison_document(found, request)}
    lines = [*map(str, brought), comparison_text(document), f"{before['challenger']} {PROMOTED[passed]}"]
    why = () if passed else (f"{document['outcome']}: {SAYS[document['outcome']]}",)
    return GateVerdict(passed, document, "\n".join(lines), why)


def _contender(folder: Path, data: TrainingData) -> Contender:
    from training.artefact import MANIFEST, REPORT, model_digest
    from training.runs.private_promotion import Contender

    files = read_artefact(folder)
    learned = {name: content for name, content in files.items() if name not in (MANIFEST, REPORT)}
    return Contender(folder.name, load_model(folder, data.declaration.hash), model_digest(learned))
