"""Target groups: whom a country's texts name, read from its folder."""

from __future__ import annotations

from pathlib import Path

from composition import reading
from composition.settings import SHIPPED, CountryFolder
from features.declaration.declaration import Declaration
from recommender.reading.target_group import GroupVocabulary, parse_vocabulary


def read_vocabulary(
    declaration: Declaration, path: Path | None = None, country: CountryFolder = SHIPPED
) -> GroupVocabulary:
    """Read whom a country's texts name (default: the country's groups; one without them reads no text).

    Raises:
        Rejected: the file is unreadable or wrong; with every problem.
    """
    file = path or country.target_groups
    if path is None and not file.exists():
        return GroupVocabulary()
    return parse_vocabulary(reading.read_yaml(file), (file.name,), declaration)
