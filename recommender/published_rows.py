"""Published rows: the rows an open API sends, each once under its id, and those that cannot be used."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from recommender.published_text import decoded_row

Row = Mapping[str, object]
NESTED = "its text is nested too deep to be read"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_COUNT = re.compile(r"[0-9]{1,12}")
_SLUG = re.compile(r"[A-Za-z0-9._-]+")
_JSON = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A service, or a row that names none, that could not be used, and why."""

    id: str
    reason: str

    def to_document(self) -> dict[str, str]:
        """The mapping it is reported as."""
        return {"id": self.id, "reason": self.reason}


@dataclass(frozen=True)
class Imported:
    """What an import gives: programme documents in the order of the list, what was rejected, and the report."""

    programmes: tuple[dict[str, Any], ...]
    rejected: tuple[Rejection, ...]
    report: dict[str, Any]


class RowsById(NamedTuple):
    """The rows of a file under their ids, decoded, equal ones as one.

    Attributes:
        found: the rows under each id; several where they differ.
        strays: the place and row of those without an id.
        repeated: how many rows say what another row says under the same id.
    """

    found: dict[str, list[Row]]
    strays: list[tuple[int, object]]
    repeated: int


@dataclass(frozen=True)
class RowForm:
    """What the rows of one API look like.

    Attributes:
        key: the field with the id.
        views: the field that counts on while pages are fetched, in which rows of one id may differ.
        views_as_text: whether it is written as text.
    """

    key: str
    views: str
    views_as_text: bool = False

    def views_in(self, row: Row) -> int | None:
        """How often a row says that it was viewed; None where it says no count."""
        views = row.get(self.views)
        if self.views_as_text and isinstance(views, str) and _COUNT.fullmatch(views):
            views = int(views)
        return views if isinstance(views, int) and not isinstance(views, bool) and views >= 0 else None

    def differing(self, row: Row, other: Row) -> list[str]:
        """The fields in which two rows differ, but for their views."""
        return [name for name in {**row, **other} if name != self.views and row.get(name) != other.get(name)]

    def by_id(self, rows: Sequence[object]) -> RowsById:
        """The rows under each id, and those without one."""
        found: dict[str, list[Row]] = {}
        strays: list[tuple[int, object]] = []
        for number, given in enumerate(rows):
            row = decoded_row(given) if isinstance(given, Mapping) else None
            own = None if row is None else row.get(self.key)
            if row is None or not isinstance(own, str) or _ID.fullmatch(own) is None:
                strays.append((number, given if row is None else row))
            else:
                self._keep(row, found.setdefault(own, []))
        return RowsById(found, strays, len(rows) - len(strays) - sum(map(len, found.values())))

    def _keep(self, row: Row, kept: list[Row]) -> None:
        for place, other in enumerate(kept):
            if not self.differing(row, other):
                views = self.views_in(row)
                if views is not None and views >= (self.views_in(other) or 0):
                    kept[place] = {**other, self.views: row[self.views]}
                return
        kept.append(row)


def text_of(row: Row, key: str) -> str | None:
    """The text under a key, stripped; None where there is none or something that is not text."""
    value = row.get(key)
    return value.strip() or None if isinstance(value, str) else None


def not_text(row: Row, names: Iterable[str]) -> list[str]:
    """What is wrong with the fields that are text wherever they are stated, and are something else in a row.

    >>> not_text({"a": "x", "b": 5, "c": None, "d": ["x"]}, "abcde")
    ['b is a number, not text', 'd is a list, not text']
    """
    stated = ((name, row.get(name)) for name in names)
    return [
        f"{name} is {_JSON.get(type(value), 'an object')}, not text"
        for name, value in stated
        if value is not None and not isinstance(value, str)
    ]


def day_at(row: Row, key: str) -> datetime.date | None:
    """The day that the text under a key begins with (YYYYMMDD or YYYY-MM-DD); None where there is no such day."""
    written = _DAY.match(text_of(row, key) or "")
    try:
        return None if written is None else datetime.date(*map(int, written.groups()))
    except ValueError:
        return None


def provider_id(code: str) -> str:
    """The id of the office with a code."""
    return f"kr.{code}" if _SLUG.fullmatch(code) else "kr.unknown"


def source_document(url: str | None, changed: datetime.date | None, texts: Iterable[str | None]) -> dict[str, Any]:
    """Where a publisher says it: its page, the day it was last changed there, and whom it says it is for."""
    words = "\n".join(text for text in texts if text)
    source = {
        "url": url,
        "checked": None if changed is None else changed.isoformat(),
        "text": {"ko": words} if words else None,
    }
    return {key: value for key, value in source.items() if value is not None}


def counted(names: Sequence[str], values: Iterable[str]) -> dict[str, int]:
    """How often each of the names is among the values, in the order of the names."""
    counts = Counter(values)
    return {name: counts[name] for name in names}
