"""What the service tells of a home's ledger: what the verbs print, to auditors alone, and only of one as signed."""

from __future__ import annotations

import json

import pytest

from composition.ledger_reading import LedgerAnswers
from proffer.cli import main
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.ledger_wire import PrivacyRegistryOut, PrivacySpendsOut, PrivacyStatusOut
from serving.http.privacy_routes import add_privacy
from tests.privacy.ledgers import ledger, reserve
from tests.serving.conftest import Caller, FakeHandler

NOW = 1_800_000_000
KEY = tokens.new_dev_key()


def caller(home, clock=lambda: NOW):
    access = Authentication((tokens.dev_verifier(KEY),))
    app = create_app(FakeHandler(), access, clock)
    add_privacy(app, LedgerAnswers(home, clock), access, clock)
    return Caller(app)


def get(call, path, scopes=(tokens.AUDIT,)):
    token = tokens.dev_token(KEY, NOW, "auditor", frozenset(scopes))
    return call("GET", path, {"authorization": f"Bearer {token}"})


@pytest.fixture
def home(tmp_path):
    ledger(tmp_path / "ledger", "3")
    return tmp_path


@pytest.mark.parametrize(("what", "model"), [("status", PrivacyStatusOut), ("spends", PrivacySpendsOut)])
def test_an_auditor_reads_what_the_verb_prints(home, capsys, what, model):
    found = get(caller(home), f"/v1/privacy/{what}")
    assert found.status_code == 200, found.text
    model.model_validate(found.json())
    assert main(["privacy", what, "--json", "--home", str(home)]) == 0
    printed = json.loads(capsys.readouterr().out)
    printed.pop("overlaps", None)  # told to the operator alone
    assert found.json() == printed


ENTRY = "population=kr&curator=An%20office&curator=Another&author=A%20person&region=South%20Korea"
WORDS = ["--population", "kr", "--curator", "An office", "--curator", "Another", "--author", "A person",
         "--region", "South Korea"]  # fmt: skip


@pytest.fixture
def used(tmp_path):
    """A home whose ledger has a use of people's data."""
    reserve(ledger(tmp_path / "ledger", "3"), "run-1")
    return tmp_path


def test_an_auditor_reads_the_entry_for_the_registry_of_deployments_that_the_verb_writes(used, capsys):
    found = get(caller(used), f"/v1/privacy/registry?{ENTRY}")
    assert found.status_code == 200, found.text
    out = str(used / "entry.yaml")
    assert main(["privacy", "registry", *WORDS, "--out", out, "--json", "--home", str(used)]) == 0
    assert found.json() == json.loads(capsys.readouterr().out)["entry"]
    PrivacyRegistryOut.model_validate(found.json())
    assert found.json()["deployment"]["basic"]["data_curators"] == ["An office", "Another"]


@pytest.mark.parametrize(
    ("query", "status", "pointers"),
    [
        ("", 422, ["/population", "/region", "/curator", "/author"]),
        (ENTRY.replace("South%20Korea", "x" * 401), 422, ["/region"]),
        (ENTRY.replace("A%20person", "%00canary"), 422, ["/author"]),
        (ENTRY + "&canary=1", 422, [""]),
        (ENTRY + "&region=canary", 422, [""]),
        (ENTRY.replace("=kr", "=canary"), 404, None),
    ],
)
def test_an_entry_that_cannot_be_written_is_refused_and_nothing_is_repeated(used, query, status, pointers):
    found = get(caller(used), f"/v1/privacy/registry?{query}")
    assert found.status_code == status
    assert "canary" not in found.text
    assert pointers is None or [one["pointer"] for one in found.json()["errors"]] == pointers


def test_others_read_nothing_of_it(home):
    assert get(caller(home), "/v1/privacy/status", (tokens.READ,)).status_code == 403


def test_a_home_without_a_ledger_has_none_and_one_that_was_altered_is_not_told_of(tmp_path, home):
    assert get(caller(tmp_path / "other"), "/v1/privacy/status").status_code == 404
    for file in (home / "ledger").iterdir():
        if file.is_file() and file.stat().st_size > 100:
            file.write_bytes(file.read_bytes()[:-50])
    assert get(caller(home), "/v1/privacy/status").status_code == 503
