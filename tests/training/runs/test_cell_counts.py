"""One unit more or less moves the table by no more than its price says; what no noise is added to is the count."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from privacy.accounting.mechanism import gaussian
from tests.examples import examples
from training.runs.cell_counts import CellUnits, noised_counts

CELLS = 6
QUIET = gaussian("1")


class NoNoise:
    """Noise that is none."""

    def gaussian(self, shape, _sigma):
        return np.zeros(shape)


class Asked:
    """Notes how wide the noise is that is asked for."""

    def gaussian(self, shape, sigma):
        self.shape, self.sigma = shape, sigma
        return np.zeros(shape)


households = st.lists(st.lists(st.integers(0, CELLS - 1), min_size=1, max_size=8), max_size=6)


def counts_of(units, most, noise=None):
    cell = np.array([cell for unit in units for cell in unit], np.int64)
    unit = np.repeat(np.arange(len(units)), [len(unit) for unit in units]).astype(np.int64)
    shuffled = np.random.default_rng(len(cell)).permutation(len(cell))
    return noised_counts(CellUnits(cell[shuffled], unit[shuffled]), CELLS, most, QUIET, noise or NoNoise())


@examples(60)
@given(households, st.lists(st.integers(0, CELLS - 1), min_size=1, max_size=16))
def test_one_household_more_moves_the_table_by_no_more_than_it_may(units, more):
    before, after = counts_of(units, 2.0), counts_of([*units, more], 2.0)
    moved = after - before
    assert np.abs(moved).max(initial=0) <= 2 + 1  # rounding to people comes after the noise
    assert np.linalg.norm(moved) <= 2 + np.sqrt(CELLS)


@examples(60)
@given(st.lists(st.sets(st.integers(0, CELLS - 1), min_size=1, max_size=4), max_size=8))
def test_up_to_four_people_of_different_cells_count_whole(units):
    told = counts_of([sorted(unit) for unit in units], 2.0)
    assert told.tolist() == [sum(cell in unit for unit in units) for cell in range(CELLS)]


def test_noise_is_as_wide_as_one_unit_can_reach():
    noise = Asked()
    counts_of([[1, 2]], 2.0, noise=noise)
    assert (noise.shape, noise.sigma * 2.0**-32) == (CELLS, 2.0)
    counts_of([[1]], 1.0, noise=noise)
    assert noise.sigma * 2.0**-32 == 1.0


def test_sixteen_people_of_one_cell_count_as_two():
    assert counts_of([[3] * 16] * 100, 2.0).tolist() == [0, 0, 0, 200, 0, 0]
