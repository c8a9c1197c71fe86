"""Retraining stages: training, evaluation, the gate and promotion, each done once however often a run is taken up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import model_aliases, terminal
from composition.budgets import run_request
from composition.model_registry import MANIFEST, ModelRegistry, load_model
from composition.reports import mirror_report, write_report
from composition.run_file import RunFile
from features import strict_json
from privacy.data_provenance import DataKind
from proffer import gate_verdict

if TYPE_CHECKING:
    from composition.sources import TrainingSource
    from training.data.material import TrainingData
    from training.progress import Progress
    from training.runs.training_run import TrainingRun

STAGES: Final = ("train", "evaluate", "gate", "promote")


@dataclass(frozen=True)
class Retraining:
    """One run's stages.

    Attributes:
        source: where rows come from; its terms are those of training, None for an exact run.
        data: the rows behind their gate.
        asked: the options, as the run's file keeps them.
    """

    source: TrainingSource
    data: TrainingData
    asked: Mapping[str, Any]

    @property
    def registry(self) -> ModelRegistry:
        """The models of the home."""
        return ModelRegistry(self.source.workspace)

    def through(self, file: RunFile, progress: Progress) -> RunFile:
        """Do every stage that is not done, and end the run: promoted, refused by the gate, or lost.

        Lost is what was paid for and not kept, or what other people have joined: neither is drawn a second time.

        Raises:
            Rejected: something is missing or wrong; the run stays open.
        """
        from privacy.gate import Gone
        from privacy.refusal import Conflict

        try:
            if file.stage("train") is None:
                progress("training")
                file = file.done("train", {"model": self._trained(file, progress)})
            if file.stage("evaluate") is None:
                progress("evaluating")
                file = file.done("evaluate", self._evaluated(self._model(file), progress))
            with self.source.workspace.alone("promote"):
                return self._judged(file, progress)
        except (Gone, Conflict) as lost:
            return file.ended("lost", tuple(str(one) for one in lost.problems))

    def _model(self, file: RunFile) -> Path:
        stage = file.stage("train")
        assert stage is not None, "training comes first"
        return self.registry.require(stage["model"])

    def _trained(self, file: RunFile, progress: Progress) -> str:
        """The name of the model that was learned: by this process, or by one that was ended before it noted it."""
        if self.source.terms is None:
            return self.registry.keep(self._exactly(progress), f"lightgbm {self.asked['objective']}", terminal.say).name
        for name in self.registry.names():
            manifest = strict_json.parse((self.source.workspace.models / name / MANIFEST).read_bytes())
            if isinstance(manifest, dict) and manifest.get("spend_id") == f"train-{file.name}":
                return name
        return self.registry.keep(self._privately(file, progress), "private", terminal.say).name

    def _exactly(self, progress: Progress) -> TrainingRun[Any]:
        from training.rankers.forest_ranker import ForestSettings
        from training.runs import exact_run

        settings, objective = ForestSettings(seed=self.asked["seed"]), self.asked["objective"]
        if objective != "auto":
            settings = replace(settings, objective=objective)
        return exact_run.train(self.data, settings, compare=objective == "auto", progress=progress)

    def _privately(self, file: RunFile, progress: Progress) -> TrainingRun[Any]:
        from privacy.learning.noise import secure
        from training.runs import private_run

        workspace, shards = self.source.workspace, self.source.shards
        assert self.source.terms is not None, "a private run has terms"
        request = replace(run_request(self.data, self.source.terms, workspace), name=file.name)
        kept = workspace.folder(workspace.retraining)
        if shards is not None:
            shards.remove()  # what a run left that was killed
        try:
            return private_run.train(self.data, request, secure(), progress=progress, kept=kept)
        finally:
            if shards is not None:
                shards.remove()

    def _evaluated(self, folder: Path, progress: Progress) -> dict[str, Any]:
        """Leave the report where figures cost nothing; elsewhere those of the gate's one bundle are all there are."""
        from training.evaluation.judgement import Withholding, evaluate_model

        if self.source.terms is not None and self.data.gate.provenance.kind is not DataKind.SYNTHETIC:
            return {"files": [], "what": "no figures of people who may be real but those of the gate's bundle"}
        model = load_model(folder, self.data.declaration.hash)
        report = evaluate_model(self.data, model, Withholding(), progress=progress)
        files = write_report(report, folder, self.source.workspace)
        for problem in mirror_report(files, folder, self.source.workspace):
            terminal.say(f"note: {problem}")
        return {"files": [str(path) for path in files], "metrics": report.metrics()}

    def _judged(self, file: RunFile, progress: Progress) -> RunFile:
        """Ask the gate, and promote; asked again where another model has become the champion since."""
        champion, model = self.registry.champion(), self._model(file)
        now, said = None if champion is None else champion.name, file.stage("gate")
        if said is not None and now not in (said["champion_before"], model.name):
            file, said = file.without("gate"), None
        if said is None:
            progress("asking the gate")
            verdict = gate_verdict.asked(self._gate_source(), self.data, model, fewer=False, progress=progress)
            file = file.done("gate", {**verdict.document, "why": list(verdict.why)})
            said = {**verdict.document, "why": verdict.why}
        if not said["promoted"]:
            self._aliased(self.registry.refuse, model.name)
            return file.ended("refused", tuple(said["why"]))
        kept = self._aliased(self.registry.promote, model.name)
        return file.done("promote", {"champion": model.name, "mlflow": kept}).ended("promoted")

    def _aliased(self, change: Callable[[str], None], name: str) -> dict[str, Any]:
        """Change who is called what in the home, mirror that in MLflow, and say how the two stand."""
        before = model_aliases.compared(self.source.workspace)
        change(name)
        now = model_aliases.mirrored(self.source.workspace, before)
        for line in now.lines():
            terminal.say(line)
        return now.to_document()

    def _gate_source(self) -> TrainingSource:
        """The same rows, at the price of a comparison."""
        terms = self.source.terms
        if terms is None:
            return self.source
        return replace(self.source, terms=replace(terms, epsilon=Decimal(str(self.asked["compare"]))))
