"""The bilinear ranker: a person's bins x a programme's attributes in whole-number weights, folded into points."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Float64, Int32, Int64
from features.kernel.jit import njit
from recommender.ranking.attributes import NUMBERS, ProgrammeAttributes, Vocabulary
from recommender.ranking.bins import Bins, Slot
from recommender.ranking.manifest import Format, same_features
from recommender.ranking.scorer import Pairs, Scores
from recommender.rules.bounds import LEAST, MOST

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.rules.catalogue import Catalogue

FORMAT: Final = 1
"""The artefact format this module reads; a change of meaning raises it."""

KIND: Final = "bilinear"
WEIGHTS_FILE: Final = "bilinear.npz"
VOCABULARY_FILE: Final = "vocabulary.npz"
FILES: Final = (WEIGHTS_FILE, VOCABULARY_FILE)
ARTEFACT: Final = Format(KIND, FORMAT, FILES)

UNIT: Final = 2.0**-16
"""What weights and attributes are multiples of; points are multiples of its square."""
HEAVIEST, WIDEST = 2.0**10, 2.0**6
"""The most that a weight and an attribute may be, so that points never overflow."""
_OUTER: Final = 3.0


def whole(values: Float64, most: float) -> Int64:
    """Numbers as multiples of `UNIT`, none beyond `most`.

    >>> whole(np.array([0.5, -9e9]), most=1.0) * UNIT
    array([ 0.5, -1. ])
    """
    return np.rint(np.clip(values, -most, most) / UNIT).astype(np.int64)


@dataclass(frozen=True)
class AttributeScaler:
    """How a programme's public attributes become the numbers that weights multiply; fitted on a public catalogue.

    Attributes:
        centre: float64[N], of the attributes that are numbers.
        spread: float64[N].
        scale: float64[A], of every column.
        codes: int64[I], programmes that have a column of their own, ascending identifier codes.
        own: what such a column is multiplied by.
    """

    centre: Float64
    spread: Float64
    scale: Float64
    codes: Int64
    own: float

    @classmethod
    def fit(cls, attributes: ProgrammeAttributes, blocks: Mapping[str, float], indicator: float) -> AttributeScaler:
        """Learn the location of the numbers, and scale columns so that a programme's have length 1 on average.

        Args:
            attributes: of the catalogue.
            blocks: how much columns count by the beginning of their name (the longest that fits); 1 where none does.
            indicator: how much a programme's own column counts beside them; 0 for none.
        """
        numbers = attributes.values[:, : len(NUMBERS)].astype(np.float64)
        known = np.where(np.isnan(numbers), 0, numbers)
        seen = np.maximum((~np.isnan(numbers)).sum(axis=0), 1)
        centre = known.sum(axis=0) / seen
        spread = np.sqrt((np.where(np.isnan(numbers), 0, numbers - centre) ** 2).sum(axis=0) / seen)
        scale = np.array([_block(name, blocks) for name in (*attributes.names, *_FLAGS)])
        codes = np.sort(attributes.codes) if indicator > 0 else np.zeros(0, dtype=np.int64)
        plain = cls(centre, np.where(spread > 1e-9, spread, 1.0), scale, codes, indicator)
        length = float(np.sqrt((plain.of(attributes)[:, : scale.size] ** 2).sum(axis=1)).mean())
        return cls(plain.centre, plain.spread, scale / max(length, 1e-9), codes, indicator)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self.scale.size + self.codes.size

    def of(self, attributes: ProgrammeAttributes) -> Float64:
        """Any catalogue's programmes: float64[P, A + I]; numbers centred, unknown ones at the centre with a flag."""
        split = len(NUMBERS)
        values = attributes.values.astype(np.float64)
        unknown = np.isnan(values[:, :split])
        numbers = np.clip((values[:, :split] - self.centre) / self.spread, -_OUTER, _OUTER)
        public = np.concatenate([np.where(unknown, 0.0, numbers), values[:, split:], unknown], axis=1) * self.scale
        own = self.own * (attributes.codes[:, None] == self.codes)
        return np.asarray(np.concatenate([public, own], axis=1), dtype=np.float64)


_FLAGS: Final = tuple(f"unknown.{name}" for name in NUMBERS)


def _block(name: str, blocks: Mapping[str, float]) -> float:
    fitting = [start for start in blocks if name.startswith(start)]
    return blocks[max(fitting, key=len)] if fitting else 1.0


@dataclass(frozen=True)
class Fits:
    """Public tables of how bins and programmes fit: rows of `table` belong to bins, columns to programmes.

    Attributes:
        slot: int32[B], which slot (1 is the first after everybody's) each table reads.
        weight: int32[B], which weight it is multiplied by.
        start: int64[B + 1], where its rows begin.
        table: float64[rows, P].
    """

    slot: Int32
    weight: Int32
    start: Int64
    table: Float64


RECENCY: Final = 8
"""Classes of how long ago a life event was that have a weight each; the last stands for all that follow."""


def fit_names(bins: Bins) -> tuple[str, ...]:
    """What the weights of `fits` are about: how long ago the trigger was, each fact asked for, and one unknown."""
    asked = (f"asks.{slot.column}" for slot in bins.slots)
    return (*(f"trigger.{at}" for at in range(RECENCY)), *asked, "asks.unknown")


def fits(bins: Bins, attributes: ProgrammeAttributes, declaration: Declaration) -> Fits:
    """How every bin fits every programme: days since what it is offered on, and what its rules ask of single facts."""
    found: list[tuple[int, int, Float64]] = []
    for at, slot in enumerate(bins.slots):
        column = declaration.index(slot.column)
        found += [(at + 1, which, table) for which, table in _triggered(slot, column, attributes)]
        met, unknown = _asked(slot, column, attributes)
        found += [(at + 1, RECENCY + at, met), (at + 1, RECENCY + len(bins.slots), unknown)]
    used = [(slot, which, table) for slot, which, table in found if table.any()]
    empty = np.zeros((0, len(attributes.ids)))
    return Fits(
        np.array([slot for slot, _, _ in used], dtype=np.int32),
        np.array([which for _, which, _ in used], dtype=np.int32),
        np.cumsum([0, *(table.shape[0] for _, _, table in used)], dtype=np.int64),
        np.concatenate([empty, *(table for _, _, table in used)]),
    )


def _owners(starts: Int64) -> Int64:
    return np.repeat(np.arange(starts.size - 1), np.diff(starts))


def _triggered(slot: Slot, column: int, attributes: ProgrammeAttributes) -> list[tuple[int, Float64]]:
    offered = _owners(attributes.trigger_at)[attributes.trigger == column]
    tables = np.zeros((RECENCY, slot.size, len(attributes.ids)))
    for place in range(slot.classes):
        tables[min(place, RECENCY - 1), place, offered] = 1.0
    return list(enumerate(tables))


def _asked(slot: Slot, column: int, attributes: ProgrammeAttributes) -> tuple[Float64, Float64]:
    asks, owner = attributes.asks, _owners(attributes.asks.at)
    met, unknown = (np.zeros((slot.size, len(attributes.ids))) for _ in range(2))
    for row in np.flatnonzero(asks.column == column):
        met[: slot.classes, owner[row]] = _inside(slot, int(asks.low[row]), int(asks.high[row]))
        unknown[slot.classes + 1, owner[row]] = 1.0
    return met, unknown


def _inside(slot: Slot, low: int, high: int) -> Float64:
    """The share of a class within bounds, 0 to 1; a class without end counts as soon as it touches them."""
    if slot.date:
        return np.zeros(slot.classes)  # a rule bounds the day, a class the days since; age says it better
    begins = np.array([LEAST, *slot.cuts], dtype=np.float64)
    ends = np.array([*slot.cuts, MOST], dtype=np.float64)
    shared = np.clip(np.minimum(ends, high + 1.0) - np.maximum(begins, low), 0.0, None)
    endless = (begins == LEAST) | (ends == MOST)
    return np.asarray(np.where(endless, shared > 0, shared / (ends - begins)), dtype=np.float64)


@dataclass(frozen=True)
class Folded(ProgrammeAttributes):
    """A catalogue's programmes with the points that every bin gives each: int64[P, D], in units of UNIT squared."""

    points: Int64


@njit
def _points(points: Int64, bins: Int32, person: Int64, programme: Int64) -> Int64:
    out = np.zeros(person.size, dtype=np.int64)
    for row in range(person.size):
        mine, theirs = bins[person[row]], points[programme[row]]
        for slot in range(mine.size):
            out[row] += theirs[mine[slot]]
    return out


@dataclass(frozen=True)
class Bilinear:
    """A trained ranker whose score is a sum of whole numbers, one for each fact; a `recommender.ranking.scorer.Scorer`.

    Attributes:
        bins: how people fall into classes.
        reading: how programmes become columns.
        vocabulary: what is read of programmes.
        cross: int64[D, A], in `UNIT`.
        fit: int64[weights of `fits`], in `UNIT`.
        codes: int64[P], ascending: programmes with an effect of their own.
        own: int64[P], in `UNIT` squared; one never seen has 0.
        slope: of the line from score to log-odds.
        intercept: likewise.
    """

    bins: Bins
    reading: AttributeScaler
    vocabulary: Vocabulary
    cross: Int64
    fit: Int64
    codes: Int64
    own: Int64
    slope: float
    intercept: float
    features_hash: str
    catalogue_hash: str
    manifest: Mapping[str, Any]

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], declaration_hash: str | None = None) -> Bilinear:
        """Check an artefact's bytes and make the scorer they hold.

        Args:
            files: file name -> content: `manifest.json` and every file it lists.
            declaration_hash: the features hash of the declaration in use; None skips the comparison.

        Raises:
            Rejected: a file is missing or altered, the format is another, or the model was trained on other features.
        """
        manifest = ARTEFACT.manifest(files, declaration_hash)
        vocabulary = Vocabulary.from_bytes(files[VOCABULARY_FILE])
        with np.load(io.BytesIO(files[WEIGHTS_FILE]), allow_pickle=False) as read:
            arrays = {name: read[name] for name in read.files}
        slots = tuple(
            Slot(one["column"], tuple(one["cuts"]), one["ordered"], one["date"])
            for one in json.loads(arrays["slots"].tobytes())
        )
        slope, intercept, own = (float(value) for value in arrays["line"])
        return cls(
            bins=Bins(slots),
            reading=AttributeScaler(**{name: arrays[f"reading.{name}"] for name in _ARRAYS}, own=own),
            vocabulary=vocabulary,
            **{name: arrays[name] for name in _LEARNED},
            slope=slope,
            intercept=intercept,
            features_hash=manifest["features_hash"],
            catalogue_hash=manifest["catalogue_hash"],
            manifest=manifest,
        )

    def files(self) -> dict[str, bytes]:
        """Its files but for the manifest; nothing in them is pickled."""
        out = io.BytesIO()
        slots = json.dumps([asdict(slot) for slot in self.bins.slots]).encode()
        np.savez(
            out, slots=np.frombuffer(slots, dtype=np.uint8),
            line=np.array([self.slope, self.intercept, self.reading.own]),
            **{name: getattr(self, name) for name in _LEARNED},
            **{f"reading.{name}": getattr(self.reading, name) for name in _ARRAYS},
        )  # fmt: skip
        return {WEIGHTS_FILE: out.getvalue(), VOCABULARY_FILE: self.vocabulary.to_bytes()}

    def attributes(self, catalogue: Catalogue, declaration: Declaration) -> Folded:
        """The catalogue's programmes and what every bin gives each of them; do it once per catalogue."""
        read = self.vocabulary.attributes(catalogue, declaration)
        plain = {field.name: getattr(read, field.name) for field in fields(read)}
        return Folded(**plain, points=self.folded(read, declaration))

    def folded(self, attributes: ProgrammeAttributes, declaration: Declaration) -> Int64:
        """The points that bins give programmes, whole numbers only: int64[P, D]."""
        points = whole(self.reading.of(attributes), WIDEST) @ self.cross.T
        fit, starts = fits(self.bins, attributes, declaration), (0, *self.bins.starts)
        for at, (slot, which) in enumerate(zip(fit.slot.tolist(), fit.weight.tolist(), strict=True)):
            table = whole(fit.table[fit.start[at] : fit.start[at + 1]], WIDEST)
            points[:, starts[slot] : starts[slot] + table.shape[0]] += self.fit[which] * table.T
        points[:, 0] += self._own_of(attributes.codes)
        return points

    def _own_of(self, codes: Int64) -> Int64:
        if not self.codes.size:
            return np.zeros(codes.size, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.codes, codes), self.codes.size - 1)
        return np.where(self.codes[at] == codes, self.own[at], 0)

    def score(self, people: Snapshots, attributes: ProgrammeAttributes, pairs: Pairs) -> Scores:
        """Score every pair: points to order by, and the calibrated P(takes up | offered).

        Raises:
            Rejected: the snapshots were computed with other features than the model was trained on.
        """
        same_features(self.features_hash, people.features_hash)
        points = attributes.points if isinstance(attributes, Folded) else self.folded(attributes, people.declaration)
        found = _points(points, self.bins.of_people(people), pairs.person, pairs.programme)
        score = np.asarray(found * UNIT**2, dtype=np.float64)
        odds = np.exp(-(self.slope * score + self.intercept))
        return Scores(score, np.asarray(1.0 / (1.0 + odds), dtype=np.float64))


_ARRAYS: Final = ("centre", "spread", "scale", "codes")
_LEARNED: Final = ("cross", "fit", "codes", "own")
