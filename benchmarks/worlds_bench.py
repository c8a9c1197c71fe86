"""Every named world, learned from and judged against its truth: what each order closes of the way to the best possible.

For each world of data/worlds: people are made, a fifth of them held out, and the programmes that rules leave open to
these are ordered by popularity, by a logistic regression and a LightGBM on the ranker's own table (the latter with each
programme's own odds as a column, rounds and shape chosen on validation people), and by what `train --ranker lightgbm`
ships. The gain is the true P(takes up | offered); *reachable* is the truth averaged over what the log does not betray.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from composition import demonstration
from data.synthetic.dials import named, worlds
from recommender.ranking.attributes import Vocabulary
from research import named_worlds
from research.named_worlds import SEED, SHAPES
from training.data.material import TrainingData, learning_showings
from training.evaluation.evaluation import RankingResult, standing
from training.measures import share_of_gap
from training.rankers.forest_ranker import ForestSettings

Tell = Callable[[str], None]

PEOPLE: Final = 1_500
MONTHS: Final = 36
_ORDERS: Final = ("popularity", "logistic", "tuned LightGBM", "train ships", "reachable")


@dataclass(frozen=True)
class WorldResult:
    """NDCG@5 of each order in one world, with the standard error over people of what `train` ships less the tuned."""

    world: str
    people: int
    ndcg: Mapping[str, float]
    error: float
    seconds: float

    def gap(self, order: str) -> float:
        """The share of the way from popularity to reachable."""
        return share_of_gap(self.ndcg[order], self.ndcg["popularity"], self.ndcg["reachable"]) or 0.0

    def row(self) -> dict[str, object]:
        """A line of the table."""
        figures = {order: f"{self.ndcg[order]:.3f}" for order in _ORDERS}
        closed = {f"{order} closes": f"{100 * self.gap(order):.0f} %" for order in _ORDERS[1:4]}
        return {"world": self.world, "people": self.people, **figures, **closed, "+-": f"{1.96 * self.error:.3f}"}


def measure(
    progress: Tell, units: int = PEOPLE, world: str | None = None, page: Path | None = None
) -> Mapping[str, object]:
    """Judge every order in every named world, or in one.

    Args:
        progress: takes a line about what begins.
        units: how many people each world has.
        world: the one to look at.
        page: where to write the figures as a page of the documentation.
    """
    found = []
    for name in [named(world).name] if world else worlds():
        progress(f"{name}: {units:,} people")
        found.append(judged(name, units))
        progress(f"{name}: {found[-1].row()}")
    if page:
        page.write_text(written_page(found, units), encoding="utf-8")
    closed = {order: float(np.mean([one.gap(order) for one in found])) for order in _ORDERS[1:4]}
    ours = closed.pop("train ships")
    return {
        "name": "worlds", "work": f"{len(found)} worlds of {units:,} people x {MONTHS} months, seed {SEED}",
        "unit": "of the gap closed, on average", "ours": ours, "peers": closed,
        "ratio": {peer: ours / value for peer, value in closed.items()}, "equal_results": True,
        "details": [one.row() for one in found],
    }  # fmt: skip


def judged(name: str, people: int) -> WorldResult:
    """Make one world in a folder of its own, learn from it and judge."""
    began = time.monotonic()
    with named_worlds.made(name, people, MONTHS) as data:
        run = demonstration.train(data, SEED, lambda _: None)
        assert run.report is not None, "an exact run always has a report"
        standings = dict(run.report.standings)
        standings["tuned LightGBM"] = _tuned(data, run.result.fit.forest.vocabulary)
    standings["train ships"] = standings.pop("lightgbm")
    apart = standings["train ships"].values - standings["tuned LightGBM"].values
    error = float(apart.std() / np.sqrt(max(len(apart), 1)))
    ndcg = {order: standings[order].mean for order in _ORDERS}
    return WorldResult(name, len(apart), ndcg, error, time.monotonic() - began)


def _tuned(data: TrainingData, vocabulary: Vocabulary) -> RankingResult:
    """The standing of a tuned LightGBM."""
    log, some, truth = named_worlds.judged_by(data)
    lists = learning_showings(data, log, ForestSettings().most_rows, SEED)
    return standing(some, named_worlds.tuned_order(lists, some, data.catalogue, vocabulary, SHAPES), truth)


def written_page(found: list[WorldResult], people: int) -> str:
    """The figures as a page of the documentation."""
    rows = [one.row() for one in found]
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(str(row[head]) for head in heads) + " |" for row in rows]
    table = "\n".join(lines)
    kinds = "\n".join(f"- **{one.world}**: {named(one.world).about.strip()}" for one in found)
    return _PAGE.format(people=people, months=MONTHS, seed=SEED, table=table, kinds=kinds)


_PAGE: Final = """# How good the order is, world by world

Made by `proffer bench worlds --page docs/quality.md`: {people:,} people x {months} months in each world of
`data/worlds`, seed {seed}. NDCG@5 against the true P(takes up | offered), on held-out people. *Closes* is the share of
the way from popularity to *reachable*, the truth averaged over all that the log does not betray. The last column is
half the 95 % interval, over people, of the difference between what `train` ships and the tuned LightGBM; a difference
within it says nothing.

{table}

The logistic regression and the tuned LightGBM learn from the ranker's own table; the latter also has each programme's
own odds as a column, and its rounds and shape are chosen on validation people. The worlds, each of which turns a
few dials of the default's:

{kinds}
"""
