"""A country's public holidays as a YAML table: `python -m composition.holiday_table KR 2020 2030 ko=ko en=en_US`.

What is printed is the part of a country's `holidays.yaml` below its comment; the last words are its languages, each
with its name in the `holidays` library. Only the library's category PUBLIC is taken: days on which public offices are
closed, substitute and temporary holidays included.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import version

import holidays

WEEKEND = ("saturday", "sunday")


def rows(country: str, first: int, last: int, languages: Mapping[str, str]) -> list[str]:
    """Return one line of YAML for each public holiday from the year `first` to the year `last`, both included."""
    years = range(first, last + 1)
    named = {
        language: holidays.country_holidays(country, years=years, language=code, categories=(holidays.PUBLIC,))
        for language, code in languages.items()
    }
    lines = []
    for day in sorted(next(iter(named.values()))):
        names = ", ".join(f'{language}: "{held[day]}"' for language, held in named.items())
        lines.append(f"  - {{day: {day.isoformat()}, name: {{{names}}}}}")
    return lines


def table(country: str, first: int, last: int, languages: Mapping[str, str]) -> str:
    """Return the table as YAML."""
    head = [
        f"weekend: [{', '.join(WEEKEND)}]",
        f"from: {first}-01-01",
        f"until: {last}-12-31",
        "sources:",
        f'  - "holidays {version("holidays")} (python package, MIT), country {country}, category public"',
        "holidays:",
    ]
    return "\n".join([*head, *rows(country, first, last, languages)]) + "\n"


if __name__ == "__main__":
    country, first, last, *languages = sys.argv[1:]
    sys.stdout.write(table(country, int(first), int(last), dict(one.split("=") for one in languages)))
