"""The first release: how often each place is noticed and each programme taken up, so that steps start from there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Float64, Int32
from features.log.row_encoder import INTERACTIONS
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule
from training.rankers.bilinear_arrays import CountSum, LearningStart, UnitRows, UnitSums
from training.rankers.effects import learn_effects

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.ranking.attributes import ProgrammeAttributes
    from training.data.examples import Examples

LARGE: Final = 256
"""A catalogue of more programmes than this has no columns for single programmes, only an effect for each; and starts
drawn towards what programmes like each other have in common, since there are several to each attribute."""
PLACES: Final = 8
"""Places from the first that are told apart; the last stands for all that follow."""
SEEN: Final = 0.3
"""How much a showing counts beside a take-up."""
DIFFER: Final = 0.15
"""By how much shares of places and channels are thought to differ (a standard deviation)."""
LEAST: Final = 0.03
"""No place is thought to be noticed less than so much of the best one."""
CAUTION: Final = 1.0
"""How many standard deviations of what is not known of it a programme starts lower: noise puts none first for all."""
_LOWEST, _HIGHEST, _FLOOR = 1e-3, 0.95, 0.1
_LEAST_SEEN: Final = 0.05


class Cells(NamedTuple):
    """Places times channels: cell `place - 1 + PLACES * channel`; the last channel is that nobody said."""

    channels: int

    @classmethod
    def of(cls, declaration: Declaration) -> Cells:
        """As many as the declaration's events about programmes name channels."""
        told = [declaration.events[name].fields.get("channel") for name in INTERACTIONS if name in declaration.events]
        return cls(max((len(kind.values) for kind in told if kind is not None), default=0))

    @property
    def size(self) -> int:
        """How many cells there are."""
        return PLACES * (self.channels + 1)

    def read(self, examples: Examples) -> Int32:
        """The cell of each row, int32[m]; what does not say its place is in the first."""
        place = np.clip(np.nan_to_num(examples.position, nan=1.0), 1, PLACES) - 1
        channel = np.clip(np.nan_to_num(examples.channel, nan=self.channels), 0, self.channels)
        return np.asarray(place + PLACES * channel, dtype=np.int32)


class FirstSchedules(NamedTuple):
    """The two releases, each of one sum over all units."""

    places: Schedule
    programmes: Schedule


def released_start(
    sample: UnitSums, cells: int, attributes: ProgrammeAttributes, schedules: FirstSchedules, noise: Noise,
    seen: float = SEEN,
) -> LearningStart:  # fmt: skip
    """Count, clip, sum and noise what steps start from: first places, then, by what they say, programmes.

    Of each unit, how often what each cell showed was shown, noticed and taken up; then of each programme how much more
    often it was taken up than is common where it was shown, and how often it was, weighed by what is noticed there.

    Args:
        sample: private rows.
        cells: how many cells there are.
        attributes: of the programmes; public.
        schedules: of one release each.
        noise: where the noise comes from.
        seen: how much a showing counts beside a take-up: where few units are shown many programmes, little.
    """
    found = _released(
        sample, CountSum(partial(_by_cell, cells=cells), 2 * cells + 1, schedules.places.clip), schedules.places, noise
    )
    attention, common = attention_of(found, float(schedules.places.sigma) * schedules.places.clip)
    about, programmes = schedules.programmes, len(attributes.ids)
    counts = partial(_by_programme, programmes=programmes, attention=attention, common=common, counted=seen)
    found = _released(sample, CountSum(counts, 2 * programmes, about.clip), about, noise)
    alike, deviation = programmes > LARGE, float(about.sigma) * about.clip
    return LearningStart(
        base_of(found, common, deviation, seen, attributes if alike else None), attention,
        _likely(found[programmes:] / seen, deviation / seen),
    )  # fmt: skip


def _released(sample: UnitSums, counts: CountSum, schedule: Schedule, noise: Noise) -> Float64:
    total = sample.summed(counts, np.arange(sample.units))
    return schedule.released(total, noise) * schedule.expected


def _by_cell(some: UnitRows, cells: int) -> Float64:
    sample, rows = some.sample, some.rows
    cell = sample.cell[rows]
    shown, noticed = some.counted(cell, cells), some.counted(cell, cells, sample.noticed[rows])
    taken = np.bincount(some.owner, sample.label[rows], minlength=some.units)
    return np.column_stack([shown, noticed, taken])


def _by_programme(some: UnitRows, programmes: int, attention: Float64, common: float, counted: float) -> Float64:
    sample, rows = some.sample, some.rows
    seen, what = attention[sample.cell[rows]], sample.programme[rows]
    beyond = some.counted(what, programmes, sample.label[rows] - common * seen)
    return np.concatenate([beyond, counted * some.counted(what, programmes, seen)], axis=1)


def attention_of(released: Float64, deviation: float) -> tuple[Float64, float]:
    """How often each cell is noticed beside the best, float64[cells], and how often what is noticed is taken up.

    Args:
        released: float64[2 cells + 1], noised: shown, noticed, and all that was taken up.
        deviation: standard deviation of the noise of each.
    """
    cells = released.size // 2
    shown, noticed = released[:cells].reshape(-1, PLACES), released[cells:-1].reshape(-1, PLACES)
    common = np.full(PLACES, np.clip(noticed.sum() / max(shown.sum(), 1.0), _LOWEST, 1.0))
    place = _drawn(noticed.sum(axis=0), shown.sum(axis=0), common, deviation * np.sqrt(len(shown)))
    rate = np.array([_drawn(*pair, place, deviation) for pair in zip(noticed, shown, strict=True)])
    attention = np.asarray(np.clip(rate / place[0], LEAST, 1.0).ravel())  # beside the first place, which all show
    seen = float(np.maximum(shown, 0).ravel() @ attention)
    return attention, float(np.clip(released[-1] / max(seen, 1.0), _LOWEST, _HIGHEST))


def base_of(
    released: Float64, common: float, deviation: float, counted: float = SEEN,
    attributes: ProgrammeAttributes | None = None,
) -> Float64:  # fmt: skip
    """The log-odds of each programme, drawn towards the common ones as far as noise and chance may be all there is.

    How much programmes differ is read off what was released (by moments), so that where nothing can be told all start
    alike. With attributes, programmes are drawn towards what is taken up of those like them instead, as far as the
    released sums speak for it (`effects.learn_effects`): nothing more is read of anybody.

    Args:
        released: float64[2 P], noised: how much more was taken up than is common, and `counted` times how often seen.
        common: how often what is noticed is taken up.
        deviation: standard deviation of the noise of each.
        counted: how much a showing counts beside a take-up.
        attributes: of the P programmes, public; None where they are too few to say which attributes matter.
    """
    beyond, seen = np.split(released, 2)
    seen = seen / counted
    if attributes is None:
        rate = _alone(beyond, np.maximum(seen, max(deviation / counted, 1.0)), common, deviation)
    else:
        rate = _alike(beyond, _likely(seen, deviation / counted), common, deviation, attributes)
    rate = np.clip(rate, common * _FLOOR, _HIGHEST)
    return np.asarray(np.log(rate / (1 - rate)))


def _alone(beyond: Float64, seen: Float64, common: float, deviation: float) -> Float64:
    """The share of each programme that is taken up, less what is not known of it."""
    spread = max(float((beyond**2 - deviation**2).sum() / max((seen**2).sum(), 1.0)), 1e-6)
    doubt = (deviation / seen) ** 2 + common * (1 - common) / seen
    sure = spread / (spread + doubt)
    return np.asarray(common + sure * beyond / seen - CAUTION * np.sqrt((1 - sure) * spread))


def _alike(beyond: Float64, seen: Float64, common: float, deviation: float, attributes: ProgrammeAttributes) -> Float64:
    """The same with what programmes have in common, in log-odds near the common ones."""
    bend = common * (1 - common)
    variance = ((deviation / seen) ** 2 + bend / seen) / bend**2
    effects = learn_effects(attributes, beyond / seen / bend, variance, np.ones(seen.size, dtype=np.bool_))
    sure = effects.spread**2 / (effects.spread**2 + variance)
    design = effects.public.of(attributes.values)
    unsure = sure * variance + (1 - sure) ** 2 * np.einsum("ij,jk,ik->i", design, effects.covariance, design)
    return np.asarray(common + bend * (effects.of(attributes)[0] - CAUTION * np.sqrt(unsure)))


def _likely(seen: Float64, deviation: float) -> Float64:
    """How often each programme was seen, drawn towards the mean as far as noise may be why they differ."""
    mean = max(float(seen.mean()), 1.0)
    spread = max(float(seen.var()) - deviation**2, 1e-9)
    return np.asarray(np.maximum(mean + spread / (spread + deviation**2) * (seen - mean), _LEAST_SEEN * mean))


def _drawn(taken: Float64, shown: Float64, common: Float64, deviation: float) -> Float64:
    """Shares, drawn towards common ones as far as noise may hide that they differ."""
    times = np.maximum(shown, max(deviation, 1.0))
    sure = DIFFER**2 / (DIFFER**2 + (deviation / times) ** 2)
    return np.asarray(np.clip(common + sure * (taken / times - common), LEAST * common, 1.0))
