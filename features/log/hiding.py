"""Hiding: copies of people from whose histories every event of one type about one programme is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from features.arrays import Int64
from features.declaration.vocabulary import Selector
from features.log.history import History
from features.person_rows import rows_of
from features.value import UNKNOWN

_COLUMNS: Final = ("happened", "recorded", "superseded", "local", "signal", "value")


def with_hidden(history: History, person: Int64, event: str, programme: Int64) -> History:
    """Return a history of copies of people, each without what one programme's events of one type made known.

    All that such an event says is gone with it, also where it sets a fact or is counted. A copy is there to be seen at
    an instant; who said what of whom, and single interactions, are not copied.

    Args:
        history: everybody.
        person: int64[m], whom each copy is of; somebody may be copied several times.
        event: the type of event that is hidden, whose rows say which programme it is about.
        programme: int64[m], the identifier code of the programme hidden from each copy.
    """
    rows, ends = rows_of(history.offsets, person)
    copy = np.repeat(np.arange(person.size), np.diff(ends, prepend=0))
    kept = _about(history, event)[rows] != programme[copy]
    counts = np.bincount(copy[kept], minlength=person.size)
    nothing = np.empty((0, 2), np.int64)
    return replace(
        history,
        people=tuple(history.people[place] for place in person.tolist()),
        offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        records=history.records[:0],
        related=history.related[:0],
        reports=replace(history.reports.of(person), told=nothing),
        told=nothing,
        **{name: getattr(history, name)[rows[kept]] for name in _COLUMNS},
    )


def _about(history: History, event: str) -> Int64:
    """The code of the programme that each row's event is about, `UNKNOWN` for those of other types: int64[rows].

    The rows of one event stand side by side in the order of their signals, and those of an event about a programme hold
    one that says which: a row whose signal does not come after that of the row before it begins another event.
    """
    signal = history.signal
    types = np.array([selector.event == event for selector in history.signals], np.bool_)
    same = np.zeros(signal.size, np.bool_)
    same[1:] = (np.diff(history.happened) == 0) & (np.diff(history.recorded) == 0) & (np.diff(signal) > 0)
    same[1:] &= types[signal[1:]] == types[signal[:-1]]
    same[history.offsets[:-1][history.offsets[:-1] < signal.size]] = False
    of_event = np.cumsum(~same) - 1
    names = history.signals.index(Selector(event, None, "programme"))
    told = np.full(int(of_event[-1]) + 1 if signal.size else 0, UNKNOWN, np.int64)
    naming = signal == names
    told[of_event[naming]] = history.value[naming]
    return np.where(types[signal], told[of_event], UNKNOWN)
