"""A service counts draft rules over the synthetic people of its home, and over nobody whose stamp is not verified."""

from __future__ import annotations

import json
import shutil

import pytest

from composition import provenance, reading
from composition.engines import EngineSettings, build_engine
from composition.reach_service import ReachService
from composition.workspace import Workspace
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import date_of
from serving.http.problem_documents import RefusedError
from serving.http.reach_desk import ReachDesk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(made_once):
    return made_once(
        "reached", lambda folder: synthesise(PopulationOrder(5, 60, 6), reading.read_definitions(), folder)
    )


@pytest.fixture(scope="module")
def engine():
    return build_engine(EngineSettings())


@pytest.fixture
def home(made, tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "_made", set())
    shutil.copytree(made, tmp_path / "population")
    return Workspace(tmp_path)


def test_everybody_of_the_home_is_counted_once_their_stamp_is_verified(home, engine):
    people = ReachService(home, lambda: engine, EngineSettings())
    desk = ReachDesk(lambda: engine, people.census)
    with pytest.raises(RefusedError) as waiting:
        desk.count({"fact": "age", "at_least": 65}, ())
    assert (waiting.value.kind.status, "Retry-After" in waiting.value.headers) == (503, True)
    people.read()
    told = desk.count({"fact": "age", "at_least": 65}, ("group",))
    stamp = json.loads((home.population / "stamp.json").read_text(encoding="utf-8"))
    assert (told["as_of"], told["population"]) == (stamp["end"], "synthetic")
    assert told["people"] >= stamp["citizens"]
    assert told["total"]["yes"] + told["total"]["no"] > 0
    need = people.need()
    assert (date_of(need.layout.day).isoformat(), need.deviation) == (stamp["end"], 0.0)
    assert 0 < need.counts.sum() < 20 * told["people"]


@pytest.mark.parametrize("seed", [None, 6])
def test_people_who_may_be_real_are_counted_over_by_nobody(home, engine, seed):
    stamp = home.population / "stamp.json"
    document = json.loads(stamp.read_text(encoding="utf-8"))
    stamp.unlink()
    if seed is not None:
        stamp.write_text(json.dumps(document | {"seed": seed}), encoding="utf-8")
    people = ReachService(home, lambda: engine, EngineSettings())
    people.read()
    with pytest.raises(RefusedError) as refusal:
        people.census()
    assert refusal.value.kind.status == 404
    with pytest.raises(RefusedError):
        people.need()
