"""Decisions are drawn by a seed and made again; of a record that was changed it is told where, and of nobody who."""

from __future__ import annotations

import json
import zlib

import pytest
import sqlalchemy as sa

from composition.replaying import DecisionSampling
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.http.wire import RecommendationRequest
from serving.records.service_tables import DECISIONS
from tests.serving.conftest import NOW, real_engine
from tests.serving.http.citizens_calls import home_with, stated

__all__ = ["real_engine"]
PEOPLE = ("ann", "ben", "cat", "dan")


@pytest.fixture
def home(tmp_path, real_engine):
    facts = {"birth_date": "1993-04-02", "sex": "female", "region": "11440"}
    made = home_with(tmp_path, real_engine, *(stated(one, facts) for one in PEOPLE))
    desk, handler = LogDesk(real_engine.declaration, made), RecommendationHandler(real_engine)
    for one in PEOPLE:
        found = handler.decide(RecommendationRequest(events=[], k=10), one, NOW, desk.life(one))
        desk.records.keep(found, NOW, plain=True)
    return made


def test_the_same_seed_draws_the_same_decisions_and_each_is_the_same_again(home, real_engine):
    sampling = DecisionSampling(home, lambda: real_engine, None)
    found = sampling.replayed(1, 3)
    assert (found["kept"], [one["outcome"] for one in found["rows"]]) == (4, ["same"] * 3)
    assert sampling.replayed(1, 3) == found
    assert len({tuple(one["id"] for one in sampling.replayed(seed, 2)["rows"]) for seed in range(8)}) > 1
    assert not any(name in json.dumps(found) for name in PEOPLE)


def test_of_a_record_that_was_changed_it_is_told_where(home, real_engine):
    with home.store_to_write() as store:
        row = store.connection.execute(sa.select(DECISIONS.c.id, DECISIONS.c.body)).first()
        whole = json.loads(zlib.decompress(row.body))
        whole["answer"]["recommendations"].reverse()
        body = zlib.compress(json.dumps(whole).encode())
        store.connection.execute(sa.update(DECISIONS).where(DECISIONS.c.id == row.id).values(body=body))
    rows = {one["id"]: one for one in DecisionSampling(home, lambda: real_engine, None).replayed(1, 20)["rows"]}
    assert rows.pop(row.id)["outcome"] == "different"
    assert {one["outcome"] for one in rows.values()} == {"same"}
