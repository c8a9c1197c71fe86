"""The gate: better by more than noise, no group worse by more than the margin, and too few people tell nothing."""

from __future__ import annotations

import numpy as np
import pytest

from features.problem import Rejected
from training.evaluation.promotion_gate import (
    GateFigure,
    GateTerms,
    calibration_says,
    groups_say,
    not_worse_says,
    order_says,
    parse_terms,
)

TERMS = GateTerms()


@pytest.mark.parametrize(
    ("difference", "units", "says"),
    [(0.03, 500, "passed"), (0.01, 500, "cannot_tell"), (-0.03, 500, "failed"), (0.03, 20, "cannot_tell")],
)
def test_an_order_has_to_be_better_by_more_than_noise(difference, units, says):
    assert order_says(GateFigure(difference, 0.02, units)) == says


def test_the_first_model_has_only_not_to_be_worse():
    assert order_says(GateFigure(0.001, 0.02, 500), first=True) == "passed"
    assert order_says(GateFigure(-0.03, 0.02, 500), first=True) == "failed"


def test_a_group_that_loses_more_than_the_margin_fails_and_a_small_one_cannot_be_told():
    figures = {
        "fine": GateFigure(0.0, 0.01, 900), "worse": GateFigure(-0.08, 0.02, 400), "few": GateFigure(-0.3, 0.02, 12),
        "unsure": GateFigure(-0.03, 0.05, 60), "nobody": GateFigure(float("nan"), float("nan"), 0),
    }  # fmt: skip
    assert groups_say(figures, TERMS) == {
        "fine": "passed", "worse": "failed", "few": "cannot_tell", "unsure": "cannot_tell", "nobody": "cannot_tell",
    }  # fmt: skip


def test_many_groups_that_lose_nothing_beyond_the_margin_are_seldom_refused_together():
    rng, refused = np.random.default_rng(0), 0
    for _ in range(2000):
        figures = {str(at): GateFigure(-0.02 + rng.normal(0, 0.01), 0.0196, 500) for at in range(10)}
        refused += "failed" in groups_say(figures, TERMS).values()
    assert 0.03 < refused / 2000 < 0.065  # one in twenty, though each alone would be refused that often


def test_holm_refuses_more_than_bonferroni_and_less_than_each_alone():
    figures = {"a": GateFigure(-0.06, 0.0196, 500), "b": GateFigure(-0.0405, 0.0196, 500)}  # chances .00003 and .02
    assert groups_say(figures, TERMS) == {"a": "failed", "b": "failed"}
    fine = {str(at): GateFigure(0.0, 0.01, 500) for at in range(9)}
    assert groups_say({"b": figures["b"], **fine}, TERMS)["b"] == "passed"


def test_probabilities_have_to_be_near_what_happened():
    assert calibration_says(GateFigure(0.01, 0.01, 500), TERMS) == "passed"
    assert calibration_says(GateFigure(-0.2, 0.01, 500), TERMS) == "failed"
    assert calibration_says(GateFigure(0.06, 0.2, 500), TERMS) == "cannot_tell"
    assert not_worse_says(GateFigure(-0.02, 0.01, 500)) == "failed"
    assert not_worse_says(GateFigure(-0.005, 0.01, 500)) == "passed"
    assert not_worse_says(GateFigure(-0.5, 0.01, 5)) == "cannot_tell"


def test_terms_say_everything_that_is_wrong_at_once():
    assert parse_terms({"margin": 0.01}, ("gate.yaml",)) == GateTerms(margin=0.01)
    with pytest.raises(Rejected) as refused:
        parse_terms({"margin": 2, "level": True, "speed": 1}, ("gate.yaml",))
    assert len(refused.value.problems) == 3
