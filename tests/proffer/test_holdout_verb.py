"""`proffer holdout`: in force by two root approvers' signatures under the same words, and by nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from composition import clock
from composition.signed_policy import HOLDOUT
from composition.workspace import Workspace
from features.calendar import DAY_SECONDS, date_of
from proffer.cli import main
from serving.proactive.offer_book import OfferBook
from tests.proffer.scripted import run
from tests.proffer.test_offers import home as home
from tests.proffer.test_train_private import opened

TODAY = date_of(clock.now() // DAY_SECONDS)
WORDS = {
    "name": "autumn", "per_mille": 200, "first": TODAY - timedelta(days=2), "last": TODAY + timedelta(days=40),
    "legal_basis": "Decision 2026-12 of the board",
}  # fmt: skip


@pytest.fixture
def ledger(tmp_path, approvers):
    """A home whose ledger names two root approvers; the folder of their keys."""
    opened(tmp_path / "home", approvers)
    return Path(approvers[1]).parent


def signed(capsys, ledger, tmp_path, who, **more):
    policy, out = tmp_path / "holdout.yaml", tmp_path / f"{who}.sig"
    policy.write_text(yaml.safe_dump({**WORDS, **more}))
    assert run(capsys, "holdout", "sign", policy, "--key", ledger / f"{who}.key", "--out", out)[0] == 0
    return out


def entered(capsys, tmp_path, *signatures):
    given = [word for one in signatures for word in ("--signature", one)]
    return run(capsys, "holdout", "enter", *given, "--home", tmp_path / "home")


def test_two_signatures_put_it_in_force_and_it_is_ended_by_a_word(ledger, tmp_path, capsys):
    both = [signed(capsys, ledger, tmp_path, who) for who in ("alice", "bob")]
    code, told = entered(capsys, tmp_path, *both)
    assert (code, told["holdout"]["signed_by"]) == (0, ["alice", "bob"])
    assert told["holdout"]["legal_basis"] == WORDS["legal_basis"]
    assert run(capsys, "holdout", "show", "--home", tmp_path / "home")[1] == told
    assert run(capsys, "holdout", "end", "--home", tmp_path / "home") == (0, {"holdout": None, "people": 0})
    assert run(capsys, "holdout", "show", "--home", tmp_path / "home")[1] == {"holdout": None}
    assert run(capsys, "holdout", "end", "--home", tmp_path / "home")[0] == 2


def test_a_name_draws_people_once_whatever_follows_its_span(ledger, tmp_path, capsys):
    first = [signed(capsys, ledger, tmp_path, who) for who in ("alice", "bob")]
    assert entered(capsys, tmp_path, *first)[0] == 0
    assert entered(capsys, tmp_path, *first)[0] == 0
    later = {"first": TODAY + timedelta(days=41), "last": TODAY + timedelta(days=80)}
    renewed = [signed(capsys, ledger, tmp_path, who, **later) for who in ("alice", "bob")]
    code, told = entered(capsys, tmp_path, *renewed)
    assert (code, told["problems"][0]["code"]) == (2, "conflict")
    assert run(capsys, "holdout", "end", "--home", tmp_path / "home")[0] == 0
    assert entered(capsys, tmp_path, *renewed)[0] == 2
    other = [signed(capsys, ledger, tmp_path, who, name="winter", **later) for who in ("alice", "bob")]
    assert entered(capsys, tmp_path, *other)[0] == 0


@pytest.mark.parametrize("how", ["one", "the same twice", "a stranger", "other words", "changed"])
def test_anything_less_is_refused_and_nothing_is_written(ledger, tmp_path, capsys, how):
    alice = signed(capsys, ledger, tmp_path, "alice")
    given = {
        "one": lambda: [alice],
        "the same twice": lambda: [alice, alice],
        "a stranger": lambda: [alice, signed(capsys, stranger(tmp_path), tmp_path, "eve")],
        "other words": lambda: [alice, signed(capsys, ledger, tmp_path, "bob", per_mille=199)],
        "changed": lambda: [changed(one) for one in (alice, signed(capsys, ledger, tmp_path, "bob"))],
    }[how]()
    code, told = entered(capsys, tmp_path, *given)
    assert code == 2, told
    assert not (tmp_path / "home" / HOLDOUT.file).exists()


def stranger(tmp_path):
    assert main(["privacy", "key", "--name", "eve", "--out", str(tmp_path / "eve")]) == 0
    return tmp_path


def changed(signature):
    signature.write_text(signature.read_text().replace('"per_mille":200', '"per_mille":201'))
    return signature


def test_what_is_out_of_range_is_not_signed(ledger, tmp_path, capsys):
    with pytest.raises(AssertionError):
        signed(capsys, ledger, tmp_path, "alice", per_mille=500)
    assert not (tmp_path / "alice.sig").exists()


def reasons(home, citizen):
    with Workspace(Path(home[1])).store() as store:
        return {one.programme: one.reason for one in OfferBook(store.connection).on_book(citizen).offers}


@pytest.mark.slow
def test_the_service_reads_it_and_what_waits_leaves_once_it_is_ended(home, ledger, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("recommender.contact.holdout.HoldoutPolicy.draws", lambda _, person: person == "bob")
    entered(capsys, tmp_path, *(signed(capsys, ledger, tmp_path, who) for who in ("alice", "bob")))
    assert main(["offers", "--once", *home]) == 0
    held = [name for name, reason in reasons(home, "bob").items() if reason == "held_out"]
    assert held
    assert "held_out" not in reasons(home, "ann").values()
    capsys.readouterr()
    assert main(["offers", "--list", "caseworker", *home]) == 0
    before = json.loads(capsys.readouterr().out)["messages"]
    assert not {one["programme"] for each in before for one in each["offers"]} & set(held)
    assert run(capsys, "holdout", "end", *home[:2])[1]["people"] == 1
    assert main(["offers", "--once", *home]) == 0
    assert "held_out" not in reasons(home, "bob").values()


def test_a_file_that_two_did_not_sign_is_refused_where_it_is_read(ledger, tmp_path, capsys):
    alice = signed(capsys, ledger, tmp_path, "alice")
    (tmp_path / "home" / HOLDOUT.file).write_bytes(alice.read_bytes())
    code, told = run(capsys, "holdout", "show", "--home", tmp_path / "home")
    assert (code, told["problems"][0]["what"]) == (2, "is not signed by two root approvers")
    assert run(capsys, "holdout", "end", "--home", tmp_path / "home")[0] == 0
