"""Synthetic people, for the tests that learn from them, and the same as if they might be real."""

import shutil

import pytest

from composition import provenance, reading
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from proffer import cli
from training.runs import private_run


@pytest.fixture(scope="session")
def people(made_once):
    """300 people and two years of their lives, which no test may change."""

    def make(folder):
        synthesise(PopulationOrder(5, 300, 24, pilot=400), reading.read_definitions(), folder)

    return made_once("people", make)


@pytest.fixture(scope="module")
def unstamped(people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "people"
    shutil.copytree(people, folder)
    (folder / "stamp.json").unlink()
    shutil.rmtree(folder / "truth")
    return folder


@pytest.fixture(scope="module")
def approvers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("alice", "bob"):
        assert cli.main(["privacy", "key", "--name", name, "--out", str(folder / name)]) == 0
    return [word for name in ("alice", "bob") for word in ("--approver", str(folder / f"{name}.pub"))]


@pytest.fixture(scope="module")
def believed():
    """Reproducing rows takes seconds, and is tried in tests/composition/test_provenance.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance, "_reproduced", lambda *_: True)
        patch.setattr(provenance, "_made", set())
        yield


@pytest.fixture(scope="module")
def few_units():
    """300 people are some 160 units, of whom a noised count says under 50 once in fifty runs: tests have so few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(private_run, "FEWEST", 1)
        yield


@pytest.fixture(autouse=True)
def _no_terminal_width(monkeypatch):
    """Processes that share out the tests set the width of a terminal; what is printed here goes to a pipe."""
    monkeypatch.delenv("COLUMNS", raising=False)
