"""What a model has to bring: a card that names its files, the hashes in use, and an entry that paid for it."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace

import pytest

from composition.model_evidence import evidence
from composition.workspace import Workspace
from privacy.accounting.mechanism import gaussian
from privacy.data_provenance import DataKind
from privacy.ledger.ledger import SpendTerms
from privacy.spend import Spend
from tests.privacy.ledgers import ledger
from training.artefact import Learned, TrainingProvenance, model_digest, pack, write

FILES = {"model.txt": b"trees"}
MATERIAL = SimpleNamespace(declaration=SimpleNamespace(hash="d" * 64), catalogue=SimpleNamespace(hash="c" * 64))


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home")


def model(home, kind=DataKind.SYNTHETIC, spend=None, features="d" * 64, **extra):
    learned = Learned("forest", 1, FILES, features, "c" * 64)
    origin = TrainingProvenance("m1", "2026-01-01", kind, spend or Spend.infinite(), {}, extra)
    folder = home.folder(home.models) / "m1"
    write(folder, pack(learned, {}, origin))
    return folder


def told(folder, home):
    return {one.name: (one.passed, one.what) for one in evidence(folder, MATERIAL, home)}


def paid(home, artefact=None, catalogue="c" * 64, *, commit=True):
    made = ledger(home.folder(home.ledger))
    part = {"by": "gate", "stage": "train", "units_are": "stated", "why": None, "declaration": "d" * 64}
    terms = SpendTerms(gaussian("5"), None, Decimal("0.000001"), "offers", "t", run={**part, "catalogue": catalogue})
    made.reserve("kr", "train-x", terms, made.dataset([f"p{at}" for at in range(60)]))
    if commit:
        made.commit("train-x", artefact=artefact or model_digest(FILES), by="gate")


def private(home, **extra):
    return model(home, DataKind.PRIVATE, Spend(Decimal(1), Decimal("0.000001")), spend_id="train-x", **extra)


def test_a_model_that_cost_nothing_needs_no_entry(home):
    found = told(model(home), home)
    assert all(passed for passed, _ in found.values())
    assert list(found) == ["card", "declaration", "catalogue", "ledger"]


def test_other_features_or_another_catalogue_refuse(home):
    found = told(model(home, features="e" * 64), home)
    assert (found["declaration"][0], found["catalogue"][0]) == (False, True)


def test_a_card_that_lacks_something_or_names_other_files_refuses(home):
    folder = model(home)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "artefact": "0" * 64}))
    assert told(folder, home)["card"] == (False, "its files are not those that its card names")
    del manifest["trained_at"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert told(folder, home)["card"] == (False, "its manifest does not say trained_at")


def test_what_was_paid_for_is_in_a_ledger_that_verifies(home):
    paid(home)
    assert told(private(home), home)["ledger"] == (True, "train-x paid for it, and the ledger verifies")


def test_no_entry_no_ledger_another_artefact_or_an_open_reservation_refuse(home):
    folder = private(home)
    assert not told(folder, home)["ledger"][0]
    paid(home, artefact="0" * 64)
    assert "not by this artefact" in told(folder, home)["ledger"][1]


def test_a_reservation_that_was_never_committed_paid_for_nothing_that_was_released(home):
    paid(home, commit=False)
    assert told(private(home), home)["ledger"] == (False, "train-x is reserved, and not by this artefact")


def test_an_entry_of_another_catalogue_refuses(home):
    paid(home, catalogue="9" * 64)
    assert "another declaration or catalogue" in told(private(home), home)["ledger"][1]


def test_a_private_model_that_names_no_entry_refuses(home):
    folder = model(home, DataKind.PRIVATE, Spend(Decimal(1), Decimal("0.000001")))
    assert told(folder, home)["ledger"] == (False, "names no entry that paid for it")


def test_a_student_stands_on_the_entry_of_its_teacher(home):
    paid(home, artefact="7" * 64)
    folder = model(home, DataKind.SYNTHETIC, Spend(Decimal(0)), teacher={"name": "t", "spend_id": "train-x"})
    assert told(folder, home)["ledger"][0]
