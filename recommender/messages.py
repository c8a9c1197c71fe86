"""Messages: every sentence that people read, by key, in each language of a country; one file per language."""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import partial
from typing import Final

from features.canonical_json import fingerprint
from features.country import Currency
from features.mapping import UNDETERMINED, MappingReader
from features.problem import Problems, Where
from recommender.particles import PAIRS, with_particle
from recommender.text import Text

__all__ = ["Keys", "Messages", "Value"]

Value = Text | str | int | float | date
"""What a placeholder may be filled with; a Text is taken in the language of the message."""

Keys = Mapping[str, Collection[str]]
"""The messages a module uses: the placeholders of each, by key."""

_DATE: Final = "date"
_LARGE: Final = "large"
_AMOUNT: Final = "amount"
_OPENING: Final = ("“", "‘", '"', "«\u00a0")
_MOST_KEPT: Final = 8_192
"""So many messages are kept as they were told: a window or a sum is the same for many people."""
_Part = tuple[str, str, str]  # literal text, then the name and the form of a placeholder ("" where there is none)


@dataclass(frozen=True)
class _Language:
    """How one language writes figures and dates, and its messages.

    Attributes:
        singular: the numbers that take the first of two forms, as in `{n:day/days}`.
        large: the words for large numbers, greatest first, for `{n:large}`.
        months: the names of the months; empty where a month is written as its number.
        days: the words for days of a month that are not written as their number, such as 1er.
        thousands: what sets the thousands apart.
        decimal: what comes before the decimals.
        quotes: what opens and what closes a quotation.
        money: how an amount of each currency is written, by its code.
    """

    singular: frozenset[int]
    large: tuple[tuple[str, int], ...]
    months: tuple[str, ...]
    days: Mapping[int, str]
    thousands: str
    decimal: str
    quotes: tuple[str, str]
    money: Mapping[str, tuple[_Part, ...]]
    parts: Mapping[str, tuple[_Part, ...]]

    def text(self, key: str, values: Mapping[str, Value], language: str) -> str:
        """Return a message with its placeholders filled in."""
        return self._filled(self.parts[key], values, language)

    def amount(self, amount: int, currency: Currency, language: str) -> str:
        """Return an amount of minor units of a currency; whole amounts are written without decimals."""
        pattern = self.money.get(currency.code, (("", _AMOUNT, ""), (f" {currency.code}", "", "")))
        shown: Value = amount if not currency.decimals else currency.written(amount, self.decimal, self.thousands)
        return self._filled(pattern, {_AMOUNT: shown}, language)

    def number(self, value: int) -> str:
        """Return a whole number with its thousands set apart."""
        return f"{value:,}".replace(",", self.thousands)

    def read(self, text: Text, language: str) -> str:
        """Return the words of a text; those of another language as a quotation, those of no known one as they are."""
        own = text.get(language)
        if own:
            return own
        spoken = next((one for one, said in text.pairs if said), UNDETERMINED)
        return text.own if spoken == UNDETERMINED else text.own.join(self.quotes)

    def written(self, value: Value, language: str) -> str:
        """Return a value as it is written in a message."""
        return self._value(value, "", language)

    def _filled(self, parts: tuple[_Part, ...], values: Mapping[str, Value], language: str) -> str:
        said = ""
        for literal, name, form in parts:
            said += literal
            if not name:
                continue
            if "/" in name:
                said = with_particle(said, *name.split("/"))
                continue
            value = values[name]
            if isinstance(value, str) and not form:
                said += value
            elif isinstance(value, Text) and said.endswith(_OPENING):  # not a quotation within a quotation
                said += value.in_language(language)
            else:
                said += self._value(value, form, language)
        return said

    def _value(self, value: Value, form: str, language: str) -> str:
        if "/" in form:
            one, many = form.split("/")
            return one if value in self.singular else many
        if isinstance(value, Text):
            return self.read(value, language)
        if isinstance(value, date):
            month = self.months[value.month - 1] if self.months else value.month
            day = self.days.get(value.day, str(value.day))
            return self.text(_DATE, {"year": str(value.year), "month": str(month), "day": day}, language)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int):
            return self._large(value) if form == _LARGE else self.number(value)
        return str(value).replace(".", self.decimal) if isinstance(value, float) else str(value)

    def _large(self, value: int) -> str:
        """Return a whole number as people write sums of money: 24,119,200 is 2,411만 9,200 in Korean."""
        said = []
        for word, unit in self.large:
            many, value = divmod(value, unit)
            said += [f"{self.number(many)}{word}"] * bool(many)
        return " ".join([*said, self.number(value)] if value or not said else said)


class Messages:
    """The messages of a country, each with the same placeholders in every language.

    A message is text with placeholders: `{name}` is a value (whole numbers with their thousands set apart, dates as
    the message `date` writes them), `{n:day/days}` a word that agrees with a number, `{n:large}` a number in the
    language's large units, and, in a language whose file says
    `particles: true`, `{을/를}` the particle that the text before it takes.
    """

    def __init__(self, languages: Mapping[str, _Language]) -> None:
        """Keep what `parse` has checked."""
        self._languages = languages
        self._told: dict[tuple[object, ...], Text] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages, in the order in which one stands in for another."""
        return tuple(self._languages)

    @property
    def hash(self) -> str:
        """SHA-256, in hex, of every message and of how each language writes."""
        return fingerprint(self._languages)

    @classmethod
    def parse(cls, documents: Mapping[str, object], keys: Keys) -> Messages:
        """Read the parsed file of each language, in the country's order of languages.

        Args:
            documents: the parsed files, by language.
            keys: the messages that must be there and the placeholders of each.

        Raises:
            Rejected: with every message or placeholder that is missing, unknown or malformed.
        """
        problems = Problems()
        wanted = {_DATE: ("year", "month", "day"), **keys}
        read = {
            language: _language(doc, (f"{language}.yaml",), wanted, problems) for language, doc in documents.items()
        }
        problems.raise_any()
        return cls(read)

    def text(self, key: str, /, **values: Value) -> Text:
        """Return a message in every language; raises KeyError for an unknown key or a value that is missing."""
        asked = (key, *values.items())
        known = self._told.get(asked)
        if known is None:
            said = [(language, one.text(key, values, language)) for language, one in self._languages.items()]
            if len(self._told) >= _MOST_KEPT:
                self._told.clear()
            known = self._told[asked] = Text.paired(said)
        return known

    def said(self, language: str, key: str, /, **values: Value) -> str:
        """Return a message in one language; raises KeyError for an unknown key or a value that is missing."""
        return self._languages[language].text(key, values, language)

    def written(self, value: Value, language: str) -> str:
        """Return a value as a language writes it in a message."""
        return self._languages[language].written(value, language)

    def speaking(self, language: str) -> Callable[..., str]:
        """Return what returns messages in one language, by key and values."""
        return partial(self.said, language)

    def read(self, text: Text, language: str) -> str:
        """Return a text as one language shows it: words that it has in another language only stand as a quotation."""
        return self._languages[language].read(text, language)

    def in_each(self, said: Callable[[str], str]) -> Text:
        """Return what `said` returns for each language, as one text."""
        return Text.paired([(language, said(language)) for language in self._languages])

    def money(self, amount: int, currency: Currency) -> Text:
        """Return an amount of minor units of a currency, as each language writes it."""
        said = [(language, one.amount(amount, currency, language)) for language, one in self._languages.items()]
        return Text.paired(said)

    def filled(self, pattern: Text, value: Value) -> Text:
        """Return a pattern with `{}` in it filled in, in each language that it or a stand-in is written in."""
        return self.in_each(
            lambda language: pattern.in_language(language).format(self._languages[language].written(value, language))
        )

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
    about = MappingReader(top.get("language") or {}, (*where, "language"), problems)
    particles, found = about.boolean("particles", False), dict(_flat(top.get("messages"), ""))
    for key in sorted({*found} - {*keys}):
        near = get_close_matches(key, keys, n=1)
        problems.add(
            (*where, key), "unknown", "is not a known message", f"Did you mean {near[0]}?" if near else "Remove it"
        )
    parts = {}
    for key, names in keys.items():
        if key in found:
            parts[key] = _parts(found[key], (*where, key), names, problems, particles)
        else:
            problems.add((*where, key), "missing", "is missing", f"Write it with the placeholders {_listed(names)}")
    money = {
        code: _parts(pattern, about.at("money", code), (_AMOUNT,), problems, particles)
        for code, pattern in about.mapping("money").items()
    }
    language = _writing(about, money, parts)
    about.close()
    return language


def _writing(
    about: MappingReader, money: Mapping[str, tuple[_Part, ...]], parts: Mapping[str, tuple[_Part, ...]]
) -> _Language:
    """Read how a language writes figures and dates; what is wrong is a problem."""
    singular, months, large = about.items("singular"), about.strings("months"), about.mapping("large")
    days = about.take("days") or {}
    whole = [*singular, *large.values(), *(days if isinstance(days, Mapping) else ["days"])]
    if any(type(number) is not int for number in whole):
        what, remedy = "has what is not a whole number", "Write singular: [1], large: {만: 10000}, days: {1: 1er}"
        about.wrong((), "invalid", what, remedy)
        singular, large, days = [], {}, {}
    if len(months) not in (0, 12):
        about.wrong("months", "invalid", "are not twelve names", "Name all months, or leave them out for numbers")
        months = ()
    marks = [str(about.take(key) or mark) for key, mark in (("thousands", ","), ("decimal", "."))]
    quotes = about.strings("quotes") or ("“", "”")
    if len(quotes) != 2:
        about.wrong("quotes", "invalid", "are not two marks", "Name what opens and what closes a quotation")
        quotes = ("“", "”")
    units = ((word, int(str(unit))) for word, unit in large.items())
    return _Language(
        singular=frozenset(int(str(number)) for number in singular),
        large=tuple(sorted(units, key=lambda one: -one[1])),
        months=months,
        days={day: str(word) for day, word in days.items()} if isinstance(days, Mapping) else {},
        thousands=marks[0],
        decimal=marks[1],
        quotes=(quotes[0], quotes[1]),
        money=money,
        parts=parts,
    )


def _flat(found: object, prefix: str) -> list[tuple[str, object]]:
    if not isinstance(found, Mapping):
        return [(prefix, found)]
    under = f"{prefix}." if prefix else ""
    return [pair for key, value in found.items() for pair in _flat(value, f"{under}{key}")]


def _parts(
    message: object, where: Where, names: Collection[str], problems: Problems, particles: bool
) -> tuple[_Part, ...]:
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
    if not particles and any("/" in name for _, name, _ in parsed):
        problems.add(where, "forbidden", "has a particle", "Leave it out, or write particles: true under language")
    used = {name for _, name, _ in parsed if name and "/" not in name}
    if used != {*names}:
        problems.add(where, "conflict", f"has the placeholders {_listed(used)}", f"Use exactly {_listed(names)}")
    for form in (form for _, _, form in parsed if form and form != _LARGE and form.count("/") != 1):
        problems.add(where, "unknown", f"has the unknown form {form}", "Use one/many or large")
    return tuple(parsed)


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
