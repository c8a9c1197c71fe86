"""The calendar of changes beside a sweep of every day: a year ahead of synthetic people, by the shipped programmes.

`own days` leaves out the days on which only a programme turns, which one judgement of a programme's column settles for
everybody: what people's own ages, periods and lapses cost beside sweeping everybody daily.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from composition import reading
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import DAY_SECONDS
from features.kernel.lowering import lower
from features.log.columnar import read_segments
from features.log.history import History
from recommender.changes.change_calendar import ChangeCalendar, Trigger
from recommender.changes.offer_change import OfferChange, difference
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_days import turning_days
from recommender.changes.turning_rule import turning_rules
from recommender.rules.compiled import compile_catalogue

YEAR: Final = 365
PEOPLE, SEED, CITIZENS, MONTHS, PILOT = 40, 1_618, 1_000, 24, 400
SWEEPS: Final = "a sweep of every day"

T = TypeVar("T")
Found = list[tuple[str, int, tuple[OfferChange, ...]]]


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` takes what is being done."""
    return run(progress=progress)


def run(
    people: int = PEOPLE, days: int = YEAR, citizens: int = CITIZENS, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Return the document of `proffer bench calendar`: years of people looked ahead a second of CPU, by both ways."""
    progress(f"making {citizens:,} people")
    calendar, first = _calendar(citizens, days)
    some = np.sort(np.random.default_rng(SEED).choice(len(calendar.history.people), people, replace=False)).tolist()
    for day in range(first, first + days + 1):
        calendar.rules_of(day)
    calendar.states(some[0], first)
    progress("looking ahead")
    ours, found = _timed(lambda: _changes(calendar.triggers(some, first, first + days)))
    own, _ = _timed(lambda: _changes(replace(calendar, turns={}).triggers(some, first, first + days)))
    progress("sweeping every day")
    peer, swept = _timed(lambda: _swept(calendar, some, first, days))
    years = people * days / YEAR
    return {
        "name": "calendar",
        "work": f"what changes for {people} people in {days} days",
        "unit": "years of people/s of CPU",
        "ours": years / ours,
        "peers": {SWEEPS: years / peer},
        "ratio": {SWEEPS: peer / ours},
        "equal_results": found == swept,
        "details": [{"own days, share of the sweeps' time": round(own / peer, 4)} | _own_days(calendar, first, days)],
    }


def _own_days(calendar: ChangeCalendar, first: int, days: int) -> dict[str, float]:
    """How many days of their own everybody has, what it takes to find them, and on how many days programmes turn."""
    everybody = np.arange(len(calendar.history.people), dtype=np.int64)
    zone = calendar.rules_of(first).declaration.zone
    seconds, own = _timed(
        lambda: turning_days(calendar.turning, calendar.history, zone, everybody, first, first + days)
    )
    return {
        "days judged a person and year": round(own.day.size / everybody.size * YEAR / days, 2),
        "us to find them a person": round(1e6 * seconds / everybody.size, 1),
        "days on which a programme turns": len(calendar.turns),
    }


def _calendar(citizens: int, days: int) -> tuple[ChangeCalendar, int]:
    """The calendar of people from the day after their last event."""
    declaration, regions, working = reading.read_declaration(), reading.read_regions(), reading.read_working_days()
    catalogue = reading.read_catalogue(None, declaration, regions)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "people"
        order = PopulationOrder(seed=SEED, citizens=citizens, months=MONTHS, pilot=PILOT)
        synthesise(order, (declaration, catalogue, regions), out)
        history: History = read_segments([out / "events.parquet"], declaration)
    first = int(history.local.max()) // DAY_SECONDS + 1
    columns = (*declaration.columns, *(f"receives.{name}" for name in catalogue.receives))
    rules_of = cache(lambda day: compile_catalogue(catalogue, columns, declaration, regions, day, working))
    turns = programme_turns(catalogue, declaration, regions, working, range(first + 1, first + days + 1))
    turning = turning_rules(catalogue, lower(declaration, catalogue.receipts), working)
    return ChangeCalendar(history, rules_of, turning, turns), first


def _changes(triggers: Iterable[Trigger]) -> Found:
    return [(one.person, one.day, one.changes) for one in triggers]


def _swept(calendar: ChangeCalendar, people: Sequence[int], first: int, days: int) -> Found:
    found: Found = []
    for place in people:
        before = calendar.states(place, first)
        for day in range(first + 1, first + days + 1):
            after = calendar.states(place, day)
            if changes := difference(before, after):
                found.append((calendar.history.people[place], day, changes))
            before = after
    return found


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.process_time()
    done = work()
    return time.process_time() - begun, done
