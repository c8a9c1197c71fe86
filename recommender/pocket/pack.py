"""Pack: the file a device judges by (docs/pocket.md is its format), and the file of titles beside it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from features.calendar import date_of
from recommender.pocket.packed_facts import columns_table, household_table, region_table
from recommender.pocket.packed_rules import packed_rules, varints
from recommender.rules.programme import KINDS

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["FORMAT", "MAGIC", "pack_of", "titles_of"]

MAGIC: Final = b"PRPK"
FORMAT: Final = 1


def pack_of(compiled: Compiled) -> bytes:
    """Return the rules of a catalogue as they stand on the compiled day."""
    declaration = compiled.declaration
    columns = columns_table(declaration, compiled.catalogue.receipts)
    places = {str(one["name"]): place for place, one in enumerate(columns)}
    regions = {code: place for place, code in enumerate(sorted(compiled.regions.by_code))}
    rules = packed_rules(compiled, places, regions)
    head = {
        "day": date_of(compiled.day).isoformat(),
        "features_hash": declaration.hash,
        "programmes": len(compiled.catalogue),
        "applicants": list(KINDS),
        "columns": columns,
        "household": household_table(declaration.household, places),
        "regions": region_table(compiled.regions, compiled.day),
        "leaves": [list(leaf) for leaf in rules.leaves],
    }
    written = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    return MAGIC + varints((FORMAT, len(written))) + written + rules.stream


def titles_of(compiled: Compiled, pack: bytes, language: str) -> bytes:
    """Return the ids and the titles of the programmes in the order of a pack's answers, as JSON.

    `pack` is its SHA-256, so that titles are not shown beside the rules of another day.
    """
    programmes = compiled.catalogue.programmes
    document = {
        "format": FORMAT,
        "pack": hashlib.sha256(pack).hexdigest(),
        "language": language,
        "ids": [one.id for one in programmes],
        "titles": [one.title.in_language(language) for one in programmes],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
