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
from recommender.ranking.bins import Bins, Flag, Slot
from recommender.ranking.manifest import Format, same_features
from recommender.ranking.point_sums import PointSums, usual_bins
from recommender.ranking.programme_fit import Fits, fits
from recommender.ranking.scorer import Pairs, Scores

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.rules.catalogue import Catalogue

FORMAT: Final = 2
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
        scale = np.array([_block(name, blocks) for name in (*attributes.names, *_FLAGS, ALWAYS)])
        codes = np.sort(attributes.codes) if indicator > 0 else np.zeros(0, dtype=np.int64)
        plain = cls(centre, np.where(spread > 1e-9, spread, 1.0), scale, codes, indicator)
        length = float(np.sqrt((plain.of(attributes)[:, : scale.size] ** 2).sum(axis=1)).mean())
        return cls(plain.centre, plain.spread, scale / max(length, 1e-9), codes, indicator)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self.scale.size + self.codes.size

    def columns_of(self, start: str, attributes: ProgrammeAttributes) -> tuple[int, int]:
        """From which to which column what begins like this is; programmes' own columns where nothing does."""
        found = [at for at, name in enumerate(attributes.names) if name.startswith(start)]
        return (found[0], found[-1] + 1) if found else (self.scale.size, self.width)

    def of(self, attributes: ProgrammeAttributes) -> Float64:
        """Any catalogue's programmes: float64[P, A + I]; numbers centred, unknown ones at the centre with a flag."""
        split = len(NUMBERS)
        values = attributes.values.astype(np.float64)
        unknown = np.isnan(values[:, :split])
        numbers = np.clip((values[:, :split] - self.centre) / self.spread, -_OUTER, _OUTER)
        always = np.ones((len(values), 1))
        known = np.where(unknown, 0.0, numbers)
        public = np.concatenate([known, values[:, split:], unknown, always], axis=1) * self.scale
        own = self.own * (attributes.codes[:, None] == self.codes)
        return np.asarray(np.concatenate([public, own], axis=1), dtype=np.float64)


_FLAGS: Final = tuple(f"unknown.{name}" for name in NUMBERS)
ALWAYS: Final = "always"
"""The column that is the same for every programme: crossed with a person's, it is how ready they are for any."""


def _block(name: str, blocks: Mapping[str, float]) -> float:
    fitting = [start for start in blocks if name.startswith(start)]
    return blocks[max(fitting, key=len)] if fitting else 1.0


@dataclass(frozen=True)
class Folded(ProgrammeAttributes):
    """A catalogue's programmes with the points that bins give each, in units of UNIT squared.

    Attributes:
        points: by every bin, int64[P, D].
        base: to somebody of whom nothing is known, int64[P].
        fit: what of them says how people and programmes fit.
    """

    points: Int64
    base: Int64
    fit: Fits


@njit
def _points(points: Int64, base: Int64, unknown: Int32, bins: Int32, person: Int64, programme: Int64) -> Int64:
    """The points of each pair, by what is known of the person: of most facts nothing is."""
    out, known, many, now = np.empty(person.size, np.int64), np.empty(unknown.size, np.int64), 0, -1
    for row in range(person.size):
        if person[row] != now:
            now, many = person[row], 0
            for slot in range(unknown.size):
                if bins[now, slot] != unknown[slot]:
                    known[many] = slot
                    many += 1
        mine, theirs, total = bins[now], points[programme[row]], base[programme[row]]
        for one in range(many):
            total += theirs[mine[known[one]]] - theirs[unknown[known[one]]]
        out[row] = total
    return out


def _points_of_many(points: Int64, bins: Int32, pairs: Pairs) -> Int64:
    """The same for many people: each is told by the bins that are not those of most, programme by programme."""
    usual = usual_bins(bins)
    instead = np.zeros(points.shape[1], dtype=np.int64)
    for column, most in zip(bins.T, usual, strict=True):
        instead[column] = most
    person, slot = np.nonzero(bins != usual)
    starts, out = np.searchsorted(person, np.arange(len(bins) + 1)), np.empty(len(pairs), dtype=np.int64)
    order = np.argsort(pairs.programme.astype(np.int16 if len(points) < 2**15 else np.int64), kind="stable")
    theirs = (points[:, usual].sum(axis=1), instead)
    _fill_points(points, theirs, (starts, bins[person, slot]), (pairs.person, pairs.programme), order, out)
    return out


@njit
def _fill_points(
    points: Int64,
    usual: tuple[Int64, Int64],
    of_people: tuple[Int64, Int32],
    pairs: tuple[Int64, Int64],
    order: Int64,
    out: Int64,
) -> None:
    (base, instead), (starts, mine), (person, programme) = usual, of_people, pairs
    more, now = np.empty(points.shape[1], np.int64), -1
    for row in order:
        if programme[row] != now:
            now = programme[row]
            for one in range(more.size):
                more[one] = points[now, one] - points[now, instead[one]]
        total = base[now]
        for i in range(starts[person[row]], starts[person[row] + 1]):
            total += more[mine[i]]
        out[row] = total


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
        own: int64[P + 1], in `UNIT` squared; the last is that of a programme never seen.
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
        return cls.of_files(files, ARTEFACT.manifest(files, declaration_hash))

    @classmethod
    def of_files(cls, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Bilinear:
        """The scorer in an artefact's files, of this kind or one that holds it, which were checked."""
        vocabulary = Vocabulary.from_bytes(files[VOCABULARY_FILE])
        with np.load(io.BytesIO(files[WEIGHTS_FILE]), allow_pickle=False) as read:
            arrays = {name: read[name] for name in read.files}
        classes = json.loads(arrays["slots"].tobytes())
        slots = (Slot(**{**one, "cuts": tuple(one["cuts"]), "share": tuple(one["share"])}) for one in classes["slots"])
        pairs = ((Flag(**one), Flag(**other)) for one, other in classes["pairs"])
        slope, intercept, own = (float(value) for value in arrays["line"])
        return cls(
            bins=Bins(tuple(slots), tuple(pairs)),
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
        slots = json.dumps(asdict(self.bins)).encode()
        np.savez(
            out, slots=np.frombuffer(slots, dtype=np.uint8),
            line=np.array([self.slope, self.intercept, self.reading.own]),
            **{name: getattr(self, name) for name in _LEARNED},
            **{f"reading.{name}": getattr(self.reading, name) for name in _ARRAYS},
        )  # fmt: skip
        return {WEIGHTS_FILE: out.getvalue(), VOCABULARY_FILE: self.vocabulary.to_bytes()}

    def attributes(self, catalogue: Catalogue, declaration: Declaration) -> Folded:
        """The catalogue's programmes and what every bin gives each of them; do it once per catalogue."""
        return self.with_points(self.vocabulary.attributes(catalogue, declaration), declaration)

    def with_points(self, attributes: ProgrammeAttributes, declaration: Declaration) -> Folded:
        """The same of programmes whose attributes were read."""
        plain = {field.name: getattr(attributes, field.name) for field in fields(attributes)}
        fit = fits(self.bins, attributes, declaration, self.reading.codes)
        points = self.folded(attributes, fit)
        return Folded(**plain, points=points, base=points[:, self.bins.unknown].sum(axis=1), fit=fit)

    def folded(self, attributes: ProgrammeAttributes, fit: Fits) -> Int64:
        """The points that bins give programmes, whole numbers only: int64[P, D]."""
        points = whole(self.reading.of(attributes), WIDEST) @ self.cross.T
        starts, sizes = (0, *self.bins.starts), [1, *(slot.size for slot in self.bins.slots)]
        owner = np.repeat(np.arange(fit.at.size - 1), np.diff(fit.at)).tolist()
        value = whole(fit.value, WIDEST)
        for programme, slot, row in zip(owner, fit.slot.tolist(), fit.row.tolist(), strict=True):
            own = slice(starts[slot], starts[slot] + sizes[slot])
            rows = slice(row + own.start, row + own.stop)
            points[programme, own] += self.fit[fit.weight[rows]] * value[rows]
        points[:, 0] += self._own_of(attributes.codes)
        return points

    def point_sums(self, programmes: Folded) -> PointSums:
        """The parts of which the points of a catalogue's programmes are sums."""
        fit = programmes.fit
        return PointSums(
            programmes=np.asarray(whole(self.reading.of(programmes), WIDEST) * UNIT, np.float64),
            bins=np.asarray(self.cross * UNIT, np.float64),
            slots=np.repeat(np.arange(1 + len(self.bins.starts)), np.diff([0, *self.bins.starts, self.bins.size])),
            usual=np.full(1 + len(self.bins.starts), -1, np.int64),
            base=np.zeros(self.cross.shape[1]),
            always=np.asarray(self._own_of(programmes.codes) * UNIT**2, np.float64),
            at=fit.at,
            slot=fit.slot.astype(np.int64),
            row=fit.row,
            fit=np.asarray(self.fit[fit.weight] * whole(fit.value, WIDEST) * UNIT**2, np.float64),
            line=np.array([self.slope, self.intercept]),
        )

    def likelihood_bounds(self, programmes: Folded) -> tuple[Float64, Float64]:
        """The least and the greatest likelihood of each programme, whatever the bins of a person: float64[P] each."""
        starts = np.array((0, *self.bins.starts))
        ends = [side.reduceat(programmes.points, starts, axis=1).sum(axis=1) for side in (np.minimum, np.maximum)]
        low, high = (self.scored(one).probability for one in ends)
        return np.minimum(low, high), np.maximum(low, high)

    def scored(self, points: Int64) -> Scores:
        """The scores that points are, and their probabilities."""
        score = np.asarray(points * UNIT**2, dtype=np.float64)
        odds = np.exp(-(self.slope * score + self.intercept))
        return Scores(score, np.asarray(1.0 / (1.0 + odds), dtype=np.float64))

    def _own_of(self, codes: Int64) -> Int64:
        if not self.codes.size:
            return np.full(codes.size, self.own[-1])
        at = np.minimum(np.searchsorted(self.codes, codes), self.codes.size - 1)
        return np.where(self.codes[at] == codes, self.own[at], self.own[-1])

    def score(self, people: Snapshots, attributes: ProgrammeAttributes, pairs: Pairs) -> Scores:
        """Score every pair: points to order by, and the calibrated P(takes up | offered).

        Raises:
            Rejected: the snapshots were computed with other features than the model was trained on.
        """
        same_features(self.features_hash, people.features_hash)
        read = attributes if isinstance(attributes, Folded) else self.with_points(attributes, people.declaration)
        return self.scored(self.points_of(self.bins.of_people(people), read, pairs))

    def points_of(self, bins: Int32, programmes: Folded, pairs: Pairs) -> Int64:
        """The points of each pair, in `UNIT` squared, by the bins of people."""
        if len(pairs) <= _FEW * len(programmes.points):  # to read every programme once takes longer
            unknown = self.bins.unknown
            return _points(programmes.points, programmes.base, unknown, bins, pairs.person, pairs.programme)
        return _points_of_many(programmes.points, bins, pairs)


_FEW: Final = 8
"""So many pairs of each programme, on the average, are read one by one."""
_ARRAYS: Final = ("centre", "spread", "scale", "codes")
_LEARNED: Final = ("cross", "fit", "codes", "own")
