"""The engine of a running service: what passes takes over, what does not changes nothing and is said."""

from __future__ import annotations

import datetime

import pytest

from composition.engines import EngineSettings, RankingSettings
from composition.live_engine import LiveEngine, marks_of
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from recommender.engine import Engine
from serving.http.access import Authentication
from serving.http.app import create_app
from tests.serving.conftest import NOW, Caller, real_engine  # noqa: F401  # the fixture


class Files:
    """What an engine is built from: two catalogues that differ, and one that is wrong."""

    def __init__(self, engine):
        self.engine = engine
        self.mark = 0
        self.built = 0
        self.wrong = False

    def build(self):
        self.built += 1
        if self.wrong:
            raise Rejected([Problem(("x.yaml", "who"), "invalid", "is no clause", "Mend it")])
        one = self.engine
        return Engine(one.declaration, one.catalogue, one.regions, one.messages)

    def change(self):
        self.mark += 1


@pytest.fixture
def files(real_engine):  # noqa: F811
    return Files(real_engine)


@pytest.fixture
def live(files):
    return LiveEngine(files.build, lambda: files.mark, lambda: NOW)


def test_a_change_is_taken_once_it_has_settled(live, files):
    first = live.engine
    live.look()
    assert live.engine is first
    files.change()
    live.look()
    assert live.engine is first  # it may not have been written to the end
    live.look()
    assert live.engine is not first
    assert files.built == 2
    live.look()
    assert files.built == 2


def test_what_is_wrong_changes_nothing_and_readyz_says_so_until_it_is_mended(live, files):
    call = Caller(create_app(live, Authentication(dev=True), lambda: NOW))
    first = live.engine
    files.wrong = True
    files.change()
    live.look()
    live.look()
    assert live.engine is first
    assert live.refused == ("x.yaml.who: is no clause",)
    found = call("GET", "/readyz")
    assert (found.status_code, found.json()["degraded"]) == (200, ["reload"])
    live.look()
    assert files.built == 2  # it is not read over and over
    files.wrong = False
    files.change()
    live.look()
    live.look()
    assert live.engine is not first
    assert call("GET", "/readyz").json()["degraded"] == []


@pytest.mark.usefixtures("files")
def test_a_signal_looks_at_once(live):
    first = live.engine
    live.wake()
    live.look()
    assert live.engine is not first


def test_the_rules_of_tomorrow_are_compiled_before_it_comes(live, monkeypatch):
    live.look()
    monkeypatch.setattr("recommender.engine.compile_catalogue", None)  # nothing is compiled any more
    day = datetime.date(2026, 11, 1)
    assert live.engine.compiled(day).day + 1 == live.engine.compiled(day + datetime.timedelta(days=1)).day


def test_days_that_callers_ask_for_do_not_push_out_today(live):
    day = datetime.date(2026, 11, 1)
    today = live.engine.compiled(day)
    for number in range(1, 12):
        live.engine.compiled(datetime.date(2020, number, 1))
        assert live.engine.compiled(day) is today


def test_every_file_that_is_read_leaves_a_mark(tmp_path):
    home = Workspace(tmp_path / "home").begin()
    catalogue = tmp_path / "catalogue"
    catalogue.mkdir()
    weights = tmp_path / "w.yaml"
    of = EngineSettings(catalogue=catalogue, ranking=RankingSettings(home, None, weights))
    found = [marks_of(of)]
    model = home.folder(home.models / "m1")
    for file in (catalogue / "a.yaml", weights, model / "manifest.json", home.champion_file):
        model.mkdir(parents=True, exist_ok=True)
        file.write_text("m1" if file == home.champion_file else "{}")
        found.append(marks_of(of))
    (model / "manifest.json").write_text("{ }")
    found.append(marks_of(of))
    (catalogue / "a.yaml").unlink()
    found.append(marks_of(of))
    assert len(set(found)) == len(found) - 1  # a model that is not the champion is not read
