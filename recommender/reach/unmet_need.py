"""Unmet need: of whom, after an event of their life, no programme of it was to be had, by event and by province."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int64
from features.calendar import DAY_SECONDS, date_of, day_of
from features.log.row_encoder import signals_of
from features.log.versions import visible
from features.snapshot import snapshots
from features.value import NONE, UNKNOWN
from recommender.reach.reach_population import REGION
from recommender.rules.compiled import compile_catalogue

if TYPE_CHECKING:
    from datetime import date

    from features.declaration.declaration import Declaration
    from features.log.history import History
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions
    from recommender.rules.working_days import WorkingDays

__all__ = ["OUTCOMES", "Happenings", "NeedLayout", "NeedRules", "NeedTable", "happenings", "need_cells", "need_layout"]

OUTCOMES: Final = ("nothing", "open", "available")
"""What somebody finds after an event: the best answer of its programmes, no, open or yes; nothing where it has none."""
LIFE: Final = "life."
_CITIZEN: Final = 1
_BLOCK: Final = 1 << 14


@dataclass(frozen=True)
class NeedRules:
    """By what it is judged what there was.

    Attributes:
        declaration: what the events and the facts mean.
        catalogue: the programmes.
        regions: the table of places.
        working_days: by which periods are counted.
    """

    declaration: Declaration
    catalogue: Catalogue
    regions: Regions
    working_days: WorkingDays


@dataclass(frozen=True, eq=False)
class NeedLayout:
    """Which cells there are, all of it public: an event, a place and an outcome each.

    Attributes:
        events: the types of events.
        places: int64[R], the provinces, and last that it is not known where somebody lives.
        day: the day at whose end people are looked at, since 1970-01-01.
        days: for how many days before that end events count.
    """

    events: tuple[str, ...]
    places: Int64
    day: int
    days: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many events, places and outcomes."""
        return len(self.events), len(self.places), len(OUTCOMES)

    @property
    def size(self) -> int:
        """How many cells there are."""
        return int(np.prod(self.shape))

    def to_document(self) -> dict[str, Any]:
        """As JSON values."""
        return {"day": self.day, "days": self.days, "events": list(self.events), "places": self.places.tolist()}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> NeedLayout:
        """Read what `to_document` wrote."""
        places = np.array(document["places"], np.int64)
        return cls(tuple(document["events"]), places, document["day"], document["days"])


@dataclass(frozen=True, eq=False)
class NeedTable:
    """How many people are in each cell.

    Attributes:
        layout: which cells.
        counts: int64[events, places, outcomes]; noise makes some negative.
        deviation: the standard deviation of the noise in each; 0 where people were counted as they are.
    """

    layout: NeedLayout
    counts: Int64
    deviation: float = 0.0


@dataclass(frozen=True, eq=False)
class Happenings:
    """What happened to people, the last time alone for each person and event: parallel columns.

    Attributes:
        person: int64[n], places in the history.
        event: int64[n], places in the layout.
        t: int64[n], the UTC second at which it is judged what there is: a day after it was known.
    """

    person: Int64
    event: Int64
    t: Int64


def need_layout(declaration: Declaration, regions: Regions, as_of: date, days: int) -> NeedLayout:
    """The cells of a declaration: each event of a life that rows are kept of, and each province of the day."""
    heard = {signal.event for signal in signals_of(declaration)}
    events = tuple(name for name in declaration.events if name.startswith(LIFE) and name in heard)
    day = day_of(as_of)
    current = [code for code, region in regions.by_code.items() if region.current(day)]
    places = sorted({regions.largest(code, day) for code in current})
    return NeedLayout(events, np.array([*places, UNKNOWN], np.int64), day, days)


def happenings(declaration: Declaration, history: History, layout: NeedLayout) -> Happenings:
    """What happened to people themselves in the span of a layout, as far as it was known at its end."""
    end = declaration.zone.end_of_day(date_of(layout.day))
    place = {name: at for at, name in enumerate(layout.events)}
    of_signal = np.array([place.get(signal.event, -1) for signal in history.signals], np.int64)
    event = of_signal[history.signal]
    person = np.repeat(np.arange(len(history.people)), np.diff(history.offsets))
    counts = (event >= 0) & (history.happened >= end - layout.days * DAY_SECONDS)
    counts &= visible(history.happened, history.recorded, history.superseded, end)
    counts[history.told[:, 0]] = False  # it happened to somebody else, who is counted
    rows = np.flatnonzero(counts)
    rows = rows[np.lexsort((history.happened[rows], event[rows], person[rows]))]
    key = person[rows] * len(layout.events) + event[rows]
    rows = rows[np.flatnonzero(np.append(np.diff(key) != 0, True)[: len(rows)])]
    known = np.maximum(history.happened[rows], history.recorded[rows])
    return Happenings(person[rows], event[rows], np.minimum(known + DAY_SECONDS, end))


def need_cells(rules: NeedRules, history: History, layout: NeedLayout) -> tuple[Int64, Int64]:
    """The cell of each thing that happened, and whose place in the history it is: int64[n] each.

    What there was is judged by the rules of the layout's day, with what was known a day after the event was.
    """
    found = happenings(rules.declaration, history, layout)
    cells = [np.zeros(0, np.int64)]
    for first in range(0, len(found.person), _BLOCK):
        block = slice(first, first + _BLOCK)
        some = Happenings(found.person[block], found.event[block], found.t[block])
        cells.append(_cells(rules, history, layout, some))
    return np.concatenate(cells), found.person


def _cells(rules: NeedRules, history: History, layout: NeedLayout, found: Happenings) -> Int64:
    people = snapshots(rules.declaration, history, found.person, found.t, rules.catalogue.receipts)
    compiled = compile_catalogue(
        rules.catalogue, people.columns, rules.declaration, rules.regions, layout.day, rules.working_days
    )
    answers = compiled.answers(people.values, _CITIZEN, people.members)
    belongs = [{*one.triggers, *one.window_events} for one in compiled.catalogue.programmes]
    mine = np.array([[name in own for own in belongs] for name in layout.events], np.bool_)[found.event]
    outcome = np.where(mine.reshape(answers.shape), answers, 0).max(axis=1, initial=0)
    lives = people.column(REGION)
    living = [code for code in np.unique(lives).tolist() if code not in (UNKNOWN, NONE)]
    around = {code: rules.regions.largest(code, layout.day) for code in living}
    known = {code: at for at, code in enumerate(layout.places[:-1].tolist())}
    elsewhere = len(layout.places) - 1
    place = np.array([known.get(around.get(code, UNKNOWN), elsewhere) for code in lives.tolist()], np.int64)
    return np.asarray(np.ravel_multi_index((found.event, place, outcome.astype(np.int64)), layout.shape), np.int64)
