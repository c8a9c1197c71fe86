"""The story that `proffer demo --serve` tells is what happens: each fact is checked from outside."""

from __future__ import annotations

import json
import re

import pytest

from composition import demonstration
from composition.story_service import story_home
from composition.workspace import DATABASE_URL, Workspace
from proffer.cli import main

MOVED = {"specversion": "1.0", "id": "1", "source": "registry", "subject": "900101-2345678", "type": "life.moved",
         "time": "2026-01-01T00:00:00Z", "data": {"region": "11440"}}  # fmt: skip


@pytest.fixture(scope="session")
def people(made_once):
    """A home with the people of a demo, and no model: the rules alone order."""
    return made_once(
        "people-of-a-demo", lambda home: demonstration.synthesise_people(Workspace(home), 150, 1, lambda _: None)
    )


@pytest.mark.slow
def test_the_whole_story_is_told_and_each_step_of_it_is_true(people, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(DATABASE_URL, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    (home / "population").symlink_to(people / "population")
    assert main(["demo", "--serve", "--no-wait", "--port", "0", "--json", "--home", str(home)]) == 0
    told = json.loads(capsys.readouterr().out)
    steps = {step["step"]: step for step in told["steps"]}
    assert list(steps) == ["lives", "born", "why", "declined", "leave", "withdrawn", "listed", "erased", "gone"]
    first, second = steps["born"]["message"], steps["leave"]["message"]
    assert first["signed"] == second["signed"] == ["v1", "v1a"]
    assert first["id"] != second["id"]
    assert steps["declined"]["state"] == "declined"
    assert steps["declined"]["programme"] in first["programmes"]
    assert steps["declined"]["programme"] not in second["programmes"]
    assert "kr.parental-leave-benefit" in second["programmes"]
    assert max(len(first["programmes"]), len(second["programmes"])) <= 3
    mother, applied, other = steps["leave"]["messages"].items()
    assert (mother, applied[1], other[1]) == ((told["mother"], 2), 1, 0)
    assert steps["listed"]["offers"] == 0
    assert (steps["gone"]["status"], steps["gone"]["outcome"]) == (404, "erased")
    for step in told["steps"]:
        assert step["command"].startswith("curl -s ")
        assert "$(proffer token --dev " in step["command"]
        assert not re.search(r"eyJ|whsec_|whsk_", step["command"])  # no token and no key stands in a command
    story = Workspace(home / "story")
    with story.store() as store:
        assert list(store.log.events([told["mother"]])) == []
    assert main(["replay", steps["why"]["decision"], "--home", str(story.path)]) == 1
    assert "erased" in capsys.readouterr().out


def test_a_home_with_real_people_where_the_story_would_begin_is_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(DATABASE_URL, raising=False)
    home, rows = tmp_path / "home", tmp_path / "rows.ndjson"
    (home / "population").mkdir(parents=True)
    (home / "population" / "stamp.json").write_text("{}", encoding="utf-8")
    rows.write_text(json.dumps(MOVED), encoding="utf-8")
    assert main(["ingest", str(rows), "--home", str(home / "story")]) == 0
    assert main(["demo", "--serve", "--no-wait", "--port", "0", "--home", str(home)]) == 2
    assert "not the demo's" in capsys.readouterr().err
    assert Workspace(home / "story").has_events


def test_the_home_of_a_story_is_begun_anew_whatever_names_took_the_place_of_erased_ones(tmp_path, monkeypatch):
    monkeypatch.delenv(DATABASE_URL, raising=False)
    rows = tmp_path / "rows.ndjson"
    rows.write_text(json.dumps(MOVED), encoding="utf-8")
    story = story_home(Workspace(tmp_path / "home"))
    assert main(["ingest", str(rows), "--home", str(story.path)]) == 0
    assert not story_home(Workspace(tmp_path / "home")).has_events
