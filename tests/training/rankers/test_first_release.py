"""The first release: what is read off noised counts of places and programmes, and what one unit may move in it."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.learning.step import Schedule
from tests.privacy.noises import Seeded, Silent
from training.rankers.bilinear_arrays import Sample, UnitRows
from training.rankers.first_release import (
    LEAST,
    PLACES,
    SEEN,
    Alike,
    Cells,
    FirstSchedules,
    ProgrammeSums,
    Weighing,
    attention_of,
    base_of,
    released_start,
)

THREE = SimpleNamespace(ids=("a", "b", "c"))
counts = st.lists(st.floats(-1e4, 1e4), min_size=2 * PLACES + 1, max_size=2 * PLACES + 1)
FALLS = np.array([0.8, 0.4, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1])


def released(falls=FALLS, shown=100_000.0, wanted=0.25):
    return np.r_[np.full(PLACES, shown), shown * falls, shown * falls.sum() * wanted]


def test_without_noise_a_place_is_noticed_as_often_as_it_was_beside_the_first():
    attention, _ = attention_of(released(), deviation=0.0)
    assert attention == pytest.approx(FALLS / FALLS[0], abs=1e-6)


def test_what_is_common_is_how_often_what_is_noticed_is_taken_up():
    """`noticed` is counted in the unit of the first place, so that a first place noticed always gives the share."""
    _, common = attention_of(released(FALLS / FALLS[0], wanted=0.3), deviation=0.0)
    assert common == pytest.approx(0.3, abs=1e-6)


def test_where_noise_hides_all_places_are_alike():
    attention, _ = attention_of(released(shown=100.0), deviation=1e7)
    assert np.ptp(attention) < 1e-3


@given(counts, st.floats(0, 1e4))
def test_whatever_noise_makes_of_counts_attention_and_what_is_common_stay_within_bounds(found, deviation):
    attention, common = attention_of(np.array(found), deviation)
    assert ((attention >= LEAST) & (attention <= 1)).all()
    assert 0 < common < 1


def test_a_channel_that_nobody_used_is_thought_of_as_its_place():
    used, unused = released(), np.zeros(2 * PLACES)
    both = np.r_[used[:PLACES], unused[:PLACES], used[PLACES:-1], unused[PLACES:], used[-1]]
    attention, _ = attention_of(both, deviation=1.0)
    assert attention[PLACES:] == pytest.approx(FALLS / FALLS[0], rel=0.05)


def test_a_programme_taken_up_more_often_than_is_common_starts_higher():
    seen = np.full(3, 10_000.0)
    base = base_of(np.r_[[2000.0, 0.0, -1000.0], SEEN * seen], common=0.2, deviation=1.0)
    assert 1 / (1 + np.exp(-base)) == pytest.approx([0.4, 0.2, 0.1], abs=0.01)


def test_where_nothing_differs_all_start_at_what_is_common():
    base = base_of(np.r_[np.zeros(4), SEEN * np.full(4, 1e5)], common=0.2, deviation=0.0)
    assert base == pytest.approx(np.full(4, math.log(0.2 / 0.8)), abs=0.01)


def test_noise_puts_no_programme_that_hardly_anybody_saw_before_one_that_is_known():
    """Of the second, seen ten times, noise alone says that it is wanted by all; caution says otherwise."""
    base = base_of(np.r_[[3000.0, 40.0, -3000.0], SEEN * np.array([2e4, 10.0, 2e4])], common=0.2, deviation=50.0)
    assert base[0] > base[1]


def catalogue(kinds):
    """Programmes of two kinds, which is all that is public of them."""
    tags = np.array([kinds, [1 - kind for kind in kinds]], dtype=np.float32).T
    return SimpleNamespace(names=("category=a", "category=b"), values=tags, codes=np.arange(len(kinds)))


def alone_of(attributes):
    return Alike(attributes, np.zeros((len(attributes.codes), 0)))


def test_a_programme_that_noise_hides_starts_as_those_like_it_do_where_attributes_are_read():
    """The first programme of each kind was hardly seen; of those like it, all of one kind are wanted."""
    kinds, size = [1, *[1] * 30, 0, *[0] * 30], 31
    seen = np.where(np.arange(2 * size) % size == 0, 20.0, 2e4)
    beyond = np.where(np.array(kinds) == 1, 0.1, -0.1) * np.where(seen > 100, seen, 0)
    told = [base_of(np.r_[beyond, SEEN * seen], 0.2, 5.0, alike=one) for one in (alone_of(catalogue(kinds)), None)]
    alike, alone = (base[0] - base[size] for base in told)
    assert alike > 0.5
    assert abs(alone) < 0.1


def test_where_nothing_differs_attributes_tell_nothing_apart():
    base = base_of(np.r_[np.zeros(40), SEEN * np.full(40, 1e5)], 0.2, 0.0, alike=alone_of(catalogue([0, 1] * 20)))
    assert base == pytest.approx(np.full(40, math.log(0.2 / 0.8)), abs=0.01)


@given(st.lists(st.floats(-1e5, 1e5), min_size=16, max_size=16), st.floats(0.001, 0.95), st.floats(0, 1e4))
def test_whatever_noise_makes_of_counts_odds_by_attributes_are_numbers(found, common, deviation):
    assert np.isfinite(base_of(np.array(found), common, deviation, alike=alone_of(catalogue([0, 1] * 4)))).all()


@given(st.lists(st.floats(-1e5, 1e5), min_size=8, max_size=8), st.floats(0.001, 0.95), st.floats(0, 1e4))
def test_whatever_noise_makes_of_counts_odds_are_numbers(found, common, deviation):
    assert np.isfinite(base_of(np.array(found), common, deviation)).all()


def sample(units=200, seed=0):
    """Lists of three: programme 0 is taken up by all who notice it, the place decides who does."""
    rng = np.random.default_rng(seed)
    place = np.tile([0, 1, 2], units)
    programme = np.concatenate([rng.permutation(3) for _ in range(units)]).astype(np.int32)
    noticed = (rng.random(3 * units) < np.array([1.0, 0.5, 0.25])[place]).astype(float)
    label = noticed * (programme == 0)
    lists = np.arange(units + 1)
    return Sample(lists, 3 * lists, np.zeros((units, 1), np.int32), programme, label, place.astype(np.int32), noticed)


def many_programmes(programmes=60, kinds=4):
    tags = np.eye(kinds, dtype=np.float32)[np.arange(programmes) % kinds]
    names = tuple(f"category={kind}" for kind in range(kinds))
    return SimpleNamespace(
        ids=tuple(map(str, range(programmes))), names=names, values=tags, codes=np.arange(programmes)
    )


def noised_sums(weighing, deviation, draws, beyond):
    """What is read of exact sums with so much noise in each number that is released: float64[draws, P]."""
    sums, rng = ProgrammeSums.of(many_programmes(), weighing), np.random.default_rng(0)
    exact = np.r_[beyond, 0 * beyond, sums.scale * sums.directions.T @ beyond]
    noise = deviation * rng.normal(size=(draws, exact.size))
    return sums, np.array([sums.read(exact + one)[: beyond.size] for one in noise])


def test_sums_over_programmes_that_have_attributes_in_common_are_told_of_each_unit_and_agree_with_single_ones():
    rows, attributes = sample(30), many_programmes(3, 2)
    sums = ProgrammeSums.of(attributes, Weighing(0.3, 1.0))
    some = UnitRows(rows, np.arange(90), np.repeat(np.arange(30), 3), 30)
    found = sums.counted(some, np.ones(PLACES), 0.2)
    assert found.shape == (30, sums.size)
    assert found[:, 6:] == pytest.approx(sums.scale * found[:, :3] @ sums.directions)
    assert sums.read(found.sum(axis=0)) == pytest.approx(found[:, :6].sum(axis=0))


def test_what_a_unit_counts_is_the_same_to_the_last_bit_whatever_units_stand_beside():
    rows, sums = sample(200), ProgrammeSums.of(many_programmes(3, 2), Weighing(0.3, 1.0))

    def counted(units):
        found = UnitRows(rows, *rows.rows_of(units), units.size)
        return sums.counted(found, np.linspace(0.1, 1, PLACES), 0.2)

    every = np.arange(200)
    apart = np.concatenate([counted(part) for part in (every[:1], every[1:8], every[8:])])
    assert np.array_equal(counted(every), apart)


def test_a_typical_take_up_brings_to_such_sums_what_is_said():
    sums = ProgrammeSums.of(many_programmes(), Weighing(0.3, 0.5))
    assert np.mean(np.square(sums.scale * sums.directions).sum(axis=1)) == pytest.approx(0.5)


def test_how_unsure_what_is_read_is_is_what_noise_makes_of_it():
    beyond = np.linspace(-3, 3, 60)
    sums, found = noised_sums(Weighing(0.3, 1.0), 2.0, 20_000, beyond)
    together = sums.together(2.0)
    assert found.mean(axis=0) == pytest.approx(beyond, abs=0.1)
    assert np.cov(found.T) == pytest.approx(4 * np.eye(60) - together @ together.T, abs=0.2)


def test_where_noise_hides_single_programmes_those_with_attributes_in_common_are_told_apart_by_their_sums():
    """One kind is taken up more often than is common, by less than the noise in any of its programmes."""
    beyond = np.where(np.arange(60) % 4 == 0, 8.0, -8.0 / 3)
    apart = []
    for weighing in (Weighing(0.3), Weighing(0.3, 4.0)):
        sums, found = noised_sums(weighing, 20.0, 30, beyond)
        alike = Alike(many_programmes(), sums.together(20.0))
        bases = [base_of(np.r_[one, 0.3 * np.full(60, 200.0)], 0.2, 20.0, 0.3, alike) for one in found]
        apart.append(np.mean([np.corrcoef(one, beyond)[0, 1] if np.ptp(one) else 0.0 for one in bases]))
    assert apart[1] > apart[0] + 0.2


def test_shares_of_places_that_differ_by_more_than_is_common_at_all_are_taken_for_noise():
    """Where nobody tells what was opened, one in thirty is taken up, and noise makes shares of places of any size."""
    rng, deviation = np.random.default_rng(3), 150.0
    exact = released(np.full(PLACES, 0.035), shown=3000.0)
    drawn = [attention_of(exact + deviation * rng.normal(size=exact.size), deviation)[0] for _ in range(40)]
    assert np.median([np.ptp(one) for one in drawn]) < 0.4


def schedules(units, sigma="0.001", clip=100.0):
    one = Schedule(units, Schedule.of(1, 1, 1, 1).q, 1, Schedule.of(1, 1, 1, sigma).sigma, clip)
    return FirstSchedules(one, one)


def test_how_much_a_showing_counts_changes_what_noise_does_and_not_what_is_read():
    beyond, seen = np.array([500.0, 0.0, -500.0]), np.full(3, 2e4)
    told = [base_of(np.r_[beyond, part * seen], 0.2, 0.0, part) for part in (0.3, 0.1)]
    assert told[0] == pytest.approx(told[1])
    rows = sample(2000)
    assert released_start(rows, PLACES, THREE, schedules(2000), Silent(0), Weighing(0.1)).base == pytest.approx(
        released_start(rows, PLACES, THREE, schedules(2000), Silent(0)).base, abs=1e-6
    )


def test_places_and_programmes_are_read_off_the_rows():
    rows = sample(2000)
    start = released_start(rows, PLACES, THREE, schedules(rows.units), Silent(0))
    assert start.attention[:3] == pytest.approx([1, 0.5, 0.25], abs=0.05)
    assert start.base[0] > 2 > 0 > start.base[1:].max()


def test_the_noise_of_each_release_is_that_of_its_schedule():
    """Two releases of the same rows with other noise differ; without rows' change nothing else does."""
    rows = sample(60)
    exact = released_start(rows, PLACES, THREE, schedules(60, clip=1.0), Silent(0))
    again = released_start(rows, PLACES, THREE, schedules(60, clip=1.0), Silent(1))
    other = released_start(rows, PLACES, THREE, schedules(60, sigma="2", clip=1.0), Seeded(1))
    assert np.array_equal(exact.base, again.base)
    assert not np.allclose(exact.base, other.base)


def test_one_loud_unit_counts_no_more_than_any_other():
    """A unit with a thousand lists of the last programme is clipped: what all start from hardly moves."""
    quiet = sample(500)
    many = 1000
    more = quiet.list_at[-1] + np.arange(1, many + 1)
    loud = Sample(
        np.r_[quiet.unit_at, quiet.unit_at[-1] + many], np.r_[quiet.list_at, more],
        np.zeros((500 + many, 1), np.int32), np.r_[quiet.programme, np.full(many, 2, np.int32)],
        np.r_[quiet.label, np.ones(many)], np.r_[quiet.cell, np.zeros(many, np.int32)],
        np.r_[quiet.noticed, np.ones(many)],
    )  # fmt: skip
    starts = [released_start(rows, PLACES, THREE, schedules(501, clip=2.0), Silent(0)) for rows in (quiet, loud)]
    assert starts[1].base == pytest.approx(starts[0].base, abs=0.2)
    unclipped = [released_start(rows, PLACES, THREE, schedules(501, clip=1000.0), Silent(0)) for rows in (quiet, loud)]
    assert abs(unclipped[1].base - unclipped[0].base).max() > 0.5


def test_a_cell_is_a_place_and_a_channel_and_what_does_not_say_is_in_the_first_place_and_a_channel_of_its_own():
    cells = Cells(channels=2)
    rows = SimpleNamespace(
        position=np.array([1, 3, 99, np.nan], np.float32), channel=np.array([0, 1, np.nan, 1], np.float32)
    )
    assert cells.size == 3 * PLACES
    assert cells.read(rows).tolist() == [0, PLACES + 2, 2 * PLACES + PLACES - 1, PLACES]
