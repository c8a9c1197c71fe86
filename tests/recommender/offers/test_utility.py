from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from features.value import UNKNOWN
from recommender.offers import utility as u
from recommender.offers.utility import UtilityInputs, UtilityWeights, parse_weights, unlocked, weigh


@dataclasses.dataclass(frozen=True)
class One:
    """The inputs of one programme."""

    likelihood: float | None
    amount: int | None
    chance: float
    days_left: int | None
    unlocks: int
    effort_minutes: int | None
    gives: int = 0


def utility(*ones, weights=None):
    """The utilities of programmes, each given as One; all or none with a likelihood."""

    def column(name):
        return np.array([UNKNOWN if getattr(one, name) is None else getattr(one, name) for one in ones])

    likelihood = None if ones[0].likelihood is None else np.array([one.likelihood for one in ones])
    inputs = UtilityInputs(
        likelihood, column("amount"), column("gives"), np.array([one.chance for one in ones], dtype=np.float64),
        column("days_left"), column("unlocks"), column("effort_minutes"),
    )  # fmt: skip
    weighed = weigh(inputs, weights or UtilityWeights())
    found = [weighed.utility(row) for row in range(len(ones))]
    assert [one.steps for one in found] == weighed.total.tolist()
    return found


MERITS = st.builds(
    One,
    likelihood=st.none() | st.floats(0, 1),
    amount=st.none() | st.integers(0, 10**12),
    chance=st.just(1.0) | st.floats(0, 0.99),
    days_left=st.none() | st.integers(0, 40_000),
    unlocks=st.integers(0, 1000),
    effort_minutes=st.none() | st.integers(0, 100_000),
)
PLAIN = One(0.5, 1_000_000, chance=1.0, days_left=30, unlocks=1, effort_minutes=30)


def value(one):
    return utility(one)[0].value


@given(MERITS)
def test_contributions_add_up_to_the_utility_exactly(inputs):
    found = utility(inputs)[0]
    assert found.steps == sum(part.steps for part in found.contributions)
    assert found.value == found.steps / u.STEP
    assert {part.factor for part in found.contributions} <= set(u.FACTORS)


@given(MERITS, st.floats(0, 1), st.floats(0, 1))
def test_likelier_is_never_worse(inputs, one, other):
    low, high = sorted((one, other))
    assert value(dataclasses.replace(inputs, likelihood=low)) <= value(dataclasses.replace(inputs, likelihood=high))


@given(MERITS, st.integers(0, 10**12), st.integers(0, 10**12))
def test_worth_more_is_never_worse(inputs, one, other):
    low, high = sorted((one, other))
    assert value(dataclasses.replace(inputs, amount=low)) <= value(dataclasses.replace(inputs, amount=high))


@given(MERITS, st.integers(0, 4000), st.integers(0, 4000))
def test_closing_sooner_is_never_ranked_lower(inputs, one, other):
    soon, late = sorted((one, other))
    assert value(dataclasses.replace(inputs, days_left=soon)) >= value(dataclasses.replace(inputs, days_left=late))
    assert value(dataclasses.replace(inputs, days_left=late)) >= value(dataclasses.replace(inputs, days_left=None))


@given(MERITS, st.integers(0, 50))
def test_unlocking_more_and_asking_less_effort_are_never_worse(inputs, more):
    assert value(dataclasses.replace(inputs, unlocks=inputs.unlocks + more)) >= value(inputs)
    assert value(dataclasses.replace(inputs, effort_minutes=(inputs.effort_minutes or 0) + more)) <= value(inputs)


def test_each_part_carries_the_figures_it_was_made_of():
    parts = {part.factor: part for part in utility(PLAIN)[0].contributions}
    assert parts[u.EXPECTED].figures == {"likelihood": 0.5, "amount": 1_000_000}
    assert (parts[u.URGENCY].value, parts[u.URGENCY].figures) == (0.1, {"days_left": 30})
    assert (parts[u.UNLOCKS].value, parts[u.UNLOCKS].figures) == (0.05, {"programmes": 1})
    assert (parts[u.EFFORT].value, parts[u.EFFORT].figures) == (-0.025, {"minutes": 30})
    assert parts[u.CERTAINTY].value == 0.1


def test_without_a_model_the_worth_stands_alone():
    parts = utility(dataclasses.replace(PLAIN, likelihood=None))[0].contributions
    assert [part.factor for part in parts] == [u.VALUE, u.CERTAINTY, u.URGENCY, u.UNLOCKS, u.EFFORT]


@pytest.mark.parametrize("likelihood", [None, 0.5])
def test_what_it_would_bring_counts_as_much_as_it_is_likely_to_be_for_the_person(likelihood):
    unsure = dataclasses.replace(PLAIN, likelihood=likelihood, chance=0.25)
    parts = {part.factor: part.value for part in utility(unsure)[0].contributions}
    brought = sum(parts[factor] for factor in (u.VALUE, u.EXPECTED, u.URGENCY, u.UNLOCKS) if factor in parts)
    assert parts[u.DOUBT] == pytest.approx(-0.75 * brought - UtilityWeights().doubt * 0.75**2, abs=2e-4)


@given(MERITS, st.floats(0, 1), st.floats(0, 1))
def test_likelier_to_be_entitled_is_never_worse(inputs, one, other):
    low, high = sorted((one, other))
    assert (
        value(dataclasses.replace(inputs, chance=high)) >= value(dataclasses.replace(inputs, chance=low)) - 2 / u.STEP
    )


MODEST = st.none() | st.integers(0, 100_000_000)


@given(st.builds(One, st.none() | st.floats(0, 1), MODEST, st.just(1.0), st.none() | st.integers(0, 4000),
                 st.integers(0, 9), st.none() | st.integers(0, 10**5)),
       MODEST, st.floats(0, 0.05))  # fmt: skip
def test_a_certain_entitlement_comes_before_an_improbable_one_whatever_that_would_bring(certain, amount, chance):
    likelihood = None if certain.likelihood is None else 1.0
    improbable = One(likelihood, amount, chance, days_left=0, unlocks=9, effort_minutes=0)
    assert value(certain) > value(improbable)


def test_a_loan_a_discount_and_a_service_count_less_than_a_gift_of_the_same_sum():
    gift, loan, discount, service = (value(dataclasses.replace(PLAIN, gives=gives)) for gives in range(4))
    assert gift > discount == service > loan


def test_parts_that_count_nothing_are_left_out_but_the_gain_is_always_said():
    parts = utility(One(0.0, None, 0.0, None, 0, None))[0].contributions
    assert [part.factor for part in parts] == [u.EXPECTED, u.DOUBT]


def test_effort_counts_up_to_four_hours():
    long, longer = (dataclasses.replace(PLAIN, effort_minutes=minutes) for minutes in (240, 10_000))
    assert value(long) == value(longer)


def test_an_amount_nobody_states_is_placed_where_the_weights_say():
    unstated = dataclasses.replace(PLAIN, amount=None)
    assert value(unstated) == value(dataclasses.replace(PLAIN, amount=UtilityWeights().unstated_won))
    assert utility(unstated, weights=UtilityWeights(unstated_won=1))[0].value < value(unstated)
    assert utility(unstated)[0].contributions[0].figures["amount"] is None


def test_weights_are_read_from_a_mapping_and_the_rest_keeps_its_default():
    assert parse_weights({"effort": 0}) == UtilityWeights(effort=0)
    assert parse_weights({}) == UtilityWeights()


@pytest.mark.parametrize("document", [None, [], "urgency", 5])
def test_weights_that_are_no_mapping_are_refused(document):
    with pytest.raises(Rejected, match="not a mapping"):
        parse_weights(document)


def test_every_wrong_weight_is_reported_at_once():
    wrong = {"urgency": -1, "effort": float("nan"), "value": True, "expected": "1", "urgency_days": 0, "full_won": 1.5}
    with pytest.raises(Rejected) as refusal:
        parse_weights(wrong)
    assert len(refusal.value.problems) == len(wrong)
    with pytest.raises(Rejected, match=r"urgenzy.*is not a weight"):
        parse_weights({"urgenzy": 1})


def rises(rows):
    """Programme 0 asks for fact 0, programme 1 for facts 0 and 1, programme 2 for nothing; 3 is never open."""
    facts = np.where(rows == 1, 2, np.where(rows == 0, 0, 1))
    both = facts.min(axis=1)
    answers = [facts[:, 0], both, np.full(len(rows), 2), np.zeros(len(rows), int)]
    return np.stack(answers, axis=1).astype(np.int8)


@pytest.mark.parametrize(
    ("known", "grants", "opens"),
    [
        ([0, 0], [(), (0,), (0, 1), (1,)], (0, 1, 2, 0)),  # from no to yes
        ([0, -9], [(0,), (1,)], (2, 0)),  # the second rises from no to unknown
        ([-9, -9], [(0,), (0, 1), (1, 0)], (1, 2, 2)),  # from unknown to yes; still unknown is no rise
        ([1, 1], [(0,)], (0,)),
        ([0, 0], [(), ()], (0, 0)),
        ([0, 0], [], ()),
    ],
)
def test_what_a_grant_unlocks_is_counted_where_an_answer_rises(known, grants, opens):
    row = np.array(known, dtype=np.int64)
    assert tuple(unlocked(rises, row, rises(row[None, :])[0], grants).tolist()) == opens
