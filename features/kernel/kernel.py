"""The one compiled function: a person's visible rows, seen once, become the columns of a snapshot.

Online (one person), batch (a population) and training ((person, t) pairs) are the same call.
`features.kernel.snapshot_oracle` says the same in plain Python. Integers only, so results are the same bits everywhere.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from features.arrays import Bool, Int32, Int64
from features.calendar import DAY_SECONDS
from features.declaration.datatype import OLDEST_AGE
from features.declaration.declaration import declare
from features.kernel.compiled_calendar import anniversary, back, elapsed, measured, months_between
from features.kernel.jit import njit
from features.kernel.lowering import (
    ADD_DAY,
    ANY,
    AS_IS,
    BEGIN,
    CHANGE,
    COLUMN,
    COUNT_OF,
    DATE,
    DISTINCT,
    END,
    LIST,
    NEWEST,
    RESTATE,
    SPELL,
    STANDING,
    STATE,
    STATE_VALUE,
    TOTAL,
    KernelPlan,
    lower,
)
from features.kernel.members_kernel import members_of, view
from features.kernel.tally import ROOM, WIDTH, begin, counted, end, moved, restart
from features.log.history import History, history_of
from features.members import Members
from features.problem import Problem, Rejected
from features.value import NONE, UNKNOWN

_DAY = DAY_SECONDS
_VALUE, _SINCE, _WALL, _HEARD = range(4)  # what is kept of each column while rows go by
_POISON = _HEARD  # of a column that is not standing: something in it is unknown
_READING, _WINDOW, _OF, _UNIT, _EARLIEST, _MONTHS, _DAYS, _SLOT, _DEFAULT, _SPELLED, *_TALLIED = range(len(COLUMN))
_TALLY, _FIRST, _HANGS, _HOLDS, _VIEW = _TALLIED
_BEFORE = UNKNOWN  # earlier than any second


@njit
def _insert(keys: Int64, tags: Int64, tag: int, oldest: int, value: int) -> int:
    """Put a value into the set `tag` of a table shared by all sets; 1 when it was not there yet."""
    mask = len(keys) - 1
    place = (((value ^ (value >> 31) ^ tag) & 0x7FFFFFFF) * 0x9E3779B1 >> 16) & mask  # no overflow, compiled or not
    while tags[place] >= oldest:  # what an earlier query left behind is free
        if tags[place] == tag and keys[place] == value:
            return 0
        place = (place + 1) & mask
    keys[place], tags[place] = value, tag
    return 1


@njit
def _settle(seen: Int64, column: int, subscriptions: Int64, windows: Int64, wall: int) -> None:
    """Let a standing value lapse when its time does not reach up to `wall`."""
    heard = seen[column, _HEARD]
    if heard < 0 or subscriptions[heard, 4] == 0:
        return
    months, days = windows[subscriptions[heard, 4], 0], windows[subscriptions[heard, 4], 1]
    if seen[column, _WALL] < back(wall, months, days):
        then = subscriptions[heard, 5]
        if then != seen[column, _VALUE]:
            seen[column, _SINCE] = anniversary(seen[column, _WALL] // _DAY + days, months)
        seen[column, _VALUE], seen[column, _HEARD] = then, -1


@njit
def _chain(table: Int64, column: int, chains: Int64, step: int, last: int, wall: int) -> int:
    """Let an event take one step of a sequence, 1 when it is the last; `chains` holds the latest beginning by step."""
    slot = table[column, _SLOT]
    if step == 0:
        chains[slot] = max(chains[slot], wall)
        return 0
    begun = chains[slot + step - 1]
    if begun == _BEFORE or begun < back(wall, table[column, _MONTHS], table[column, _DAYS]):
        return 0
    if not last:
        chains[slot + step] = max(chains[slot + step], begun)
    return last


@njit
def _pick(seen: Int64, table: Int64, column: int, dates: Int64, earliest: int, closed: bool, complete_from: int) -> int:
    """The latest or earliest of a list: `NONE` of an empty one, `UNKNOWN` where a missing one could come first."""
    if seen[column, _POISON]:
        return UNKNOWN
    count, whole = seen[column, _VALUE], seen[column, _SINCE] != 0 or closed
    if count == 0 or (earliest and not whole):
        return NONE if whole else UNKNOWN
    slot = table[column, _SLOT]
    picked = dates[slot, 0]
    for place in range(1, count):
        picked = min(picked, dates[slot, place]) if earliest else max(picked, dates[slot, place])
    return picked if whole or picked * _DAY >= complete_from else UNKNOWN


@njit
def _ages(dates: Int64, slot: int, count: int, today: int) -> int:
    ages = 0
    for place in range(count):
        age = months_between(dates[slot, place], today) // 12
        ages |= 1 << min(max(age, 0), OLDEST_AGE)
    return ages if count else NONE


@njit
def _open(starts: Int64, closed: Bool, windows: Int64, closers: Int64, closed_by: Int64, wall: int) -> None:
    """Where each window that ends at `wall` begins, and which columns have nothing unseen then."""
    for window in range(1, len(windows)):
        starts[window] = max(starts[0], back(wall, windows[window, 0], windows[window, 1]))
    for column in range(len(closed)):
        closed[column] = True
        for closer in range(closed_by[column], closed_by[column + 1]):
            closed[column] &= closers[closer, 0] <= starts[closers[closer, 1]]


@njit
def _stand(
    seen: Int64, column: int, heard: int, spelled: int, subscriptions: Int64, windows: Int64, wall: int, value: int
) -> None:
    """Let an event set a fact."""
    now, act = value, subscriptions[heard, 1]
    if act in (STATE, CHANGE) and value != UNKNOWN:
        now = subscriptions[heard, 2]
        if now == NONE:
            now = wall // _DAY
    if spelled:
        _settle(seen, column, subscriptions, windows, wall)
        if seen[column, _VALUE] != now:
            seen[column, _SINCE] = wall // _DAY
    seen[column, _VALUE], seen[column, _WALL], seen[column, _HEARD] = now, wall, heard


@njit
def _count(seen: Int64, tally: Int64, column: int, act: int, partly: int, first: int, wall: int, value: int) -> int:
    """Let an event begin or end one of what a fact counts; whether there is one then."""
    if first and act == BEGIN and seen[column, _HEARD] < 0:
        tally[ROOM] = 0
    if act == BEGIN:
        begin(tally, value)
    else:
        end(tally, value, wall // DAY_SECONDS, partly != 0)
    return counted(tally)


@njit
def _applies(seen: Int64, subscriptions: Int64, heard: int, value: int) -> int:
    """What an event that depends on another column makes its own hear: `NONE` where it leaves it as it is."""
    if subscriptions[heard, 1] == CHANGE:
        changed = moved(seen[subscriptions[heard, 3], _VALUE], value)
        return NONE if changed == 0 else value if changed == 1 else UNKNOWN
    other = seen[subscriptions[heard, 2], _VALUE]
    return 0 if other > NONE and other != subscriptions[heard, 3] else NONE


@njit
def _list(seen: Int64, column: int, dates: Int64, slot: int, act: int, wall: int, value: int) -> None:
    """Let an event empty a list, or add a date to it."""
    if act == RESTATE and value == NONE:
        seen[column, _VALUE], seen[column, _SINCE], seen[column, _POISON] = 0, 1, 0
    elif value == UNKNOWN:
        seen[column, _POISON] = 1
    else:
        dates[slot, seen[column, _VALUE]] = wall // _DAY if act == ADD_DAY else value
        seen[column, _VALUE] += 1


@njit
def _read(reading: int, unit: int, default: int, found: int, seen: int, closed: bool, today: int) -> int:
    """A column that keeps the newest of its rows, or a fact with one value; scalars only, for this is called often."""
    if reading == NEWEST:
        if seen == 0:
            return NONE if closed else UNKNOWN
        return found if found == UNKNOWN or unit == AS_IS else measured(found // _DAY, today, unit)
    return found if found != NONE else default if closed else UNKNOWN


@njit
def _derive(seen: Int64, table: Int64, column: int, dates: Int64, closed: bool, found: int, today: int) -> int:
    """A column that rests on another: `closed` is that one's, `found` is its date."""
    of, reading, unit = table[column, _OF], table[column, _READING], table[column, _UNIT]
    if reading == DATE:
        if found <= NONE:
            return found
        return measured(anniversary(found + table[column, _DAYS], table[column, _MONTHS]), today, unit)
    if reading == SPELL:
        known = seen[of, _VALUE] > NONE
        return elapsed(min(seen[of, _SINCE], today), today, unit) if known else UNKNOWN
    if seen[of, _POISON] or not (seen[of, _SINCE] or closed):
        return UNKNOWN
    count: int = seen[of, _VALUE]
    return count if reading == COUNT_OF else _ages(dates, table[of, _SLOT], count, today)


@njit
def _kernel(
    subscriptions: Int64, subscribed: Int64, table: Int64, windows: Int64, closers: Int64, closed_by: Int64,
    lists: int, steps: int, distinct: int, tallies: int, epoch: int,
    offsets: Int64, happened: Int64, recorded: Int64, superseded: Int64, local: Int64,
    signals: Int32, values: Int64, rows: Int64, times: Int64, walls: Int64, days: Int64, longest: int,
    ended: Int64, kin: Int64, since: Int64, out: Int64,
) -> None:  # fmt: skip
    columns = len(table)
    blank = np.zeros((columns, 4), np.int64)
    for column in range(columns):
        if table[column, _READING] == STANDING:
            blank[column, _VALUE], blank[column, _HEARD] = NONE, -1
    seen = blank.copy()
    starts, closed = np.full(len(windows), epoch), np.empty(columns, np.bool_)
    columns_of, constants, factors = subscriptions[:, 0].copy(), subscriptions[:, 2].copy(), subscriptions[:, 5].copy()
    floors = np.empty(len(subscriptions), np.int64)
    dates, chains = np.empty((lists + 1, longest + 1), np.int64), np.empty(steps, np.int64)
    counts = np.zeros((tallies + 1, WIDTH), np.int64)
    size = 16
    while size < 2 * longest * distinct:
        size *= 2
    keys, tags = np.empty(size, np.int64), np.full(size, -1, np.int64)
    for query in range(len(rows)):
        at, wall_at, today, oldest = times[query], walls[query], days[query], query * distinct
        if query == 0 or wall_at != walls[query - 1]:
            _open(starts, closed, windows, closers, closed_by, wall_at)
            for heard in range(len(floors)):
                floors[heard] = starts[subscriptions[heard, 4]]
        for column in range(columns):
            for cell in range(4):
                seen[column, cell] = blank[column, cell]
            if table[column, _TALLY]:
                restart(counts[table[column, _TALLY]], 0 if closed[column] else UNKNOWN)
        for step in range(steps):
            chains[step] = _BEFORE
        begin = offsets[rows[query]] if rows[query] >= 0 else 0
        end = offsets[rows[query] + 1] if rows[query] >= 0 else 0
        for row in range(begin, end):
            if happened[row] >= at:
                break
            if recorded[row] >= at or superseded[row] < at:
                continue
            wall, value, signal = local[row], values[row], signals[row]
            if value == UNKNOWN:
                for heard in range(subscribed[signal, 0], subscribed[signal, 1]):
                    seen[columns_of[heard], _POISON] |= wall >= floors[heard]
            else:
                for heard in range(subscribed[signal, 0], subscribed[signal, 1]):
                    within = wall >= floors[heard]
                    seen[columns_of[heard], _VALUE] += within * (constants[heard] + factors[heard] * value)
            for heard in range(subscribed[signal, 1], subscribed[signal, 2]):
                if wall >= floors[heard]:
                    kept = wall if constants[heard] and value != UNKNOWN else value
                    seen[columns_of[heard], _VALUE], seen[columns_of[heard], _SINCE] = kept, 1
            for heard in range(subscribed[signal, 2], subscribed[signal, 3]):
                column, act, match = subscriptions[heard, 0], subscriptions[heard, 1], subscriptions[heard, 3]
                given, tally = value, table[column, _TALLY]
                if act >= CHANGE:
                    given = _applies(seen, subscriptions, heard, value)
                    if given == NONE:
                        continue
                elif match not in (ANY, value):
                    continue
                elif act >= BEGIN:
                    first, partly = table[column, _FIRST], subscriptions[heard, 2]
                    given = _count(seen, counts[tally], column, act, partly, first, wall, value)
                if act >= BEGIN or act in (STATE, STATE_VALUE):
                    _stand(seen, column, heard, table[column, _SPELLED], subscriptions, windows, wall, given)
                    if tally and act not in (BEGIN, END):
                        restart(counts[tally], seen[column, _VALUE])
                elif act > STATE_VALUE:
                    _list(seen, column, dates, table[column, _SLOT], act, wall, value)
                elif wall >= starts[subscriptions[heard, 4]]:
                    if value == UNKNOWN:
                        seen[column, _POISON] = 1
                    elif act == DISTINCT:
                        seen[column, _VALUE] += _insert(keys, tags, oldest + table[column, _SLOT], oldest, value)
                    else:
                        step, last = subscriptions[heard, 2], subscriptions[heard, 5]
                        seen[column, _VALUE] += _chain(table, column, chains, step, last, wall)
        for column in range(columns):
            reading = table[column, _READING]
            if reading == TOTAL:
                whole = closed[column] and seen[column, _POISON] == 0
                out[query, column] = seen[column, _VALUE] if whole else UNKNOWN
                continue
            if reading == STANDING and seen[column, _HEARD] >= 0 and subscriptions[seen[column, _HEARD], 4] > 0:
                _settle(seen, column, subscriptions, windows, wall_at)
            if reading == LIST:
                if table[column, _VIEW]:
                    mine, mask = kin[ended[query] : ended[query + 1]], table[column, _VIEW]
                    count, whole, doubt = view(dates[table[column, _SLOT]], mask, mine, since[query])
                    seen[column, _VALUE], seen[column, _SINCE], seen[column, _POISON] = count, whole, doubt
                begun = closers[closed_by[column], 0]
                out[query, column] = _pick(seen, table, column, dates, 0, closed[column], begun)
            elif reading < LIST:
                unit, default, found = table[column, _UNIT], table[column, _DEFAULT], seen[column, _VALUE]
                newest = seen[column, _SINCE]
                out[query, column] = _read(reading, unit, default, found, newest, closed[column], today)
                if table[column, _HANGS]:
                    other = out[query, table[column, _HANGS] - 1]
                    if other > NONE and other != table[column, _HOLDS]:
                        out[query, column] = 0
        for column in range(columns):
            if table[column, _READING] > LIST:
                of = table[column, _OF]
                found = out[query, of]
                if table[of, _READING] == LIST and table[column, _EARLIEST]:
                    found = _pick(seen, table, of, dates, 1, closed[of], closers[closed_by[of], 0])
                out[query, column] = _derive(seen, table, column, dates, closed[of], found, today)


def compute(plan: KernelPlan, history: History, person_rows: Int64, t: Int64) -> Int64:
    """Return the columns of each person at each instant; see `compute_all`."""
    return compute_all(plan, history, person_rows, t)[0]


def compute_all(plan: KernelPlan, history: History, person_rows: Int64, t: Int64) -> tuple[Int64, Members]:
    """Return the columns and the members of each person at each instant, in one pass over the person's visible rows.

    Args:
        plan: the declaration, lowered.
        history: the rows of many people.
        person_rows: int64[m], places in `history.people`; -1 is a person nothing is known of.
        t: int64[m], UTC seconds; only what happened and was recorded before counts.

    Returns:
        int64[m, columns], with `UNKNOWN` and `NONE`; and the members of m persons.

    Raises:
        Rejected: the history was read by another declaration.
    """
    rows, times, walls, days = queries(plan, history, person_rows, t)
    members = members_of(plan, history, rows, times, days)
    longest = max(history.longest, history.reports.longest)
    out = np.empty((len(rows), len(plan.columns)), np.int64)
    _kernel(
        plan.subscriptions, plan.subscribed, plan.table, plan.windows, plan.closers, plan.closed_by,
        plan.lists, plan.steps, plan.distinct, plan.tallies, plan.epoch,
        history.offsets, history.happened, history.recorded, history.superseded, history.local,
        history.signal, history.value, rows, times, walls, days, longest,
        members.offsets, members.cells, members.since, out,
    )  # fmt: skip
    return out, members


def queries(plan: KernelPlan, history: History, person_rows: Int64, t: Int64) -> tuple[Int64, Int64, Int64, Int64]:
    """Return persons, instants, wall-clock seconds and local days, checked; see `compute`."""
    if plan.declaration.hash != history.features_hash:
        remedy = "Read the events again by the declaration in use"
        raise Rejected([Problem(("features",), "conflict", "the events were read by another declaration", remedy)])
    rows, times = np.ascontiguousarray(person_rows, np.int64), np.ascontiguousarray(t, np.int64)
    if (
        rows.shape != times.shape
        or rows.ndim != 1
        or (rows.size and not -1 <= rows.min() <= rows.max() < len(history.people))
    ):
        raise Rejected(
            [
                Problem(
                    ("features",), "invalid", "persons and instants do not pair up", "Give one instant for each person"
                )
            ]
        )
    zone = plan.declaration.zone
    return rows, times, zone.local_seconds(times), zone.local_seconds(times - 1) // DAY_SECONDS


def warm() -> None:
    """Compile the kernel and keep it on disk, so that the next process only loads it."""
    nothing = {"zone": "UTC", "epoch": date(1970, 1, 1), "types": {}}
    declaration = declare(nothing, {"facts": {}}, {"features": {}})
    compute(lower(declaration), history_of([], declaration), np.array([-1]), np.array([DAY_SECONDS]))
