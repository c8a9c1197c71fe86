"""A tuned forest: LightGBM whose settings are chosen on people kept apart, so that a peer is as good as it can be made.

One setting is changed at a time, in the order of `CHOICES`; what lowers the log-loss of the people kept apart stays.
Nobody on whom the result is judged is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from features.arrays import Float32, Float64, Int64
from training.measures import log_loss
from training.rankers.models import PooledForest, Validation

BASE: Final[Mapping[str, Any]] = {
    "leaves": 63, "min_leaf": 50, "column_share": 0.5, "learning_rate": 0.1, "l2": 0.0, "additive": (),
}  # fmt: skip
"""What is begun with."""
CHOICES: Final[Mapping[str, Sequence[Any]]] = {
    "additive": ("last",), "leaves": (15, 31), "min_leaf": (200,), "column_share": (0.25,), "l2": (10.0,),
    "learning_rate": (0.05,),
}  # fmt: skip
"""What is tried of each setting; `additive: last` gives the last column (the place in a list) trees of its own."""
APART: Final = 10
"""One person in so many is kept apart."""
MOST_APART, MOST_TRIED = 3_000, 20_000
"""The most people kept apart, and the most that settings are tried on."""
ROUNDS, PATIENCE = 1_000, 30


@dataclass(frozen=True)
class TunedForest:
    """A forest of everybody, the settings that were chosen, and the log-loss of the people kept apart with each tried.

    Attributes:
        made: the forest.
        settings: as `PooledForest` takes them.
        losses: what was tried, in words, and its log-loss.
    """

    made: PooledForest
    settings: Mapping[str, Any]
    losses: Mapping[str, float]


@dataclass(frozen=True)
class PersonRows:
    """Rows, each with the number of its person."""

    table: Float32
    label: Float64
    owner: Int64

    def of(self, least: int, below: int) -> PersonRows:
        """The rows of people whose numbers are in a range."""
        some = (self.owner >= least) & (self.owner < below)
        return PersonRows(self.table[some], self.label[some], self.owner[some])


def tuned(
    table: Float32, label: Float64, owner: Int64, *, threads: int = 1, told: Callable[[str], object] = lambda _: None
) -> TunedForest:
    """Choose settings, then learn from everybody.

    Args:
        table: float32[m, F].
        label: float64[m], 1 where it was taken up.
        owner: int64[m], the number of the person of each row, from 0, in no order that says anything.
        threads: of LightGBM; more than one is slower where other programs run.
        told: hears what is tried.
    """
    rows, people = PersonRows(table, label, owner), int(owner.max()) + 1
    apart = min(max(people // APART, 1), MOST_APART)
    some, judge = min(people - apart, MOST_TRIED), rows.of(people - apart, people)
    chosen, losses = dict(BASE), dict[str, float]()

    def tried(settings: Mapping[str, Any], on: int) -> tuple[float, PooledForest]:
        told(f"LightGBM, {_words(settings)}")
        part = rows.of(0, on)
        made = _forest(settings, table.shape[1], ROUNDS, PATIENCE, threads)
        made.fit(part.table, part.label, validation=Validation(judge.table, judge.label))
        loss = losses[_words(settings)] = log_loss(judge.label, made.predict_proba(judge.table)[:, 1])
        return loss, made

    best, made = tried(chosen, some)
    for name, values in CHOICES.items():
        for value in values:
            loss, other = tried({**chosen, name: value}, some)
            if loss < best:
                best, made, chosen = loss, other, {**chosen, name: value}
    if some < people - apart:
        _, made = tried(chosen, people - apart)
    whole = _forest(chosen, table.shape[1], made.rounds_, 0, threads)
    return TunedForest(whole.fit(table, label), {**chosen, "rounds": made.rounds_}, losses)


def _forest(settings: Mapping[str, Any], columns: int, rounds: int, patience: int, threads: int) -> PooledForest:
    additive = (columns - 1,) if settings["additive"] == "last" else ()
    given = {**settings, "additive": additive}
    return PooledForest(**given, rounds=rounds, patience=patience, threads=threads)


def _words(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items() if value != ())
