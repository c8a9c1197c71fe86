"""Which events of a file can be read by columns: those that touch their subject alone and have nothing wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from features import strict_json
from features.arrays import Bool, Int64
from features.calendar import DAY_SECONDS
from features.declaration.declaration import Declaration
from features.declaration.kinship import HOUSEHOLD
from features.declaration.vocabulary import STATED
from features.log.event import ACTS, CALENDAR, Event
from features.log.event_parser import check_body
from features.log.statement import encode_facts
from features.log.versions import FOREVER
from features.problem import Problems

TEXTS: Final = ("id", "source", "subject", "type", "data")
APART: Final = -1
"""The code of a payload whose events must be read one by one."""

_REMEMBERED: Final = 2**16  # facts whose check is remembered


@dataclass(frozen=True, eq=False)
class EventColumns:
    """Events in columns of one length, not checked yet.

    Attributes:
        text: by each name of `TEXTS`, an Arrow array of strings; `data` is JSON text.
        time: int64[n], UTC seconds.
        recorded: int64[n], UTC seconds.
        readable: bool[n], where both times could be read.
    """

    text: Mapping[str, Any]
    time: Int64
    recorded: Int64
    readable: Bool


def plain_rows(
    columns: EventColumns, declaration: Declaration, now: int | None, code: Callable[[str, str], tuple[int, int]]
) -> tuple[Bool, Int64]:
    """Return which events can be read by columns, and the code of every event's payload.

    An event can be read by columns when nothing is wrong with it, it touches nobody but its subject, and it corrects
    nothing.

    Args:
        columns: the events.
        declaration: what may happen.
        now: the UTC second after which nothing may be recorded.
        code: gives, for an event type and a payload's text, the code of the payload (`APART` for one of an event that
            must be read by itself) and the latest local day that it counts time since; asked once for each pair.
    """
    import pyarrow.compute as pc

    # A time outside the calendar has no local day: the event is read by itself, where the refusal says so.
    time = np.clip(columns.time, CALENDAR[0], CALENDAR[-1])
    local = declaration.zone.local_seconds(time)
    plain = (
        columns.readable
        & (columns.time == time)
        & (columns.time <= columns.recorded)
        & (local >= declaration.epoch * DAY_SECONDS)
    )
    if now is not None:
        plain &= columns.recorded <= now
    for name in ("id", "source", "subject"):
        text = columns.text[name]
        length = pc.utf8_length(text)
        good = pc.and_(pc.utf8_is_printable(text), pc.and_(pc.greater(length, 0), pc.less_equal(length, 400)))
        plain &= good.fill_null(False).to_numpy(zero_copy_only=False)
    kinds, datas = columns.text["type"].dictionary_encode(), columns.text["data"].dictionary_encode()
    plain &= pc.and_(kinds.is_valid(), datas.is_valid()).to_numpy(zero_copy_only=False)
    pairs = indices_of(kinds) * max(len(datas.dictionary), 1) + indices_of(datas)
    distinct, which = np.unique(pairs, return_inverse=True)
    names, texts = kinds.dictionary.to_pylist(), datas.dictionary.to_pylist()
    each = [code(names[pair // len(texts)], texts[pair % len(texts)]) if texts else (APART, 0) for pair in distinct]
    found = np.array(each, np.int64).reshape(-1, 2)[which]
    plain &= (found[:, 0] != APART) & (found[:, 1] <= local // DAY_SECONDS)
    return plain, np.ascontiguousarray(found[:, 0])


class PayloadCheck:
    """Checks payloads apart from the events that carry them; each fact of a statement once with each value."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration
        self._second = (declaration.epoch + 2) * DAY_SECONDS
        self._latest: dict[tuple[str, type, object], int] = {}

    def checked(self, event_type: str, text: str) -> tuple[Mapping[str, object] | None, int]:
        """Return a payload and the latest local day it counts time since; None for one of an event to be read alone.

        Args:
            event_type: the type of its event.
            text: JSON.
        """
        try:
            data = strict_json.parse(text.encode())
            if not isinstance(data, dict) or event_type in ACTS or "about" in data:
                return None, 0
            if event_type == STATED and HOUSEHOLD in data:
                return None, 0
            if event_type == STATED:
                return data, max((self._latest_of(name, value) for name, value in data.items()), default=-FOREVER)
        except ValueError:  # not JSON, or (Rejected) not facts
            return None, 0
        problems = Problems()
        event = Event("any", "any", "any", event_type, self._second, self._second, data)
        check_body(event, self._declaration, (), problems)
        return (None, 0) if problems.found else (data, -FOREVER)

    def _latest_of(self, name: str, value: object) -> int:
        """The latest local day that a fact counts time since."""
        kind = type(value)
        if kind is list or kind is dict:
            return self._encoded(name, value)
        latest = self._latest.get((name, kind, value))
        if latest is None:
            if len(self._latest) > _REMEMBERED:
                self._latest.clear()
            latest = self._latest[name, kind, value] = self._encoded(name, value)
        return latest

    def _encoded(self, name: str, value: object) -> int:
        days = encode_facts({name: value}, self._declaration, FOREVER)[name]
        fact = self._declaration.facts.get(name)
        return max(days, default=-FOREVER) if fact is not None and fact.past else -FOREVER


def indices_of(coded: Any) -> Int64:
    """Return the place of each value of an Arrow column in its dictionary, 0 for null."""
    return np.asarray(coded.indices.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
