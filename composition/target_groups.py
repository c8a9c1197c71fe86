"""Target groups: whom a country's texts name, read from its folder."""

from __future__ import annotations

from composition import reading
from composition.settings import SHIPPED, CountryFolder
from features.declaration.declaration import Declaration
from recommender.reading.target_group import GroupVocabulary, parse_vocabulary


def read_vocabulary(declaration: Declaration, country: CountryFolder = SHIPPED) -> GroupVocabulary:
    """Read the groups of people that a country's texts name; where a country has no such file no text is read.

    Raises:
        Rejected: the file is unreadable or wrong; with every problem.
    """
    file = country.target_groups
    if not file.exists():
        return GroupVocabulary()
    return parse_vocabulary(reading.read_yaml(file), (file.name,), declaration)
