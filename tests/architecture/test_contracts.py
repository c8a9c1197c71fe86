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
    """One line that breaks a contract, the file of the copy it is added to, and how the linter reports it."""

    file: str
    line: str
    reported: str


def file_of(module: str, tree: Path = ROOT) -> str:
    path = Path(*module.split("."))
    return str(path / "__init__.py" if (tree / path).is_dir() else path.with_suffix(".py"))


def first(layer: str) -> str:
    return layer.replace(":", "|").split("|")[0].strip().strip("()")


def importing(importer: str, imported: str) -> Offence:
    return Offence(file_of(importer), f"import {imported}", f"{importer} is not allowed to import {imported}:")


def stray(container: str) -> Offence:
    return Offence(str(Path(*container.split(".")) / "utils.py"), '"""Stray."""', f"- {container}.utils")


def offences(contract: dict) -> Iterator[Offence]:
    if contract["type"] == "layers":
        for container in contract.get("containers", [""]):
            high, low = (".".join(filter(None, (container, first(contract["layers"][i])))) for i in (0, -1))
            if high != low:
                yield importing(low, high)
            if contract.get("exhaustive"):
                yield stray(container)
    elif contract["type"] == "independence":
        one, other = contract["modules"][:2]
        yield importing(one, other)
        yield importing(other, one)
    else:
        for forbidden in contract["forbidden_modules"]:
            yield importing(first_source(contract), forbidden)


def first_source(contract: dict) -> str:
    excused = {line.split("->")[0].strip() for line in contract.get("ignore_imports", [])}
    return next(source for source in contract["source_modules"] if source not in excused)


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

    def reports(self, contract: str) -> str:
        """What is said of one contract under the broken ones."""
        broken = self()[1].partition("\nBroken contracts\n")[2]
        return re.split(r"^.+\n-{3,}$", broken.partition(f"\n{contract}\n")[2], maxsplit=2, flags=re.MULTILINE)[0]


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
@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c["id"])
def test_every_line_that_breaks_a_contract_is_caught_by_that_contract(lint: Linter, contract: dict) -> None:
    added = list(offences(contract))
    before = {lint.tree / one.file: None for one in added}
    before |= {file: file.read_text(encoding="utf-8") for file in before if file.exists()}
    try:
        for file, text in before.items():
            lines = [one.line for one in added if lint.tree / one.file == file]
            file.write_text("\n".join([text or "", *lines, ""]), encoding="utf-8")
        reports = lint.reports(contract["name"])
        assert [one for one in added if one.reported not in reports] == []
        assert added
    finally:
        for file, text in before.items():
            file.unlink() if text is None else file.write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_an_excuse_for_an_import_that_no_longer_exists_is_caught(lint: Linter) -> None:
    settings = lint.tree / "pyproject.toml"
    before = settings.read_text(encoding="utf-8")
    excused = [contract for contract in CONTRACTS if contract.get("ignore_imports")]
    assert all(contract["unmatched_ignore_imports_alerting"] == "error" for contract in excused)
    try:
        for contract in excused:
            above, own = before.split(f'id = "{contract["id"]}"\n')
            own = own.replace("ignore_imports = [", 'ignore_imports = ["training -> torch", ', 1)
            settings.write_text(f'{above}id = "{contract["id"]}"\n{own}', encoding="utf-8")
            code, said = lint()
            assert code != 0
            assert "No matches for ignored import training -> torch" in said
    finally:
        settings.write_text(before, encoding="utf-8")


def test_every_folder_of_code_stands_in_the_contracts() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert folders == set(FOLDERS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = re.search(r"^FOLDERS := (.*)$", makefile, re.MULTILINE)
    assert told
    assert set(told[1].split()) == folders  # whose examples in docstrings are run


def test_the_modules_of_every_package_are_layered_without_exception() -> None:
    found = {
        str(p.parent.relative_to(ROOT)).replace(os.sep, ".") for f in FOLDERS for p in ROOT.glob(f"{f}/**/__init__.py")
    }
    layered = {c: one for one in CONTRACTS if one["type"] == "layers" for c in one.get("containers", [])}
    assert found - layered.keys() == {"data"}  # which holds folders of data beside its one package of code
    assert [path.name for path in (ROOT / "data").glob("*.py")] == ["__init__.py"]
    assert [container for container, one in layered.items() if not one.get("exhaustive")] == []
