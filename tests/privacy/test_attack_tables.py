"""Every attack that was tried stands in a table of the docs, and every test that a table names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    path.relative_to(ROOT).as_posix(): {
        one.name for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.FunctionDef)
    }
    for path in (ROOT / "tests").rglob("test_*.py")
}
ANYWHERE = set().union(*TESTS.values())
PAGES = [ROOT / "docs" / name for name in ("ledger.md", "privacy.md")]
ATTACKS = {f"A{number}" for number in range(1, 22)} - {"A4"}
"""What an attacker numbered; the fourth is part of the tenth."""


def rows(page: Path) -> list[str]:
    """The rows of a page's tables, but for their heads."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [line for line, before in zip(lines[1:], lines, strict=False) if line.startswith("| ") and before[:1] == "|"]


def test_every_numbered_attack_has_a_row_with_a_test():
    tested = [row for page in PAGES for row in rows(page) if "test_" in row]
    found = {number for row in tested for number in re.findall(r"\bA\d+\b", row.split("`")[0])}
    assert sorted(ATTACKS - found) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_table_names_is_there(page):
    missing = []
    for named in re.findall(r"`([^`]*test_[^`]*)`", "\n".join(rows(page))):
        path, _, name = named.rpartition("::")
        there = TESTS.get(path, set()) if path else ANYWHERE  # a whole file is no test of a row
        missing += [] if name in there else [named]
    assert missing == []


def test_a_name_that_is_no_test_would_be_missed():
    assert "test_of_nothing" not in ANYWHERE
    assert len(rows(PAGES[0])) > 50
