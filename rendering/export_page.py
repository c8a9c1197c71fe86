"""Export page: what an auditor takes home as files, and those files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rendering.voice import Voice

TEMPLATE: Final = "auditor_exports.html"
FILES: Final = ("ledger.bundle", "ledger.pub", "report.json", "spends.json", "spends.csv", "catalogue.jsonld")
FIELDS: Final = ("population", "region", "curator", "author")
_COLUMNS: Final = (
    "index", "at", "population", "spend", "purpose", "requester", "epsilon", "delta", "state", "counts", "artefact",
)  # fmt: skip
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"auditor.files.{name}": () for name in ("title", "name", "about", "registry", "registry_text", "write")},
    **{f"auditor.files.of.{name.replace('.', '_')}": () for name in FILES},
    **{f"auditor.files.field.{name}": () for name in FIELDS},
}
"""The messages that the page needs, and the placeholders of each."""


def exports_view(populations: Sequence[str], voice: Voice) -> dict[str, object]:
    """The variables of the page; `populations` are those of which something was published."""
    return {
        "title": voice.say("auditor.files.title"),
        "files": [(name, voice.say(f"auditor.files.of.{name.replace('.', '_')}")) for name in FILES],
        "populations": populations,
        "fields": [(name, voice.say(f"auditor.files.field.{name}")) for name in FIELDS[1:]],
    }


def spends_table(spends: Sequence[Mapping[str, Any]]) -> bytes:
    """Every use of people's data as a table (CSV, UTF-8); no cell begins as a formula of a spreadsheet does."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for one in spends:
        cells = ("" if one[name] is None else str(one[name]) for name in _COLUMNS)
        rows.writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell for cell in cells])
    return out.getvalue().encode()
