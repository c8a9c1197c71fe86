"""Bad input, end to end through `python -m proffer`: what takes more files or commands than a row of mistakes.py."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.ranking.forest import FILES, FORMAT, KIND

pytestmark = pytest.mark.slow  # each calls the programme in a process of its own

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """What one call of the programme did."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert "Traceback" not in self.err, self.err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def proffer(tmp_path):
    """Runs the programme in an empty folder that is not the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PROFFER_HOME"}
    environment["PYTHONPATH"] = str(ROOT)

    def call(*words):
        command = [sys.executable, "-m", "proffer", *map(str, words)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return Run(done)

    return call


@pytest.fixture
def put(tmp_path):
    """Writes a file, JSON unless it is text, and gives its path."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8"
        )
        return path

    return write


def files_below(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


# --- facts ---------------------------------------------------------------------------------------------------------


def test_every_problem_of_a_facts_file_is_said_at_once(proffer, put, tmp_path):
    facts = {"birth_date": "1990-02-30", "income_percent": -5, "region": "99999", "shoe_size": 42, "sex": "female"}
    path = put("facts.json", facts)
    before = files_below(tmp_path)
    run = proffer("eligible", "--facts", path, "--as-of", "2026-10-31")
    assert run.code == 2
    assert run.out == ""
    for said in ("birth_date", "income_percent", "-5 is below 0", "region", "99999", "shoe_size"):
        assert said in run.err
    assert len(run.err.splitlines()) == 4
    assert files_below(tmp_path) == before


def test_with_json_the_problems_are_one_document(proffer, put):
    run = proffer("eligible", "--facts", put("facts.json", {"region": "99999", "income_percent": -5}), "--json")
    assert run.code == 2
    assert {problem["where"].split()[-1] for problem in run.json["problems"]} == {"region", "income_percent"}
    assert all(problem["what"] and problem["remedy"] for problem in run.json["problems"])


# --- catalogue -----------------------------------------------------------------------------------------------------


def programme(name, **parts):
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "provider": {"id": "kr.x", "name": "X", "level": "national"},
        "category": "livelihood",
        "form": "cash",
        "who": {"all": []},
        "source": {"url": "https://example.org/", "checked": "2026-11-01", "text": "x"},
        **parts,
    }


@pytest.fixture
def wrong_catalogue(put):
    lines = [
        programme("kr.a", who={"fact": "receives.kr.b", "is": True}, grants=["receives.kr.a"]),
        programme("kr.b", who={"fact": "receives.kr.a", "is": True}, grants=["receives.kr.b"]),
        programme("kr.c"),
        programme("kr.c"),
        programme("kr.d", who={"all": [{"fact": "shoe_size", "above": 40}]}),
    ]
    return put("wrong.jsonl", "\n".join(json.dumps(line) for line in lines))


WRONG = ("kr.a", "kr.c stands in", "shoe_size")


def test_a_cycle_a_duplicate_and_an_undeclared_fact_are_all_said_by_check(proffer, wrong_catalogue):
    run = proffer("catalogue", "check", wrong_catalogue, "--json")
    assert run.code == 1
    assert len(run.json["problems"]) == 3
    for said in WRONG:
        assert said in run.err


def test_a_wrong_catalogue_judges_nobody(proffer, put, wrong_catalogue):
    run = proffer("eligible", "--facts", put("facts.json", {}), "--catalogue", wrong_catalogue)
    assert run.code == 2
    assert run.out == ""
    for said in WRONG:
        assert said in run.err


# --- gov24 ---------------------------------------------------------------------------------------------------------

IDS = ("000000000001", "000000000002", "000000000003")


def gov24(put, drop=(), **conditions):
    """Three files of the API for three services; `drop` names a (file, place) to leave out."""
    listed = [
        {
            "서비스ID": name,
            "서비스명": f"지원 {name[-1]}",
            "사용자구분": "개인",
            "서비스분야": "생활안정",
            "소관기관명": "보건복지부",
            "소관기관유형": "중앙행정기관",
            "소관기관코드": "1352000",
            "지원유형": "현금",
            "신청기한": "상시신청",
            "신청방법": "방문신청",
        }
        for name in IDS
    ]
    details = [{"서비스ID": name, "서비스명": f"지원 {name[-1]}", "구비서류": ""} for name in IDS]
    rules = [{"서비스ID": name, "JA0101": "Y", "JA0102": "Y", "JA0110": 19, "JA0111": 34} for name in IDS]
    rules[1] |= conditions
    files = {"list": listed, "detail": details, "conditions": rules}
    for name, place in drop:
        del files[name][place]
    return [
        word
        for name, rows in files.items()
        for word in (f"--{name}", put(f"{name}.json", {"totalCount": len(rows), "data": rows}))
    ]


def test_the_small_catalogue_as_it_is_imports_whole(proffer, put, tmp_path):
    run = proffer("catalogue", "import", "gov24", *gov24(put), "--out", "out.jsonl", "--json")
    assert run.code == 0
    assert run.json["imported"] == 3
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_a_truncated_gov24_file_is_unreadable_and_nothing_is_written(proffer, put, tmp_path):
    words = gov24(put)
    detail = Path(words[3])
    detail.write_text(detail.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    run = proffer("catalogue", "import", "gov24", *words, "--out", "out.jsonl", "--report", "r.json")
    assert run.code == 2
    assert "detail.json" in run.err
    assert not (tmp_path / "out.jsonl").exists()
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("file", ["list", "detail", "conditions"])
def test_a_service_with_a_row_missing_is_rejected_and_the_others_kept(proffer, put, file):
    run = proffer("catalogue", "import", "gov24", *gov24(put, drop=[(file, 1)]), "--out", "out.jsonl", "--json")
    assert run.code == 1
    assert run.json["imported"] == 2
    (rejected,) = run.json["rejected"]
    assert rejected["id"] == IDS[1]
    assert "no row" in rejected["reason"]


def test_a_code_that_is_neither_y_nor_null_rejects_its_service(proffer, put):
    run = proffer("catalogue", "import", "gov24", *gov24(put, JA0101="N"), "--out", "out.jsonl", "--json")
    assert run.code == 1
    assert run.json["imported"] == 2
    assert run.json["rejected"] == [{"id": IDS[1], "reason": 'JA0101 is "N", neither "Y" nor null'}]


# --- events --------------------------------------------------------------------------------------------------------


def moved(number, **parts):
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "registry",
        "subject": "c1",
        "type": "life.moved",
        "time": f"2026-01-0{number}T09:00:00+09:00",
        "recordedtime": "2026-02-01T09:00:00+09:00",
        "data": {"region": "11440"},
        **parts,
    }


def lines(*events):
    return "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events) + "\n"


def test_a_broken_line_in_the_middle_is_named_and_the_good_ones_are_kept(proffer, put):
    run = proffer("ingest", put("e.ndjson", lines(moved(1), '{"id": "e2", ', moved(3))), "--json")
    assert run.code == 1
    assert run.json["accepted"] == 2
    assert "e.ndjson:2: is not JSON" in run.err
    again = proffer("ingest", put("e.ndjson", lines(moved(1), moved(3))), "--json")
    assert (again.code, again.json["accepted"], again.json["duplicates"]) == (0, 0, 2)


def test_the_same_event_with_another_body_is_a_conflict(proffer, put):
    proffer("ingest", put("e.ndjson", lines(moved(1))))
    run = proffer("ingest", put("f.ndjson", lines(moved(1, data={"region": "26110"}), moved(2))), "--json")
    assert run.code == 1
    assert run.json["accepted"] == 1
    assert "e1" in run.err


def test_an_event_in_the_future_is_rejected(proffer, put):
    late = moved(1, time="2999-01-01T00:00:00Z", recordedtime="2999-01-02T00:00:00Z")
    run = proffer("ingest", put("e.ndjson", lines(late, moved(2))), "--json")
    assert run.code == 1
    assert run.json["accepted"] == 1
    assert "in the future" in run.err


def test_an_event_file_that_is_not_there_leaves_no_home_behind(proffer, tmp_path):
    assert proffer("ingest", "nowhere.ndjson").code == 2
    assert not (tmp_path / ".proffer").exists()


def test_a_day_before_every_event_of_a_person_is_refused(proffer, put):
    proffer("ingest", put("e.ndjson", lines(moved(1))))
    assert proffer("recommend", "--citizen", "c1", "--as-of", "2026-02-02").code == 0
    run = proffer("recommend", "--citizen", "c1", "--as-of", "2025-01-01")
    assert run.code == 2
    assert "before every event" in run.err


# --- models --------------------------------------------------------------------------------------------------------


def model(put, **altered):
    """An artefact whose files are the ones it lists, trained on features that nobody declares."""
    files = {name: put(f"model/{name}", f"{name}\n") for name in FILES}
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    manifest = {"format": FORMAT, "kind": KIND, "features_hash": "0" * 64, "catalogue_hash": "0" * 64, "files": digests}
    put("model/manifest.json", manifest | altered)
    return "model"


def test_a_model_of_other_features_is_refused(proffer, put):
    run = proffer("recommend", "--facts", put("facts.json", {}), "--model", model(put), "--json")
    assert run.code == 2
    assert "features" in run.err
    assert run.json["problems"]


def test_a_model_whose_file_was_altered_is_refused(proffer, put):
    artefact = model(put)
    put(f"model/{FILES[0]}", "tampered")
    run = proffer("recommend", "--facts", put("facts.json", {}), "--model", artefact)
    assert run.code == 2
    assert FILES[0] in run.err


# --- features ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ("who,when\nc1,2026-03-01\n", "has no columns person and t"),
        ("person,t\nc1,yesterday\nc1,2026-02-30\n", "line 3"),
    ],
)
def test_pairs_that_cannot_be_read_are_refused(proffer, put, tmp_path, pairs, said):
    words = ["--events", put("e.ndjson", lines(moved(1))), "--at", put("p.csv", pairs), "--out", "o.parquet"]
    run = proffer("features", *words)
    assert run.code == 2
    assert said in run.err
    assert not (tmp_path / "o.parquet").exists()


# --- the command line itself ---------------------------------------------------------------------------------------


def test_a_demo_of_too_few_people_to_learn_from_says_so(proffer):
    run = proffer("demo", "--citizens", "3", "--home", "small")
    assert run.code == 2
    assert "Give more people" in run.err
