"""People groups: the groups that a declaration's folder tells apart, read from its groups.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import reading

if TYPE_CHECKING:
    from composition.reading import Definitions
    from recommender.rules.people_group import PeopleGroup

GROUPS: Final = "groups.yaml"


def read_people_groups(folder: Path, definitions: Definitions) -> tuple[PeopleGroup, ...]:
    """The groups of a declaration; without the file none are told apart.

    Args:
        folder: of the declaration.
        definitions: what their rules may ask of.

    Raises:
        Rejected: the file is unreadable or wrong.
    """
    from recommender.rules.people_group import parse_groups

    file = folder / GROUPS
    if not file.exists():
        return ()
    return parse_groups(reading.read_yaml(file), (file.name,), definitions.declaration, definitions.regions)
