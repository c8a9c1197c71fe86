"""The private lesson: from gated showings to a ranker that is ready to score, with nothing released but with noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import scipy.optimize

from features.arrays import Float64, Int64
from features.problem import Problem, Rejected
from privacy.accounting.mechanism import Mechanism
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule
from recommender.ranking.attributes import ProgrammeAttributes, Vocabulary
from recommender.ranking.bilinear import HEAVIEST, UNIT, AttributeScaler, Bilinear, whole
from recommender.ranking.bins import Bins, Pair, Slot
from recommender.ranking.class_share import RARE_YES
from recommender.ranking.hidden_layer import HiddenLayer
from recommender.ranking.programme_fit import Fits, fits
from recommender.rules.catalogue import Catalogue
from training.progress import Progress, silent
from training.rankers.bilinear_arrays import Basis, CountSum, FeatureMap, Sample, UnitRows, UnitSums
from training.rankers.first_release import Cells, released_start
from training.rankers.models import probability
from training.rankers.private_bilinear import LearnedPoints, PrivateBilinear
from training.rankers.shrinkage import shrunk

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from training.data.ranking_dataset import RankingDataset
    from training.rankers.schedules import TrainingPlan


DIRECTIONS: Final = 8
"""Directions of the programmes' texts that crosses may use."""
NONE_SAYS: Final = 0.7
"""What it says that there is none of something."""
RARE: Final = 0.1
"""A no says nothing where a yes is rarer than that."""
LOUDEST: Final = 2.0
"""The most that one class says, in standard deviations of its slot, so that what is rare is not loud."""
FADING: Final = 150.0
"""Days in which what happened comes to matter so much less (1 / e)."""
_LATELY: Final = 0.5
"""The mean square of what a slot of days since something says."""
THREADS: Final = 2
"""How many work at the sums; they change no bit of what is learned."""
_TEXT_SEED: Final = 0


@dataclass(frozen=True)
class PrivateFit:
    """What was learned: everything in it was released with noise or was public before.

    Attributes:
        scorer: the ranker, of either learner.
        mechanism: what was done to the rows.
        metrics: the plan's numbers; none of them was measured on personal data.
        middle: float64[A], what programmes are shown on average by the first release; None where they stand alone.
    """

    scorer: Bilinear | HiddenLayer
    mechanism: Mechanism
    metrics: dict[str, float] = field(default_factory=dict)
    middle: Float64 | None = None

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
    progress("reading the lists")
    sample = sample_of(lists, Bins.of(declaration), lists.examples.person if unit is None else unit)
    return learn_from(sample, LearningTerms(declaration, catalogue), plan, noise, progress)


class LearningTerms(NamedTuple):
    """What rows mean and what they point into; public."""

    declaration: Declaration
    catalogue: Catalogue


def learn_from(
    sample: UnitSums, public: LearningTerms, plan: TrainingPlan, noise: Noise, progress: Progress = silent,
    threads: int = THREADS,
) -> PrivateFit:  # fmt: skip
    """Learn from what may be summed of units, wherever their rows are; `threads` share the sums of one place."""
    declaration, catalogue = public
    vocabulary = vocabulary_of(catalogue, declaration)
    attributes = vocabulary.attributes(catalogue, declaration)
    bins, reading = Bins.of(declaration), AttributeScaler.fit(attributes, plan.row.blocks, plan.row.indicator)
    space = space_of(bins, reading, attributes, fits(bins, attributes, declaration, reading.codes), plan)
    start = released_start(sample, Cells.of(declaration).size, attributes, plan.first, noise, plan.row.weighing)
    advance = partial(_report, plan.schedule.steps, progress)
    ranker = estimator(plan, threads).fit(sample, space.beside_shown(start), noise, start, advance)
    ranker = shrunk(ranker, plan.row)
    slope, intercept = calibrated(ranker, sample, plan, noise)
    linear = Bilinear(
        bins=bins,
        reading=reading,
        vocabulary=vocabulary,
        **_weights(ranker, np.argsort(attributes.codes)),
        codes=np.sort(attributes.codes),
        slope=slope,
        intercept=intercept,
        features_hash=declaration.hash,
        catalogue_hash=catalogue.hash,
        manifest={},
    )
    return PrivateFit(ranker.released_as(linear), plan.mechanism(), plan.metrics(), ranker.space_.middle)


def vocabulary_of(catalogue: Catalogue, declaration: Declaration) -> Vocabulary:
    """Which attributes of programmes are read: public, by the catalogue and what is declared of people."""
    return Vocabulary.fit(catalogue, declaration, DIRECTIONS, np.random.default_rng(_TEXT_SEED))


def _report(steps: int, progress: Progress, taken: int) -> None:
    """Report every tenth part of the steps."""
    if (taken + 1) % max(steps // 10, 1) == 0:
        progress(f"private step {taken + 1} of {steps}")


def estimator(plan: TrainingPlan, threads: int = 1) -> PrivateBilinear:
    """The estimator that a plan describes; one of a network loads torch.

    Raises:
        Rejected: it is one of a network, and torch or Opacus is not installed.
    """
    if not plan.row.neurons:
        return PrivateBilinear(plan.schedule, loss=plan.loss, rate=plan.rate, threads=threads)
    try:
        from training.rankers.private_network import PrivateNetwork
    except ModuleNotFoundError as absent:
        remedy = "Run make setup-private, or pip install '.[private]'; or use --learner bilinear"
        what = f"{absent.name} is not installed; a network learns with it"
        raise Rejected([Problem(("--learner network",), "unavailable", what, remedy)]) from absent
    row = plan.row
    return PrivateNetwork(plan.schedule, loss=plan.loss, rate=plan.rate, neurons=row.neurons, gain=row.gain)


def _weights(ranker: PrivateBilinear, order: Int64) -> dict[str, Int64]:
    """What was learned, in whole numbers and in bins; the effects of programmes themselves in the order given."""
    space, learned = ranker.space_, ranker.weights_
    effects = (ranker.start_.base + space.own * (learned.beside[: space.owned] if space.owned else 0.0))[order]
    unseen = float(ranker.start_.base.mean()) if order.size else 0.0
    return {
        "cross": whole(space.code.matrix() @ space.of_plain(learned.cross), HEAVIEST),
        "fit": whole(learned.beside[space.owned :], HEAVIEST),
        "own": whole(np.r_[effects, unseen], HEAVIEST) * round(1 / UNIT),
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
        cell=Cells.of(lists.people.declaration).read(examples[order]),
        noticed=examples.opened[order].astype(np.float64),
    )


def space_of(
    bins: Bins, reading: AttributeScaler, attributes: ProgrammeAttributes, fit: Fits, plan: TrainingPlan
) -> FeatureMap:
    """The public space a plan learns in."""
    row = plan.row
    reach = reading.columns_of("category=", attributes)
    code = code_of(bins, Scales(row.person, row.waves, row.everybody, row.pairs if reach[1] > reach[0] else 0.0))
    always = reading.scale.size - 1  # the last public column; a programme's own follow
    return FeatureMap(code, reading.of(attributes), fit, row.own, len(bins.pairs), reach, always=always)


class Scales(NamedTuple):
    """How much people's numbers count.

    Attributes:
        person: norm of what a typical person brings to the crosses.
        waves: for each ordered slot, at most as many as it has classes, less one.
        everybody: what bin 0 says.
        pairs: norm of what a typical person's pairs bring.
    """

    person: float
    waves: int
    everybody: float = 1.0
    pairs: float = 0.0


def code_of(bins: Bins, scales: Scales) -> Basis:
    """How classes become numbers: waves over ordered ones, a place each for others, and for none.

    Cosine waves of falling size are the directions in which steps at unknown thresholds vary most (their
    Karhunen-Loeve basis), so that noise is spent where a rule is likely to be. What is thought to be common in public
    is the centre, so that it costs nothing; nothing is read off the rows.

    Args:
        bins: of people; bin 0 is everybody's.
        scales: how much each part counts.
    """
    rows, widths, first, square = [([0], [scales.everybody])], [1], 1, 0.0
    for slot in bins.slots:
        made, typical = _coded(slot, first, scales.waves)
        rows += made
        widths.append(len(made[0][0]))
        first = 1 + max(place for places, _ in made for place in places)
        square += typical
    scale = scales.person / np.sqrt(max(square, 1e-9))
    rows[1:] = [(places, [scale * value for value in values]) for places, values in rows[1:]]
    rows += _crossed(bins.pairs, first, scales.pairs / np.sqrt(max(len(bins.pairs), 1)))
    widths += [1] * len(bins.pairs)
    place, value = (np.zeros((len(rows), max(widths)), dtype=kind) for kind in (np.int32, np.float64))
    for at, (places, values) in enumerate(rows):
        place[at, : len(places)] = places
        value[at, : len(values)] = values
    return Basis(np.array(widths, dtype=np.int64), place, value)


_Rows = list[tuple[list[int], list[float]]]


def _coded(slot: Slot, first: int, waves: int) -> tuple[_Rows, float]:
    """What each bin of a slot says, and its mean square as far as it is known in public how common classes are."""
    if slot.fading:
        middle = (np.array([0, *slot.cuts]) + np.array([*slot.cuts, 2 * slot.cuts[-1]])) / 2
        return [([first], [float(value)]) for value in [*2 * np.exp(-middle / FADING), 0.0, 0.0]], _LATELY
    rows = _waved(slot, first, min(waves, slot.classes - 1)) if slot.ordered else _named(slot, first)
    squares = np.array([sum(value * value for value in values) for _, values in rows[: slot.classes]])
    return rows, float(_shares(slot) @ squares)


def _shares(slot: Slot) -> Float64:
    return np.array(slot.share or [1 / slot.classes] * slot.classes)


def _waved(slot: Slot, first: int, waves: int) -> _Rows:
    places = [first + wave for wave in range(waves + 1)]
    middle, share, columns = (np.arange(slot.classes) + 0.5) / slot.classes, _shares(slot), list[Float64]()
    for wave in range(1, waves + 1):
        values = np.cos(np.pi * wave * middle)
        values = values - share @ values
        spread = max(np.sqrt(share @ values**2), 0.3)
        columns.append(np.clip(values / spread, -LOUDEST, LOUDEST) / wave)
    found = [[float(column[at]) for column in columns] for at in range(slot.classes)]
    nothing = [0.0] * waves
    return [(places, says) for says in [*([*values, 0.0] for values in found), [*nothing, NONE_SAYS], [*nothing, 0.0]]]


def _named(slot: Slot, first: int) -> _Rows:
    share = _shares(slot)
    if slot.classes == 2:
        yes = float(slot.share[1]) if slot.share else RARE_YES
        spread = np.sqrt(max(yes * (1 - yes), 1e-3))
        says = [0.0 if yes < RARE else -yes / spread, min((1 - yes) / spread, LOUDEST), 0.0, 0.0]
        return [([first], [float(value)]) for value in says]
    says = [float(min(1 / np.sqrt(max(one * slot.classes, 1e-3)), LOUDEST)) for one in share]
    return [([first + at], [value]) for at, value in enumerate([*says, NONE_SAYS, 0.0])]


def _crossed(pairs: Sequence[Pair], first: int, scale: float) -> _Rows:
    """The product of two flags, each in standard deviations from what is thought to be common."""
    rows: _Rows = []
    for at, both in enumerate(pairs):
        (off, on), (out, into) = ((-one.share, 1 - one.share) for one in both)
        spread = np.sqrt(np.prod([max(one.share * (1 - one.share), 1e-3) for one in both]))
        says = np.clip(np.array([off * out, off * into, on * out, on * into, 0.0]) / spread, -LOUDEST, LOUDEST)
        rows += [([first + at], [float(scale * value)]) for value in says]
    return rows


# --- calibration -----------------------------------------------------------------------------------------------------

EDGES: Final = np.arange(-7.0, 7.1, 1.0)
"""Between which scores are counted; public."""
SHOWN_PART: Final = 0.05
"""How much a showing counts beside a take-up in the one release that probabilities are read off."""
_EVEN, _LEVEL, _SLOPE = -2.0, 2.0, 0.7
"""Where the prior has the intercept and how wide, and how wide the logarithm of the slope; see `line_through`."""
_WHOLE_UNIT: Final = 2.0
"""The clip of that release: a typical unit takes up one or two of forty."""


def calibrated(ranker: PrivateBilinear, sample: UnitSums, plan: TrainingPlan, noise: Noise) -> tuple[float, float]:
    """Slope and intercept of the line from score to log-odds, from counts by score that are released once.

    Of each unit, how often it noticed, as is expected of each place, and took up something of each class of score;
    clipped, summed, noised.
    """
    classes = EDGES.size + 1
    schedule = Schedule(plan.schedule.units, plan.schedule.q, 1, plan.calibration, _WHOLE_UNIT)
    counts = partial(_by_score, learned=ranker.learned(), attention=ranker.start_.attention, classes=classes)
    total = sample.summed(CountSum(counts, 2 * classes, _WHOLE_UNIT), np.arange(sample.units))
    found = (schedule.released(total, noise) * schedule.expected).reshape(2, classes)
    return line_through(found[0], found[1] / SHOWN_PART, float(plan.calibration) * _WHOLE_UNIT)


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


def _by_score(some: UnitRows, learned: LearnedPoints, attention: Float64, classes: int) -> Float64:
    sample, rows = some.sample, some.rows
    at = np.digitize(learned.score(sample, rows), EDGES)
    taken = some.counted(at, classes, sample.label[rows])
    return np.concatenate([taken, SHOWN_PART * some.counted(at, classes, attention[sample.cell[rows]])], axis=1)
