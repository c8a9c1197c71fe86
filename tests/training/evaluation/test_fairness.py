"""Fairness: each group beside the rest, as fairlearn's MetricFrame counts it, with intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn import metrics

from recommender.rules.clause import Answer
from recommender.rules.people_group import PeopleGroup
from recommender.text import Text
from training.evaluation.fairness import (
    FEWEST,
    Entitlements,
    Told,
    clustered_share,
    equal_need_gap,
    fairness,
    share_gap,
)

YES, NO, UNKNOWN = (int(answer) for answer in (Answer.YES, Answer.NO, Answer.UNKNOWN))
GROUP = PeopleGroup("old", Text(ko="노인", en="old"), who=None)
EACH = 8


def world(people=400, seed=0, favour=0.0):
    """People with eight candidates each; a group that wants the later ones, which an order may favour."""
    rng = np.random.default_rng(seed)
    answers = rng.choice([YES, NO, UNKNOWN], p=[0.3, 0.6, 0.1], size=(people, 1)).astype(np.int8)
    person = np.repeat(np.arange(people), EACH)
    need = rng.random(people * EACH) * (rng.random(people * EACH) < 0.6)
    owed = Entitlements(person, need * rng.integers(1, 50, people * EACH), need, answers)
    score = need + rng.normal(0, 0.5, people * EACH) - favour * (answers[person, 0] == YES) * (need > 0)
    return owed, score


def told_of(owed):
    rng = np.random.default_rng(1)
    label = (rng.random(owed.person.size) < 0.3).astype(np.float64)
    return Told(owed.person, label, owed.answers[owed.person]), rng.random(owed.person.size)


def test_figures_by_group_are_those_of_fairlearn():
    owed, score = world(favour=0.3)
    told, chance = told_of(owed)
    (found,) = fairness([GROUP], owed, {"ours": score}, told, {"ours": chance})
    whose, first = owed.answers[owed.person, 0], owed.first(score, 5).astype(int)
    known = whose != UNKNOWN
    frame = metrics.MetricFrame(
        metrics=metrics.selection_rate, y_true=first[known], y_pred=first[known], sensitive_features=whose[known],
        sample_params={"sample_weight": owed.due[known]},
    )  # fmt: skip
    reached = found.figures["ours"]["reached"]
    assert (reached.inside, reached.rest) == pytest.approx((frame.by_group[YES], frame.by_group[NO]))
    assert abs(reached.gap) == pytest.approx(frame.difference())
    off = metrics.MetricFrame(
        metrics=lambda true, predicted: metrics.mean_prediction(true, predicted) - np.mean(true),
        y_true=told.label[known], y_pred=chance[known], sensitive_features=whose[known],
    )  # fmt: skip
    calibration = found.figures["ours"]["calibration"]
    assert (calibration.inside, calibration.rest) == pytest.approx((off.by_group[YES], off.by_group[NO]))


def test_an_order_that_puts_a_group_last_shows_in_every_measure():
    owed, score = world(favour=2.0)
    told, chance = told_of(owed)
    figures = fairness([GROUP], owed, {"ours": score}, told, {"ours": chance})[0].figures["ours"]
    for name in ("reached", "recall", "exposure"):
        assert figures[name].gap < -3 * figures[name].error < 0
    assert abs(figures["calibration"].gap) < 4 * figures["calibration"].error


def test_of_a_small_group_nothing_is_told_not_even_how_small():
    owed, score = world(people=60)
    told, chance = told_of(owed)
    (found,) = fairness([GROUP], owed, {"ours": score}, told, {"ours": chance})
    assert found.people < FEWEST
    assert found.to_document() == {
        "group": "old", "label": {"ko": "노인", "en": "old"}, "suppressed": True, "fewest": FEWEST,
    }  # fmt: skip


def test_people_of_whom_nothing_is_known_are_of_neither_side():
    part, whole = np.array([1.0, 0.0, 5.0]), np.ones(3)
    gap = share_gap(part, whole, np.arange(3), np.array([YES, NO, UNKNOWN], dtype=np.int8))
    assert (gap.inside, gap.rest, gap.gap) == (1.0, 0.0, 1.0)


def test_intervals_count_people_and_not_rows():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        person = np.repeat(np.arange(80), 6)
        part = np.repeat(rng.random(80) < 0.4, 6).astype(np.float64)  # all rows of a person alike
        share, error = clustered_share(part, np.ones(part.size), person)
        inside += abs(share - 0.4) < 1.96 * error
    assert 270 <= inside <= 297


def test_people_are_compared_with_people_of_like_need():
    rng = np.random.default_rng(4)
    answer = np.where(rng.random(4000) < 0.5, YES, NO).astype(np.int8)
    need = rng.random(4000) + (answer == YES)  # the group needs more
    value = 1.0 / (1.0 + need) + rng.normal(0, 0.05, 4000)  # and who needs more gets less of it, whoever they are
    plain = value[answer == YES].mean() - value[answer == NO].mean()
    assert plain < -0.2
    overlapping = (need > 0.8) & (need < 1.2)
    alike = equal_need_gap(value[overlapping], need[overlapping], answer[overlapping])
    assert abs(alike.gap) < 0.03


def test_where_no_need_is_shared_there_is_no_figure():
    answer = np.array([YES] * 50 + [NO] * 50, dtype=np.int8)
    assert np.isnan(equal_need_gap(np.ones(100), np.repeat([0.0, 1.0], 50), answer).gap)
