"""`privacy serve` as a process of its own, of which another machine reserves while a verb does so beside it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from importlib.util import find_spec

import pytest

from proffer import cli
from tests.privacy.ledgers import ledger
from tests.proffer.running_service import running_service
from tests.proffer.scripted import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("opacus") is None, reason="opacus is not installed (make setup)"),
]
ASKED = {"spend": "far-1", "population": "kr", "purpose": "a ranker", "people": None,
         "mechanism": {"mechanism": "gaussian", "noise": "4.3"}}  # fmt: skip


def post(address, path, body, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as failure:
        return failure.code, json.load(failure)


def test_another_machine_reserves_and_commits_beside_a_verb_and_the_ledger_verifies(tmp_path, capsys):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    ledger(home / "ledger", "1.8")
    token = run(capsys, "token", "--dev", "--reserve", "--subject", "office-7", "--home", home)[1]["token"]
    plain = run(capsys, "token", "--dev", "--home", home)[1]["token"]
    with running_service(tmp_path, "--home", str(home), verb=("privacy", "serve")) as address:
        assert post(address, "/v1/privacy/reservations", ASKED, plain)[0] == 403
        status, receipt = post(address, "/v1/privacy/reservations", ASKED, token)
        assert (status, receipt["spend"]) == (200, "far-1")
        words = ["privacy", "reserve", "--population", "kr", "--spend", "near-1", "--epsilon", "0.2", "--home", home]
        assert run(capsys, *words)[0] == 0
        status, problem = post(address, "/v1/privacy/reservations", {**ASKED, "spend": "far-2"}, token)
        assert (status, problem["type"]) == (409, "urn:proffer:problem:privacy-budget-exhausted")
        commit = "/v1/privacy/reservations/far-1/commit"
        assert post(address, commit, {"artefact": "a" * 64}, token)[0] == 200
    states = run(capsys, "privacy", "status", "--home", home)[1]["populations"][0]["spends"]
    assert (states["committed"], states["reserved"]) == (1, 1)
    assert run(capsys, "privacy", "export", "--out", tmp_path / "b", "--home", home)[0] == 0
    assert run(capsys, "privacy", "verify", tmp_path / "b", "--key", home / "ledger" / "ledger.pub")[0] == 0


def test_without_a_ledger_or_beyond_this_machine_in_dev_mode_it_does_not_begin(tmp_path, capsys):
    assert "holds no privacy ledger" in run(capsys, "privacy", "serve", "--home", tmp_path)[1]["problems"][0]["what"]
    code, document = run(capsys, "privacy", "serve", "--dev", "--host", "0.0.0.0", "--home", tmp_path)
    assert (code, document["problems"][0]["where"]) == (2, "--dev")
    assert cli.main(["privacy", "serve", "--help"]) == 0
