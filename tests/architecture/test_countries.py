"""What is true of one country only stands in its folder: below composition, no module names one of its constants."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BELOW = ("features", "recommender", "proffer", "serving", "rendering")
OF_A_COUNTRY = re.compile(r"[\uac00-\ud7a3]|\b(KRW|EUR|won|ko|kr|fr|Asia/Seoul|Europe/Paris)\b")
READERS = {
    "recommender/gov24", "recommender/youth", "recommender/reading",  # read the texts that Korean offices publish
    "recommender/particles.py",  # the grammar of one language, used where its file of messages says so
    "recommender/published_text.py", "recommender/published_rows.py",  # of the same offices
    "recommender/currency.py", "features/iso_currency.py",  # the tables of currencies
}  # fmt: skip
EXAMPLES = {
    "features/calendar.py", "features/country.py", "recommender/messages.py", "proffer/options.py",
    "serving/http/ledger_app.py",
}  # fmt: skip
"""Where a remedy or a line of help gives one as an example."""
LEFT = {"proffer/catalogue_verb.py", "proffer/demo.py"}
"""Verbs of one country: its importers, and the synthetic people who live there. The list only shrinks."""


def texts_of(path: Path) -> list[str]:
    """The strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]


def test_no_module_below_composition_names_what_only_one_country_has():
    found = {}
    for folder in BELOW:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if any(name.startswith(reader) for reader in READERS):
                continue
            named = [text for text in texts_of(path) if OF_A_COUNTRY.search(text)]
            if named:
                found[name] = named
    assert {name: named for name, named in found.items() if name not in LEFT | EXAMPLES} == {}
    assert sorted(LEFT - set(found)) == []
