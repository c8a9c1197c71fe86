"""The shape of the code, as a ratchet: a file says what it owns, and functions fit a screen."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "benchmarks", "composition", "data", "features", "privacy",
    "proffer", "recommender", "research", "serving", "training",
)  # fmt: skip
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "common", "manager", "helpers", "helper", "misc", "base"}

MEDIAN_LINES = 6  # of a function's body without its docstring; lower these as the code allows, never raise them
LONG_LINES, LONG_SHARE = 25, 0.01
LONGEST = 66  # but for compiled kernels: numba keeps a loop over many arrays fast only inside one function


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def compiled(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("njit" in ast.unparse(decorator) for decorator in function.decorator_list)


def functions() -> list[tuple[int, str]]:
    return [
        (body_lines(node), f"{name_of(path)}:{node.lineno} {node.name}")
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not compiled(node)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_the_first_line_of_a_file_says_what_it_owns(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no module docstring"
    assert text.startswith('"""')


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_is_named_by_a_noun_of_the_domain(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES


def test_functions_fit_a_screen() -> None:
    lengths = functions()
    long = sorted((one for one in lengths if one[0] > LONG_LINES), reverse=True)
    assert statistics.median(lines for lines, _ in lengths) < MEDIAN_LINES
    assert len(long) <= LONG_SHARE * len(lengths), long
    assert [one for one in long if one[0] > LONGEST] == []
