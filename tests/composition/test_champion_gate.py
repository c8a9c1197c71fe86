"""The gate that every promotion asks: a model that lacks what it has to bring is neither judged nor promoted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from composition import champion_gate, demonstration
from composition.model_registry import ModelRegistry
from composition.workspace import Workspace
from privacy.data_provenance import DataKind
from privacy.spend import Spend
from training.artefact import Learned, TrainingProvenance, pack, write

MATERIAL = SimpleNamespace(declaration=SimpleNamespace(hash="d" * 64), catalogue=SimpleNamespace(hash="c" * 64))
"""Nobody could be judged on it: whoever tries fails."""


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home")


def model(home, kind=DataKind.SYNTHETIC, features="d" * 64):
    learned = Learned("forest", 1, {"model.txt": b"trees"}, features, "c" * 64)
    folder = home.folder(home.models) / "m1"
    write(folder, pack(learned, {}, TrainingProvenance("m1", "2026-01-01", kind, Spend.infinite(), {}, {})))
    return folder


@pytest.mark.parametrize(
    ("kept", "lacks"), [({"features": "e" * 64}, "declaration"), ({"kind": DataKind.PRIVATE}, "ledger")]
)
def test_what_lacks_its_card_hash_or_entry_is_not_judged_and_the_demo_does_not_promote_it_either(home, kept, lacks):
    folder = model(home, **kept)
    found = champion_gate.answered(MATERIAL, home, folder)
    assert ([one.name for one in found.evidence if not one.passed], found.checks, found.passed) == ([lacks], (), False)
    assert demonstration.promote(MATERIAL, SimpleNamespace(report=SimpleNamespace()), folder, home) == found
    assert ModelRegistry(home).champion() is None


def test_what_brings_everything_is_judged(home):
    with pytest.raises(AttributeError):
        champion_gate.answered(MATERIAL, home, model(home), report=SimpleNamespace())
