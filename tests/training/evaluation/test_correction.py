"""Correction: boosts close the gaps on people they were not chosen on, at a price that is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.rules.clause import Answer
from training.evaluation.corrected_orders import _crossed, _of
from training.evaluation.correction import Boosts, Correction, CorrectionTerms, choose_boosts, reach
from training.evaluation.fairness import Entitlements

YES, NO, UNKNOWN = (int(answer) for answer in (Answer.YES, Answer.NO, Answer.UNKNOWN))
KINDS, EACH = 4, 12


def world(seed, people=1500):
    """A group that is due what is of the last kind, which an order that follows the others puts at the end."""
    rng = np.random.default_rng(seed)
    answers = np.where(rng.random((people, 1)) < 0.3, YES, NO).astype(np.int8)
    person, kind = np.repeat(np.arange(people), EACH), np.tile(np.arange(EACH) % KINDS, people)
    wants = np.where(answers[person, 0] == YES, kind >= 2, kind <= 2)
    need = wants * rng.random(person.size)
    owed = Entitlements(person, need * rng.integers(1, 9, person.size), need, answers)
    return owed, kind, -kind + rng.normal(0, 0.7, person.size)


def test_boosts_close_the_gap_of_people_they_were_not_chosen_on():
    owed, kind, score = world(0)
    boosts = choose_boosts(owed, score, kind, KINDS, CorrectionTerms())
    other, its_kind, its_score = world(1)
    before = reach(other, its_score, 5)
    after = reach(other, boosts.applied(its_score, other, its_kind), 5)
    assert before.gaps[0] < -0.2
    assert abs(after.gaps[0]) <= 0.02 + 1.96 * after.errors[0] < 0.06
    assert after.price(before) < 0.01


def test_people_are_corrected_by_boosts_that_others_chose():
    owed, kind, score = world(2, people=400)
    one = np.random.default_rng(0).random(400) < 0.5
    after = _crossed(score, kind, KINDS, owed, (one, ~one), CorrectionTerms())
    theirs = one[owed.person]
    boosts = choose_boosts(_of(owed, ~one), score[~theirs], kind[~theirs], KINDS, CorrectionTerms())
    assert np.array_equal(after[theirs], boosts.applied(score[theirs], _of(owed, one), kind[theirs]))
    assert abs(reach(owed, after, 5).gaps[0]) < abs(reach(owed, score, 5).gaps[0]) / 2


def test_what_is_fair_already_is_left_as_it_is():
    owed, kind, score = world(0)
    same = replace(owed, answers=np.random.default_rng(5).choice([YES, NO], size=owed.answers.shape).astype(np.int8))
    assert abs(reach(same, score, 5).gaps[0]) < 0.05
    assert not choose_boosts(same, score, kind, KINDS, CorrectionTerms(aim=0.05)).added.any()


def test_boosts_never_take_away_and_leave_who_is_unknown_alone():
    owed, kind, score = world(0)
    boosts = choose_boosts(owed, score, kind, KINDS, CorrectionTerms())
    assert (boosts.added >= 0).all()
    assert boosts.added.any()
    nobody = replace(owed, answers=np.full_like(owed.answers, UNKNOWN))
    assert np.array_equal(boosts.applied(score, nobody, kind), score)
    assert not boosts.more((0, 0, 0), -100.0).added[0, 0, 0]


def test_a_group_that_is_too_small_is_not_corrected():
    owed, kind, score = world(0)
    few = np.full_like(owed.answers, NO)
    few[:10] = YES
    assert np.isnan(reach(replace(owed, answers=few), score, 5).gaps[0])
    assert not choose_boosts(replace(owed, answers=few), score, kind, KINDS, CorrectionTerms()).added.any()


def test_a_correction_tells_every_boost_and_its_price():
    owed, kind, score = world(0)
    boosts = Boosts(np.zeros((1, 2, KINDS)), 1.0).more((0, 0, 3), 2.0)
    before, after = reach(owed, score, 5), reach(owed, boosts.applied(score, owed, kind), 5)
    kinds = ("a", "b", "c", "d")
    others, knowing = {"ndcg@5": (0.8, 0.9)}, reach(owed, owed.due, 5)
    told = Correction("lightgbm", ("old",), kinds, boosts, before, after, 20, others, knowing).to_document()
    assert told["boosts"] == [{"group": "old", "of": "group", "kind": "d", "adds": 2.0}]
    assert told["gaps"][0]["before"] < told["gaps"][0]["after"]
    assert told["gaps"][0]["knowing"] == knowing.gaps[0]
    assert told["price"] == 1 - after.total / before.total
    assert told["others"] == {"ndcg@5": {"before": 0.8, "after": 0.9}}


def test_what_is_due_to_a_group_that_does_not_fit_into_the_first_places_no_order_closes():
    owed, kind, score = world(3)
    much = replace(
        owed, due=np.where(owed.answers[owed.person, 0] == YES, 1.0, kind == 0)
    )  # 12 of the group, 3 of others
    knowing = reach(much, much.due, 5)
    assert knowing.gaps[0] == 5 / EACH - 1
    boosts = choose_boosts(much, score, kind, KINDS, CorrectionTerms())
    assert abs(reach(much, boosts.applied(score, much, kind), 5).gaps[0]) > 0.02
