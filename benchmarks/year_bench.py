"""A synthetic year of contacts: what is offered in time, beside notices as they are common, and the hindsight optimum.

Counted are pairs of a person and a programme that are a yes on the facts recorded, state an amount, and have a window
that closes within the year. One is offered in time 14 days before it closes, or within a day of becoming known where
that is later. Notices of the other ways are at most two in a month, with three programmes each, as the policy's are.
Everybody applied for the notice and chose one channel, for sensitive programmes too; what people take up is not
simulated. People of the world `default` live its last year twice: having told all that rules ask about, each on the day
on which it happened; and, fewer of them, as registers record them.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from composition.contact_terms import read_contact_policy
from composition.engines import EngineSettings, build_engine
from data.synthetic.life import live
from data.synthetic.months import months
from data.synthetic.random_streams import RandomStreams
from data.synthetic.rates import published, rates
from data.synthetic.registry import Names, as_it_was
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from data.synthetic.writing import EVENTS as EVENTS_TABLE
from data.synthetic.writing import Writer, events_table
from features.arrays import Int64
from features.calendar import DAY_SECONDS, anniversary, date_of
from features.kernel.lowering import lower
from features.log.columnar import read_segments
from features.log.history import History
from features.snapshot import snapshots
from features.value import identifier_code
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_days import turning_days
from recommender.changes.turning_rule import turning_rules
from recommender.contact.due_offer import is_sensitive
from recommender.engine import Engine
from recommender.rules.children import BIRTH
from research.contact_year import CONTACTS, OURS, ROOM, WAYS, ContactYear, YearLife, YearPair

SEED, MONTHS, YEAR = 2_718, 36, 365
AGES: Final = (7, 19, 35, 40, 60, 65)
EVENTS: Final = (
    "life.child_born", "life.pregnancy_registered", "life.school_entered", "life.job_lost", "life.widowed",
    "life.disability_registered", "life.retired", "life.moved",
)  # fmt: skip
"""What notices by a fixed list know: these ages, and these events."""
HINDSIGHT: Final = "hindsight optimum"
AGAIN: Final = 1_000_000
"""So many pairs that may be offered are judged again by the reference interpreter."""


class YearWorld(NamedTuple):
    """How many people live a year, and whether they told everything."""

    citizens: int
    told: bool = False


WORLDS: Final = (YearWorld(8_000, told=True), YearWorld(2_000))


def measure(progress: Callable[[str], None], units: int | None = None) -> Mapping[str, object]:
    """Run the benchmark; `progress` takes what is being done, `units` are people where not so many are wanted."""
    worlds = WORLDS if units is None else [one._replace(citizens=units) for one in WORLDS]
    return run(worlds, progress=progress)


def run(
    worlds: Sequence[YearWorld],
    days: int = YEAR,
    pilot: int = 400,
    again: int = AGAIN,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Return the document of `proffer bench year`: the percent of value offered in time, in the worst world."""
    lived = [_lived(one, days, pilot, again, progress) for one in worlds]
    rows = [row for one in lived for row in one.rows]
    counted = [one.shares for one in lived if one.rows[0]["pairs"]]  # where nothing is counted nothing is shown
    worst = min(counted or [lived[0].shares], key=lambda one: one[OURS])
    peers = {name: share for name, share in worst.items() if name != OURS}
    return {
        "name": "year",
        "work": f"{sum(one.citizens for one in worlds):,} synthetic people in {len(worlds)} worlds, {days} days",
        "unit": "% of value offered in time",
        "ours": worst[OURS],
        "peers": peers,
        "ratio": {name: worst[OURS] / share if share else float("inf") for name, share in peers.items()},
        "equal_results": all(not row["excluded by the rules"] for row in rows if row["way"] == OURS),
        "details": rows,
    }  # fmt: skip


class _YearFound(NamedTuple):
    shares: Mapping[str, float]
    rows: list[dict[str, Any]]


def _lived(world: YearWorld, days: int, pilot: int, again: int, progress: Callable[[str], None]) -> _YearFound:
    progress(f"making {world.citizens:,} people")
    year = _year(build_engine(EngineSettings()), world, days, pilot)
    lives = year.lived(lambda day: progress(f"living {date_of(day)}") if date_of(day).day == 1 else None)
    progress("looking back")
    shares = {way: _share(lives, way) for way in WAYS}
    pairs = list(_counted(lives))
    best = sum(_best(life) for life in lives)
    shares[HINDSIGHT] = 100 * best / max(sum(pair.value for pair in pairs), 1)
    progress("judging again what may be offered")
    judged = _judged_again(year, again)
    common = {"known": "told" if world.told else "recorded", "people": len(lives)}
    rows = [{**common, **_detail(lives, way), "in hindsight": round(shares[HINDSIGHT], 2)} for way in WAYS]
    of = Counter(name for life in lives for (name, _), pair in life.pairs.items() if pair.counts)
    rows[0] |= judged | {"of programmes": ", ".join(f"{name} {count}" for name, count in of.most_common())}
    return _YearFound(shares, rows)


def _judged_again(year: ContactYear, most: int) -> dict[str, str]:
    """What may be offered at the ends of months, judged once more by the reference interpreter."""
    pairs = excluded = 0
    for day in range(year.last, year.first - 1, -30):
        if pairs < most:
            found = year.may_offer(day, most - pairs)
            pairs, excluded = pairs + found.pairs, excluded + found.excluded
    return {"may be offered, judged again": f"{excluded} of {pairs:,} excluded"}


# --- making people ---


def _year(engine: Engine, world: YearWorld, days: int, pilot: int) -> ContactYear:
    """People with a log of three years, of which the last days are lived again."""
    declaration = engine.declaration
    history = _told(engine, world.citizens) if world.told else _recorded(engine, world.citizens, pilot)
    last = int(history.local.max()) // DAY_SECONDS
    span = range(last - days + 1, last + 1)
    policy, facts = read_contact_policy(), frozenset(name for name, one in declaration.facts.items() if one.sensitive)
    sensitive = frozenset(one.id for one in engine.catalogue.programmes if is_sensitive(one, policy, facts))
    looks, popular = _looks(engine, history, span), _popular(engine, history, span.start)
    listed = _on_the_list(engine, history, span)
    return ContactYear(engine, policy, history, looks, span.start, last, popular, listed, sensitive)


def _recorded(engine: Engine, citizens: int, pilot: int) -> History:
    """People as `proffer synth` makes them: what registers record and when, and what the board brought."""
    order = PopulationOrder(seed=SEED, citizens=citizens, months=MONTHS, pilot=pilot)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "people"
        synthesise(order, (engine.declaration, engine.catalogue, engine.regions), out)
        return read_segments([out / "events.parquet"], engine.declaration)


def _told(engine: Engine, citizens: int) -> History:
    """People of the same world who say everything on the day on which it happens, and were never at the board."""
    figures = rates(published(), frozenset(engine.regions.by_code))
    course, names = live(figures, months(MONTHS), RandomStreams(SEED).at(0), citizens), Names(0)
    stated = frozenset(name for name, fact in engine.declaration.facts.items() if fact.stated)
    with tempfile.TemporaryDirectory() as place:
        events = Writer(EVENTS_TABLE, Path(place) / "events.parquet")
        events.add(events_table(as_it_was(course, names, stated), names))
        events.close()
        return read_segments([Path(place) / "events.parquet"], engine.declaration)


def _looks(engine: Engine, history: History, span: range) -> dict[int, Int64]:
    """For each day those for whom something can have changed."""
    turning = turning_rules(engine.catalogue, lower(engine.declaration, engine.catalogue.receipts), engine.working_days)
    everybody, zone = np.arange(len(history.people), dtype=np.int64), engine.declaration.zone
    own = turning_days(turning, history, zone, everybody, span.start, span[-1])
    rest = range(span.start + 1, span[-1] + 1)
    whole = {
        span.start,
        *programme_turns(engine.catalogue, engine.declaration, engine.regions, engine.working_days, rest),
    }
    found = {day: np.unique(own.person[own.day == day]) for day in np.unique(own.day).tolist()}
    return {day: everybody if day in whole else found[day] for day in whole.union(found)}


def _popular(engine: Engine, history: History, first: int) -> list[str]:
    """All programmes, the most applied for before the year first, then those whose page was looked at most."""
    before = history.records.recorded < engine.declaration.zone.end_of_day(date_of(first))
    applied = Counter(history.records.key[before].tolist())
    programmes = engine.catalogue.programmes
    return [
        one.id for one in sorted(programmes, key=lambda one: (-applied[identifier_code(one.id)], -(one.views or 0)))
    ]


def _on_the_list(engine: Engine, history: History, span: range) -> dict[int, list[int]]:
    """For each day those who turn an age of the list, or of whom an event of the list becomes known."""
    found: dict[int, set[int]] = defaultdict(set)
    zone, everybody = engine.declaration.zone, np.arange(len(history.people), dtype=np.int64)
    known = snapshots(
        engine.declaration, history, everybody, np.full(everybody.size, zone.end_of_day(date_of(span[-1])))
    )
    for place, born in enumerate(known.column(BIRTH).tolist()):
        for day in (anniversary(born, 12 * age) for age in AGES if born > 0):
            found[day].add(place)
    listed = np.array([one.event in EVENTS for one in history.signals], np.bool_)[history.signal]
    rows, person = np.flatnonzero(listed), np.repeat(everybody, np.diff(history.offsets))
    for row in rows.tolist():
        found[zone.local_seconds(int(history.recorded[row])) // DAY_SECONDS].add(int(person[row]))
    return {day: sorted(places) for day, places in found.items() if day in span}


# --- what came of it ---


def _counted(lives: Sequence[YearLife]) -> Iterator[YearPair]:
    """The pairs that still stood when they had to be offered."""
    yield from (pair for life in lives for pair in life.pairs.values() if pair.counts)


def _share(lives: Sequence[YearLife], way: str) -> float:
    pairs = list(_counted(lives))
    total = sum(pair.value for pair in pairs)
    return 100 * sum(pair.value for pair in pairs if pair.in_time(way)) / total if total else 0.0


def _best(life: YearLife) -> float:
    """The value that whoever knew everything beforehand offers one person in time, by an integer programme.

    Where the policy offered all in time there is nothing to look for.
    """
    pairs = [pair for pair in _counted([life]) if pair.value]
    if all(pair.in_time(OURS) for pair in pairs):
        return float(sum(pair.value for pair in pairs))
    days = sorted({day for pair in pairs for day in range(pair.known, pair.deadline + 1)})
    place = {day: at for at, day in enumerate(days)}
    chosen = [(i, place[day]) for i, pair in enumerate(pairs) for day in range(pair.known, pair.deadline + 1)]
    gains = np.array([-float(pairs[pair].value) for pair, _ in chosen] + [0.0] * len(days))
    found = milp(
        gains, constraints=_limits(chosen, days, len(pairs)), integrality=np.ones(gains.size), bounds=Bounds(0, 1)
    )
    return -float(found.fun)


def _limits(chosen: Sequence[tuple[int, int]], days: Sequence[int], pairs: int) -> LinearConstraint:
    """Each pair once, three of them in a message, two messages in any month."""
    messages, cells = len(chosen), []
    for at, (pair, place) in enumerate(chosen):
        cells += [(pair, at, 1), (pairs + place, at, 1)]
    for place, day in enumerate(days):
        cells.append((pairs + place, messages + place, -ROOM))
        month = [other for other in range(place, len(days)) if days[other] < anniversary(day, 1)]
        cells += [(pairs + len(days) + place, messages + other, 1) for other in month]
    row, column, value = (np.array(one) for one in zip(*cells, strict=True))
    table = coo_array((value, (row, column)), (pairs + 2 * len(days), messages + len(days)))
    most = np.array([1.0] * pairs + [0.0] * len(days) + [float(CONTACTS)] * len(days))
    return LinearConstraint(table.tocsr(), ub=most)


def _detail(lives: Sequence[YearLife], way: str) -> dict[str, Any]:
    counted = list(_counted(lives))
    mine = [[day for day, _ in life.sent[way]] for life in lives]
    return {
        "way": way,
        "pairs": len(counted),
        "people with one": sum(any(pair.counts for pair in life.pairs.values()) for life in lives),
        "in time": round(_share(lives, way), 2),
        "not in time": sum(not pair.in_time(way) for pair in counted),
        "over before that": sum(len(life.pairs) for life in lives) - len(counted),
        "without amount or end": sum(len(life.unmeasured) for life in lives),
        "messages a person": round(sum(map(len, mine)) / len(lives), 2),
        "most in a month": max(
            [sum(day <= one < anniversary(day, 1) for one in days) for days in mine for day in days] or [0]
        ),
        "told": sum(len(names) for life in lives for _, names in life.sent[way]),
        "excluded by the rules": sum(life.excluded[way] for life in lives),
    }
