"""Settings: the country's folder that a deployment ships, and the environment variables it reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from features.problem import Problem, Rejected

HOME_VARIABLE: Final = "PROFFER_HOME"
DEFAULT_HOME: Final = ".proffer"


@dataclass(frozen=True)
class CountryFolder:
    """A country's folder: what its events and facts mean, its programmes and its regions."""

    folder: Path

    @property
    def country(self) -> Path:
        """The file of its languages, its currency and its zone."""
        return self.folder / "country.yaml"

    @property
    def declaration(self) -> Path:
        """The folder of events.yaml, facts.yaml and features.yaml."""
        return self.folder / "declaration"

    @property
    def catalogue(self) -> Path:
        """The folder of programmes."""
        return self.folder / "catalogue"

    @property
    def regions(self) -> Path:
        """The dated table of regions."""
        return self.folder / "regions.yaml"

    @property
    def holidays(self) -> Path:
        """The dated table of public holidays."""
        return self.folder / "holidays.yaml"

    @property
    def target_groups(self) -> Path:
        """The groups of people that texts name."""
        return self.folder / "target_groups.yaml"

    @property
    def rule_mix(self) -> Path:
        """The counts of what real programmes ask and give."""
        return self.folder / "rule_mix.json"

    @property
    def contact(self) -> Path:
        """By what right, through which channels and how often people are written to."""
        return self.folder / "contact.yaml"

    @property
    def messages(self) -> Path:
        """The folder of messages, one file per language."""
        return self.folder / "messages"


COUNTRIES: Final = Path(__file__).resolve().parent.parent / "data" / "countries"
"""The countries that are shipped, each a folder; they stand beside the packages, in a checkout and in an image."""
SHIPPED: Final = CountryFolder(COUNTRIES / "kr")
"""The country used where no option names another."""


def country_folder(named: str) -> CountryFolder:
    """The folder of a country that is shipped, or of one's own.

    Raises:
        Rejected: there is no such country and no such folder.

    Example:
        >>> country_folder("kr").folder.name
        'kr'
    """
    shipped = sorted(path.name for path in COUNTRIES.iterdir() if path.is_dir())
    folder = COUNTRIES / named if named in shipped else Path(named)
    if not named or not folder.is_dir():
        what = f"{named!r} is neither a country that is shipped nor a folder"
        raise Rejected([Problem(("--country",), "unknown", what, f"Use {' or '.join(shipped)}, or name a folder")])
    return CountryFolder(folder)


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The data directory that the environment names, or the default.

    Example:
        >>> home_folder({"PROFFER_HOME": "/srv/proffer"}).as_posix(), home_folder({}).as_posix()
        ('/srv/proffer', '.proffer')
    """
    return Path(environment.get(HOME_VARIABLE) or DEFAULT_HOME)
