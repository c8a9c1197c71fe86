"""List pages: how a long list is cut: `limit`, and as `cursor` the `next` of the page before."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from serving.http.problem_documents import UNPROCESSABLE, ProblemItemValue, RefusedError

SHOWN: Final = 50
MOST_SHOWN: Final = 100
_PLACE: Final = re.compile(r"(\d{1,15}) ([0-9a-f]{1,64})")
_CURSOR: Final = ProblemItemValue("/cursor", "the next of an earlier answer")
_Row = TypeVar("_Row")


class ListPage(NamedTuple):
    """Which part of a list is asked for: the cursor it begins after, empty for the first, and how many rows."""

    cursor: str
    limit: int

    @property
    def after(self) -> tuple[int, str] | None:
        """The second and the id of the last row of the page before, None for the first page.

        Raises:
            RefusedError: 422, it is no cursor of such a list.
        """
        if not self.cursor:
            return None
        found = _PLACE.fullmatch(decoded(self.cursor))
        if found is None:
            raise RefusedError(UNPROCESSABLE, "The list cannot be gone on with.", [_CURSOR])
        return int(found[1]), found[2]

    def cut(self, rows: Sequence[_Row], place: Callable[[_Row], tuple[int, str]]) -> tuple[Sequence[_Row], str | None]:
        """Return the rows of a page, of which one more may have been read, and the cursor of the next, if there is."""
        shown = rows[: self.limit]
        return shown, encoded("{} {}".format(*place(shown[-1]))) if len(rows) > self.limit else None


def encoded(place: str) -> str:
    """Return a cursor for the page after a place."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def decoded(cursor: str) -> str:
    """Return the place that a cursor names; raises RefusedError: 422, it is no cursor."""
    try:
        return base64.b64decode(cursor.encode("ascii"), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise RefusedError(UNPROCESSABLE, "The list cannot be gone on with.", [_CURSOR]) from None
