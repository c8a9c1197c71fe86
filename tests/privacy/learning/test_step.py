"""The private step: sampling, clipping, exact sums, and what is released of them."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy.accounting import accountant
from privacy.accounting.mechanism import gaussian_sgd, non_private
from privacy.learning.noise import secure
from privacy.learning.step import GRID, Products, Sampler, Schedule, Total
from tests.privacy.noises import Seeded, Silent

BINS, SLOTS, WIDTH, EXTRA = 12, 4, 5, 3


def drawn(seed: int, units: int, size: float = 1.0) -> Products:
    """Units with none to four lists each, some alike and some that cancel."""
    rng = np.random.default_rng(seed)
    at = np.r_[0, np.cumsum(rng.integers(0, 5, units))].astype(np.int64)
    left = (np.arange(SLOTS) * 3 + rng.integers(0, 3, (at[-1], SLOTS))).astype(np.int32)
    right = rng.normal(size=(at[-1], WIDTH)) * size
    right[rng.random(at[-1]) < 0.2] *= -1
    extra = rng.normal(size=(units, EXTRA)) * size * rng.integers(0, 2, (units, 1))
    return Products(at, left, rng.uniform(-1, 1, left.shape), right, extra)


def of_units(gradients: Products, units) -> Products:
    """The gradients of some units, in the order given."""
    at, rows = gradients.at, [np.arange(gradients.at[u], gradients.at[u + 1]) for u in units]
    sizes = [row.size for row in rows]
    rows = np.concatenate([np.zeros(0, np.int64), *rows])
    ends = np.r_[0, np.cumsum(sizes)].astype(np.int64)
    assert at.size > 0
    some = np.array(units, dtype=np.int64)
    return Products(ends, gradients.left[rows], gradients.value[rows], gradients.right[rows], gradients.extra[some])


def summed(gradients: Products, clip: float = 1.0) -> np.ndarray:
    total = Total.empty((BINS, WIDTH), EXTRA)
    total.add(gradients, clip)
    return total.values


def plain(gradients: Products, unit: int) -> np.ndarray:
    """A unit's gradient the long way: every outer product written out."""
    matrix = np.zeros((BINS, WIDTH))
    for row in range(gradients.at[unit], gradients.at[unit + 1]):
        bins = np.zeros(BINS)
        bins[gradients.left[row]] = gradients.value[row]
        matrix += np.outer(bins, gradients.right[row])
    return np.r_[matrix.ravel(), gradients.extra[unit]]


def exact_norm(values: np.ndarray) -> Fraction:
    """The square of a sum's L2 norm, in grid units, without rounding."""
    return Fraction(sum(int(value) ** 2 for value in values))


UNITS = st.integers(1, 8)
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from([1e-8, 1e-3, 0.3, 1.0, 30.0, 1e6])
CLIPS = st.sampled_from([0.01, 0.5, 1.0, 7.5])


@given(SEEDS, UNITS, SIZES, CLIPS)
def test_one_unit_more_or_less_moves_the_sum_by_at_most_the_clip(seed, units, size, clip) -> None:
    gradients = drawn(seed, units, size)
    everybody = summed(gradients, clip)
    for gone in range(units):
        others = summed(of_units(gradients, [unit for unit in range(units) if unit != gone]), clip)
        assert exact_norm(everybody - others) <= (Fraction(clip) / Fraction(GRID)) ** 2


@given(SEEDS, UNITS, st.sampled_from([1e-3, 0.3, 1.0, 30.0]))
def test_a_gradient_is_scaled_to_the_clip_and_one_below_it_is_left_alone(seed, units, size) -> None:
    gradients = drawn(seed, units, size)
    for unit in range(units):
        whole = plain(gradients, unit)
        expected = whole * min(1.0, 1.0 / max(np.linalg.norm(whole), 1e-300))
        assert np.allclose(summed(of_units(gradients, [unit])) * GRID, expected, atol=1e-6 * max(1.0, size))


@given(SEEDS, UNITS, SIZES, st.integers(1, 5), st.randoms(use_true_random=False))
def test_chunks_order_and_threads_change_not_one_bit_of_the_sum(seed, units, size, chunk, random) -> None:
    gradients = drawn(seed, units, size)
    order = list(range(units))
    random.shuffle(order)
    parts = [order[first : first + chunk] for first in range(0, units, chunk)]
    totals = [Total.empty((BINS, WIDTH), EXTRA) for _ in range(2)]
    for number, part in enumerate(parts):
        totals[number % 2].add(of_units(gradients, part), 1.0)
    totals[0].merge(totals[1])
    assert np.array_equal(totals[0].values, summed(gradients))


@given(SEEDS, st.integers(2, 8), SIZES)
def test_what_one_unit_says_changes_no_bit_of_anothers_gradient(seed, units, size) -> None:
    gradients = drawn(seed, units, size)
    others = of_units(gradients, range(1, units))
    changed = gradients.right.copy()
    changed[: gradients.at[1]] *= 17.0
    beside = Products(gradients.at, gradients.left, gradients.value, changed, gradients.extra)
    for one in (gradients, beside):
        assert np.array_equal(summed(one) - summed(of_units(one, [0])), summed(others))


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, 1e200])
@pytest.mark.parametrize("where", ["right", "extra", "value"])
def test_a_gradient_that_is_no_number_adds_exactly_nothing(poison, where) -> None:
    gradients = drawn(3, 6)
    unit = next(u for u in range(6) if gradients.at[u + 1] > gradients.at[u])
    row = unit if where == "extra" else gradients.at[unit]
    getattr(gradients, where)[row, 1] = poison
    assert np.array_equal(summed(gradients), summed(of_units(gradients, [u for u in range(6) if u != unit])))


def test_infinities_that_would_cancel_add_nothing_either() -> None:
    gradients = Products(
        np.array([0, 2]), np.zeros((2, 1), np.int32), np.ones((2, 1)), np.array([[np.inf], [-np.inf]]), np.zeros((1, 0))
    )
    total = Total.empty((1, 1))
    total.add(gradients, 1.0)
    assert total.values.tolist() == [0]


def test_lists_that_cancel_all_but_a_little_are_not_clipped_by_what_cancelled() -> None:
    right = np.array([[1000.0, 0.5], [-1000.0, 0.25]])
    gradients = Products(np.array([0, 2]), np.zeros((2, 1), np.int32), np.ones((2, 1)), right, np.zeros((1, 0)))
    total = Total.empty((1, 2))
    total.add(gradients, 1.0)
    assert np.allclose(total.values * GRID, [0.0, 0.75], atol=1e-3)


@pytest.mark.parametrize("places", [[1, 1], [2, 1]])
def test_places_in_any_order_and_twice_are_clipped_as_what_they_add_up_to(places) -> None:
    gradients = Products(
        np.array([0, 1]), np.array([places], np.int32), np.ones((1, 2)), np.full((1, 1), 3.0), np.zeros((1, 0))
    )
    total = Total.empty((3, 1))
    total.add(gradients, 1.0)
    expected = np.zeros(3)
    np.add.at(expected, places, 3.0)
    assert np.allclose(total.values * GRID, expected / np.linalg.norm(expected), atol=1e-8)
    assert exact_norm(total.values) <= Fraction(1) / Fraction(GRID) ** 2


def test_rows_that_end_in_zeros_add_what_they_hold() -> None:
    right = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    gradients = Products(
        np.array([0, 2, 3]), np.array([[0], [1], [0]], np.int32), np.ones((3, 1)), right, np.zeros((2, 0))
    )
    total = Total.empty((2, 3))
    total.add(gradients, 9.0)
    assert (total.values * GRID).tolist() == [1.0, 0.0, 0.0, 0.0, 2.0, 0.0]


@given(SEEDS, UNITS, SIZES)
def test_plain_gradients_are_clipped_alike(seed, units, size) -> None:
    gradients = drawn(seed, units, size).extra
    total = Total.empty(extra=EXTRA)
    total.add_dense(gradients, 0.5)
    lengths = np.maximum(np.linalg.norm(gradients, axis=1, keepdims=True), 1e-300)
    expected = (gradients * np.minimum(1.0, 0.5 / lengths)).sum(axis=0)
    assert np.allclose(total.values * GRID, expected, atol=1e-7)


def test_a_unit_with_more_lists_than_the_grid_can_tell_apart_adds_no_more_than_the_clip() -> None:
    gradients = Products(
        np.array([0, 50]), np.zeros((50, 1), np.int32), np.ones((50, 1)), np.ones((50, 1)), np.zeros((1, 0))
    )
    total = Total.empty((1, 1))
    total.add(gradients, 10 * GRID)
    assert total.values.tolist() == [9]


# --- release ----------------------------------------------------------------------------------------------------------


def test_an_empty_batch_is_released_with_noise_like_any_other() -> None:
    schedule = Schedule.of(units=1000, q="0.1", steps=1, sigma="2.5")
    released = schedule.released(Total.empty((40, 50), 0), Seeded(1))
    assert released.std() == pytest.approx(2.5 / 100, rel=0.05)


def test_the_noise_is_that_of_the_multiplier_times_the_clip() -> None:
    schedule = Schedule(1000, Decimal(1), 1, Decimal(3), clip=0.25)
    assert schedule.released(Total.empty(extra=4000), secure()).std() == pytest.approx(0.75 / 1000, rel=0.08)


@pytest.mark.parametrize("held", [0, 1, 7])
def test_the_divisor_is_public_whatever_the_batch_held(held) -> None:
    schedule = Schedule.of(units=100, q="0.5", steps=1, sigma="1")
    total = Total.empty(extra=1)
    total.add_dense(np.full((held, 1), 0.5), 1.0)
    assert schedule.released(total, Silent(0))[0] == pytest.approx(held * 0.5 / 50, abs=1e-6)


def test_what_is_released_lies_on_the_grid_of_the_sum() -> None:
    schedule = Schedule.of(units=1, q="1", steps=1, sigma="1.5")
    released = schedule.released(Total.empty(extra=50), Seeded(2)) / GRID
    assert np.array_equal(released, np.rint(released))


def test_a_batch_is_drawn_by_a_coin_for_each_unit() -> None:
    sampler, noise = Sampler(Decimal("0.3")), Seeded(5)
    batches = [sampler.draw(50, noise) for _ in range(2000)]
    counts = np.bincount(np.concatenate(batches), minlength=50)
    spread = (counts - 600) / np.sqrt(2000 * 0.3 * 0.7)
    assert 20 < (spread**2).sum() < 95  # chi-square of 50 degrees of freedom, far out on both sides
    sizes = np.array([batch.size for batch in batches])
    assert sizes.var() == pytest.approx(50 * 0.3 * 0.7, rel=0.15)  # fixed or shuffled batches have none
    assert all((np.diff(batch) > 0).all() for batch in batches)


def test_a_rate_of_one_draws_everybody() -> None:
    assert Sampler(Decimal(1)).draw(7, secure()).tolist() == list(range(7))


def test_the_smallest_batches_are_empty_now_and_then() -> None:
    sampler, noise = Sampler(Decimal("0.01")), Seeded(6)
    assert any(sampler.draw(5, noise).size == 0 for _ in range(20))


def test_a_schedule_carries_the_mechanism_that_is_priced() -> None:
    schedule = Schedule.of(units=10_000, q="0.5", steps=40, sigma="13.67")
    assert schedule.mechanism() == gaussian_sgd("13.67", "0.5", 40)
    price = accountant.price(schedule.mechanism(), Decimal("1e-6"))
    assert Decimal("0.9") < price.epsilon <= Decimal("1.001")


def test_the_full_batch_is_priced_without_sampling() -> None:
    assert Schedule.of(10, "1", 3, "2").mechanism().gaussian_runs() == ((2.0, 1.0, 3),)


def test_without_noise_the_price_is_infinite() -> None:
    assert Schedule.of(10, "0.5", 3, "0").mechanism() == non_private()


@pytest.mark.parametrize(
    "change", [{"units": 0}, {"q": "0"}, {"q": "1.1"}, {"q": "NaN"}, {"steps": 0}, {"sigma": "-1"}, {"sigma": "NaN"}]
)
def test_a_schedule_that_is_none_is_refused_by_the_name_of_what_is_wrong(change) -> None:
    sound = {"units": 10, "q": "0.5", "steps": 3, "sigma": "1"}
    with pytest.raises(Rejected, match=next(iter(change))):
        Schedule.of(**{**sound, **change})


@pytest.mark.parametrize("clip", [0.0, -1.0, float("nan"), float("inf")])
def test_a_clip_that_bounds_nothing_is_refused(clip) -> None:
    with pytest.raises(Rejected, match="clip"):
        Schedule(10, Decimal(1), 1, Decimal(1), clip)
