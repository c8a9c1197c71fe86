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
from training.rankers.effects import Uncertainty, directions_of, learn_effects

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
"""By how much shares of places and channels are thought to differ (a standard deviation), but by no more than half of
what is common: where little is noticed anywhere, shares that differ by more are noise."""
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


class Weighing(NamedTuple):
    """How much of a unit's counts about programmes is about what.

    Attributes:
        seen: how much a showing counts beside a take-up: where few units are shown many programmes, little.
        alike: how much sums over programmes that have attributes in common count beside single ones, in squares of what
            a typical take-up brings: where noise hides single programmes, those sums are still told.
    """

    seen: float = SEEN
    alike: float = 0.0


ALONE: Final = Weighing()


def released_start(
    sample: UnitSums, cells: int, attributes: ProgrammeAttributes, schedules: FirstSchedules, noise: Noise,
    weighing: Weighing = ALONE,
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
        weighing: of what is counted about programmes.
    """
    found = _released(
        sample, CountSum(partial(_by_cell, cells=cells), 2 * cells + 1, schedules.places.clip), schedules.places, noise
    )
    attention, common = attention_of(found, float(schedules.places.sigma) * schedules.places.clip)
    about, sums = schedules.programmes, ProgrammeSums.of(attributes, weighing)
    counts = partial(sums.counted, attention=attention, common=common)
    deviation, seen = float(about.sigma) * about.clip, weighing.seen
    found = sums.read(_released(sample, CountSum(counts, sums.size, about.clip), about, noise))
    alike = Alike(attributes, sums.together(deviation)) if sums.programmes > LARGE else None
    return LearningStart(
        base_of(found, common, deviation, seen, alike), attention,
        _likely(found[sums.programmes:] / seen, deviation / seen),
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


class ProgrammeSums(NamedTuple):
    """What is counted of each unit about P programmes, and how the noised sum of it is read.

    Attributes:
        seen: how much a showing counts beside a take-up.
        directions: float64[P, C], orthonormal: what programmes have in common, public; C is 0 where each stands alone.
        scale: what sums along these directions are scaled by.
    """

    seen: float
    directions: Float64
    scale: float

    @classmethod
    def of(cls, attributes: ProgrammeAttributes, weighing: Weighing) -> ProgrammeSums:
        """Those of a catalogue: a typical programme's place along all directions counts `weighing.alike`, squared."""
        programmes = len(attributes.ids)
        directions = directions_of(attributes) if weighing.alike > 0 else np.zeros((programmes, 0))
        return cls(weighing.seen, directions, float(np.sqrt(weighing.alike * programmes / max(directions.shape[1], 1))))

    @property
    def programmes(self) -> int:
        """How many there are."""
        return int(self.directions.shape[0])

    @property
    def size(self) -> int:
        """How many numbers are counted of each unit."""
        return int(2 * self.programmes + self.directions.shape[1])

    def counted(self, some: UnitRows, attention: Float64, common: float) -> Float64:
        """How much more often than is common each was taken up, how often seen, and the former by directions.

        The latter are added up row by row, so that they are the same to the last bit whatever units stand beside.
        """
        sample, rows = some.sample, some.rows
        seen, what = attention[sample.cell[rows]], sample.programme[rows]
        more = sample.label[rows] - common * seen
        beyond, looked = some.counted(what, self.programmes, more), some.counted(what, self.programmes, seen)
        alike = [np.bincount(some.owner, more * along[what], minlength=some.units) for along in self.directions.T]
        return np.column_stack([beyond, self.seen * looked, *(self.scale * along for along in alike)])

    def read(self, released: Float64) -> Float64:
        """The counts of single programmes that all of a noised sum speaks for, float64[2 P] (least squares)."""
        beyond, seen, along = np.split(released, [self.programmes, 2 * self.programmes])
        both = beyond + self.scale * self.directions @ along
        return np.asarray(np.r_[both - self._known * self.directions @ (self.directions.T @ both), seen])

    def together(self, deviation: float) -> Float64:
        """What the first half of `read` is known better by than each alone: float64[P, C], see `Uncertainty`."""
        return np.asarray(deviation * np.sqrt(self._known) * self.directions)

    @property
    def _known(self) -> float:
        return self.scale**2 / (1 + self.scale**2)


class Alike(NamedTuple):
    """What is public of programmes, and what their counts are known better by together; see `Uncertainty`."""

    attributes: ProgrammeAttributes
    together: Float64


def attention_of(released: Float64, deviation: float) -> tuple[Float64, float]:
    """How often each cell is noticed beside the best, float64[cells], and how often what is noticed is taken up.

    Args:
        released: float64[2 cells + 1], noised: shown, noticed, and all that was taken up.
        deviation: standard deviation of the noise of each.
    """
    cells = released.size // 2
    shown, noticed = released[:cells].reshape(-1, PLACES), released[cells:-1].reshape(-1, PLACES)
    common = np.full(PLACES, np.clip(noticed.sum() / max(shown.sum(), 1.0), _LOWEST, 1.0))
    differ = min(DIFFER, float(common[0]) / 2)
    place = _drawn(noticed.sum(axis=0), shown.sum(axis=0), (common, differ), deviation * np.sqrt(len(shown)))
    rate = np.array([_drawn(*pair, (place, differ), deviation) for pair in zip(noticed, shown, strict=True)])
    attention = np.asarray(np.clip(rate / place[0], LEAST, 1.0).ravel())  # beside the first place, which all show
    seen = float(np.maximum(shown, 0).ravel() @ attention)
    return attention, float(np.clip(released[-1] / max(seen, 1.0), _LOWEST, _HIGHEST))


def base_of(
    released: Float64, common: float, deviation: float, counted: float = SEEN,
    alike: Alike | None = None,
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
        alike: what is public of the P programmes; None where they are too few to say which attributes matter.
    """
    beyond, seen = np.split(released, 2)
    seen = seen / counted
    if alike is None:
        rate = _alone(beyond, np.maximum(seen, max(deviation / counted, 1.0)), common, deviation)
    else:
        rate = _alike(beyond, _likely(seen, deviation / counted), common, deviation, alike)
    rate = np.clip(rate, common * _FLOOR, _HIGHEST)
    return np.asarray(np.log(rate / (1 - rate)))


def _alone(beyond: Float64, seen: Float64, common: float, deviation: float) -> Float64:
    """The share of each programme that is taken up, less what is not known of it."""
    spread = max(float((beyond**2 - deviation**2).sum() / max((seen**2).sum(), 1.0)), 1e-6)
    doubt = (deviation / seen) ** 2 + common * (1 - common) / seen
    sure = spread / (spread + doubt)
    return np.asarray(common + sure * beyond / seen - CAUTION * np.sqrt((1 - sure) * spread))


def _alike(beyond: Float64, seen: Float64, common: float, deviation: float, alike: Alike) -> Float64:
    """The same with what programmes have in common, in log-odds near the common ones."""
    bend, attributes = common * (1 - common), alike.attributes
    variance = ((deviation / seen) ** 2 + bend / seen) / bend**2
    together = alike.together / (seen * bend)[:, None]
    effects = learn_effects(attributes, beyond / seen / bend, variance, np.ones(seen.size, dtype=np.bool_), together)
    own = effects.spread**2
    sure = own * Uncertainty(variance, together).beside(own).precision()
    design = effects.public.of(attributes.values)
    unsure = own * (1 - sure) + (1 - sure) ** 2 * np.einsum("ij,jk,ik->i", design, effects.covariance, design)
    return np.asarray(common + bend * (effects.of(attributes)[0] - CAUTION * np.sqrt(np.maximum(unsure, 0.0))))


def _likely(seen: Float64, deviation: float) -> Float64:
    """How often each programme was seen, drawn towards the mean as far as noise may be why they differ."""
    mean = max(float(seen.mean()), 1.0)
    spread = max(float(seen.var()) - deviation**2, 1e-9)
    return np.asarray(np.maximum(mean + spread / (spread + deviation**2) * (seen - mean), _LEAST_SEEN * mean))


def _drawn(taken: Float64, shown: Float64, common: tuple[Float64, float], deviation: float) -> Float64:
    """Shares, drawn towards common ones, from which they differ by so much, as far as noise may hide that they do."""
    times, (middle, differ) = np.maximum(shown, max(deviation, 1.0)), common
    sure = differ**2 / (differ**2 + (deviation / times) ** 2)
    return np.asarray(np.clip(middle + sure * (taken / times - middle), LEAST * middle, 1.0))
