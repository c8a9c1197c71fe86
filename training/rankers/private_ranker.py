"""The private lesson: from gated showings to a ranker that is ready to score, with nothing released but with noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.optimize

from features.arrays import Float64, Int64
from privacy.accounting.mechanism import Mechanism
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule, Total
from recommender.ranking.attributes import ProgrammeAttributes, Vocabulary
from recommender.ranking.bilinear import HEAVIEST, UNIT, AttributeScaler, Bilinear, Fits, fit_names, fits, whole
from recommender.ranking.bins import Bins, Slot
from recommender.rules.catalogue import Catalogue
from training.progress import Progress, silent
from training.rankers.bilinear_arrays import Basis, FeatureMap, Match, Sample
from training.rankers.models import probability
from training.rankers.private_bilinear import CHUNK, PrivateBilinear

if TYPE_CHECKING:
    from training.data.ranking_dataset import RankingDataset
    from training.rankers.schedules import TrainingPlan


DIRECTIONS: Final = 8
"""Directions of the programmes' texts that crosses may use."""
KNOWN, UNKNOWN_VALUE, TRUE_SHARE = 0.7, 0.3, 0.15
"""What a class of an unordered column says, what an unknown one says, and how often a yes is thought to be."""
THREADS: Final = 2
"""How many work at the sums; they change no bit of what is learned."""
FIT: Final = 0.5
"""What tables of fit are scaled by."""
_TEXT_SEED: Final = 0


@dataclass(frozen=True)
class PrivateFit:
    """What was learned: everything in it was released with noise or was public before.

    Attributes:
        scorer: the ranker.
        mechanism: what was done to the rows.
        metrics: the plan's numbers; none of them was measured on personal data.
    """

    scorer: Bilinear
    mechanism: Mechanism
    metrics: dict[str, float] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """The artefact's files but for its manifest."""
        return self.scorer.files()


def learn(
    lists: RankingDataset,
    catalogue: Catalogue,
    plan: TrainingPlan,
    noise: Noise,
    progress: Progress = silent,
    unit: Int64 | None = None,
) -> PrivateFit:
    """Learn a private ranker from showings.

    Args:
        lists: showings, those of one list side by side.
        catalogue: the programmes that the rows point into; public.
        plan: how, decided in advance; its mechanism is what is done.
        noise: `privacy.learning.noise.secure`, but in tests.
        progress: takes the step that begins.
        unit: int64[m], whose privacy each row is about; None is the person.
    """
    declaration = lists.people.declaration
    vocabulary = Vocabulary.fit(catalogue, declaration, DIRECTIONS, np.random.default_rng(_TEXT_SEED))
    attributes = vocabulary.attributes(catalogue, declaration)
    bins, reading = Bins.of(declaration), AttributeScaler.fit(attributes, plan.row.blocks, plan.row.indicator)
    progress("reading the lists")
    sample = sample_of(lists, bins, lists.examples.person if unit is None else unit)
    space = space_of(bins, reading, attributes, fits(bins, attributes, declaration), plan)
    ranker = estimator(plan, THREADS).fit(
        sample, space, noise, advance=lambda step: _report(step + 1, plan.schedule.steps, progress)
    )
    slope, intercept = calibrated(ranker, sample, plan, noise)
    order = np.argsort(attributes.codes)
    scorer = Bilinear(
        bins=bins,
        reading=reading,
        vocabulary=vocabulary,
        **_weights(ranker, bins, order),
        codes=attributes.codes[order],
        slope=slope,
        intercept=intercept,
        features_hash=lists.people.features_hash,
        catalogue_hash=catalogue.hash,
        manifest={},
    )
    return PrivateFit(scorer, plan.mechanism(), _metrics(plan))


def _report(step: int, steps: int, progress: Progress) -> None:
    """Report every tenth part of the steps."""
    if step % max(steps // 10, 1) == 0:
        progress(f"private step {step} of {steps}")


def estimator(plan: TrainingPlan, threads: int = 1) -> PrivateBilinear:
    """The estimator that a plan describes."""
    row = plan.row
    return PrivateBilinear(plan.schedule, rate=row.rate, shrink=row.shrink, threads=threads)


def _metrics(plan: TrainingPlan) -> dict[str, float]:
    schedule = plan.schedule
    return {"steps": float(schedule.steps), "sigma": float(schedule.sigma), "stated_units": float(schedule.units)}


def _weights(ranker: PrivateBilinear, bins: Bins, order: Int64) -> dict[str, Int64]:
    """What was learned, in whole numbers and in bins; the effects of programmes themselves in the order given."""
    space, learned = ranker.space_, ranker.weights_
    effects = space.own * learned.beside[: space.owned] + np.zeros(order.size)
    fit = np.zeros(len(fit_names(bins)))
    fit[: space.match.weights] = FIT * learned.beside[space.owned : space.owned + space.match.weights]
    return {
        "cross": whole(space.code.matrix() @ learned.cross, HEAVIEST),
        "fit": whole(fit, HEAVIEST),
        "own": whole(effects[order], HEAVIEST) * round(1 / UNIT),
    }


# --- readers ---------------------------------------------------------------------------------------------------------


def sample_of(lists: RankingDataset, bins: Bins, unit: Int64) -> Sample:
    """The rows grouped by unit: all lists of a unit side by side, those with a single row left out.

    A unit's lists keep the order of time, and units that of their numbers; neither changes what is learned.
    """
    examples = lists.examples
    order = np.lexsort((np.arange(len(lists)), lists.at, unit))
    at, owner = lists.at[order], unit[order]
    starts = np.flatnonzero(np.r_[True, (at[1:] != at[:-1]) | (owner[1:] != owner[:-1])][: at.size])
    heads = owner[starts]
    firsts = np.flatnonzero(np.r_[True, heads[1:] != heads[:-1]][: heads.size])
    return Sample(
        unit_at=np.r_[firsts, heads.size].astype(np.int64),
        list_at=np.r_[starts, at.size].astype(np.int64),
        bins=bins.of_people(lists.people)[at[starts]],
        programme=examples.programme[order].astype(np.int32),
        label=examples.label[order].astype(np.float64),
        place=np.log(np.nan_to_num(examples.position[order].astype(np.float64), nan=1.0)),
    )


def space_of(
    bins: Bins, reading: AttributeScaler, attributes: ProgrammeAttributes, fit: Fits, plan: TrainingPlan
) -> FeatureMap:
    """The public space a plan learns in."""
    starts = np.array([0, *bins.starts], dtype=np.int32)
    match = Match(fit.slot, starts[fit.slot], fit.start, FIT * fit.table, fit.weight)
    code = code_of(bins.slots, plan.row.person, plan.row.waves, plan.row.everybody)
    return FeatureMap(code, reading.of(attributes), match, plan.row.own)


def code_of(slots: Sequence[Slot], norm: float, waves: int, everybody: float = 1.0) -> Basis:
    """How classes become numbers: waves over ordered ones, a place each for others, and for none and unknown.

    Cosine waves of falling size are the directions in which steps at unknown thresholds vary most (their
    Karhunen-Loeve basis), so that noise is spent where a rule is likely to be.

    Args:
        slots: as `recommender.ranking.bins.Bins` has them; bin 0 is everybody's.
        norm: of what a typical person brings to the crosses.
        waves: for each ordered slot, at most as many as it has classes, less one.
        everybody: what bin 0 says.
    """
    rows, widths, first, square = [([0], [everybody])], [1], 1, 0.0
    for slot in slots:
        made = _waved(slot, first, min(waves, slot.classes - 1)) if slot.ordered else _named(slot, first)
        rows += made
        widths.append(len(made[0][0]))
        first = 1 + max(place for places, _ in made for place in places)
        square += _typical(slot, made)
    scale = norm / np.sqrt(max(square, 1e-9))
    place, value = (np.zeros((len(rows), max(widths)), dtype=kind) for kind in (np.int32, np.float64))
    for at, (places, values) in enumerate(rows):
        place[at, : len(places)] = places
        value[at, : len(values)] = np.array(values) * (scale if at else 1.0)
    return Basis(np.array(widths, dtype=np.int64), place, value)


_Rows = list[tuple[list[int], list[float]]]


def _waved(slot: Slot, first: int, waves: int) -> _Rows:
    places = [first + wave for wave in range(waves)]
    rows: _Rows = []
    for at in range(slot.classes):
        values = [float(np.cos(np.pi * wave * (at + 0.5) / slot.classes)) / wave for wave in range(1, waves + 1)]
        rows.append(([*places, first + waves], [*values, 0.0]))
    nothing = [0.0] * waves
    rows.append(([*places, first + waves], [*nothing, KNOWN]))
    rows.append(([*places, first + waves + 1], [*nothing, UNKNOWN_VALUE]))
    return rows


def _named(slot: Slot, first: int) -> _Rows:
    values = [KNOWN] * slot.classes
    if slot.classes == 2:
        values[0] = 0.0  # of a yes and a no, the no is what most people say of most things
    return [([first + at], [value]) for at, value in enumerate([*values, KNOWN, UNKNOWN_VALUE])]


def _typical(slot: Slot, rows: _Rows) -> float:
    """The mean square of a slot, if all classes were alike common; a yes is rarer than that."""
    squares = [sum(value * value for value in values) for _, values in rows[: slot.classes]]
    return TRUE_SHARE * squares[1] if slot.classes == 2 and not slot.ordered else sum(squares) / len(squares)


# --- calibration -----------------------------------------------------------------------------------------------------

EDGES: Final = np.arange(-7.0, 7.1, 1.0)
"""Between which scores are counted; public."""
SHOWN_PART: Final = 0.05
"""How much a showing counts beside a take-up in the one release that probabilities are read off."""
_EVEN, _LEVEL, _SLOPE = -2.0, 2.0, 0.7
"""Where the prior has the intercept and how wide, and how wide the logarithm of the slope; see `line_through`."""
_WHOLE_UNIT: Final = 2.0
"""The clip of that release: a typical unit takes up one or two of forty."""


def calibrated(ranker: PrivateBilinear, sample: Sample, plan: TrainingPlan, noise: Noise) -> tuple[float, float]:
    """Slope and intercept of the line from score to log-odds, from counts by score that are released once.

    Of each unit, how often it was shown and took up something of each class of score; clipped, summed, noised.
    """
    classes = EDGES.size + 1
    schedule = Schedule(plan.schedule.units, plan.schedule.q, 1, plan.calibration, _WHOLE_UNIT)
    total = Total.empty(extra=2 * classes)
    for first in range(0, sample.units, CHUNK * 16):
        units = np.arange(first, min(first + CHUNK * 16, sample.units))
        total.add_dense(_counts(ranker, sample, units, classes), _WHOLE_UNIT)
    counts = (schedule.released(total, noise) * schedule.expected).reshape(2, classes)
    return line_through(counts[0], counts[1] / SHOWN_PART, float(plan.calibration) * _WHOLE_UNIT)


def line_through(taken: Float64, shown: Float64, noise: float) -> tuple[float, float]:
    """Slope and intercept of the log-odds that noised counts by class of score speak for.

    Least squares of what was taken up beside what the line expects of what was shown, each class weighed by what noise
    and chance leave uncertain of it; counts keep their noise, below zero too, since cutting it off would bend the line.
    Where little is certain, the prior says: the score's own scale, and about one in eight.

    Args:
        taken: float64[classes], noised.
        shown: float64[classes], noised and scaled up by 1 / `SHOWN_PART`.
        noise: standard deviation of the noise in `taken`.
    """
    middle = np.r_[EDGES[0] - 0.5, EDGES + 0.5]

    def off(line: Float64) -> Float64:
        p = probability(np.exp(line[0]) * middle + line[1])
        unsure = noise**2 * (1 + (p / SHOWN_PART) ** 2) + p * np.maximum(shown, 1.0)
        return np.asarray(np.r_[(taken - p * shown) / np.sqrt(unsure), line[0] / _SLOPE, (line[1] - _EVEN) / _LEVEL])

    found = scipy.optimize.least_squares(off, [0.0, _EVEN]).x
    return float(np.exp(found[0])), float(found[1])


def _counts(ranker: PrivateBilinear, sample: Sample, units: Int64, classes: int) -> Float64:
    begin, end = sample.list_at[sample.unit_at[units]], sample.list_at[sample.unit_at[units + 1]]
    rows = np.arange(begin[0], end[-1])
    owner = np.repeat(np.arange(units.size), end - begin)
    at = owner * classes + np.digitize(ranker.decision_function(sample, rows), EDGES)
    size = units.size * classes
    taken = np.bincount(at, weights=sample.label[rows], minlength=size).reshape(units.size, classes)
    shown = np.bincount(at, minlength=size).reshape(units.size, classes)
    return np.concatenate([taken, SHOWN_PART * shown], axis=1)
