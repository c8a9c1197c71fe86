"""What a country's sheets say is configured is, and every test that they name is there."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

import pytest

from composition.duty_sheets import chosen, configured, filled_sheets, read_sheets
from composition.engines import EngineSettings, build_engine
from composition.model_registry import MANIFEST
from composition.reading import read_country
from composition.reports import FULL_REPORT
from composition.settings import CountryFolder, country_folder
from composition.stop_file import StopFile
from composition.workspace import Workspace
from features.log.event import Event
from features.problem import Rejected
from privacy.accounting.mechanism import declared
from rendering import duty_page
from serving.records.duty_sheet import PARTS
from serving.records.switched_off import Stop
from tests.privacy.ledgers import ledger, reserve

ROOT = Path(__file__).resolve().parents[2]
COUNTRIES = ("kr", "fr")
MADE = "2026-11-30T00:00:00+00:00"


def sheets_of(name):
    return read_sheets(country_folder(name).folder / "duties")


@cache
def defined(file):
    """The functions of a file of tests by the class they stand in, those of classes it stands on too."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}

    def methods(node):
        own = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
        bases = [classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes]
        return own.union(*map(methods, bases))

    free = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    return free | {f"{name}::{method}" for name, node in classes.items() for method in methods(node)}


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_test_that_a_sheet_names_is_there(country):
    named = {
        test for one in sheets_of(country) for duty in one.duties for answer in duty.answers for test in answer.tests
    }
    assert len(named) > 10
    missing = []
    for test in sorted(named):
        file, _, name = test.partition("::")
        if not (ROOT / file).exists() or name not in defined(file) or not name.rpartition("::")[2].startswith("test_"):
            missing.append(test)
    assert missing == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_text_of_a_sheet_stands_in_every_language_of_its_country(country):
    languages = set(read_country(country_folder(country)).languages)
    for one in sheets_of(country):
        texts = [one.title, one.about, *(text for left in one.left_out for text in (left.what, left.why))]
        texts += [text for duty in one.duties for text in (duty.article, duty.asks)]
        texts += [answer.says for duty in one.duties for answer in duty.answers]
        assert {frozenset(text.to_document()) for text in texts} == {frozenset(languages)}


def test_the_duties_that_were_asked_for_have_a_sheet_and_each_names_what_it_leaves_out():
    korea, france = sheets_of("kr"), sheets_of("fr")
    assert [one.name for one in korea] == ["ai-basic-act", "digital-inclusion-act"]
    assert [one.name for one in france] == ["eu-ai-act-article-27"]
    assert [len(one.duties) for one in (*korea, *france)] == [7, 4, 6]
    assert all(one.left_out for one in (*korea, *france))


def test_the_page_has_a_sentence_for_every_part_that_may_be_missing():
    assert set(duty_page.PARTS) == set(PARTS)


@pytest.fixture(scope="module")
def engine():
    return build_engine(EngineSettings())


def test_of_an_empty_home_only_what_the_country_states_is_configured(engine, tmp_path):
    found = configured(engine, Workspace(tmp_path), country_folder("kr"))
    assert set(found) == set(PARTS)
    nothing = {"model", "report", "shadow", "ledger", "records", "seals"}
    assert {name for name, one in found.items() if one is None} == nothing
    assert found["catalogue"] == {"programmes": len(engine.catalogue)}
    assert found["retention"] == {"months": 60}
    assert found["representation"] == {"majority": 19, "grounds": 2}


def test_what_is_configured_later_is_said_from_then_on(engine, tmp_path):
    home, country = Workspace(tmp_path), country_folder("kr")
    with home.log_to_write() as log:
        log.append([Event("e1", "registry", "p1", "life.moved", 1_700_000_000, 1_700_000_000, {})])
    StopFile(home).add(Stop("model", "all", "office", "to try it", MADE))
    found = configured(engine, home, country)
    assert found["records"] == {}
    assert found["stops"] == {"stopped": 1}


def test_a_model_its_report_its_shadow_and_the_ledger_are_told_by_what_they_hold(engine, tmp_path):
    home = Workspace(tmp_path)
    for name in ("m1", "m2"):
        (home.models / name).mkdir(parents=True)
        (home.models / name / MANIFEST).write_text("{}", encoding="utf-8")
    home.champion_file.write_text("m1\n", encoding="utf-8")
    home.shadow_file.write_text("m2\n", encoding="utf-8")
    reserve(ledger(tmp_path / "ledger", "3"), "count-1", declared("0.25"))
    found = configured(engine, home, country_folder("kr"))
    assert (found["model"], found["shadow"], found["report"]) == ({"model": "m1"}, {"shadow": "m2"}, None)
    assert found["ledger"] == {"entries": 3, "populations": 1}
    (home.reports / "m1").mkdir(parents=True)
    rows = [{"group": "older"}, {"group": "older"}, {"group": "young"}]
    (home.reports / "m1" / "report.json").write_text(json.dumps({"format": FULL_REPORT, "fairness": rows}))
    assert configured(engine, home, country_folder("kr"))["report"] == {"told_groups": 2}


def test_a_country_that_states_nothing_has_nothing_configured(engine, tmp_path):
    found = configured(engine, Workspace(tmp_path / "home"), CountryFolder(tmp_path))
    country = ("groups", "purposes", "contact", "letter", "caseworker", "representation", "retention")
    assert [name for name in country if found[name] is not None] == []


def test_groups_are_those_beside_the_declaration_that_is_used(engine, tmp_path):
    text = "groups: {old: {label: {ko: 노인, en: Old}, who: {fact: age, at_least: 65}}}"
    (tmp_path / "groups.yaml").write_text(text, encoding="utf-8")
    found = configured(engine, Workspace(tmp_path / "home"), country_folder("kr"), tmp_path)
    assert found["groups"] == {"groups": 1}


def test_no_person_is_counted_in_a_sheet(engine, tmp_path):
    home = Workspace(tmp_path)
    before = filled_sheets(sheets_of("kr"), engine, home, country_folder("kr"), MADE)
    events = [Event(f"e{n}", "registry", f"p{n}", "life.moved", 1_700_000_000, 1_700_000_000, {}) for n in range(7)]
    with home.log_to_write() as log:
        log.append(events[:1])
    first = filled_sheets(sheets_of("kr"), engine, home, country_folder("kr"), MADE)
    with home.log_to_write() as log:
        log.append(events[1:])
    assert first != before
    assert filled_sheets(sheets_of("kr"), engine, home, country_folder("kr"), MADE) == first


def test_sheets_are_chosen_by_name():
    sheets = sheets_of("kr")
    assert [one.name for one in chosen(sheets, ["digital-inclusion-act"])] == ["digital-inclusion-act"]
    assert chosen(sheets, []) == sheets
    with pytest.raises(Rejected, match="there is no sheet 'x'"):
        chosen(sheets, ["x", "ai-basic-act"])


def test_every_file_that_is_wrong_is_named(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("duties: {}\n", encoding="utf-8")
    with pytest.raises(Rejected) as refusal:
        read_sheets(tmp_path)
    assert {problem.path[0] for problem in refusal.value.problems} == {
        f"{tmp_path.name}/a.yaml", f"{tmp_path.name}/b.yaml",
    }  # fmt: skip
    assert read_sheets(tmp_path / "none") == ()
