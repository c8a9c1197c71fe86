from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from features.value import UNKNOWN
from recommender.offers import utility as u
from recommender.offers.utility import UtilityInputs, UtilityWeights, parse_weights, unlocked, weigh, won_a_year


@dataclasses.dataclass(frozen=True)
class One:
    """The inputs of one programme."""

    likelihood: float | None
    won_a_year: int | None
    certain: bool
    days_left: int | None
    unlocks: int
    effort_minutes: int | None


def utility(*ones, weights=None):
    """The utilities of programmes, each given as One; all or none with a likelihood."""

    def column(name):
        return np.array([UNKNOWN if getattr(one, name) is None else getattr(one, name) for one in ones])

    likelihood = None if ones[0].likelihood is None else np.array([one.likelihood for one in ones])
    inputs = UtilityInputs(likelihood,
        column("won_a_year"), column("certain") == 1, column("days_left"), column("unlocks"),
                    column("effort_minutes"))  # fmt: skip
    weighed = weigh(inputs, weights or UtilityWeights())
    found = [weighed.utility(row) for row in range(len(ones))]
    assert [one.steps for one in found] == weighed.total.tolist()
    return found


MERITS = st.builds(
    One,
    likelihood=st.none() | st.floats(0, 1),
    won_a_year=st.none() | st.integers(0, 10**12),
    certain=st.booleans(),
    days_left=st.none() | st.integers(0, 40_000),
    unlocks=st.integers(0, 1000),
    effort_minutes=st.none() | st.integers(0, 100_000),
)
PLAIN = One(0.5, 1_000_000, certain=True, days_left=30, unlocks=1, effort_minutes=30)


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
    assert value(dataclasses.replace(inputs, won_a_year=low)) <= value(dataclasses.replace(inputs, won_a_year=high))


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
    assert parts[u.EXPECTED].figures == {"likelihood": 0.5, "won": 1_000_000}
    assert (parts[u.URGENCY].value, parts[u.URGENCY].figures) == (0.1, {"days_left": 30})
    assert (parts[u.UNLOCKS].value, parts[u.UNLOCKS].figures) == (0.05, {"programmes": 1})
    assert (parts[u.EFFORT].value, parts[u.EFFORT].figures) == (-0.025, {"minutes": 30})
    assert parts[u.CERTAINTY].value == 0.1


def test_without_a_model_the_worth_stands_alone():
    parts = utility(dataclasses.replace(PLAIN, likelihood=None))[0].contributions
    assert [part.factor for part in parts] == [u.VALUE, u.CERTAINTY, u.URGENCY, u.UNLOCKS, u.EFFORT]


def test_without_a_model_worth_counts_less_while_something_is_missing_and_with_one_it_does_not():
    unsure = dataclasses.replace(PLAIN, likelihood=None, certain=False)
    parts = {part.factor: part.steps for part in utility(unsure)[0].contributions}
    assert abs(parts[u.DOUBT] + parts[u.VALUE] / 2) <= 1
    assert u.DOUBT not in {part.factor for part in utility(dataclasses.replace(PLAIN, certain=False))[0].contributions}


@given(MERITS)
def test_certain_is_never_worse_than_unknown(inputs):
    certain, unsure = (dataclasses.replace(inputs, certain=answer) for answer in (True, False))
    assert value(certain) >= value(unsure)


def test_parts_that_count_nothing_are_left_out_but_the_gain_is_always_said():
    parts = utility(One(0.0, None, False, None, 0, None))[0].contributions
    assert [(part.factor, part.steps) for part in parts] == [(u.EXPECTED, 0)]


def test_effort_counts_up_to_four_hours():
    long, longer = (dataclasses.replace(PLAIN, effort_minutes=minutes) for minutes in (240, 10_000))
    assert value(long) == value(longer)


def test_an_amount_nobody_states_is_placed_where_the_weights_say():
    unstated = dataclasses.replace(PLAIN, won_a_year=None)
    assert value(unstated) == value(dataclasses.replace(PLAIN, won_a_year=UtilityWeights().unstated_won))
    assert utility(unstated, weights=UtilityWeights(unstated_won=1))[0].value < value(unstated)
    assert utility(unstated)[0].contributions[0].figures["won"] is None


@pytest.mark.parametrize(
    ("amount", "period", "won"),
    [(None, "month", None), (5, "once", 5), (5, None, 5), (5, "month", 60), (5, "week", 260), (5, "year", 5)],
)
def test_an_amount_is_counted_over_the_first_year(amount, period, won):
    assert won_a_year(amount, period) == won


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
