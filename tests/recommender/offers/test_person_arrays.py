"""Several people are answered as each of them alone: by tables of different cases, and by the code for one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from composition.engines import EngineSettings, build_engine
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.log.files import read_events
from recommender.offers.batch import Ranker, batch
from tests.sweep.test_ranked_sweep import DEFINITIONS, drawn_model
from tests.touched_lives import lives_of

DAY = date(2025, 10, 31)
RANKERS = {"none": Ranker, "private": drawn_model}


@pytest.fixture(scope="module")
def engine():
    return build_engine(EngineSettings())


@pytest.fixture(scope="module")
def people(made_once, engine):
    """People with households and receipts, some of whom hold more, and some of whom ask as other kinds, too."""

    def make(folder):
        synthesise(PopulationOrder(8, 90, 24, pilot=200), DEFINITIONS, folder)

    lives = lives_of(read_events(made_once("swept", make) / "events.parquet", engine.declaration))
    found, rng = list(engine.from_lives(lives, ["citizen"], DAY).values()), Random(3)
    ids = [one.id for one in engine.catalogue.programmes]
    return [
        replace(
            one,
            held=frozenset((*one.held, *rng.sample(ids, rng.choice((0, 0, 1, 5))))),
            applicant=rng.choice((1, 1, 1, 3, 7)),
        )
        for one in found
    ]


@pytest.mark.parametrize("who", RANKERS)
def test_of_many_people_each_is_told_what_is_told_to_one_alone(people, engine, who):
    compiled, ranker = engine.compiled(DAY), RANKERS[who]()
    assert any(len(one.snapshot.members.cells) for one in people)
    for one, found in zip(people, batch(people, compiled, ranker), strict=True):
        alone = batch([one], compiled, ranker)[0]
        assert found.to_json() == alone.to_json()
        assert (found.barred, found.bundles) == (alone.barred, alone.bundles)
        for mine, its in zip(found.shown, alone.shown, strict=True):
            assert mine.verdict == its.verdict
            assert mine.utility.contributions == its.utility.contributions
            assert (mine.window, mine.sum.span, mine.sum.gives) == (its.window, its.sum.span, its.sum.gives)


def test_people_known_at_different_seconds_are_told_what_each_is_told(people, engine):
    compiled = engine.compiled(DAY)
    earlier = replace(people[0].known, snapshot=people[0].snapshot)
    shifted = replace(people[0], known=replace(earlier, snapshot=_at(people[0].snapshot, people[0].t - 86_400 * 40)))
    both = batch([people[1], shifted], compiled, Ranker())
    assert [one.to_json() for one in both] == [
        batch([one], compiled, Ranker())[0].to_json() for one in (people[1], shifted)
    ]


def _at(row, t):
    return type(row)(
        row.people, row.t * 0 + t, row.columns, row.values, row.features_hash, row.declaration, row.members
    )
