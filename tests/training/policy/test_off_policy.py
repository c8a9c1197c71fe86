"""Off-policy values: right against a known truth, covered by their intervals, and refused where the log cannot tell."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from tests.training.policy.rounds import PROGRAMMES, drawn
from training.policy.logged_bandit import LoggedBandit
from training.policy.off_policy import METHODS, SWITCH_AT, effective_size, off_policy_value

FIXTURE = Path(__file__).with_name("obp.json")


def covered(method, runs, units=None):
    inside = 0
    for run in range(runs):
        rounds, policy, truth = drawn(np.random.default_rng([run, 3]), units=units)
        found = off_policy_value(rounds, policy, method)
        inside += found.low <= truth <= found.high
    return inside / runs


@pytest.mark.parametrize("method", METHODS)
def test_the_interval_holds_the_truth_as_often_as_it_says(method):
    assert 0.90 <= covered(method, 200) <= 0.99


@pytest.mark.soak
@pytest.mark.parametrize("units", [None, 500])
@pytest.mark.parametrize("method", METHODS)
def test_the_interval_holds_the_truth_in_93_to_97_of_100_runs(method, units):
    assert 0.93 <= covered(method, 1000, units) <= 0.97


def test_the_interval_of_rounds_of_few_people_is_wider():
    rounds, policy, _ = drawn(np.random.default_rng(0), units=300)
    alone = replace(rounds, unit=None)
    every = [off_policy_value(some, policy, "ips") for some in (rounds, alone)]
    assert every[0].value == every[1].value
    assert every[0].high - every[0].low != every[1].high - every[1].low


def test_the_logged_policy_itself_is_worth_what_it_brought():
    rounds, _, _ = drawn(np.random.default_rng(1))
    for method in ("ips", "snips"):
        found = off_policy_value(rounds, rounds.logged, method)
        assert found.value == pytest.approx(rounds.reward.mean())
        assert found.effective == pytest.approx(len(rounds))


def test_a_model_that_is_right_leaves_less_to_chance():
    rounds, policy, _ = drawn(np.random.default_rng(2))
    blind = replace(rounds, predicted=np.zeros_like(rounds.predicted))
    with_model, without = (off_policy_value(some, policy, "dr") for some in (rounds, blind))
    assert with_model.high - with_model.low < without.high - without.low
    assert without.value == pytest.approx(off_policy_value(rounds, policy, "ips").value)


def test_switch_takes_from_the_model_what_was_hardly_ever_shown():
    rounds, policy, truth = drawn(np.random.default_rng(3), many=6000)
    rare = np.where(np.arange(PROGRAMMES) == 0, 0.003, rounds.logged)
    rare /= rare.sum(axis=1, keepdims=True)
    seldom = replace(rounds, logged=rare)
    found = off_policy_value(seldom, policy, "switch")
    assert 0 < found.modelled < 1
    assert off_policy_value(rounds, policy, "switch").modelled == 0
    assert (policy / rounds.logged).max() < SWITCH_AT
    assert abs(found.value - truth) < 0.2


def test_a_policy_that_shows_what_had_no_chance_is_refused_and_named():
    rounds, policy, _ = drawn(np.random.default_rng(4))
    logged = rounds.logged.copy()
    never = 2
    keep = np.flatnonzero(rounds.action != never)
    logged[:, never] = 0
    logged /= logged.sum(axis=1, keepdims=True)
    some = replace(rounds, logged=logged, action=np.where(rounds.action == never, 0, rounds.action)).rows(keep)
    with pytest.raises(Rejected, match="no chance to be shown: 2"):
        off_policy_value(some, policy[keep], "snips")
    allowed = policy[keep].copy()
    allowed[:, never] = 0
    allowed /= allowed.sum(axis=1, keepdims=True)
    assert off_policy_value(some, allowed, "snips").effective > 100


def test_a_bare_point_is_refused():
    rounds, policy, _ = drawn(np.random.default_rng(5))
    with pytest.raises(Rejected, match="fewer than 100"):
        off_policy_value(rounds.rows(np.arange(90)), policy[:90], "ips")


def test_dr_without_a_model_is_refused():
    rounds, policy, _ = drawn(np.random.default_rng(6))
    with pytest.raises(Rejected, match="needs what a model expects"):
        off_policy_value(replace(rounds, predicted=None), policy, "dr")


def test_everything_that_is_wrong_with_the_arrays_is_said_at_once():
    rounds, _, _ = drawn(np.random.default_rng(7))
    wrong = {"action": rounds.action + 50, "reward": rounds.reward[:-1], "logged": rounds.logged * 2}
    with pytest.raises(Rejected) as refused:
        replace(rounds, **wrong)
    assert {problem.path[0] for problem in refused.value.problems} == {"action", "reward", "logged"}


@given(st.lists(st.floats(0.01, 50), min_size=1, max_size=40), st.floats(0.1, 10))
def test_the_effective_size_is_at_most_the_number_and_does_not_depend_on_scale(weights, scale):
    weight = np.array(weights)
    none = np.zeros(0, np.int64)
    found = effective_size(weight, none)
    assert 1 - 1e-9 <= found <= len(weights) + 1e-9
    assert effective_size(weight * scale, none) == pytest.approx(found)


def test_the_values_are_those_of_the_open_bandit_pipeline():
    document = json.loads(FIXTURE.read_text(encoding="utf-8"))
    arrays = {name: np.array(value) for name, value in document["inputs"].items()}
    assert document["outputs"]["switch"] != document["outputs"]["dr"]
    rounds = LoggedBandit(arrays["action"], arrays["reward"], arrays["logged"], None, arrays["predicted"])
    for method, expected in document["outputs"].items():
        assert off_policy_value(rounds, arrays["policy"], method, document["switch_at"]).value == pytest.approx(
            expected, abs=1e-9
        )
