from __future__ import annotations

import numpy as np
import pytest

from recommender.offers.batch import Ranker
from recommender.offers.shard import schema, shard
from recommender.ranking.scorer import Scores
from recommender.rules.clause import Answer


class ByPlace:
    """Scores a pair by the places of its person and programme, so that every score is known."""

    features_hash = catalogue_hash = ""

    def score(self, _people, _attributes, pairs):
        score = np.asarray((7 * pairs.programme + 3 * pairs.person) % 5, dtype=np.float64)
        return Scores(score, score / 5)


RANKER = Ranker(scorer=ByPlace(), attributes=object())


@pytest.fixture
def people(many):
    return many[0]


@pytest.fixture
def compiled(many):
    return many[1]


def test_a_shard_has_a_row_for_every_verdict_that_is_not_no(people, compiled):
    found = shard(people, compiled, RANKER)
    answers = compiled.answers(people.values)
    person, programme = np.nonzero(answers != Answer.NO)
    ids = [one.id for one in compiled.catalogue.programmes]
    assert found.schema == schema()
    assert found["person"].to_pylist() == [people.people[i] for i in person]
    assert found["programme"].to_pylist() == [ids[i] for i in programme]


def test_with_k_a_shard_keeps_the_highest_scores_of_each_person_the_highest_first(people, compiled):
    every, few = shard(people, compiled, RANKER).to_pylist(), shard(people, compiled, RANKER, k=2).to_pylist()
    for name in people.people:
        own = [row for row in every if row["person"] == name]
        best = sorted(own, key=lambda row: (-row["score"], row["programme"]))[:2]
        assert [row for row in few if row["person"] == name] == best


def test_a_shard_without_a_scorer_is_refused(people, compiled):
    with pytest.raises(ValueError, match="has none"):
        shard(people, compiled, Ranker())
