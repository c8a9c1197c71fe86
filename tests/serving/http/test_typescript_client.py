"""A TypeScript client: types are generated of the OpenAPI document, a program over them is compiled, and it runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proffer.running_service import PATIENCE, running_service

ROOT = Path(__file__).parents[3]
SOURCES = Path(__file__).parent / "typescript"
INSTALLED = Path(sys.prefix) / "typescript" / "node_modules"
"""Where `make setup` installs what package-lock.json pins, where there is npm."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not INSTALLED.exists(), reason="make setup found no npm, or could install nothing with it"),
]


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compiled(folder):
    """The program of a folder as JavaScript, by the types of the document in it."""
    generator = INSTALLED / "openapi-typescript" / "bin" / "cli.js"
    options = ("--output", "openapi.ts", "--default-non-nullable", "false")  # what has a default need not be sent
    run(folder, "node", generator, "openapi.json", *options)
    return run(folder, "node", INSTALLED / "typescript" / "lib" / "tsc.js", "--project", "tsconfig.json")


@pytest.fixture
def folder(tmp_path):
    """The program, the document, and the packages, in a folder of their own."""
    for name in ("program.ts", "tsconfig.json"):
        shutil.copy(SOURCES / name, tmp_path)
    shutil.copy(ROOT / "docs" / "openapi.json", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(INSTALLED)
    return tmp_path


@pytest.mark.usefixtures("only_server")
def test_a_typescript_client_that_is_generated_talks_to_the_service(folder):
    compiled(folder)
    with running_service(folder) as address:
        found = json.loads(run(folder, "node", "program.js", address))
    assert found == {
        "ranks": [1, 2, 3],
        "listed": 2,
        "same": True,
        "outcomes": ["accepted"],
        "shown": 1,
        "decided": "answer",
        "refused": [422, "urn:proffer:problem:unprocessable"],
    }


def test_a_program_that_uses_what_is_not_in_the_document_is_not_compiled(folder):
    document = json.loads((folder / "openapi.json").read_text(encoding="utf-8"))
    document["components"]["schemas"]["RecommendationOut"]["properties"].pop("rank")
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(AssertionError, match="rank"):
        compiled(folder)


def test_the_lock_names_no_host_and_pins_what_is_asked_for():
    lock = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    asked = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert "://" not in json.dumps(lock)
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in asked} == asked
    assert all(one.get("integrity") for name, one in lock["packages"].items() if name)
