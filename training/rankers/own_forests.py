"""Own forests: small catalogues get trees for each programme, joined with the pooled ones into one model.

They are grown in two ways: for each programme alone, and for all of them together as classes of what people took up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import lightgbm
import numpy as np

from features.arrays import Bool, Float32, Float64
from recommender.ranking.forest import parse_trees
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
            watch = Validation.of(rows[kept], examples[kept], start[kept])
        one = _like(forest, fixed).fit(
            rows[learned], label, examples.weight[learned], start=start[learned], looked=examples[learned].attended,
            validation=watch,
        )  # fmt: skip
        texts[programme], stopped[programme] = one.text_, one.rounds_
        raw[mine] = one.trees.raw(rows[mine])
    return OwnForests(texts, stopped, raw)


def grow_classes(
    forest: PooledForest, person: Float32, examples: Examples, aside: Bool | None, rounds: int = 0
) -> OwnForests:
    """Grow trees over the programmes as classes of what was taken up (softmax); those of a class are its programme's.

    Args:
        forest: how; its rounds are not kept.
        person: float32[m, F], what is known of the person alone: the first columns of the table.
        examples: m labelled rows.
        aside: bool[m], the rows that say when to stop; None where `rounds` does.
        rounds: how many rounds there are; none where 0.
    """
    took = examples.label > 0
    learned, raw = took if aside is None else took & ~aside, np.zeros(len(examples))
    classes = np.unique(examples.programme[learned])
    if classes.size < 2 or (aside is None and not rounds) or (aside is not None and not (took & aside).any()):
        return OwnForests({}, {}, raw)
    place = np.minimum(np.searchsorted(classes, examples.programme), classes.size - 1)
    told = [] if aside is None else [lightgbm.early_stopping(OWN_PATIENCE, verbose=False)]
    data = lightgbm.Dataset(person[learned], place[learned], weight=examples.weight[learned])
    kept = took & aside & (classes[place] == examples.programme) if aside is not None else took
    watched = [] if aside is None else [lightgbm.Dataset(person[kept], place[kept], reference=data)]
    settings = {
        **_like(forest, rounds).set_params(additive=()).parameters(),
        "objective": "multiclass",
        "metric": "multi_logloss",
    }
    settings |= {"num_class": classes.size}
    grown = lightgbm.train(settings, data, rounds or OWN_ROUNDS, valid_sets=watched, callbacks=told)
    most = rounds or max(grown.best_iteration, 1)
    texts = _by_class(grown.model_to_string(num_iteration=most), classes.tolist())
    for programme, text in texts.items():
        mine = examples.programme == programme
        raw[mine] = parse_trees(text).raw(person[mine])
    return OwnForests(texts, dict.fromkeys(texts, most), raw)


def _by_class(text: str, classes: Sequence[int]) -> dict[int, str]:
    """The trees of each class as a model of one tree a round; LightGBM writes those of a round one after the other."""
    head, blocks, tail = _parts(text)
    one = {"num_class": "1", "num_tree_per_iteration": "1", "objective": "binary sigmoid:1"}
    lines = (line.partition("=") for line in head.splitlines() if not line.startswith("tree_sizes"))
    head = "\n".join(name + equals + one.get(name, words) for name, equals, words in lines)
    return {
        programme: "\n".join(
            [head, "", *(f"Tree={i}\n{tree}\n" for i, tree in enumerate(blocks[at :: len(classes)])), tail]
        )
        for at, programme in enumerate(classes)
    }


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


def without_trees(columns: int) -> str:
    """A model of LightGBM's text that has no tree: its raw score is 0 of every row of so many columns."""
    names = " ".join(f"Column_{at}" for at in range(columns))
    head = f"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={columns - 1}"
    infos = " ".join(["none"] * columns)
    return f"{head}\nobjective=regression\nfeature_names={names}\nfeature_infos={infos}\n\nend of trees\n"


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
