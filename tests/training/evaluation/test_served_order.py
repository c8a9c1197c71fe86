"""Served order: the utility of held-out people is that of what is recommended, and boosts close its gaps."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from features.calendar import date_of
from features.snapshot import known
from recommender.offers.batch import Ranker, batch
from recommender.offers.order_correction import parse_boosts
from recommender.offers.utility import STEP
from recommender.ranking.scorer import Scores
from recommender.rules.compiled import compile_catalogue
from recommender.rules.people_group import parse_groups
from recommender.rules.person import Person
from tests.recommender.catalogues import MESSAGES
from training.data.hold_out import HoldOut
from training.data.material import candidates, with_truth
from training.evaluation.correction import reach
from training.evaluation.judged_rows import entitlements
from training.evaluation.served_order import SERVED, served_boosts, served_correction, served_utility


class YoungFirst:
    """Finds what is for the young likely for everybody, so that the old are behind."""

    features_hash = catalogue_hash = ""

    def attributes(self, _catalogue, _declaration):
        return object()

    def score(self, _people, _attributes, pairs):
        chance = np.where(pairs.programme % 2 == 0, 0.9, 0.1) - 0.01 * pairs.programme
        return Scores(np.log(chance / (1 - chance)), chance)


@pytest.fixture(scope="module")
def everybody(material):
    rule = {"old": {"who": {"fact": "age", "at_least": 50}}}
    groups = parse_groups({"groups": rule}, ("groups.yaml",), material.declaration)
    return replace(material, groups=groups, hold_out=HoldOut(every=1))


@pytest.fixture(scope="module")
def rows(everybody):
    some, truth = with_truth(everybody, candidates(everybody, everybody.gate.rows.open(None)))
    truth = replace(truth, eligible=np.ones(len(some.pairs), dtype=np.bool_))
    return SimpleNamespace(some=some, truth=truth, owed=entitlements(everybody, some, truth))


def served(everybody, rows, correction=None):
    """What people are recommended, and the rules by which they are."""
    some, zone = rows.some, everybody.declaration.zone
    day = zone.today(everybody.end)
    compiled = compile_catalogue(
        everybody.catalogue, some.people.columns, everybody.declaration, everybody.regions, day
    )
    history, receipts = everybody.gate.rows.open(None).history, everybody.catalogue.receipts
    people = [
        Person(known(everybody.declaration, history, name, everybody.end, receipts)) for name in some.people.people
    ]
    ranker = Ranker(scorer=YoungFirst(), attributes=object(), model={}, correction=correction)
    assert date_of(day)
    return batch(people, compiled.explaining(MESSAGES), ranker)


def test_the_utility_of_held_out_people_is_that_of_what_they_are_recommended(everybody, rows):
    pairs = rows.some.pairs
    chance = YoungFirst().score(None, None, pairs).probability
    utility = np.rint(served_utility(everybody, rows.some, chance) * STEP).astype(int)
    mine = {
        (int(person), everybody.catalogue.programmes[at].id): steps
        for person, at, steps in zip(pairs.person, pairs.programme, utility.tolist(), strict=True)
    }
    told = [(i, one) for i, found in enumerate(served(everybody, rows)) for one in found.shown]
    assert len(told) > 300
    assert {(i, one.programme.id): one.utility.steps for i, one in told} == {
        (i, one.programme.id): mine[i, one.programme.id] for i, one in told
    }


def test_boosts_close_the_gap_in_what_is_recommended(everybody, rows):
    found = served_correction(everybody, rows, YoungFirst())
    assert found.order == SERVED
    assert found.before.gaps[0] < -0.2
    assert abs(found.after.gaps[0]) < abs(found.before.gaps[0]) / 2
    assert found.price < 0.01
    boosts = served_boosts(found)
    document = [{"group": o.group, "of": o.of, "programme": o.programme, "adds": o.steps / STEP} for o in boosts]
    correction = parse_boosts(document, everybody.groups, ("w.yaml",))
    assert {one.programme for one in boosts} <= {f"toy.p{at}" for at in range(8)}
    place = {
        (i, one.programme.id): -one.rank
        for i, answer in enumerate(served(everybody, rows, correction))
        for one in answer.shown
    }
    pairs, programmes = rows.some.pairs, everybody.catalogue.programmes
    asked = [(int(who), programmes[at].id) for who, at in zip(pairs.person, pairs.programme, strict=True)]
    assert len(place) > 300
    score = np.array([place.get(one, -99.0) for one in asked])
    assert abs(reach(rows.owed, score, 5).gaps[0]) < abs(found.before.gaps[0]) / 2


def test_without_groups_there_is_nothing_to_correct(material, rows):
    assert served_correction(material, rows, YoungFirst()) is None
