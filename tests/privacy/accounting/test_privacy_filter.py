"""The filter across runs: never below what parameters fixed in advance would cost, and by the rules that are proven."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dp_accounting")

from privacy.accounting import accountant
from privacy.accounting import mechanism as m
from privacy.accounting.accountant import INFINITY
from privacy.accounting.privacy_filter import ALIKE, ORDERS, _curve, filtered
from tests.examples import examples

DELTA = Decimal("0.000001")
SGD = m.gaussian_sgd("2.969", "0.041", 250)
MONTH = m.repeated(m.gaussian("33"), 60)
KINDS = (
    m.gaussian("5"), MONTH, SGD, m.laplace("20"), m.declared("0.1"), m.gaussian_sgd("8", "0.5", 20),
    m.composed(m.gaussian("9"), m.laplace("30")),
)  # fmt: skip
BAGS = st.lists(st.sampled_from(KINDS), min_size=1, max_size=5).map(Counter)


@given(bag=BAGS)
@examples(8)
def test_runs_that_are_chosen_on_the_way_cost_no_less_than_runs_fixed_in_advance(bag):
    assert filtered(bag, DELTA) >= accountant.composed(bag, DELTA) - Decimal("0.0002")


@given(bag=BAGS, more=st.sampled_from(KINDS))
@examples(30)
def test_one_more_run_never_costs_less(bag, more):
    assert filtered(bag + Counter([more]), DELTA) > filtered(bag, DELTA)


@pytest.mark.parametrize("runs", [1, 12, 60])
def test_full_batch_gaussians_lose_nothing_but_a_fiftieth_of_delta(runs):
    """By Balle & Wang's closed form, as PLD finds it on a grid."""
    exact = accountant.composed({MONTH: runs}, DELTA * ALIKE)
    assert abs(filtered({MONTH: runs}, DELTA) - exact) < Decimal("0.001")
    one = m.gaussian(33 / math.sqrt(60 * runs))
    assert abs(filtered({one: 1}, DELTA) - filtered({MONTH: runs}, DELTA)) <= Decimal("0.000001")


def test_a_single_run_was_chosen_before_any_result_and_costs_what_it_does_by_itself():
    for one in (SGD, m.repeat_and_select(m.gaussian("9"), "5")):
        assert filtered({one: 1}, DELTA) == accountant.composed({one: 1}, DELTA * ALIKE)
        assert filtered({one: 2}, DELTA) > accountant.composed({one: 2}, DELTA * ALIKE)


def test_the_parts_of_delta_are_delta_together():
    """Runs alike, promised deltas beside others, and each Renyi order."""
    mixed = (1 - ALIKE) / 2
    assert ALIKE + mixed + len(ORDERS) * (mixed / len(ORDERS)) == 1
    beside = Counter([m.declared("0.1", mixed * DELTA), SGD])
    assert filtered(beside, DELTA).is_finite()
    assert filtered(beside + Counter([m.declared("0.1", "1e-12")]), DELTA) == INFINITY
    assert filtered({m.declared("0.1", ALIKE * DELTA): 1}, DELTA) == Decimal("0.1")
    assert filtered({m.declared("0.1", DELTA): 1}, DELTA) == INFINITY


def test_the_curve_is_that_of_gaussians_and_of_bounded_losses():
    assert _curve(m.repeated(m.gaussian("3"), 7)) == pytest.approx([7 * order / 18 for order in ORDERS])
    assert _curve(m.declared("0.25")) == tuple(min(0.25, order / 32) for order in ORDERS)
    drawn = m.repeated(m.Mechanism.from_document(m.gaussian_sgd("2", "0.1", 5)["of"].to_document() | {
        "of": m.laplace("2").to_document()}), 5)  # fmt: skip
    loss = 5 * math.log1p(0.1 * math.expm1(0.5))
    assert _curve(drawn) == pytest.approx([min(loss, order * loss**2 / 2) for order in ORDERS])


def test_promises_add_up_and_nothing_costs_nothing():
    assert filtered({m.declared("1"): 12}, DELTA) == 12
    assert filtered({}, DELTA) == filtered({SGD: 0}, DELTA) == 0
    assert (
        filtered({m.non_private(): 1}, DELTA) == filtered({m.composed(m.declared("1"), SGD): 1}, Decimal(0)) == INFINITY
    )


@pytest.mark.parametrize("units", [2, 3])
def test_units_together_are_protected_less_by_as_much_noise_or_in_epsilon_and_delta(units):
    louder = m.repeated(m.gaussian(Decimal(33) / units), 60)
    assert abs(filtered({MONTH: 5}, DELTA, units) - filtered({louder: 5}, DELTA)) < Decimal("0.00001")
    assert filtered({m.declared("0.5"): 3}, DELTA, units) == Decimal("1.5") * units
    sampled = filtered({SGD: 1}, DELTA, units)
    assert filtered({SGD: 1}, DELTA) * units < sampled
    inner = DELTA / Decimal(math.expm1(sampled) / math.expm1(sampled / units))
    assert filtered({SGD: 1}, inner) <= sampled / units
    assert filtered({m.gaussian_sgd("0.4", "0.5", 100): 9}, DELTA, units) == INFINITY
