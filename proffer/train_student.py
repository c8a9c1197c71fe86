"""`proffer train --ranker student`: LightGBM taught by a private model on synthetic people."""

from __future__ import annotations

import argparse

from composition import terminal
from composition.model_registry import ModelRegistry, load_model
from composition.sources import TrainingSource, read_training_data
from proffer.train_exact import run_document


def run(args: argparse.Namespace, source: TrainingSource) -> int:
    """Train and print."""
    from training.runs import student_run

    with terminal.working("reading training data") as progress:
        data = read_training_data(source, progress)
    registry = ModelRegistry(source.workspace)
    folder = registry.require(args.teacher)
    teacher = load_model(folder, data.declaration.hash)
    settings = student_run.StudentSettings(seed=args.seed)
    with terminal.working("training") as progress:
        trained = student_run.train(data, teacher, folder.name, settings, terminal.steps(args.json, progress))
    with terminal.working("keeping the run"):
        kept = registry.keep(trained, "student", terminal.say)
    document = {
        **run_document(trained, kept, "student"),
        "teacher": trained.result.teacher,
        "metrics": trained.metrics(),
        "latency_ms": trained.result.latency,
    }
    terminal.emit(document, args.json)
    return terminal.DONE
