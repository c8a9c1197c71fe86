"""The one module that predicts with a boosted forest: LightGBM's text format, read and walked without LightGBM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from features.arrays import Array, Bool, Float64, Floating, Int64, UInt8
from features.kernel.jit import njit
from features.problem import Problem, Rejected
from recommender.ranking.attributes import ProgrammeAttributes, Vocabulary
from recommender.ranking.design import DesignMatrix
from recommender.ranking.item_effect import Scale
from recommender.ranking.manifest import Format, same_features
from recommender.ranking.scorer import Pairs, Scores

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.rules.catalogue import Catalogue

FORMAT = 3
"""The artefact format this module reads; a change of meaning raises it."""

KIND = "lightgbm"
MODEL_FILE = "model.txt"
SCALE_FILE = "scale.npz"
VOCABULARY_FILE = "vocabulary.npz"
ATTENTION_FILE = "attention.txt"
FILES = (MODEL_FILE, SCALE_FILE, VOCABULARY_FILE, ATTENTION_FILE)
ARTEFACT = Format(KIND, FORMAT, FILES)

ZERO = 1e-35
"""LightGBM's kZeroThreshold (include/LightGBM/meta.h): |x| at most this counts as zero."""

_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_MISSING_ZERO, _MISSING_NAN = 1, 2
_BLOCK = 1_024
"""Rows of the design matrix filled at a time: about a megabyte, which stays in the processor's cache."""
_ROWS_AT_ONCE = 32
"""Rows that go through all trees together, so that they stay in the processor's first cache."""
_WORTH_DECIDING = 8
"""Rows of one group from which on deciding what they share costs less than it saves."""


class RowGroups(NamedTuple):
    """Adjacent rows that agree in some columns: the group of each row, int64[m], and the columns, bool[F]."""

    of: Int64
    shared: Bool


@dataclass(frozen=True)
class Trees:
    """All trees of a LightGBM model as flat tables; tree i begins at node `node_at[i]` and leaf `leaf_at[i]`."""

    node_at: Int64
    leaf_at: Int64
    feature: Int64
    threshold: Float64
    decision: UInt8
    left: Int64
    right: Int64
    leaf: Float64
    names: tuple[str, ...]

    def check(self) -> None:
        """See that compiled code, which looks at no bounds, stays within the tables.

        Raises:
            ValueError: a table has another length, or a node, leaf or column is named that is not there.
        """
        counts = np.diff(self.node_at)
        nodes = counts.tolist()
        count = sum(nodes)  # of Python's integers: what a file says may be beyond 64 bits
        parts = (self.feature, self.threshold, self.decision, self.left, self.right)
        if min(nodes, default=0) < 0 or any(part.size != count for part in parts):
            raise ValueError("its tables have other lengths than its trees")
        if self.leaf.size != count + len(nodes) or not np.all(np.isfinite(self.leaf)):
            raise ValueError("a leaf is missing or is no number")
        if np.any((self.feature < 0) | (self.feature >= len(self.names))):
            raise ValueError("it reads a column that it does not name")
        of_tree = np.repeat(counts, counts)
        for children in (self.left, self.right):
            if np.any((children >= of_tree) | (children < -of_tree - 1)):
                raise ValueError("a node leads out of its tree")

    def raw(self, table: Floating, groups: RowGroups | None = None) -> Float64:
        """Sum the trees over rows: float[m, F] in, raw score (log-odds) float64[m] out.

        Equal to ``Booster.predict(table, raw_score=True)`` to the last bit: same comparisons, same order of summation.
        With `groups`, what a tree asks of the shared columns is decided once for each group.
        """
        if table.ndim != 2 or table.shape[1] != len(self.names):
            raise ValueError(f"the model reads {len(self.names)} columns, the table has shape {table.shape}")
        of, shared = groups or RowGroups(np.arange(table.shape[0]), np.zeros(len(self.names), dtype=np.bool_))
        children = np.stack([self.left, self.right], axis=1)
        return _walk(
            np.ascontiguousarray(table), of, shared, self.node_at, self.leaf_at, self.feature, self.threshold,
            self.decision, children, self.leaf,
        )  # fmt: skip


@njit
def _goes_left(value: float, threshold: float, decision: int) -> bool:
    missing = (decision >> 2) & 3
    if np.isnan(value):
        if missing == _MISSING_NAN:
            return (decision & _DEFAULT_LEFT) != 0
        value = 0.0
    if missing == _MISSING_ZERO and abs(value) <= ZERO:
        return (decision & _DEFAULT_LEFT) != 0
    return value <= threshold


@njit
def _decide(
    row: Floating, shared: Bool, node_at: Int64, feature: Int64, threshold: Float64, decision: UInt8, children: Int64,
    roots: Int64, decided: Int64,
) -> None:  # fmt: skip
    """Fill the trees as rows that agree with `row` in the shared columns meet them: nodes on those are left out.

    A node's children have higher numbers than the node, so going from the last node to the first meets them before.
    """
    reached = np.empty(feature.size, dtype=np.int64)
    for tree in range(node_at.size - 1):
        first, last = node_at[tree], node_at[tree + 1]
        for at in range(last - 1, first - 1, -1):
            for side in range(2):
                child = children[at, side]
                decided[at, side] = child if child < 0 else reached[first + child]
            reached[at] = at - first
            if shared[feature[at]]:
                left = _goes_left(np.float64(row[feature[at]]), threshold[at], decision[at])
                reached[at] = decided[at, 0] if left else decided[at, 1]
        roots[tree] = -1 if first == last else reached[first]


@njit
def _add(
    out: Float64, table: Floating, node_at: Int64, leaf_at: Int64, feature: Int64, threshold: Float64,
    decision: UInt8, leaf: Float64, roots: Int64, decided: Int64,
) -> None:  # fmt: skip
    """Add the leaves that some rows reach; one tree after the other, as LightGBM sums."""
    for tree in range(node_at.size - 1):
        first = node_at[tree]
        for row in range(table.shape[0]):
            node = roots[tree]
            while node >= 0:
                at = first + node
                left = _goes_left(np.float64(table[row, feature[at]]), threshold[at], decision[at])
                node = decided[at, 0] if left else decided[at, 1]
            out[row] += leaf[leaf_at[tree] + ~node]


@njit
def _walk(
    table: Floating, group: Int64, shared: Bool, node_at: Int64, leaf_at: Int64, feature: Int64, threshold: Float64,
    decision: UInt8, children: Int64, leaf: Float64,
) -> Float64:  # fmt: skip
    out = np.zeros(table.shape[0], dtype=np.float64)
    trees = node_at.size - 1
    whole = np.where(node_at[1:] > node_at[:-1], 0, -1)
    roots, decided = np.empty(trees, dtype=np.int64), np.empty_like(children)
    begin = 0
    while begin < table.shape[0]:
        end = begin + 1
        while end < table.shape[0] and group[end] == group[begin]:
            end += 1
        many = end - begin >= _WORTH_DECIDING
        if many:
            _decide(table[begin], shared, node_at, feature, threshold, decision, children, roots, decided)
        for first in range(begin, end, _ROWS_AT_ONCE):
            last = min(first + _ROWS_AT_ONCE, end)
            _add(
                out[first:last], table[first:last], node_at, leaf_at, feature, threshold, decision, leaf,
                roots if many else whole, decided if many else children,
            )  # fmt: skip
        begin = end
    return out


def parse_trees(text: str) -> Trees:
    """Read LightGBM's text model (version v4) into tables.

    Args:
        text: what ``Booster.model_to_string()`` gives.

    Raises:
        Rejected: not such a text, or a kind of tree this walker does not know (categorical splits, linear leaves,
            several classes, averaged output).

    Source: LightGBM 4.7, src/io/tree.cpp (Tree::ToString) and src/boosting/gbdt_model_text.cpp.
    """
    head, _, rest = text.partition("\nTree=")
    fields = _fields(head)
    problems = list(_unreadable(head, fields))
    if problems:
        raise Rejected(tuple(problems))
    whole, end, _ = rest.partition("\nend of trees")
    try:
        if rest and not end:
            raise ValueError("ends in the middle")
        trees = [_fields(block) for block in whole.split("\nTree=")] if rest else []
        found = _tables(trees, tuple(fields["feature_names"].split()))
        found.check()
    except (ValueError, KeyError, OverflowError) as failure:
        what = f"is no forest that can be walked: {failure}"
        raise Rejected((Problem((MODEL_FILE,), "damaged", what, "Train the model again with this version"),)) from None
    return found


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines() if "=" in line)
    return {key: value for key, _, value in pairs}


def _unreadable(head: str, fields: Mapping[str, str]) -> list[Problem]:
    where, remedy = (MODEL_FILE,), "Train the model again with this version"
    problems = []
    if not head.startswith("tree") or fields.get("version") != "v4" or "feature_names" not in fields:
        return [Problem(where, "invalid", "is not a LightGBM text model of version v4", remedy)]
    if fields.get("num_tree_per_iteration") != "1":
        problems.append(Problem(where, "invalid", "has more than one tree a round", remedy))
    if "average_output" in head.splitlines():
        problems.append(Problem(where, "invalid", "averages its trees (random forest)", remedy))
    return problems


def _tables(trees: list[dict[str, str]], names: tuple[str, ...]) -> Trees:
    nodes = [_node_count(tree, at) for at, tree in enumerate(trees)]
    _check_order(trees)
    return Trees(
        node_at=np.cumsum([0, *nodes], dtype=np.int64),
        leaf_at=np.cumsum([0, *(count + 1 for count in nodes)], dtype=np.int64),
        feature=_joined(trees, "split_feature", np.int64),
        threshold=_joined(trees, "threshold", np.float64),
        decision=_joined(trees, "decision_type", np.uint8),
        left=_joined(trees, "left_child", np.int64),
        right=_joined(trees, "right_child", np.int64),
        leaf=_joined(trees, "leaf_value", np.float64),
        names=names,
    )


def _node_count(tree: Mapping[str, str], at: int) -> int:
    if int(tree["num_cat"]) or int(tree["is_linear"]):
        what = f"tree {at} has categorical splits or linear leaves"
        raise Rejected((Problem((MODEL_FILE,), "invalid", what, "Train with numeric columns and constant leaves"),))
    return int(tree["num_leaves"]) - 1


def _check_order(trees: list[dict[str, str]]) -> None:
    for at, tree in enumerate(trees):
        for side in ("left_child", "right_child"):
            children = [int(word) for word in tree.get(side, "").split()]
            if any(0 <= child <= node for node, child in enumerate(children)):
                what = f"tree {at} has a node before its parent"
                raise Rejected((Problem((MODEL_FILE,), "damaged", what, "Train the model again with this version"),))


def _joined(trees: list[dict[str, str]], field: str, kind: type) -> Array:
    # A tree of one leaf writes no nodes at all, so its node fields are absent.
    return np.array([kind(word) for tree in trees for word in tree.get(field, "").split()], dtype=kind)


@dataclass(frozen=True)
class ForestAttributes(ProgrammeAttributes):
    """A catalogue's programmes with everything about them that a forest computes once.

    Attributes:
        mean: float64[P], each programme's effect in log-odds.
        variance: float64[P], how unsure it is.
        design: which columns the table has.
    """

    mean: Float64
    variance: Float64
    design: DesignMatrix


@dataclass(frozen=True)
class Forest:
    """A trained ranker read from an artefact; a `recommender.ranking.scorer.Scorer`.

    Attributes:
        trees: what people want.
        scale: from their sums to probabilities.
        vocabulary: how programmes are read.
        features_hash, catalogue_hash: what it was trained with.
        manifest: what it is and where it comes from.
        attention: the log-odds that what is shown is looked at, from the place and the channel; None where everything
            was taken to be looked at. It orders nothing.
    """

    trees: Trees
    scale: Scale
    vocabulary: Vocabulary
    features_hash: str
    catalogue_hash: str
    manifest: Mapping[str, Any]
    attention: Trees | None = None

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], declaration_hash: str | None = None) -> Forest:
        """Check an artefact's bytes and make the scorer they hold.

        Args:
            files: file name -> content: `manifest.json` and every file it lists.
            declaration_hash: the features hash of the declaration in use; None skips the comparison.

        Raises:
            Rejected: a file is missing or altered, the format is another, or the model was trained on other features.
        """
        manifest = ARTEFACT.manifest(files, declaration_hash)
        vocabulary = Vocabulary.from_bytes(files[VOCABULARY_FILE])
        trees = parse_trees(files[MODEL_FILE].decode())
        attention = parse_trees(files[ATTENTION_FILE].decode()) if files[ATTENTION_FILE] else None
        try:
            scale = Scale.from_bytes(files[SCALE_FILE])
        except ValueError:
            what, remedy = "is not what training writes", "Train the model again with this version"
            raise Rejected((Problem((SCALE_FILE,), "damaged", what, remedy),)) from None
        return cls(trees, scale, vocabulary, manifest["features_hash"], manifest["catalogue_hash"], manifest, attention)

    def attributes(self, catalogue: Catalogue, declaration: Declaration) -> ForestAttributes:
        """The catalogue's programmes as this model reads them; do it once per catalogue."""
        return self._prepared(self.vocabulary.attributes(catalogue, declaration), declaration)

    def _prepared(self, attributes: ProgrammeAttributes, declaration: Declaration) -> ForestAttributes:
        plain = {field.name: getattr(attributes, field.name) for field in fields(attributes)}
        mean, variance = self.scale.effects.of(attributes)
        return ForestAttributes(
            **plain, mean=mean, variance=variance, design=DesignMatrix.of(declaration, self.vocabulary)
        )

    def score(self, people: Snapshots, attributes: ProgrammeAttributes, pairs: Pairs) -> Scores:
        """Score every pair: log-odds to order by, and the calibrated P(takes up | offered).

        Raises:
            Rejected: the snapshots were computed with other features than the model was trained on.
        """
        same_features(self.features_hash, people.features_hash)
        ready = (
            attributes if isinstance(attributes, ForestAttributes) else self._prepared(attributes, people.declaration)
        )
        raw = np.empty(len(pairs), dtype=np.float64)
        for first in range(0, len(pairs), _BLOCK):
            block = pairs[first : first + _BLOCK]
            groups = RowGroups(block.person, ready.design.of_person)
            raw[first : first + _BLOCK] = self.trees.raw(ready.design.rows(people, attributes, block), groups)
        score = self.scale.line(raw, ready.mean[pairs.programme], ready.variance[pairs.programme])
        return Scores(score, 1.0 / (1.0 + np.exp(-score)))
