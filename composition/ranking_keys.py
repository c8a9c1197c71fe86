"""Ranking keys: the messages that the demo and the tables of a ranker's report print, and the placeholders of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["MESSAGES"]

MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "ranking.head.order": (),
    "ranking.head.group": (),
    "ranking.head.people": (),
    "ranking.head.ranker": (),
    "ranking.head.gap": (),
    "ranking.head.new": (),
    "ranking.head.lists": (),
    "ranking.head.trained": (),
    "ranking.head.withheld": (),
    "ranking.head.kept": (),
    "ranking.order.views": (),
    "ranking.order.popularity": (),
    "ranking.order.logistic": (),
    "ranking.order.lightgbm": (),
    "ranking.order.private": (),
    "ranking.order.student": (),
    "ranking.order.reachable": (),
    "ranking.ages": ("low", "high"),
    "ranking.age_from": ("low",),
    "ranking.offline": (),
    "ranking.online": (),
    "ranking.closed": ("percent",),
    "ranking.no_gap": (),
    "ranking.no_truth": (),
    "ranking.fit": ("loss", "base", "error"),
    "ranking.check.ndcg": ("ours", "other"),
    "ranking.check.loss": ("ours", "other"),
    "ranking.check.passed": ("check",),
    "ranking.check.failed": ("check",),
    "ranking.files": (),
    "ranking.stage.synth": ("citizens", "months"),
    "ranking.stage.train": (),
    "ranking.stage.ingest": (),
    "ranking.stage.evaluate": (),
    "ranking.stage.promote": (),
    "ranking.stage.story": (),
    "ranking.by_rules": (),
    "ranking.bar.living": (),
    "ranking.bar.people": (),
    "ranking.bar.training": (),
    "ranking.bar.keeping": (),
    "ranking.bar.reading": (),
    "ranking.step.reading": (),
    "ranking.step.growing": (),
    "ranking.step.round": ("done", "most"),
    "ranking.step.judging": (),
}
