from __future__ import annotations

import json
import re

import pytest

from proffer.cli import main
from tests.recommender.catalogues import document

FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-09-01"]}


PROGRAMMES = [
    document("t.baby", {"fact": "youngest_child_months", "below": 24}, value={"amount": 2_000_000}, effort_minutes=20,
              window={"after": "life.child_born", "within": "P2Y"}, documents=["출생증명서"]),
    document("t.rival", {"all": []}, excludes=["t.baby"], triggers=["life.child_born"]),
    document("t.gone", {"all": []}, window={"kind": "dated", "until": "2026-10-01"}),
    document("t.men", {"fact": "sex", "is": "male"}),
    document("t.worker", {"fact": "worker", "is": True}),
]  # fmt: skip


@pytest.fixture
def run(tmp_path, capsys):
    """Run a verb in a home of its own; gives the exit code, what was printed, and what was said."""
    catalogue = tmp_path / "catalogue.jsonl"
    catalogue.write_text("\n".join(json.dumps(row) for row in PROGRAMMES), encoding="utf-8")
    (tmp_path / "facts.json").write_text(json.dumps(FACTS), encoding="utf-8")

    def run(verb, *words, home="home"):
        (tmp_path / "home").mkdir(exist_ok=True)
        given = ["--catalogue", str(catalogue)] if verb == "recommend" else []
        code = main([verb, *map(str, words), *given, "--home", str(tmp_path / home)])
        return code, *capsys.readouterr()

    run.folder = tmp_path
    return run


def event(number, type_, data=None, **more):
    base = {"specversion": "1.0", "id": str(number), "source": "registry", "subject": "c1", "type": type_}
    times = {"time": "2026-09-01T03:00:00Z", "recordedtime": "2026-09-02T03:00:00Z"}
    return {**base, **times, "data": data or {}, **more}


EVENTS = [
    event(1, "fact.stated", {"birth_date": "1993-04-02", "sex": "female"}),
    event(2, "life.child_born", {"about": [{"person": "c1", "role": "parent"}, {"person": "k1", "role": "child"}]}),
    event(3, "benefit.granted", {"programme": "t.worker"}),
]


def test_facts_are_answered_with_the_document_of_the_contract(run):
    code, out, err = run("recommend", "--facts", run.folder / "facts.json", "--as-of", "2026-10-31", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["recommendations"][0]["programme"] == "t.baby"
    assert {one["programme"] for one in found["recommendations"]} == {"t.baby", "t.rival", "t.worker"}
    assert [one["programme"] for one in found["closed"]] == ["t.gone"]
    assert found["bundles"][0]["set_aside"] == [{"programme": "t.rival", "excluded_by": "t.baby"}]
    assert found["model"] is None


def test_people_read_places_reasons_and_what_goes_together(run):
    code, out, _ = run("recommend", "--facts", run.folder / "facts.json", "--as-of", "2026-10-31", "-k", "2")
    assert code == 0
    assert out.startswith("3 programmes to consider on 31 October 2026, ranked by the rules only (no model).")
    for said in ("1. The t.baby", "2,000,000 won", "Apply for these together (A child was born):",
                 "Left out: The t.rival", "No longer open: The t.gone", "Questions that would tell you more:",
                 "Source: https://example.org/law (checked on 1 October 2026)"):  # fmt: skip
        assert said in out
    assert "3. " not in out
    assert max(map(len, out.splitlines())) <= 100
    assert not re.search(r"[+-]0\.\d|\[t\.|…", out)


def test_weights_and_ids_are_for_who_asks_why(run):
    words = ("--facts", run.folder / "facts.json", "--as-of", "2026-10-31", "--why")
    assert re.search(
        r"1\. The t\.baby \[t\.baby\]\n(?:.*\n)*?.*2,000,000 won.* \(\+0\.\d{4}\)", run("recommend", *words)[1]
    )


def test_weights_of_ones_own_change_the_order_and_wrong_ones_are_refused(run):
    weights = run.folder / "weights.yaml"
    weights.write_text("value: 0\neffort: 100\n", encoding="utf-8")
    words = ("--facts", run.folder / "facts.json", "--as-of", "2026-10-31", "--json", "--weights", weights)
    assert json.loads(run("recommend", *words)[1])["recommendations"][-1]["programme"] == "t.baby"
    weights.write_text("value: -1\nurgency: x\n", encoding="utf-8")
    code, _, err = run("recommend", *words)
    assert (code, err.count("is not a weight")) == (2, 2)


@pytest.mark.parametrize("words", [(), ("--facts", "f.json", "--citizen", "c1"), ("--facts", "f.json", "-k", "0")])
def test_who_is_meant_must_be_said_once_and_something_must_be_shown(run, words):
    assert run("recommend", *words)[0] == 2


def test_a_model_that_is_not_there_is_refused(run):
    code, _, err = run("recommend", "--facts", run.folder / "facts.json", "--model", "nowhere")
    assert code == 2
    assert "nowhere" in err


def test_a_citizen_of_the_log_is_answered_from_the_log(run):
    file = run.folder / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, EVENTS)), encoding="utf-8")
    assert run("ingest", file)[0] == 0
    code, out, _ = run("recommend", "--citizen", "c1", "--as-of", "2026-10-31", "--json")
    found = json.loads(out)
    assert code == 0
    assert [one["programme"] for one in found["already"]] == ["t.worker"]
    assert found["recommendations"][0]["programme"] == "t.baby"
    assert found["recommendations"][0]["window"]["closes"] == "2028-09-01"


def test_what_a_citizen_did_not_answer_is_not_asked_again(run):
    file = run.folder / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, EVENTS)), encoding="utf-8")
    assert run("ingest", file)[0] == 0
    known = ("recommend", "--citizen", "c1", "--as-of", "2026-10-31", "--json")
    asked = [one["fact"] for one in json.loads(run(*known)[1])["ask_next"]]
    assert "worker" in asked
    for option in ("--asked", "--declined"):
        assert "worker" not in [one["fact"] for one in json.loads(run(*known, option, "worker")[1])["ask_next"]]
    code, _, said = run(*known, "--declined", "wroker")
    assert code == 2
    assert "--declined: 'wroker' is not a fact that can be asked for (did you mean worker?)" in said


def test_a_day_before_every_event_and_a_stranger_are_each_one_clear_message(run):
    assert run("recommend", "--citizen", "c1", home="empty")[0] == 2
    assert not (run.folder / "empty").exists()
    file = run.folder / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, EVENTS)), encoding="utf-8")
    run("ingest", file)
    code, out, err = run("recommend", "--citizen", "c1", "--as-of", "2020-01-01")
    assert (code, out, len(err.strip().splitlines())) == (2, "", 1)
    assert "--as-of: is before every event" in err
    code, _, err = run("recommend", "--citizen", "nobody")
    assert (code, len(err.strip().splitlines())) == (2, 1)
