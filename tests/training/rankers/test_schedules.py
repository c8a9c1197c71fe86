"""The plans: what they cost, and that they are looked up and never measured."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from features.problem import Rejected
from privacy.accounting import accountant
from privacy.accounting.mechanism import Mechanism, gaussian_sgd, non_private
from training.rankers.first_release import LARGE
from training.rankers.schedules import FASTEST, SMALL, TABLE, plan, row_for, separation

DELTA = Decimal("1e-6")


@pytest.mark.parametrize("epsilon", ["0.25", "1", "8"])
def test_a_plan_costs_at_most_what_it_may_and_nearly_all_of_it(epsilon) -> None:
    made = plan(10_000, Decimal(epsilon), DELTA, 100)
    price = accountant.price(made.mechanism(), DELTA)
    assert price.epsilon <= Decimal(epsilon)
    assert price.epsilon > Decimal(epsilon) * Decimal("0.98")


def test_the_mechanism_is_that_of_all_steps_and_of_first_counts_steps_and_calibration() -> None:
    made = plan(10_000, Decimal(1), DELTA, 100)
    places, programmes, steps, beside = made.mechanism()["of"]
    assert steps == gaussian_sgd(made.schedule.sigma, 1, made.schedule.steps)
    assert [places["noise"], programmes["noise"]] == [one.sigma for one in made.first]
    assert beside["noise"] == made.calibration


def test_a_step_goes_further_the_more_there_are_up_to_a_bound() -> None:
    rates = [plan(units, Decimal(1), DELTA, 100).rate for units in (5_000, 10_000, 10_000_000)]
    assert rates == sorted(rates)
    assert rates[1] == pytest.approx(2 * rates[0])
    assert rates[-1] == FASTEST


@pytest.mark.parametrize("programmes", [100, LARGE + 1])
def test_of_few_people_less_is_learned_and_more_is_counted_for_them(programmes) -> None:
    """Steps of few people are mostly noise, so that the order keeps nearer to noised popularity, its start."""
    few, many = (plan(units, Decimal(1), DELTA, programmes) for units in (4_000, 8_000))
    assert few.rate < many.rate / 2
    assert few.row.start >= many.row.start


def test_the_separation_is_the_one_of_one_gaussian_release() -> None:
    assert 1 / separation(1.0, 1e-6) == pytest.approx(4.2247, abs=1e-3)
    assert 1 / separation(8.0, 1e-6) == pytest.approx(0.6626, abs=1e-1)


def test_more_epsilon_never_means_more_noise() -> None:
    noise = [separation(epsilon, 1e-6) for epsilon in (0.1, 0.25, 0.5, 1, 2, 4, 8)]
    assert noise == sorted(noise)


@pytest.mark.parametrize(("table", "programmes"), [(TABLE, LARGE + 1), (SMALL, LARGE)])
def test_a_table_begins_at_nothing_and_ascends(table, programmes) -> None:
    assert table[0].signal == 0
    assert [row.signal for row in table] == sorted(row.signal for row in table)
    assert row_for(1, Decimal("0.1"), programmes) is table[0]
    assert row_for(10**7, Decimal(8), programmes) is table[-1]


def test_a_plan_is_written_without_floats() -> None:
    document = plan(10_000, Decimal(1), DELTA, 100).to_document()
    assert json.loads(json.dumps(document), parse_float=pytest.fail) == document
    assert document["programmes"] == 100


def test_only_a_small_catalogue_has_columns_for_single_programmes() -> None:
    small, large = (plan(10_000, Decimal(1), DELTA, count) for count in (LARGE, LARGE + 1))
    assert small.row.indicator > 0
    assert large.row.indicator == 0


def test_of_a_large_catalogue_more_of_the_price_goes_to_counting_programmes_and_most_where_there_are_few_people() -> (
    None
):
    """The less there is to learn from, the more of what can be learned is how popular each programme is."""
    for units in (1_000, 10_000, 100_000):
        large, small = (row_for(units, Decimal(1), programmes).start for programmes in (LARGE + 1, LARGE))
        assert large > small
    parts = [plan(units, Decimal(1), DELTA, LARGE + 1).first.programmes.sigma for units in (10_000, 30_000, 100_000)]
    assert parts == sorted(parts)
    assert parts[0] < plan(10_000, Decimal(1), DELTA, LARGE).first.programmes.sigma / 3


def test_its_twin_without_noise_costs_infinitely_much() -> None:
    twin = plan(10_000, Decimal(1), DELTA, 100).without_noise()
    assert twin.mechanism() == non_private()
    assert isinstance(twin.mechanism(), Mechanism)
    assert not twin.private


@pytest.mark.parametrize(
    ("units", "epsilon", "delta"),
    [(10, "0", "1e-6"), (10, "-1", "1e-6"), (10, "NaN", "1e-6"), (10, "Infinity", "1e-6"), (10, "0.01", "1e-6"),
     (0, "1", "1e-6"), (10, "1", "0"), (10, "1", "1")],
)  # fmt: skip
def test_what_makes_no_plan_is_refused(units, epsilon, delta) -> None:
    with pytest.raises(Rejected, match="make no plan"):
        plan(units, Decimal(epsilon), Decimal(delta), 10)


def test_the_page_about_training_shows_the_table_that_is_shipped() -> None:
    page = (Path(__file__).parents[3] / "docs" / "private-training.md").read_text(encoding="utf-8")
    lines = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith(("| more |", "| up to"))]
    shown = [tuple(float(cell.replace(",", "")) for cell in cells[1:]) for cells in lines]
    names = (
        "signal", "steps", "rate", "everybody", "person", "waves", "own", "indicator", "pairs", "start", "seen",
        "alike",
    )  # fmt: skip
    assert shown == [tuple(float(getattr(row, name)) for name in names) for row in (*TABLE, *SMALL)]


def test_of_the_fewest_people_and_a_large_catalogue_programmes_with_attributes_in_common_are_counted_together() -> None:
    made = [plan(units, Decimal(1), DELTA, LARGE + 1) for units in (1_000, 4_000)]
    assert [one.row.weighing.alike > 0 for one in made] == [True, False]
    assert [one.first.programmes.sigma for one in made] == [made[0].first.programmes.sigma] * 2
    assert made[0].to_document()["alike"] == "1.0"
