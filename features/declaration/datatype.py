"""What values a fact or a field may take, and how each becomes one integer and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

from features.calendar import ISO_DAY, date_of, day_of
from features.problem import Problem, Problems, Rejected, Where
from features.value import UNKNOWN, identifier_code, is_known, region_code, region_text

TYPES: Final = ("boolean", "integer", "date", "dates", "enum", "region", "identifier", "ages")
LONGEST_LIST: Final = 50
"""So many values, or members of a household, may be listed: reading and deciding stay fast."""
OLDEST_AGE: Final = 61
"""Bit 61 of an `ages` set stands for 61 and over, so that a set is a non-negative integer."""

LARGEST: Final = 2**53
"""Whole numbers beyond this do not survive JSON."""


@dataclass(frozen=True)
class DataType:
    """The values one fact or field may take.

    Attributes:
        type: one of `TYPES`.
        low: the least value, in the stored integer (scaled, or days since 1970-01-01), or None.
        high: the greatest, likewise.
        values: the names of an `enum`, whose stored integer is the place in this list.
        unit: what an integer counts, for people.
        scale: how many stored units make one: 100 keeps two decimals.
        optional: whether an event may leave an identifier out; any other field it always may.
        form: of a region's codes, as a regular expression; empty for any of digits and capital letters.

    >>> DataType("integer", 0, 100).encode(72), DataType("enum", values=("male", "female")).encode("female")
    (72, 1)
    >>> DataType("integer", 0, 10000, scale=100).encode(72.5)
    7250
    """

    type: str
    low: int | None = None
    high: int | None = None
    values: tuple[str, ...] = ()
    unit: str = ""
    scale: int = 1
    optional: bool = False
    form: str = ""

    @cached_property
    def member(self) -> DataType:
        """The kind of one member of a set (`dates` holds dates, `ages` integers), else the kind itself."""
        kinds = {"dates": "date", "ages": "integer"}
        return replace(self, type=kinds[self.type]) if self.type in kinds else self

    def encode(self, value: object, where: Where = ("value",)) -> int:
        """Return the integer that stands for a JSON value; of a set, for one member.

        Raises:
            Rejected: the value is of another type, out of bounds, or not one of the names.
        """
        kind = self.member
        if kind.type == "boolean":
            if not isinstance(value, bool):
                raise _wrong(where, value, "true or false", "Write true or false, or leave it out when it is not known")
            return int(value)
        if kind.type == "integer":
            return _bounded(kind, _integer(kind, value, where), value, where)
        if kind.type == "date":
            return _bounded(kind, _day(value, where), value, where)
        return _named(kind, value, where)

    def encode_all(self, value: object, where: Where = ("value",)) -> tuple[int, ...]:
        """Return the integers of a JSON list for a set, the one integer in a tuple for every other type.

        Raises:
            Rejected: with every member that is wrong.
        """
        if self.member is self:
            return (self.encode(value, where),)
        if not isinstance(value, list | tuple):
            raise _wrong(where, value, "a list", "Give a list; an empty one says that there are none")
        if len(value) > LONGEST_LIST:
            what, remedy = f"lists {len(value)} values", f"List at most {LONGEST_LIST}"
            raise Rejected([Problem(where, "range", what, remedy)])
        found, problems = [], Problems()
        for place, member in enumerate(value):
            with problems.gathered():
                found.append(self.encode(member, (*where, place)))
        problems.raise_any()
        return tuple(sorted(found))

    def accepts(self, value: object) -> bool:
        """Whether a JSON value has an integer: a list of members for a set, one value for every other type."""
        try:
            self.encode_all(value)
        except Rejected:
            return False
        return True

    def decode(self, code: int) -> object:
        """Return the JSON value an integer stands for: None for unknown, `"none"` for known to be none.

        A `dates` column holds its latest date. An identifier's code stays a number: it cannot be turned back.
        """
        if not is_known(code):
            return None if code == UNKNOWN else "none"
        if self.type in ("date", "dates"):
            return date_of(code).isoformat()
        if self.type == "ages":
            return [age for age in range(OLDEST_AGE + 1) if code >> age & 1]
        if self.type == "integer":
            return code if self.scale == 1 else code / self.scale
        if self.type == "boolean":
            return bool(code)
        if self.type == "enum":
            return self.values[code]
        return region_text(code) if self.type == "region" else code


def _integer(kind: DataType, value: object, where: Where) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (kind.scale > 1 and isinstance(value, float)):
        raise _wrong(where, value, "a whole number", f"Give a number without quotes, {_range(kind)}")
    if kind.scale == 1 and isinstance(value, int):
        return value
    scaled = Decimal(str(value)) * kind.scale
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise _wrong(where, value, f"a multiple of 1/{kind.scale}", f"Round it to a multiple of 1/{kind.scale}")
    return int(scaled)


def _bounded(kind: DataType, code: int, value: object, where: Where) -> int:
    low = -LARGEST if kind.low is None else kind.low
    high = LARGEST if kind.high is None else kind.high
    if not low <= code <= high:
        side = f"below {_shown(kind, low)}" if code < low else f"above {_shown(kind, high)}"
        raise Rejected([Problem(where, "invalid", f"{value} is {side}", f"Give a value {_range(kind)}")])
    return code


def _named(kind: DataType, value: object, where: Where) -> int:
    if not isinstance(value, str) or not value:
        raise _wrong(where, value, "a text", f"Write it in quotes, {_range(kind)}")
    if kind.type == "identifier":
        return identifier_code(value)
    if kind.type == "region":
        return _region(kind, value, where)
    if value not in kind.values:
        raise _wrong(where, value, f"one of {', '.join(kind.values)}", "Choose one of these names")
    return kind.values.index(value)


def _region(kind: DataType, value: str, where: Where) -> int:
    try:
        code = region_code(value)
    except ValueError:
        raise _wrong(where, value, "a region code", "Give up to nine digits and capital letters") from None
    if kind.form and not re.fullmatch(kind.form, value):
        raise _wrong(where, value, "a region code", f"Give a code of the form {kind.form}")
    return code


def _shown(kind: DataType, code: int) -> str:
    return str(DataType(kind.type, scale=kind.scale).decode(code))


def _range(kind: DataType) -> str:
    if kind.type == "enum":
        return f"one of {', '.join(kind.values)}"
    if kind.low is None or kind.high is None:
        return f"of type {kind.type}"
    return f"from {_shown(kind, kind.low)} to {_shown(kind, kind.high)}{' ' + kind.unit if kind.unit else ''}"


def _day(value: object, where: Where) -> int:
    text = value.isoformat() if isinstance(value, date) else value
    try:
        if isinstance(text, str) and ISO_DAY.fullmatch(text):
            return day_of(date.fromisoformat(text))
    except ValueError:
        pass
    raise _wrong(where, value, "a date", "Write an existing day as YYYY-MM-DD")


def _wrong(where: Where, value: object, wanted: str, remedy: str) -> Rejected:
    shown = "null" if value is None else repr(value) if isinstance(value, str | int | float) else "what is given"
    return Rejected([Problem(where, "invalid", f"{shown[:60]} is not {wanted}", remedy)])
