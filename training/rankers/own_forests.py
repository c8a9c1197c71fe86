"""Own forests: small catalogues get trees for each programme alone, joined with the pooled ones into one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Float32, Float64
from training.rankers.models import Validation

if TYPE_CHECKING:
    from training.data.examples import Examples
    from training.rankers.models import PooledForest

FEWEST: Final = 40
"""So many rows of either label make a programme worth trees of its own."""
OWN_ROUNDS: Final = 600
OWN_PATIENCE: Final = 40
Texts = Mapping[int, str]
"""By a programme's place in the catalogue, its trees as LightGBM writes them."""


@dataclass(frozen=True)
class OwnForests:
    """Trees of each programme, and after how many rounds they stopped.

    Attributes:
        texts: by the programme's place.
        rounds: likewise.
        raw: float64[m], what they say of the rows they were grown with: 0 where a programme has none.
    """

    texts: Texts
    rounds: Mapping[int, int]
    raw: Float64


def grow_own(
    forest: PooledForest, rows: Float32, examples: Examples, start: Float64, aside: Bool | None,
    rounds: Mapping[int, int] | None = None,
) -> OwnForests:  # fmt: skip
    """Grow trees for each programme, from its own rows alone.

    Args:
        forest: how; its rounds are not kept.
        rows: float32[m, F].
        examples: m labelled rows.
        start: float64[m], the log-odds that they start from.
        aside: bool[m], the rows that say when to stop; None where `rounds` does.
        rounds: how many rounds each programme gets; one without gets no trees.
    """
    texts, stopped, raw = dict[int, str](), dict[int, int](), np.zeros(len(examples))
    for programme in np.unique(examples.programme).tolist():
        mine = np.flatnonzero(examples.programme == programme)
        learned = mine if aside is None else mine[~aside[mine]]
        label, fixed = examples.label[learned], (rounds or {}).get(programme, 0)
        if min(label.sum(), label.size - label.sum()) < FEWEST or (aside is None and not fixed):
            continue
        watch = None
        if aside is not None:
            kept = mine[aside[mine]]
            watch = Validation(rows[kept], examples.label[kept], weight=examples.weight[kept], start=start[kept])
        one = _like(forest, fixed).fit(
            rows[learned], label, examples.weight[learned], start=start[learned], validation=watch
        )
        texts[programme], stopped[programme] = one.text_, one.rounds_
        raw[mine] = one.trees.raw(rows[mine])
    return OwnForests(texts, stopped, raw)


def _like(forest: PooledForest, fixed: int) -> PooledForest:
    """The settings of a programme's own trees: few rows, so small steps and small leaves."""
    settings = forest.get_params()
    rounds, patience = (fixed, 0) if fixed else (OWN_ROUNDS, OWN_PATIENCE)
    small = {"leaves": 8, "min_leaf": max(10, forest.min_leaf // 10), "learning_rate": forest.learning_rate / 2}
    return type(forest)(**settings | small | {"rounds": rounds, "patience": patience, "objective": "pointwise"})


def joined(pooled: str, own: Texts, columns: Mapping[int, int], share: float) -> str:
    """One model of LightGBM's text: the pooled trees, and each programme's own below a question which programme it is.

    Its raw score is (1 - share) of the pooled one and `share` of the programme's own.

    Args:
        pooled: the pooled trees.
        own: each programme's.
        columns: by a programme's place, the column of the table that is 1 for it and 0 for others.
        share: how much of the score is the programme's own.
    """
    head, blocks, tail = _parts(pooled)
    trees = [_scaled(block, 1 - share) for block in blocks] if share < 1 else []
    for programme in sorted(own) if share else ():
        trees += [_below(_scaled(block, share), columns[programme]) for block in _parts(own[programme])[1]]
    lines = [line for line in head.splitlines() if not line.startswith("tree_sizes")]
    return "\n".join([*lines, "", *(f"Tree={at}\n{block}\n" for at, block in enumerate(trees)), tail])


def _parts(text: str) -> tuple[str, list[str], str]:
    head, *rest = text.partition("\nend of trees")[0].split("\nTree=")
    return (
        head,
        [block.partition("\n")[2].strip() for block in rest],
        "end of trees" + text.partition("\nend of trees")[2],
    )


def _scaled(block: str, by: float) -> str:
    """The tree with every leaf multiplied."""
    lines = [line.partition("=") for line in block.splitlines()]
    return "\n".join(
        f"{name}={' '.join(repr(float(word) * by) for word in words.split())}"
        if name == "leaf_value"
        else name + equals + words
        for name, equals, words in lines
    )


def _below(block: str, column: int) -> str:
    """The tree under a new root: left a leaf of 0 for rows of other programmes, right what the tree was."""
    grown = "split_feature=" in block
    said = dict(line.partition("=")[::2] for line in block.splitlines())
    leaves = ["0", *said["leaf_value"].split()]
    old = {name: said.get(name, "").split() for name in ("split_feature", "threshold", "decision_type")}

    def moved(side: str) -> list[str]:
        return [str(child + 1 if child >= 0 else child - 1) for child in map(int, said.get(side, "").split())]

    fields: dict[str, Sequence[str]] = {
        "num_leaves": [str(len(leaves))],
        "num_cat": ["0"],
        "split_feature": [str(column), *old["split_feature"]],
        "threshold": ["0.5", *old["threshold"]],
        "decision_type": ["0", *old["decision_type"]],
        "left_child": ["-1", *moved("left_child")],
        "right_child": ["1" if grown else "-2", *moved("right_child")],
        "leaf_value": leaves,
        "is_linear": ["0"],
        "shrinkage": ["1"],
    }
    return "\n".join(f"{name}={' '.join(words)}" for name, words in fields.items()) + "\n"
