"""Sheets are printed as Markdown, written as a page, or told as JSON."""

from __future__ import annotations

import json

import pytest

from proffer import cli


def run(capsys, home, *words):
    code = cli.main(["sheets", "--home", str(home), *map(str, words)])
    return code, capsys.readouterr()


def test_what_is_not_configured_is_never_told_as_done(capsys, tmp_path):
    code, said = run(capsys, tmp_path / "home", "--language", "en")
    assert code == 0
    assert "- [ ] **Not configured.** No model is in use" in said.out
    assert "The model in use is" not in said.out
    assert "- [x] Each of 5 purposes states its basis in law." in said.out
    assert not (tmp_path / "home" / "events.db").exists()


def test_one_document_is_told_as_json(capsys, tmp_path):
    code, said = run(capsys, tmp_path, "--sheet", "digital-inclusion-act", "--json")
    document = json.loads(said.out)
    (sheet,) = document["sheets"]
    assert (code, document["country"], sheet["sheet"]) == (0, "kr", "digital-inclusion-act")
    assert {one["state"] for duty in sheet["duties"] for one in duty["answers"]} == {"configured", "not_configured"}


@pytest.mark.parametrize(("language", "heading"), [("ko", "법이 요구하는 것과"), ("en", "What laws ask")])
def test_a_page_is_written_in_each_language(capsys, tmp_path, language, heading):
    file = tmp_path / "sheets.html"
    code, _ = run(capsys, tmp_path / "home", "--form", "html", "--out", file, "--language", language)
    page = file.read_text(encoding="utf-8")
    assert code == 0
    assert f'<html lang="{language}">' in page
    assert heading in page
    assert "<script" not in page
    assert "<details>" not in page  # on paper nobody opens what is closed
    assert "tests/serving/http/test_requests.py::test_only_an_office_rules_and_nobody_on_their_own" in page


def test_the_sheets_of_another_country_are_answered_for_this_one(capsys, tmp_path):
    from composition.settings import country_folder

    code, said = run(capsys, tmp_path / "home", "--duties", country_folder("fr").folder / "duties", "--json")
    (sheet,) = json.loads(said.out)["sheets"]
    assert (code, sheet["sheet"]) == (0, "eu-ai-act-article-27")
    says = [one.get("says", {}).get("en", "") for duty in sheet["duties"] for one in duty["answers"]]
    assert "There are 5 purposes, each with its basis in law." in says


def test_a_sheet_that_is_none_is_refused(capsys, tmp_path):
    code, said = run(capsys, tmp_path, "--sheet", "gdpr")
    assert (code, said.out) == (2, "")
    assert "there is no sheet 'gdpr'. Use one of ai-basic-act, digital-inclusion-act" in said.err
