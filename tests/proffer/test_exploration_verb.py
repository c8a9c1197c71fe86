"""`proffer exploration`: off unless two root approvers sign it; then lists say with what chance each place is held."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from composition import clock
from composition.engines import EngineSettings, RankingSettings
from composition.live_engine import marks_of
from composition.signed_policy import EXPLORATION
from composition.workspace import Workspace
from features.calendar import DAY_SECONDS, date_of
from tests.proffer.scripted import run
from tests.proffer.test_train_private import opened

TODAY = date_of(clock.now() // DAY_SECONDS)
WORDS = {
    "name": "autumn", "first": TODAY - timedelta(days=2), "last": TODAY + timedelta(days=40), "margin": 500,
    "places": 20, "together": 4, "legal_basis": "Decision 2026-13 of the board",
}  # fmt: skip
FACTS = Path(__file__).parents[2] / "examples" / "facts.json"


@pytest.fixture
def home(tmp_path, approvers):
    """A home whose ledger names two root approvers, and the folder of their keys."""
    opened(tmp_path / "home", approvers)
    return tmp_path / "home", Path(approvers[1]).parent


def signed(capsys, home, who, **more):
    policy, out = home[0].parent / "exploration.yaml", home[0].parent / f"{who}.sig"
    policy.write_text(yaml.safe_dump({**WORDS, **more}))
    assert run(capsys, "exploration", "sign", policy, "--key", home[1] / f"{who}.key", "--out", out)[0] == 0
    return out


def recommended(capsys, home, *more):
    facts = ("--facts", FACTS, "--as-of", TODAY, "-k", 20, "--home", home[0])
    return run(capsys, "recommend", *facts, *more)[1]["recommendations"]


def test_off_until_two_sign_it_then_lists_say_by_what_chance_and_off_again_once_it_is_ended(home, capsys):
    before, marks = recommended(capsys, home), marks_of(EngineSettings(ranking=RankingSettings(Workspace(home[0]))))
    assert not any("propensity" in one for one in before)
    given = [word for who in ("alice", "bob") for word in ("--signature", signed(capsys, home, who))]
    code, told = run(capsys, "exploration", "enter", *given, "--home", home[0])
    assert (code, told["exploration"]["signed_by"]) == (0, ["alice", "bob"])
    assert run(capsys, "exploration", "show", "--home", home[0])[1] == told
    assert marks_of(EngineSettings(ranking=RankingSettings(Workspace(home[0])))) != marks
    drawn = recommended(capsys, home)
    assert any(one["propensity"] < 1_000_000 for one in drawn)
    assert {one["programme"] for one in drawn} == {one["programme"] for one in before}
    assert run(capsys, "exploration", "end", "--home", home[0]) == (0, {"exploration": None})
    assert recommended(capsys, home) == before
    assert run(capsys, "exploration", "end", "--home", home[0])[0] == 2


@pytest.mark.parametrize("how", ["one", "other words"])
def test_anything_less_is_refused_and_nothing_is_written(home, capsys, how):
    both = [signed(capsys, home, "alice"), signed(capsys, home, "bob", margin=299)]
    given = [word for one in (both[:1] if how == "one" else both) for word in ("--signature", one)]
    assert run(capsys, "exploration", "enter", *given, "--home", home[0])[0] == 2
    assert not (home[0] / EXPLORATION.file).exists()


def test_a_file_that_two_did_not_sign_stops_what_would_read_it(home, capsys):
    (home[0] / EXPLORATION.file).write_bytes(signed(capsys, home, "alice").read_bytes())
    code, told = run(capsys, "recommend", "--facts", FACTS, "--home", home[0])
    assert (code, told["problems"][0]["what"]) == (2, "is not signed by two root approvers")


def test_a_signature_of_a_holdout_is_none_of_an_exploration(home, capsys):
    note = signed(capsys, home, "alice")
    changed = note.read_text().replace('{"exploration":', '{"holdout":')
    note.write_text(changed)
    assert json.loads(changed.split("\n")[0])["holdout"]
    code, _ = run(capsys, "exploration", "enter", "--signature", note, "--signature", note, "--home", home[0])
    assert code == 2
