"""The calendar of changes beside a sweep of every day: a year ahead of synthetic people, by the shipped programmes.

`own days` leaves out the days on which only a programme turns, which one judgement of a programme's column settles for
everybody: what people's own ages, periods and lapses cost beside sweeping everybody daily. Where many programmes are
grown from the shipped ones, 365 days of rules would take hours to compile: there that share is reckoned, of what it
takes to find a year's days of everybody and to judge people on one day; it is reckoned beside the measured one, too.
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
from composition.catalogue_growth import growth
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import DAY_SECONDS
from features.declaration.declaration import Declaration
from features.kernel.lowering import lower
from features.log.columnar import read_segments
from features.log.history import History
from recommender.changes.change_calendar import ChangeCalendar, Trigger
from recommender.changes.offer_change import OfferChange, difference
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_days import turning_days
from recommender.changes.turning_rule import turning_rules
from recommender.rules.catalogue import Catalogue, catalogue
from recommender.rules.compiled import compile_catalogue
from recommender.rules.region import Regions

YEAR: Final = 365
PEOPLE, SEED, CITIZENS, MONTHS, PILOT = 40, 1_618, 1_000, 24, 400
GROWN: Final = 11_000
SWEEPS: Final = "a sweep of every day"

T = TypeVar("T")
Found = list[tuple[str, int, tuple[OfferChange, ...]]]


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` takes what is being done."""
    return run(progress=progress)


def run(
    people: int = PEOPLE, days: int = YEAR, citizens: int = CITIZENS, progress: Callable[[str], None] = lambda _: None,
    grown: int = GROWN,
) -> dict[str, Any]:  # fmt: skip
    """Return the document of `proffer bench calendar`: years of people looked ahead a second of CPU, by both ways."""
    progress(f"making {citizens:,} people")
    history = _history(citizens)
    first = int(history.local.max()) // DAY_SECONDS + 1  # the day after their last event
    calendar = _calendar(history, first, days, reading.read_catalogue(None, *_words()))
    some = np.sort(np.random.default_rng(SEED).choice(len(history.people), people, replace=False)).tolist()
    for day in range(first, first + days + 1):
        calendar.rules_of(day)
    calendar.states(some[0], first)
    progress("looking ahead")
    ours, found = _timed(lambda: _changes(calendar.triggers(some, first, first + days)))
    own, _ = _timed(lambda: _changes(replace(calendar, turns={}).triggers(some, first, first + days)))
    progress("sweeping every day")
    peer, swept = _timed(lambda: _swept(calendar, some, first, days))
    progress(f"growing {grown:,} programmes")
    larger = _calendar(history, first, days, catalogue(growth(seed=1).documents(grown), *_words()))
    years, shares = people * days / YEAR, {"own days, share of the sweeps' time": round(own / peer, 4)}
    return {
        "name": "calendar",
        "work": f"what changes for {people} people in {days} days",
        "unit": "years of people/s of CPU",
        "ours": years / ours,
        "peers": {SWEEPS: years / peer},
        "ratio": {SWEEPS: peer / ours},
        "equal_results": found == swept,
        "details": [
            shares | _own_days(calendar, some, first, days),
            dict.fromkeys(shares, "") | _own_days(larger, some, first, days),
        ],
    }


def _own_days(calendar: ChangeCalendar, some: Sequence[int], first: int, days: int) -> dict[str, float]:
    """What it takes to find the days of everybody's own and to judge some people on a day, and what share that is."""
    everybody, rules = np.arange(len(calendar.history.people), dtype=np.int64), calendar.rules_of(first)
    zone, turning, history = rules.declaration.zone, calendar.turning, calendar.history
    finding, own = _timed(lambda: turning_days(turning, history, zone, everybody, first, first + days))
    calendar.states(some[0], first)
    judging, _ = _timed(lambda: [calendar.states(place, first) for place in some])
    found, judged, days_of_own = finding / everybody.size, judging / len(some), own.day.size / everybody.size
    return {
        "share, reckoned": round((found + days_of_own * judged) / (days * judged), 4),
        "programmes": len(rules.catalogue),
        "days judged a person and year": round(days_of_own * YEAR / days, 2),
        "us to find them a person": round(1e6 * found, 1),
        "us to judge a person on a day": round(1e6 * judged, 1),
        "days on which a programme turns": len(calendar.turns),
    }


@cache
def _words() -> tuple[Declaration, Regions]:
    return reading.read_declaration(), reading.read_regions()


def _history(citizens: int) -> History:
    declaration, regions = _words()
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "people"
        order = PopulationOrder(seed=SEED, citizens=citizens, months=MONTHS, pilot=PILOT)
        synthesise(order, (declaration, reading.read_catalogue(None, declaration, regions), regions), out)
        return read_segments([out / "events.parquet"], declaration)


def _calendar(history: History, first: int, days: int, programmes: Catalogue) -> ChangeCalendar:
    """The calendar of people from a day on."""
    (declaration, regions), working = _words(), reading.read_working_days()
    columns = (*declaration.columns, *(f"receives.{name}" for name in programmes.receives))
    rules_of = cache(lambda day: compile_catalogue(programmes, columns, declaration, regions, day, working))
    turns = programme_turns(programmes, declaration, regions, working, range(first + 1, first + days + 1))
    turning = turning_rules(programmes, lower(declaration, programmes.receipts), working)
    return ChangeCalendar(history, rules_of, turning, turns)


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
