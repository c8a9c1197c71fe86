"""Every import contract of pyproject.toml, broken once in a copy of the tree and seen to be caught by its name."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS = LINTER["contracts"]
FOLDERS = LINTER["root_packages"]


class Offence(NamedTuple):
    """One line that breaks one contract, and the file of the copy it is added to."""

    contract: str
    file: str
    line: str


def file_of(module: str, tree: Path = ROOT) -> str:
    path = Path(*module.split("."))
    return str(path / "__init__.py" if (tree / path).is_dir() else path.with_suffix(".py"))


def first(layer: str) -> str:
    return layer.replace(":", "|").split("|")[0].strip().strip("()")


def offences(contract: dict) -> Iterator[Offence]:
    name = contract["name"]
    if contract["type"] == "layers":
        for container in contract.get("containers", [""]):
            high, low = (".".join(filter(None, (container, first(contract["layers"][i])))) for i in (0, -1))
            if high != low:
                yield Offence(name, file_of(low), f"import {high}")
            if contract.get("exhaustive"):
                yield Offence(name, str(Path(*container.split(".")) / "utils.py"), '"""Stray."""')
    elif contract["type"] == "independence":
        one, other = contract["modules"][:2]
        yield Offence(name, file_of(one), f"import {other}")
        yield Offence(name, file_of(other), f"import {one}")
    else:
        for forbidden in contract["forbidden_modules"]:
            yield Offence(name, file_of(first_source(contract)), f"import {forbidden}")


def first_source(contract: dict) -> str:
    excused = {line.split("->")[0].strip() for line in contract.get("ignore_imports", [])}
    return next(source for source in contract["source_modules"] if source not in excused)


OFFENCES = [offence for contract in CONTRACTS for offence in offences(contract)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for folder in FOLDERS:
        sources = shutil.ignore_patterns("__pycache__", "*.yaml", "*.json")
        shutil.copytree(ROOT / folder, tree / folder, ignore=sources)
    return tree


LINTING = """
import contextlib, io, json, sys
from importlinter.cli import lint_imports
for line in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = lint_imports(no_cache=True, no_logo=True)
    print(json.dumps([code, said.getvalue()]), flush=True)
"""


class Linter:
    """One process in a copy of the tree that reads all of it anew whenever it is asked."""

    def __init__(self, tree: Path, process: subprocess.Popen) -> None:
        self.tree, self.process = tree, process

    def __call__(self) -> tuple[int, str]:
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        code, said = json.loads(self.process.stdout.readline())
        return code, said

    def broken(self) -> set[str]:
        return set(re.findall(r"^(.+) BROKEN\b", self()[1], flags=re.MULTILINE))


@pytest.fixture(scope="module")
def lint(copy: Path) -> Iterator[Linter]:
    environment = os.environ | {"PYTHONPATH": str(copy), "COLUMNS": "250"}
    words = [sys.executable, "-c", LINTING]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=copy, env=environment, **pipes) as process:
        yield Linter(copy, process)
        process.stdin.close()


@pytest.mark.slow
def test_the_tree_as_it_is_keeps_every_contract(lint: Linter) -> None:
    code, said = lint()
    assert code == 0, said
    assert " KEPT" in said


@pytest.mark.slow
@pytest.mark.parametrize("offence", OFFENCES, ids=lambda o: f"{o.file}: {o.line}")
def test_a_line_that_breaks_a_contract_is_caught_by_that_contract(lint: Linter, offence: Offence) -> None:
    file = lint.tree / offence.file
    before = file.read_text(encoding="utf-8") if file.exists() else None
    try:
        file.write_text(f"{before or ''}\n{offence.line}\n", encoding="utf-8")
        assert offence.contract in lint.broken()
    finally:
        file.unlink() if before is None else file.write_text(before, encoding="utf-8")


@pytest.mark.slow
def test_an_excuse_for_an_import_that_no_longer_exists_is_caught(lint: Linter) -> None:
    settings = lint.tree / "pyproject.toml"
    before = settings.read_text(encoding="utf-8")
    excused = [contract for contract in CONTRACTS if contract.get("ignore_imports")]
    assert all(contract["unmatched_ignore_imports_alerting"] == "error" for contract in excused)
    try:
        for contract in excused:
            first = f'ignore_imports = ["{contract["ignore_imports"][0]}"'
            assert first in before
            settings.write_text(before.replace(first, f'{first}, "training -> torch"'), encoding="utf-8")
            code, said = lint()
            assert code != 0
            assert "No matches for ignored import training -> torch" in said
    finally:
        settings.write_text(before, encoding="utf-8")


def test_every_folder_of_code_stands_in_the_contracts() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert folders == set(FOLDERS)


@pytest.mark.parametrize(
    "package", sorted(str(p.parent.relative_to(ROOT)) for f in FOLDERS for p in ROOT.glob(f"{f}/**/__init__.py"))
)
def test_the_modules_of_every_package_are_layered_without_exception(package: str) -> None:
    dotted = package.replace(os.sep, ".")
    if dotted == "data":  # holds folders of data beside its one package of code
        assert [p.name for p in (ROOT / "data").glob("*.py")] == ["__init__.py"]
        return
    layered = [c for c in CONTRACTS if c["type"] == "layers" and dotted in c.get("containers", [])]
    assert layered, f"{dotted} has no layers contract"
    assert all(contract.get("exhaustive") for contract in layered)
