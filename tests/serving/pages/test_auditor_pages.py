"""Auditors see every number beside its entry, check the ledger in place, and take home files that others can check."""

from __future__ import annotations

import csv
import io
import json

import pytest

from composition.ledger_reading import LedgerAnswers
from composition.page_service import catalogue_of
from privacy.accounting.mechanism import declared
from privacy.ledger.note import NoteVerifier, check_proof
from privacy.ledger.verify import verify
from serving.pages.auditor_pages import AuditedParts, add_auditor_pages
from serving.pages.sign_in import PersonaChooser, add_sign_in
from tests.privacy.ledgers import ledger, reserve
from tests.serving.pages.conftest import NOW, PEOPLE, Browser, page_frame, signed_in
from tests.serving.pages.office_site import ROW, korean_sheets

PAGES = ("", "/runs", "/entries", "/entries/1", "/ledger", "/model", "/decisions", "/sheets", "/files")


@pytest.fixture
def home(tmp_path):
    made = ledger(tmp_path / "ledger", "3")
    reserve(made, "train-1", declared("0.5"), purpose="<b>offers</b>", requester="=office")
    made.commit("train-1", declared("0.5"), "ab" * 32)
    reserve(made, "count-1", declared("0.25"), purpose="statistics")
    return tmp_path


@pytest.fixture
def drawn():
    """What was asked to be drawn."""
    return []


@pytest.fixture
def auditor(voices, home, drawn, real_engine):
    """A browser of an auditor who signed in."""
    return auditor_of(voices, home, drawn, real_engine)


def auditor_of(voices, home, drawn, real_engine):
    frame = page_frame(lambda: NOW, voices)

    def sampled(seed, most):
        drawn.append((seed, most))
        return {"kept": 7, "seed": seed, "rows": [ROW, {**ROW, "outcome": "different", "where": "answer.order"}]}

    manifest = {"kind": "private", "artefact": "ab" * 32}
    papers = {"name": "model-1", "manifest": manifest, "report": None}
    parts = AuditedParts(
        lambda: papers,
        sampled,
        lambda: catalogue_of(real_engine, "KR"),
        lambda: korean_sheets(real_engine, home),
    )
    add_auditor_pages(frame, LedgerAnswers(home, lambda: NOW), parts)
    add_sign_in(frame, PersonaChooser(lambda: PEOPLE))
    found = Browser(frame.app)
    signed_in(found, "auditor a1", "/auditor")
    return found


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_shown_in_each_language_and_escapes_what_the_ledger_says(auditor, path, language):
    page = auditor.open(f"/auditor{path}?language={language}")
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert "<b>offers" not in page.text


@pytest.mark.parametrize("path", ["", "/runs", "/entries", "/ledger", "/files"])
def test_where_no_ledger_is_kept_a_page_says_so_and_what_there_is_without(voices, tmp_path, drawn, real_engine, path):
    auditor = auditor_of(voices, tmp_path, drawn, real_engine)
    page = auditor.open(f"/auditor{path}?language=en")
    assert (page.status_code, "There is no privacy ledger yet" in page.text) == (404, True)
    assert auditor.open("/auditor/files/catalogue.jsonld").status_code == 200
    assert auditor.open("/auditor/model").status_code == 200


def test_a_citizen_sees_none_of_it(auditor):
    signed_in(auditor, "citizen c1", "/citizen")
    for path in (*PAGES, "/entries/1/proof", "/files/spends.csv", "/registry"):
        assert auditor.ask("GET", f"/auditor{path}", follow=False).headers["location"].startswith("/sign-in")


def test_every_use_leads_to_its_entry(auditor):
    page = auditor.open("/auditor")
    assert "0.5" in page.text
    for index in (2, 4):
        assert f'href="/auditor/entries/{index}"' in page.text
    entry = auditor.open("/auditor/entries/2")
    assert "train-1" in entry.text
    assert "ab" * 32 in entry.text  # the model that the spend was for


def test_the_proof_of_an_entry_is_one_that_the_verifier_takes(auditor, home):
    answers = LedgerAnswers(home, lambda: NOW)
    key = NoteVerifier.parse(auditor.open("/auditor/files/ledger.pub").text.strip())
    proof = auditor.open("/auditor/entries/2/proof")
    assert proof.headers["content-disposition"] == 'attachment; filename="entry-2.tlog-proof"'
    line = answers.exported()[0].entries[2]
    assert check_proof(proof.content, line, key) == 2
    page = auditor.open("/auditor/entries/2").text
    assert answers.entry(2)["leaf"] in page
    assert all(node in page for node in answers.entry(2)["path"])


@pytest.mark.parametrize("place", ["5", "99", "-1", "x", "1" * 30])
def test_there_is_no_page_of_an_entry_that_is_not_there(auditor, place):
    assert auditor.open(f"/auditor/entries/{place}").status_code == 404


def test_the_ledger_is_checked_by_a_button(auditor):
    page = auditor.open("/auditor/ledger?language=en")
    assert "The ledger is in order" not in page.text
    done = auditor.send(page, "/auditor/ledger")
    assert done.status_code == 200
    assert "The ledger is in order" in done.text
    assert "5 entries" in done.text


def test_the_bundle_is_checked_at_home(auditor):
    key = NoteVerifier.parse(auditor.open("/auditor/files/ledger.pub").text.strip())
    content = auditor.open("/auditor/files/ledger.bundle").content
    assert verify(content, key, epsilons=False).ok
    assert not verify(content.replace(b"train-1", b"train-2"), key, epsilons=False).ok


def test_the_table_of_uses_holds_no_formula(auditor):
    rows = list(csv.DictReader(io.StringIO(auditor.open("/auditor/files/spends.csv").text)))
    assert [row["spend"] for row in rows] == ["train-1", "count-1"]
    assert rows[0]["requester"] == "'=office"


def test_a_draft_for_the_registry_needs_every_field(auditor):
    asked = "/auditor/registry?population=kr&region=Korea&curator=Office"
    assert auditor.open(asked).status_code == 422
    assert json.loads(auditor.open(f"{asked}&author=Somebody").text)
    assert auditor.open("/auditor/files/secrets").status_code == 404


def test_decisions_are_drawn_only_when_asked_and_never_more_than_a_few(auditor, drawn):
    auditor.open("/auditor/decisions")
    assert drawn == []
    page = auditor.open("/auditor/decisions?seed=5&count=5000&language=en")
    assert drawn == [(5, 20)]
    assert "Differs at answer.order" in page.text


def test_the_sheets_say_what_is_configured_and_what_is_not(auditor, home):
    page = auditor.open("/auditor/sheets?language=en").text
    assert "Every use of people&#39;s data is an entry of the ledger, which has 5 now" in page
    assert "No model is in use" in page
    assert "The model in use is" not in page
    assert "<details open>" not in page
    (home / "stops.yaml").write_text("stops: 1", encoding="utf-8")
    assert auditor.open("/auditor/sheets").status_code == 503


def test_a_programme_is_a_public_service_with_an_office_that_is_in_the_document(real_engine):
    found = catalogue_of(real_engine, "KR")
    nodes = {one["@id"]: one for one in found["@graph"]}
    services = [one for one in found["@graph"] if one["@type"] == "cpsv:PublicService"]
    assert len(services) == len(real_engine.catalogue.programmes)
    for one in services:
        assert all(one[name] for name in ("dct:identifier", "dct:title", "dct:description"))
        assert nodes[one["cv:hasCompetentAuthority"]["@id"]]["dct:spatial"]["dct:identifier"] == "KR"
        for part in ("cpsv:hasInput", "cv:isGroupedBy", "cv:hasLegalResource"):
            assert all(other["@id"] in nodes for other in one.get(part, ()))
