"""Features beside Polars and DuckDB: 100,000 people, a million events, 32 windowed features, one thread each.

Every engine begins with the same events in its own memory, sorted by person and time (Proffer as segments, Polars as a
frame, DuckDB as a table), and ends with one row of 32 integers a person; the rows are compared value by value. All
three honour both times of an event: when it happened and when it was recorded. What counts is the processor time of
the best of several rounds, the engines taking turns, so that whatever else the machine does favours none of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np

from features.arrays import Int64
from features.calendar import DAY_SECONDS
from features.declaration.declaration import Declaration, declare
from features.kernel.kernel import compute
from features.kernel.lowering import KernelPlan, lower
from features.log.history import History, Items, assembled
from features.log.row_encoder import RowEncoder
from features.log.versions import FOREVER
from features.problem import Problem, Rejected
from features.value import NONE

TYPES: Final = ("benefit.shown", "benefit.opened", "benefit.applied", "benefit.granted")
WINDOWS: Final = (30, 90, 365)
AT: Final = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
TODAY: Final = AT // DAY_SECONDS - 1
_SPAN: Final = 3 * 365 * DAY_SECONDS
_MOST: Final = 1_000_000


class EventTable(NamedTuple):
    """Events in columns, sorted by person and time; `kind` is the place in `TYPES`."""

    person: Int64
    kind: Int64
    happened: Int64
    recorded: Int64
    amount: Int64


class PeerEngine(NamedTuple):
    """One contender: what is timed, and how its answer becomes int64[people, 32]."""

    compute: Callable[[], Any]
    matrix: Callable[[Any], Int64]


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` is called with each step."""
    return run(progress=progress)


def run(
    people: int = 100_000, events: int = 1_000_000, rounds: int = 5, progress: Callable[[str], None] = lambda _: None
) -> Mapping[str, object]:
    """Return the document of `proffer bench features`: persons a second of one core, and whether all agree.

    Raises:
        Rejected: Polars was loaded with more than one thread.
    """
    progress(f"drawing {events:,} events of {people:,} people")
    log = random_log(people, events)
    engines = {"proffer": proffer(log, people), "polars": polars(log), "duckdb": duckdb(log)}
    seconds = dict.fromkeys(engines, float("inf"))
    answers = {}
    for turn in range(rounds + 1):  # the first is not timed: it compiles, and warms the caches
        for name, engine in engines.items():
            progress(f"round {turn} of {rounds}: {name}")
            begun = time.process_time()
            answers[name] = engine.compute()
            if turn:
                seconds[name] = min(seconds[name], time.process_time() - begun)
    matrices = {name: engine.matrix(answers[name]) for name, engine in engines.items()}
    speed = {name: people / taken for name, taken in seconds.items()}
    peers = {name: speed[name] for name in ("polars", "duckdb")}
    return {
        "name": "features",
        "work": f"{columns()} features of {people:,} people with {len(log.person):,} events at one instant, one thread",
        "unit": "persons a second",
        "ours": speed["proffer"],
        "peers": peers,
        "ratio": {name: speed["proffer"] / peer for name, peer in peers.items()},
        "equal_results": all(np.array_equal(matrices["proffer"], matrix) for matrix in matrices.values()),
    }


def columns() -> int:
    """How many features each engine computes."""
    return len(TYPES) * (2 * len(WINDOWS) + 2)


def random_log(people: int, events: int, seed: int = 7) -> EventTable:
    """Each person has an event; no two of a person's share a second; one in a hundred is recorded too late to count."""
    rng = np.random.default_rng(seed)
    person = np.concatenate((np.arange(people), rng.integers(0, people, events - people)))
    happened = AT - rng.integers(1, _SPAN, events)
    order = np.lexsort((happened, person))
    person, happened = person[order], happened[order]
    single = np.concatenate(([True], (np.diff(person) > 0) | (np.diff(happened) > 0)))
    person, happened = person[single], happened[single]
    recorded = happened + np.where(rng.random(len(person)) < 0.01, _SPAN, 0)
    first = np.concatenate(([True], np.diff(person) > 0))
    recorded[first] = happened[first]
    return EventTable(
        person, rng.integers(0, len(TYPES), len(person)), happened, recorded, rng.integers(0, _MOST, len(person))
    )  # fmt: skip


def proffer(log: EventTable, people: int) -> PeerEngine:
    """The kernel over segments."""
    declaration = bench_declaration()
    plan, segments = lower(declaration), as_segments(log, people, declaration)
    rows, times = np.arange(people), np.full(people, AT)
    return PeerEngine(lambda: compute(plan, segments, rows, times), lambda values: _ours(plan, values))


def _ours(plan: KernelPlan, values: Int64) -> Int64:
    assert len(plan.columns) == columns()
    return values


def bench_declaration() -> Declaration:
    """Four event types with an amount, and the 32 features over them."""
    amount = {"amount": {"type": "integer", "low": 0, "high": _MOST}}
    epoch = datetime(2000, 1, 1).date()  # noqa: DTZ001  # a day of the declaration, in no zone
    types = {name: {"complete_from": epoch, "fields": amount} for name in TYPES}
    features: dict[str, object] = {}
    for name in TYPES:
        short = name.replace(".", "_")
        for days in WINDOWS:
            features[f"{short}_count_{days}"] = {"count": name, "window": f"P{days}D"}
            features[f"{short}_sum_{days}"] = {"sum": name, "field": "amount", "window": f"P{days}D"}
        features[f"{short}_last"] = {"last": name, "field": "amount"}
        features[f"{short}_since"] = {"time_since": name, "unit": "days"}
    return declare({"zone": "UTC", "epoch": epoch, "types": types}, {"facts": {}}, {"features": features})


def as_segments(log: EventTable, people: int, declaration: Declaration) -> History:
    """The same events as Proffer keeps them."""
    encoder = RowEncoder(declaration)
    pairs, which = np.unique(log.kind * _MOST + log.amount, return_inverse=True)
    codes = [encoder.code(TYPES[pair // _MOST], "subject", {"amount": pair % _MOST}) for pair in pairs.tolist()]
    until = np.full(len(log.person), FOREVER)
    items = Items(log.person, log.happened, log.recorded, until, np.array(codes)[which], (), until > 0)
    return assembled(tuple(f"{number:09}" for number in range(people)), items, encoder)


def polars(log: EventTable) -> PeerEngine:
    """One lazy group-by over amounts masked once a window: of four ways to say it, the fastest here."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    import polars as pl

    if pl.thread_pool_size() != 1:
        raise Rejected(
            [
                Problem(
                    ("polars",),
                    "unavailable",
                    "runs on several threads",
                    "Set POLARS_MAX_THREADS=1 before it is loaded",
                )
            ]
        )
    frame = pl.DataFrame(log._asdict()).with_columns(pl.col("person").set_sorted())
    amount, happened = pl.col("amount"), pl.col("happened")
    masked, features = [], []
    for kind in range(len(TYPES)):
        of_kind = pl.col("kind") == kind
        for days in WINDOWS:
            within = of_kind & (happened >= AT - days * DAY_SECONDS)
            masked.append(pl.when(within).then(amount).alias(f"amount_{kind}_{days}"))
            features.append(pl.col(f"amount_{kind}_{days}").count().cast(pl.Int64).alias(f"count_{kind}_{days}"))
            features.append(pl.col(f"amount_{kind}_{days}").sum().alias(f"sum_{kind}_{days}"))
        masked.append(pl.when(of_kind).then(amount).alias(f"amount_{kind}"))
        masked.append(pl.when(of_kind).then(happened).alias(f"happened_{kind}"))
        features.append(pl.col(f"amount_{kind}").last(ignore_nulls=True).alias(f"last_{kind}"))
        features.append((TODAY - pl.col(f"happened_{kind}").max() // DAY_SECONDS).alias(f"since_{kind}"))
    seen = (happened < AT) & (pl.col("recorded") < AT)
    query = frame.lazy().filter(seen).with_columns(masked).group_by("person", maintain_order=True).agg(features)
    return PeerEngine(query.collect, lambda found: found.drop("person").fill_null(NONE).to_numpy())


def duckdb(log: EventTable) -> PeerEngine:
    """One GROUP BY with a FILTER an aggregate."""
    import duckdb as engine

    connection = engine.connect(config={"threads": 1})
    connection.execute("SET enable_progress_bar = false")
    arrays = log._asdict()
    connection.register("arrays", arrays)
    connection.execute("CREATE TABLE events AS SELECT * FROM arrays")
    parts = []
    for kind in range(len(TYPES)):
        for days in WINDOWS:
            within = f"FILTER (WHERE kind = {kind} AND happened >= {AT - days * DAY_SECONDS})"
            parts.append(f"count(*) {within}")
            parts.append(f"coalesce(sum(amount) {within}, 0)::BIGINT")
        of_kind = f"FILTER (WHERE kind = {kind})"
        parts.append(f"coalesce(arg_max(amount, happened) {of_kind}, {NONE})")
        parts.append(f"coalesce({TODAY} - max(happened) {of_kind} // {DAY_SECONDS}, {NONE})")
    named = ", ".join(f"{part} AS f{place}" for place, part in enumerate(parts))
    query = (  # the features are made of numbers only
        f"SELECT person, {named} FROM events WHERE happened < {AT} AND recorded < {AT} GROUP BY person ORDER BY person"  # noqa: S608
    )
    return PeerEngine(lambda: connection.execute(query).fetchnumpy(), _from_duckdb)


def _from_duckdb(found: Mapping[str, Any]) -> Int64:
    return np.column_stack([np.asarray(found[f"f{place}"], np.int64) for place in range(columns())])
