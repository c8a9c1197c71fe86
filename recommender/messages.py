"""Messages: every sentence that people read, by key, in each language of a country; one file per language."""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import partial
from typing import Final

from features.problem import Problems, Where
from recommender.particles import PAIRS, with_particle
from recommender.text import Text

__all__ = ["LANGUAGES", "Keys", "Messages", "Value"]

Value = Text | str | int | float | date
"""What a placeholder may be filled with; a Text is taken in the language of the message."""

Keys = Mapping[str, Collection[str]]
"""The messages a module uses: the placeholders of each, by key."""

LANGUAGES: Final = ("ko", "en")
_DATE: Final = "date"
_LARGE: Final = "large"
_Part = tuple[str, str, str]  # literal text, then the name and the form of a placeholder ("" where there is none)


@dataclass(frozen=True)
class _Language:
    """How one language writes figures and dates, and its messages.

    Attributes:
        singular: the numbers that take the first of two forms, as in `{n:day/days}`.
        large: the words for large numbers, greatest first, for `{n:large}`.
        months: the names of the months; empty where a month is written as its number.
    """

    singular: frozenset[int]
    large: tuple[tuple[str, int], ...]
    months: tuple[str, ...]
    parts: Mapping[str, tuple[_Part, ...]]

    def text(self, key: str, values: Mapping[str, Value], language: str) -> str:
        """Return a message with its placeholders filled in."""
        said = ""
        for literal, name, form in self.parts[key]:
            said += literal
            if "/" in name:
                said = with_particle(said, *name.split("/"))
            elif name:
                said += self._value(values[name], form, language)
        return said

    def _value(self, value: Value, form: str, language: str) -> str:
        if "/" in form:
            one, many = form.split("/")
            return one if value in self.singular else many
        if isinstance(value, Text):
            return value.in_language(language)
        if isinstance(value, date):
            month = self.months[value.month - 1] if self.months else value.month
            return self.text(_DATE, {"year": str(value.year), "month": str(month), "day": value.day}, language)
        if isinstance(value, int):
            return self._large(value) if form == _LARGE else f"{value:,}"
        return str(value)

    def _large(self, value: int) -> str:
        """Return a whole number as people write sums of money: 24,119,200 is 2,411만 9,200 in Korean."""
        said = []
        for word, unit in self.large:
            many, value = divmod(value, unit)
            said += [f"{many:,}{word}"] * bool(many)
        return " ".join([*said, f"{value:,}"] if value or not said else said)


class Messages:
    """The messages of a country, each with the same placeholders in every language.

    A message is text with placeholders: `{name}` is a value (whole numbers with their thousands set apart, dates as
    the message `date` writes them), `{n:day/days}` a word that agrees with a number, `{n:large}` a number in the
    language's large units, and `{을/를}` the particle that the text before it takes.
    """

    def __init__(self, languages: Mapping[str, _Language]) -> None:
        """Keep what `parse` has checked."""
        self._languages = languages

    @classmethod
    def parse(cls, documents: Mapping[str, object], keys: Keys) -> Messages:
        """Read the parsed file of each language; `keys` are the messages that must be there and their placeholders.

        Raises:
            Rejected: with every language, message or placeholder that is missing, unknown or malformed.
        """
        problems = Problems()
        remedy = f"Provide one file for each of {', '.join(LANGUAGES)}"
        for language in sorted({*LANGUAGES} - {*documents}):
            problems.add(("messages", language), "missing", "has no file", remedy)
        for language in sorted({*documents} - {*LANGUAGES}):
            problems.add(("messages", language), "unknown", "is not a language of this version", remedy)
        wanted = {_DATE: ("year", "month", "day"), **keys}
        read = {
            language: _language(doc, (f"{language}.yaml",), wanted, problems) for language, doc in documents.items()
        }
        problems.raise_any()
        return cls(read)

    def text(self, key: str, /, **values: Value) -> Text:
        """Return a message in every language; raises KeyError for an unknown key or a value that is missing."""
        return Text(self.said("ko", key, **values), self.said("en", key, **values))

    def said(self, language: str, key: str, /, **values: Value) -> str:
        """Return a message in one language; raises KeyError for an unknown key or a value that is missing."""
        return self._languages[language].text(key, values, language)

    def speaking(self, language: str) -> Callable[..., str]:
        """Return what returns messages in one language, by key and values."""
        return partial(self.said, language)

    def joined(self, key: str, texts: Collection[Text]) -> Text:
        """Return several texts as one, two at a time, as the message `key` joins `first` and `second`."""
        first, *others = texts
        for other in others:
            first = self.text(key, first=first, second=other)
        return first


def _language(document: object, where: Where, keys: Keys, problems: Problems) -> _Language:
    top = document if isinstance(document, Mapping) else {}
    if {*top} != {"language", "messages"}:
        problems.add(where, "invalid", "does not have the keys language and messages", "Write both, each a mapping")
    about, found = top.get("language"), dict(_flat(top.get("messages"), ""))
    for key in sorted({*found} - {*keys}):
        near = get_close_matches(key, keys, n=1)
        problems.add(
            (*where, key), "unknown", "is not a known message", f"Did you mean {near[0]}?" if near else "Remove it"
        )
    parts = {}
    for key, names in keys.items():
        if key in found:
            parts[key] = _parts(found[key], (*where, key), names, problems)
        else:
            problems.add((*where, key), "missing", "is missing", f"Write it with the placeholders {_listed(names)}")
    about = about if isinstance(about, Mapping) else {}
    large = about.get("large", {})
    return _Language(
        singular=frozenset(about.get("singular", ())),
        large=tuple(sorted(large.items(), key=lambda one: -one[1])),
        months=tuple(about.get("months", ())),
        parts=parts,
    )


def _flat(found: object, prefix: str) -> list[tuple[str, object]]:
    if not isinstance(found, Mapping):
        return [(prefix, found)]
    under = f"{prefix}." if prefix else ""
    return [pair for key, value in found.items() for pair in _flat(value, f"{under}{key}")]


def _parts(message: object, where: Where, names: Collection[str], problems: Problems) -> tuple[_Part, ...]:
    if not isinstance(message, str):
        problems.add(where, "invalid", "is not text", "Write the message in quotes")
        return ()
    try:
        parsed = [(literal, name or "", form or "") for literal, name, form, _ in string.Formatter().parse(message)]
    except ValueError as failure:
        problems.add(where, "invalid", f"has braces that do not match ({failure})", "Write a placeholder as {name}")
        return ()
    for name in (name for _, name, _ in parsed if "/" in name and name not in PAIRS):
        problems.add(where, "unknown", f"has the unknown particle {name}", f"Use one of {', '.join(PAIRS)}")
    used = {name for _, name, _ in parsed if name and "/" not in name}
    if used != {*names}:
        problems.add(where, "conflict", f"has the placeholders {_listed(used)}", f"Use exactly {_listed(names)}")
    for form in (form for _, _, form in parsed if form and form != _LARGE and form.count("/") != 1):
        problems.add(where, "unknown", f"has the unknown form {form}", "Use one/many or large")
    return tuple(parsed)


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
