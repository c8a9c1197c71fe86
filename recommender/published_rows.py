"""Published rows: the rows an open API sends, each once under its id, and those that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.published_text import decoded_row

Row = Mapping[str, object]
NESTED = "its text is nested too deep to be read"


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


@dataclass(frozen=True)
class RowForm:
    """What the rows of one API look like.

    Attributes:
        key: the field with the id.
        views: the field that counts on while pages are fetched, in which rows of one id may differ.
        is_id: whether a value can be an id.
    """

    key: str
    views: str
    is_id: Callable[[object], bool]

    def differing(self, row: Row, other: Row) -> list[str]:
        """The fields in which two rows differ, but for their views."""
        return [name for name in {**row, **other} if name != self.views and row.get(name) != other.get(name)]

    def by_id(self, rows: Sequence[object]) -> tuple[dict[str, list[Row]], list[tuple[int, object]]]:
        """The rows under each id, decoded, equal ones as one; and the place and row of those without an id."""
        found: dict[str, list[Row]] = {}
        strays: list[tuple[int, object]] = []
        for number, given in enumerate(rows):
            row = decoded_row(given) if isinstance(given, Mapping) else None
            if row is None or not self.is_id(row.get(self.key)):
                strays.append((number, given if row is None else row))
            else:
                self._keep(row, found.setdefault(str(row[self.key]), []))
        return found, strays

    def _keep(self, row: Row, kept: list[Row]) -> None:
        for place, other in enumerate(kept):
            if not self.differing(row, other):
                counted = [one[self.views] for one in (other, row) if isinstance(one.get(self.views), int)]
                kept[place] = {**other, self.views: max(counted)} if counted else other  # type: ignore[type-var]
                return
        kept.append(row)

    def repeated(self, *files: Sequence[object]) -> int:
        """How many rows of the files say what another row of their file says under the same id."""
        count = 0
        for rows in files:
            found, strays = self.by_id(rows)
            count += len(rows) - len(strays) - sum(map(len, found.values()))
        return count


def text_of(row: Row, key: str) -> str | None:
    """The text under a key, stripped; None where there is none or something that is not text."""
    value = row.get(key)
    return value.strip() or None if isinstance(value, str) else None
