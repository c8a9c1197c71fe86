from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from composition import terminal
from composition.engines import SMALL
from proffer.cli import main
from tests.recommender.catalogues import document

ROOT = Path(__file__).parents[2]
FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-09-01"]}


@pytest.fixture
def asked(tmp_path, capsys):
    """Ask about facts; gives the exit code, what was printed, and what was said."""
    rows = [
        document("t.baby", {"fact": "youngest_child_months", "below": 24}),
        document("t.men", {"fact": "sex", "is": "male"}, provider={"id": "x", "name": "부처", "level": "national"}),
        *(document(f"t.worker{i:02}", {"fact": "worker", "is": True}) for i in range(25)),
    ]
    catalogue = tmp_path / "catalogue.jsonl"
    catalogue.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")

    def ask(facts, *options):
        file = tmp_path / "facts.json"
        file.write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf-8")
        code = main(["eligible", "--facts", str(file), "--catalogue", str(catalogue), *options])
        return code, *capsys.readouterr()

    return ask


def test_the_document_is_as_the_contract_says_and_alone_on_stdout(asked):
    code, out, err = asked(FACTS, "--as-of", "2026-10-31", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert list(found) == ["as_of", "verdicts", "ask_next", "not_asked"]
    assert found["as_of"] == "2026-10-31"
    answers = {one["programme"]: one["answer"] for one in found["verdicts"]}
    assert (answers["t.baby"], answers["t.men"], answers["t.worker00"], len(answers)) == ("yes", "no", "unknown", 27)
    worker = next(one for one in found["verdicts"] if one["programme"] == "t.worker00")
    assert (worker["missing"], worker["standing"]) == (["worker"], "depends")
    assert found["ask_next"][0]["fact"] == "worker"
    assert set(found["ask_next"][0]["question"]) == {"ko", "en"}


def test_the_day_is_the_end_of_the_day_asked_about(asked):
    child = {"children": ["2026-09-01"]}
    answers = []
    for day in ("2028-08-31", "2028-09-01"):
        found = json.loads(asked(child, "--as-of", day, "--json")[1])
        answers.append(next(one["answer"] for one in found["verdicts"] if one["programme"] == "t.baby"))
    assert answers == ["yes", "no"]


def test_people_read_counts_and_short_tables(asked):
    code, out, _ = asked(FACTS, "--as-of", "2026-10-31")
    assert code == 0
    assert out.startswith("As of 31 October 2026, of 27 programmes: 1 yes, 0 likely, 25 depend on your answers, 1 no.")
    assert "... and 5 more" in out
    assert "Are you employed?" in out
    assert "t.men" not in out
    assert "t." not in re.sub(r"The t\.", "", out)
    assert "(worker)" not in out
    assert max(map(len, out.splitlines())) <= 100
    assert "... and" not in asked(FACTS, "--as-of", "2026-10-31", "--all")[1]
    assert "t.baby 사업" in asked(FACTS, "--as-of", "2026-10-31", "--language", "ko")[1]


@pytest.mark.parametrize("columns", [60, 80, 130])
@pytest.mark.parametrize("words", [("--all",), ("--no", "--all"), ("--all", "--why"), ("--programme", "t.baby")])
def test_text_fits_the_terminal_and_nothing_of_it_is_cut(asked, monkeypatch, columns, words):
    monkeypatch.setenv("COLUMNS", str(columns))
    for language in ("ko", "en"):
        _, out, _ = asked(FACTS, "--as-of", "2026-10-31", "--language", language, *words)
        assert max(map(terminal.width, out.splitlines())) <= columns
        assert "…" not in out
        assert "\x1b" not in out


def test_who_checks_the_rules_sees_ids_and_names_of_facts(asked):
    out = asked(FACTS, "--as-of", "2026-10-31", "--why")[1]
    assert "The t.baby [t.baby]" in out
    assert "Are you employed? (worker)" in out


def test_why_not_is_answered_for_everything_the_rules_exclude(asked):
    code, out, _ = asked(FACTS, "--as-of", "2026-10-31", "--no")
    assert code == 0
    (row,) = [line for line in out.splitlines() if line.startswith("The t.")]
    assert "male" in row.removeprefix("The t.men")
    assert "t.worker" not in out


@pytest.mark.parametrize("named", ["t.men", "The t.men", "the T.MEN", "t.men 사업"])
def test_one_programme_is_explained_whole_by_its_id_or_its_title(asked, named):
    code, out, _ = asked(FACTS, "--as-of", "2026-10-31", "--programme", named)
    assert code == 0
    for said in ("The t.men", "Provided by: “부처”", "You do not meet the conditions.", "example.org/law", "2026"):
        assert said in out
    found = json.loads(asked(FACTS, "--as-of", "2026-10-31", "--programme", named, "--json")[1])
    assert [one["programme"] for one in found["verdicts"]] == ["t.men"]


def test_what_would_settle_one_programme_is_asked(asked):
    out = asked(FACTS, "--as-of", "2026-10-31", "--programme", "t.worker03")[1]
    assert "Are you employed?" in out
    assert "You need not answer." in out


def test_a_programme_that_is_not_there_is_refused_with_the_nearest(asked):
    code, out, err = asked(FACTS, "--as-of", "2026-10-31", "--programme", "t.mem")
    assert (code, out) == (2, "")
    assert "no programme has the id or the title 't.mem'. Did you mean t.men?" in err


@pytest.mark.parametrize("key", ["asked", "declined"])
def test_what_was_not_answered_is_not_asked_again(asked, key):
    facts = FACTS | {key: ["worker"]}
    found = json.loads(asked(facts, "--as-of", "2026-10-31", "--json")[1])
    assert "worker" not in [ask["fact"] for ask in found["ask_next"]]
    worker = next(one for one in found["verdicts"] if one["programme"] == "t.worker00")
    assert (worker["answer"], worker["missing"]) == ("unknown", ["worker"])


def test_what_cannot_be_asked_for_is_refused_by_name_where_it_stands(asked):
    code, _, err = asked(FACTS | {"asked": ["wroker", "age"], "declined": "worker"}, "--as-of", "2026-10-31")
    assert code == 2
    lines = err.strip().splitlines()
    assert len(lines) == 3
    assert "facts.json: asked" in lines[0]
    assert "did you mean worker?" in lines[0]
    assert "facts.json: declined" in lines[2]


def test_without_a_day_it_is_today(asked):
    import datetime

    before, found = datetime.date.today(), json.loads(asked({}, "--json")[1])
    assert abs((datetime.date.fromisoformat(found["as_of"]) - before).days) <= 1


def test_everything_wrong_with_the_facts_is_said_at_once(asked):
    wrong = {"birth_date": "2026-02-30", "income_percent": -5, "region": "99999", "colour": "blue", "pregnant": "yes"}
    code, out, err = asked(wrong, "--as-of", "2026-10-31")
    assert (code, out) == (2, "")
    lines = err.strip().splitlines()
    assert len(lines) == 5
    for name in wrong:
        assert sum(f"facts.json: {name}" in line for line in lines) == 1


@pytest.mark.parametrize("facts", ["[]", "{", '{"sex": "male", "sex": "male"}', '{"income_percent": NaN}', '"x"', ""])
def test_a_file_that_holds_no_facts_is_refused(asked, facts):
    code, out, err = asked(facts)
    assert (code, out) == (2, "")
    assert "facts.json" in err


def test_a_person_who_asks_for_an_organisation_is_told_what_organisations_may_have(asked):
    found = json.loads(asked({"applicant": "organisation"}, "--json")[1])
    assert {one["answer"] for one in found["verdicts"]} == {"no"}


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "20261031"])
def test_a_day_that_is_none_is_refused(asked, day):
    assert asked(FACTS, "--as-of", day)[0] == 2


HEAVY = ("pyarrow", "pandas", "sqlalchemy", "fastapi", "pydantic", "lightgbm", "mlflow", "torch", "matplotlib", "scipy")


def loaded_to_judge(tmp_path, *more):
    facts = tmp_path / "facts.json"
    facts.write_text("{}", encoding="utf-8")
    words = ["eligible", "--facts", str(facts), "--json", *more]
    script = f"import sys; from proffer.cli import main; main({words}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert json.loads(done.stdout)["verdicts"]
    return set(done.stderr.split())


@pytest.mark.slow
def test_no_compiler_is_loaded_to_judge_one_person_by_some_hundred_rules(tmp_path):
    assert loaded_to_judge(tmp_path).isdisjoint((*HEAVY, "numba"))


@pytest.mark.slow
def test_only_the_compiler_is_loaded_to_judge_one_person_by_a_large_catalogue(tmp_path):
    rule = {"fact": "age", "at_least": 19, "why": "w" * 2_000}
    rows = [json.dumps(document(f"kr.copy-{i}", rule)) for i in range(200)]
    large = tmp_path / "large.jsonl"
    large.write_text("\n".join(rows), encoding="utf-8")
    assert large.stat().st_size > SMALL
    loaded = loaded_to_judge(tmp_path, "--catalogue", str(large))
    assert "numba" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.fixture
def ordered(tmp_path, capsys):
    """Asks about a catalogue in which what matters least, or may hurt, has the first id."""
    local = {"id": "kr.y", "name": "시", "level": "municipality"}
    rows = [
        document("t.a-victim", {"fact": "north_korean_defector", "is": True}),
        document("t.b-worker", {"fact": "worker", "is": True}),
        document("t.c-elsewhere", {"fact": "region", "in": ["26110"]}, provider=local),
        document("t.d-men", {"fact": "sex", "is": "male"}),
    ]
    catalogue, facts = tmp_path / "catalogue.jsonl", tmp_path / "facts.json"
    catalogue.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    facts.write_text(json.dumps(FACTS), encoding="utf-8")

    def ask(*options):
        assert main(["eligible", "--facts", str(facts), "--catalogue", str(catalogue), *options]) == 0
        return capsys.readouterr().out

    return ask


def test_what_depends_on_a_sensitive_fact_and_what_is_of_another_place_comes_last(ordered):
    said = ordered()
    assert said.index("The t.b-worker") < said.index("The t.a-victim")
    said = ordered("--no")
    assert said.index("The t.d-men") < said.index("The t.c-elsewhere")
