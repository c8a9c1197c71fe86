"""A country's public holidays as a YAML table: `python -m composition.holiday_table KR 2020 2030`.

What is printed is the part of `data/countries/kr/holidays.yaml` below its comment. Only the category PUBLIC of the
`holidays` library is taken: days on which public offices are closed, substitute and temporary holidays included.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import holidays

WEEKEND = ("saturday", "sunday")
LANGUAGES = {"ko": "ko", "en": "en_US"}


def rows(country: str, first: int, last: int) -> list[str]:
    """Return one line of YAML for each public holiday from the year `first` to the year `last`, both included."""
    years = range(first, last + 1)
    named = {
        language: holidays.country_holidays(country, years=years, language=code, categories=(holidays.PUBLIC,))
        for language, code in LANGUAGES.items()
    }
    return [
        f'  - {{day: {day.isoformat()}, name: {{ko: "{named["ko"][day]}", en: "{named["en"][day]}"}}}}'
        for day in sorted(named["ko"])
    ]


def table(country: str, first: int, last: int) -> str:
    """Return the table as YAML."""
    head = [
        f"weekend: [{', '.join(WEEKEND)}]",
        f"from: {first}-01-01",
        f"until: {last}-12-31",
        "sources:",
        f'  - "holidays {version("holidays")} (python package, MIT), country {country}, category public"',
        "holidays:",
    ]
    return "\n".join([*head, *rows(country, first, last)]) + "\n"


if __name__ == "__main__":
    country, first, last = sys.argv[1:]
    sys.stdout.write(table(country, int(first), int(last)))
