"""Order correction: boosts go to whom they are for, move what they name up, say so, and change nobody's chances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml

from features.problem import Rejected
from features.snapshot import known_from_facts
from recommender.offers.batch import Ranker, batch
from recommender.offers.order_correction import Boost, boosts_document, parse_boosts
from recommender.offers.utility import CORRECTION
from recommender.ranking.scorer import Pairs, Scores
from recommender.rules.people_group import parse_groups
from recommender.rules.person import Person
from tests.recommender.catalogues import MESSAGES

HERE = ("w.yaml", "boosts")
OLDER = {"group": "older", "of": "group", "programme": "t.any", "adds": 0.25}
YOUNGER = {"group": "older", "of": "rest", "programme": "t.women", "adds": 0.5}


class EvenScorer:
    """Finds everything as likely as anything else."""

    features_hash = catalogue_hash = ""

    def score(self, _people, _attributes, pairs):
        return Scores(np.full(len(pairs), 0.0), np.full(len(pairs), 0.5))


@pytest.fixture(scope="module")
def groups(many):
    rule = {"fact": "age", "at_least": 65}
    return parse_groups({"groups": {"older": {"who": rule}}}, ("groups.yaml",), many[0].declaration)


@pytest.fixture(scope="module")
def correction(groups):
    return parse_boosts([OLDER, YOUNGER], groups, HERE)


def test_a_boost_is_for_who_is_of_the_group_or_of_the_rest_and_for_nobody_of_whom_it_is_not_known(many, correction):
    people, compiled = many
    place = compiled.catalogue.index
    pairs = Pairs(np.repeat(np.arange(4), 4), np.tile(np.arange(4), 4))
    steps = correction.steps(people, pairs, compiled).reshape(4, 4)
    assert steps[:, place["t.any"]].tolist() == [0, 2500, 0, 0]
    assert steps[:, place["t.women"]].tolist() == [0, 0, 0, 5000]
    assert not steps[:, [place["t.men"], place["t.old"]]].any()


def test_what_the_catalogue_does_not_list_is_left_alone(many, groups):
    people, compiled = many
    gone = parse_boosts([{**OLDER, "programme": "t.gone"}], groups, HERE)
    assert not gone.steps(people, Pairs(np.arange(4), np.arange(4)), compiled).any()


def test_boosts_are_read_as_they_are_written(correction, groups):
    document = yaml.safe_load(yaml.safe_dump(boosts_document(correction.boosts)))
    assert document == {"boosts": [OLDER, YOUNGER]}
    assert parse_boosts(document["boosts"], groups, HERE).boosts == correction.boosts
    assert correction.boosts[0] == Boost("older", "group", "t.any", 2500)
    assert parse_boosts([], groups, HERE) is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"older": 1}, {HERE}),
        ([{**OLDER, "group": "elder", "of": "all"}], {(*HERE, 0, "group"), (*HERE, 0, "of")}),
        ([OLDER, {**OLDER, "adds": -0.1}], {(*HERE, 1, "adds")}),
        ([{**OLDER, "adds": "much", "why": 1}], {(*HERE, 0, "adds"), (*HERE, 0, "why")}),
        ([{**OLDER, "adds": float("nan")}], {(*HERE, 0, "adds")}),
        ([{"group": "older"}, 3], {(*HERE, 0, "of"), (*HERE, 0, "programme"), (*HERE, 0, "adds"), (*HERE, 1)}),
    ],
)
def test_everything_wrong_with_boosts_is_told_at_once(groups, document, said):
    with pytest.raises(Rejected) as refused:
        parse_boosts(document, groups, HERE)
    assert {problem.path for problem in refused.value.problems} >= said


def test_who_is_behind_finds_it_further_up_with_the_reason_and_with_the_same_chances(many, groups):
    people, compiled = many
    t = int(people.t[0])
    person = Person(known_from_facts(people.declaration, {"birth_date": "1950-01-01", "sex": "female"}, t))
    plain = Ranker(scorer=EvenScorer(), attributes=object(), model={})
    corrected = replace(plain, correction=parse_boosts([{**OLDER, "programme": "t.women"}], groups, HERE))
    before, after = (batch([person], compiled.explaining(MESSAGES), one)[0].shown for one in (plain, corrected))
    assert [one.programme.id for one in before] == ["t.any", "t.old", "t.women"]
    assert [one.programme.id for one in after] == ["t.women", "t.any", "t.old"]
    assert {one.likelihood for one in (*before, *after)} == {0.5}
    assert after[0].utility.steps == before[2].utility.steps + 2500
    said = {part["factor"]: part["text"]["en"] for part in after[0].to_json()["why_rank"]}
    assert said[CORRECTION] == "It stands higher so that help reaches all groups of people alike."
    assert all(part.factor != CORRECTION for one in (*before, *after[1:]) for part in one.utility.contributions)
