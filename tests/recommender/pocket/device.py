"""A device: the module that ships, run by node, and households judged by it and by the engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from recommender.pocket.pack import pack_of
from recommender.standing import standing

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "rendering/assets/pocket/pocket.js"
PROGRAM = Path(__file__).with_name("judge.mjs")

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def on_device(pack, households, *, whole=True):
    """What the module answers to each household: answers alone, or (whole) standings and missing facts too."""
    with tempfile.NamedTemporaryFile(suffix=".pocket") as file:
        Path(file.name).write_bytes(pack)
        words = ["node", PROGRAM, MODULE, file.name, *([] if whole else ["answers"])]
        asked = "".join(json.dumps(one) + "\n" for one in households)
        run = subprocess.run(words, input=asked, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def by_engine(engine, person, day, *, whole=True):
    """The same of the engine."""
    found = engine.verdicts(person, day)
    answers = found.answers.tolist()
    if not whole:
        return {"answers": answers}
    told = list(found)
    return {
        "answers": answers,
        "standing": [standing(one) for one in told],
        "missing": [list(one.missing) for one in told],
    }


def assert_equal(engine, day, drawn, *, whole=True):
    """Judge (facts, person) pairs both ways and compare everything."""
    pack = pack_of(engine.compiled(day))
    told = on_device(pack, [facts for facts, _ in drawn], whole=whole)
    assert len(told) == len(drawn)
    for (facts, person), one in zip(drawn, told, strict=True):
        assert one == by_engine(engine, person, day, whole=whole), facts
