from __future__ import annotations

import json
import time

import jwt
import pytest

from composition.service import DEV_KEY, dev_key
from composition.workspace import Workspace
from proffer.cli import main
from serving.http.tokens import dev_verifier


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words):
        code = main(["token", *words, "--home", str(tmp_path / "home")])
        return code, *capsys.readouterr()

    run.key = tmp_path / "home" / "keys" / DEV_KEY
    return run


def test_a_dev_token_is_signed_by_the_homes_key_that_only_its_owner_may_read(run):
    code, out, err = run("--dev", "--subject", "c0000001")
    assert (code, err) == (0, "")
    assert run.key.stat().st_mode & 0o777 == 0o600
    caller = dev_verifier(run.key.read_bytes()).caller(out.strip(), int(time.time()))
    assert (caller.subject, caller.scopes) == ("c0000001", {"recommendations:read"})


def test_the_key_stays_the_same_from_token_to_token(run):
    run("--dev")
    first = run.key.read_bytes()
    run("--dev")
    assert run.key.read_bytes() == first


def test_json_says_when_it_expires_and_what_it_may(run):
    found = json.loads(run("--dev", "--act-as", "--minutes", "5", "--json")[1])
    claims = jwt.decode(found["token"], options={"verify_signature": False})
    assert claims["exp"] == found["expires"] == claims["iat"] + 300
    assert found["scope"] == "act-as recommendations:read"


@pytest.mark.parametrize("words", ["", "--dev --minutes 0", "--dev --minutes 61", "--dev --subject \N{SNOWMAN}"])
def test_other_tokens_are_not_issued_here(run, words):
    code, out, err = run(*words.split())
    assert (code, out) == (2, "")
    assert err.startswith("proffer token")


def test_a_key_that_others_may_read_is_not_used(run, tmp_path):
    run("--dev")
    run.key.chmod(0o644)
    code, _, err = run("--dev")
    assert code == 2
    assert "chmod 600" in err
    run.key.chmod(0o600)
    assert dev_key(Workspace(tmp_path / "home")) == run.key.read_bytes()
