"""`proffer catalogue diff --people`: whom a changed law touches, by month where it is back-dated, with few left out."""

from __future__ import annotations

import json

import pytest
import yaml

from proffer import cli
from tests.proffer.scripted import run
from tests.recommender.catalogues import document

AS_OF = "2026-10-31"


def catalogue_in(folder, *documents):
    folder.mkdir()
    for one in documents:
        (folder / f"{one['id']}.yaml").write_text(yaml.safe_dump(one, allow_unicode=True), encoding="utf-8")
    return folder


def since(age, first):
    return {"who": {"fact": "age", "at_least": age}, "valid": {"from": first}}


@pytest.fixture
def laws(tmp_path):
    """Before: from 65. After: from 40, back to 15 August; and another that is ended."""
    text, same = document("t.a", {"fact": "age", "at_least": 65}), document("t.same", {"all": []})
    old = catalogue_in(tmp_path / "old", text, document("t.gone", {"fact": "sex", "is": "female"}), same)
    versions = [{"valid": {"until": "2026-08-14"}}, since(40, "2026-08-15")]
    new = catalogue_in(tmp_path / "new", {**text, "versions": versions}, same)
    return old, new


def diff(capsys, laws, people, home, *words):
    events = ("--events", people / "events.parquet", "--as-of", AS_OF, "--home", home)
    return run(capsys, "catalogue", "diff", *laws, "--people", *events, *words)


def test_who_gains_and_who_loses_is_counted_and_back_dated_months_are_named(laws, people, tmp_path, capsys):
    out = tmp_path / "again.ndjson"
    code, told = diff(capsys, laws, people, tmp_path / "home", "--out", out)
    assert code == 0
    found = {one["id"]: one for one in told["people"]["programmes"]}
    assert set(found) == {"t.a", "t.gone"}
    assert found["t.a"]["again_since"] == "2026-08-15"
    assert [one["month"] for one in found["t.a"]["months"]] == ["2026-09", "2026-08"]
    assert found["t.gone"]["months"] == []
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert out.stat().st_mode & 0o077 == 0
    again = [one for one in rows if one["programme"] == "t.a"]
    now = [one for one in again if {"month": "2026-10", "how": "gained"} in one["months"]]
    assert len(now) == found["t.a"]["gained"] > 0
    assert any(len(one["months"]) == 3 for one in again)
    gone = [how["how"] for one in rows if one["programme"] == "t.gone" for how in one["months"]]
    assert set(gone) <= {"lost", "closed"}
    assert gone.count("lost") > 0
    shown = [row["gained"] for one in found.values() for row in one["regions"] if row["gained"] is not None]
    assert not any(0 < count < 10 for count in shown)


def test_counts_are_those_of_the_rules_reach(laws, people, tmp_path, capsys):
    _, told = diff(capsys, laws, people, tmp_path / "home")
    totals = []
    for age in (40, 65):
        rule, exact = tmp_path / "rule.yaml", tmp_path / "exact.json"
        rule.write_text(f"{{fact: age, at_least: {age}}}\n", encoding="utf-8")
        events = ("--events", people / "events.parquet", "--as-of", AS_OF, "--home", tmp_path / "home")
        assert run(capsys, "reach", rule, *events, "--out", exact)[0] == 0
        totals.append(json.loads(exact.read_text(encoding="utf-8"))["total"]["yes"])
    (one,) = (one for one in told["people"]["programmes"] if one["id"] == "t.a")
    assert one["gained"] == totals[0] - totals[1]
    assert one["lost"] == 0


def test_as_text_the_months_stand_in_a_table(laws, people, tmp_path, capsys):
    words = ["catalogue", "diff", *map(str, laws), "--people", "--events", str(people / "events.parquet")]
    assert cli.main([*words, "--as-of", AS_OF, "--home", str(tmp_path / "home")]) == 0
    said = capsys.readouterr().out
    assert "judge again since" in said
    assert "2026-08" in said


def test_catalogues_that_judge_alike_touch_nobody(laws, people, tmp_path, capsys):
    _, told = diff(capsys, (laws[0], laws[0]), people, tmp_path / "home")
    assert told["people"]["programmes"] == []


@pytest.mark.parametrize(("words", "said"), [(["--out", "x"], "--out"), (["--events", "x"], "--events")])
def test_what_means_nothing_without_people_is_refused(laws, capsys, words, said):
    code, told = run(capsys, "catalogue", "diff", *laws, *words)
    assert (code, told["problems"][0]["where"]) == (2, said)


def test_a_law_that_reaches_back_too_far_is_refused(people, tmp_path, capsys):
    old = catalogue_in(tmp_path / "a", document("t.a", {"fact": "age", "at_least": 65}))
    new = catalogue_in(tmp_path / "b", {**document("t.a", {"all": []}), "valid": {"from": "2001-01-01"}})
    code, told = diff(capsys, (old, new), people, tmp_path / "home")
    assert code == 2
    assert "months back" in told["problems"][0]["what"]
