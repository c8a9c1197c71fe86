"""Country: the languages, the money, the time zone and the region codes of the country a declaration is made for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from features.calendar import Zone
from features.iso_currency import ISO_CODES
from features.mapping import MappingReader, nearest
from features.problem import Problems, Where

__all__ = ["NO_COUNTRY", "Country", "Currency", "parse_country"]

MOST_DECIMALS: Final = 4
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Currency:
    """A currency by its ISO 4217 code.

    Attributes:
        code: of ISO 4217.
        decimals: of its amounts, which are whole minor units: 2 for the cents of a euro.
        wage_day: a day of minimum wage in minor units, which compares its sums with those of others; 0 not known.
        unit: the unit of facts that are sums of it, such as won.
    """

    code: str
    decimals: int = 0
    wage_day: int = 0
    unit: str = ""

    def written(self, amount: int, point: str = ".", group: str = ",") -> str:
        """Return a whole number of minor units in major units, with its decimals where they are not zero.

        >>> Currency("EUR", 2).written(168010, ",", " "), Currency("KRW").written(1000)
        ('1 680,10', '1,000')
        """
        whole, rest = divmod(amount, 10**self.decimals)
        said = f"{whole:,}".replace(",", group)
        return f"{said}{point}{rest:0{self.decimals}d}" if rest else said


@dataclass(frozen=True)
class Country:
    """What every value of a country is written with.

    Attributes:
        languages: of its texts, in the order in which one stands in for another; the first is that of a string alone.
        currency: of its amounts.
        zone: where its days begin; None where each declaration says so.
        levels: the levels of its regions, biggest first, each with its name in each language.
        region_code: the form of its region codes, as a regular expression.
        shown: the language of text on a terminal where none is asked for.
        biggest_first: the languages that name a region after the one around it, as an address in Korean does.
    """

    languages: tuple[str, ...] = ()
    currency: Currency = Currency("XXX")
    zone: Zone | None = None
    levels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    region_code: str = "[0-9A-Z]{1,9}"
    biggest_first: tuple[str, ...] = ()
    shown: str = ""

    @property
    def shown_first(self) -> tuple[str, ...]:
        """The languages as pages are offered in them: the one shown where none is asked for, then the others."""
        return tuple(dict.fromkeys((self.shown, *self.languages)))


NO_COUNTRY: Final = Country()
"""Where no country is stated: texts in any language, and amounts of no currency (XXX of ISO 4217)."""


def parse_country(document: object, where: Where = ("country.yaml",)) -> Country:
    """Read a parsed country.yaml.

    Raises:
        Rejected: with every problem in it.
    """
    problems = Problems()
    top = MappingReader(document, where, problems)
    for key in ("languages", "currency", "zone"):
        top.required(key)
    languages = _languages(top, "languages")
    zone = None
    if (name := top.string("zone")) is not None:
        with problems.gathered():
            zone = Zone(name)
    currency = _currency(top)
    regions = top.reader("regions")
    written = Country(languages, currency, zone, shown=top.choice("shown", languages) or "".join(languages[:1]))
    top.close()
    if regions is not None:
        regions.languages = languages
        levels = regions.reader("levels")
        written = replace(
            written,
            levels={} if levels is None else {level: levels.words(level) or {} for level in levels.doc},
            region_code=_form(regions),
            biggest_first=_languages(regions, "biggest_first", languages),
        )
        regions.close()
    problems.raise_any()
    return written


def _languages(fields: MappingReader, key: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    named = fields.strings(key)
    wrong = [name for name in named if not _LANGUAGE.fullmatch(name) or (known and name not in known)]
    if wrong or len(set(named)) < len(named):
        remedy = f"Use {', '.join(known)}" if known else "Write each once, as a code of BCP 47 such as ko or fr"
        fields.wrong(key, "invalid", f"{list(named)} are not languages", remedy)
        return ()
    if not named and not known and fields.has(key):
        fields.wrong(key, "missing", "names no language", "Name at least one, such as [ko, en]")
    return named


def _currency(top: MappingReader) -> Currency:
    inner = top.reader("currency")
    if inner is None:
        return NO_COUNTRY.currency
    for key in ("code", "decimals"):
        inner.required(key)
    code, decimals, unit = inner.string("code"), inner.integer("decimals"), inner.string("unit")
    wage_day = inner.integer("wage_day")
    inner.close()
    if code is not None and code not in ISO_CODES:
        what = f"{code!r} is not a currency{nearest(code, ISO_CODES)}"
        inner.wrong("code", "invalid", what, "Write its ISO 4217 code, such as KRW or EUR")
    if decimals is not None and decimals > MOST_DECIMALS:
        inner.wrong("decimals", "range", f"{decimals} is above {MOST_DECIMALS}", "Write 2 for cents, 0 for none")
    return Currency(code or "", decimals or 0, wage_day or 0, unit or "")


def _form(regions: MappingReader) -> str:
    form = regions.string("code") or Country.region_code
    try:
        re.compile(form)
    except re.error as failure:
        regions.wrong("code", "invalid", f"{form!r} is not a regular expression ({failure})", "Correct it")
    return form
