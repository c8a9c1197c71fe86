import inspect
import json
import re
import sys
from concurrent.futures import Future
from pathlib import Path

import pyarrow.parquet
import pytest

from composition import demonstration, reading, terminal
from composition.model_registry import ModelRegistry
from composition.workspace import Workspace
from features.problem import Rejected
from proffer import cli, demo
from training.rankers import forest_ranker
from training.runs import exact_run


@pytest.fixture(autouse=True)
def _bars_as_before(monkeypatch):
    """What hides progress bars does so for the whole process; undo it after each test."""
    monkeypatch.setenv(terminal.SILENT, "")


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home")


@pytest.mark.slow
def test_the_demo_runs_from_nothing_to_one_persons_story(home, capsys):
    words = ["demo", "--citizens", "100", "--home", str(home.path), "--json", "--no-progress"]
    assert cli.main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document["metrics"]["ndcg@5"]) >= {"popularity", "lightgbm", "reachable"}
    assert document["story"]["person"]
    pictures = [Path(path) for path in document["pictures"]]
    assert {path.name for path in pictures} == {"report.json", "reliability.png", "ndcg.png"}
    assert all(path.stat().st_size for path in pictures)
    assert ModelRegistry(home).names() == (Path(document["model"]).name,)
    rows = pyarrow.parquet.read_metadata(home.population / "events.parquet").num_rows
    assert sum(document["ingested"].values()) == rows


def test_what_to_try_next_names_the_environment_where_the_shell_does_not_find_the_command(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert demo.activation() == ". .venv/bin/activate; "
    (tmp_path / "proffer").touch(mode=0o755)
    assert demo.activation() == ""


@pytest.mark.parametrize(("seeds", "kept"), [((1, 1), True), ((1, 2), False)])
def test_the_log_of_another_world_is_begun_anew(home, monkeypatch, seeds, kept):
    def live(people, citizens, seed, _advance):
        people.mkdir(exist_ok=True)
        (people / "stamp.json").write_text(json.dumps({"seed": seed, "citizens": citizens}), encoding="utf-8")

    monkeypatch.setattr(demonstration, "_synthesise", live)
    demonstration.synthesise_people(home, 10, seeds[0], lambda _: None)
    (home.path / "events.db").write_bytes(b"the log")
    demonstration.synthesise_people(home, 10, seeds[1], lambda _: None)
    assert home.has_events == kept


def test_the_demo_leaves_a_log_of_real_people_alone(home, tmp_path, capsys):
    events = tmp_path / "e.ndjson"
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "registry",
        "subject": "900101-2345678",
        "type": "life.moved",
        "time": "2026-01-01T00:00:00Z",
        "recordedtime": "2026-01-02T00:00:00Z",
        "data": {"region": "11440"},
    }
    events.write_text(json.dumps(event), encoding="utf-8")
    assert cli.main(["ingest", str(events), "--home", str(home.path)]) == 0
    before = (home.path / "events.db").read_bytes()
    assert cli.main(["demo", "--home", str(home.path)]) == 2
    said = capsys.readouterr().err
    assert "1 people who are not the demo's" in said
    assert "900101" not in said
    assert (home.path / "events.db").read_bytes() == before
    assert not (home.path / "population").exists()


def test_a_demo_without_people_is_refused(home):
    assert cli.main(["demo", "--citizens", "0", "--home", str(home.path)]) == 2
    assert not home.path.exists()


def test_stages_are_reported_and_timed(capsys):
    stages = demo.DemoStages(reading.read_messages().speaking("en"))
    with stages.stage("synth", citizens=2000, months=36):
        pass
    assert stages.seconds == {"synth": 0}
    assert capsys.readouterr().err == "[1/6] making 2,000 synthetic people and 36 months of their lives\n"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_training_does_is_told_in_the_language_asked_for(capsys, language):
    """A step that training calls otherwise would be told in its own words, which a Korean line would show."""
    shown = []
    told = demo.DemoStages(reading.read_messages().speaking(language)).steps(shown.append)
    source = inspect.getsource(exact_run) + inspect.getsource(forest_ranker)
    steps = [step for step in re.findall(r'progress\(f?"([^"{]*)', source) if "round" not in step]
    for step in (*steps, "growing trees, round 20 of at most 300 (x)"):
        told(step)
    assert "growing trees" in steps
    assert [bool(re.search("[가-힣]", one)) for one in shown] == [language == "ko"] * (len(steps) + 1)
    assert len(capsys.readouterr().err.splitlines()) == len(steps)


def test_a_stage_that_fails_is_not_called_done():
    stages = demo.DemoStages(reading.read_messages().speaking("en"))
    with pytest.raises(Rejected), stages.stage("story"):
        raise Rejected([])
    assert stages.seconds == {}


def test_what_the_second_process_refuses_is_refused_here(home):
    home.begin().population.mkdir()
    (home.population / "stamp.json").write_text('{"end": "2025-10-31"}')
    counts, problems = demonstration.ingest_people(home)
    assert counts == {}
    refused = Future()
    refused.set_result((counts, problems))
    with pytest.raises(Rejected, match="cannot be read"):
        demonstration.ingested(refused)
