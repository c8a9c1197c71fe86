"""Ten rules beside the same rules as SQL: a million people judged by Proffer, DuckDB and Polars, one thread each.

Every engine begins with the people in its own memory (Proffer as int64 rows, DuckDB as a table, Polars as a frame, both
with NULL for what is unknown) and ends with ten columns of no, unknown and yes, which are compared value by value: the
logic of NULL in SQL is that of unknown in rules. The text of each rule is written by hand, once for both peers. What is
not equal in kind: SQL has no regions that lie in each other (a province is the list of its districts), and no second
way of not being known (that there is none). What counts is the processor time of the best of several rounds, in turns.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np

from composition import reading
from features.arrays import Int8, Int64
from features.calendar import day_of
from features.problem import Problem, Rejected
from features.value import UNKNOWN
from recommender.rules.catalogue import catalogue
from recommender.rules.compiled import Compiled, compile_catalogue

DAY: Final = date(2026, 11, 1)
PEOPLE, ROUNDS, SEED = 1_000_000, 5, 11
UNKNOWN_SHARE: Final = 0.2
PROVINCE, DISTRICT = "41", "11440"
FLAGS: Final = ("farmer", "disabled", "basic_livelihood_recipient", "near_poverty", "in_business", "worker", "married")
NUMBERS: Final = {
    "age": (0, 100), "income_percent": (0, 300), "children_count": (0, 5), "residence_months": (0, 240), "sex": (0, 2),
}  # fmt: skip
COLUMNS: Final = (*NUMBERS, "region", *FLAGS)


def _is(fact: str) -> dict[str, object]:
    return {"fact": fact, "is": True}


RULES: Final[Mapping[str, tuple[dict[str, Any], str]]] = {
    "pension": ({"all": [{"fact": "age", "at_least": 65}, {"fact": "income_percent", "at_most": 100}]},
                "age >= 65 AND income_percent <= 100"),
    "young_farmer": ({"all": [{"fact": "age", "at_least": 18, "below": 40}, _is("farmer")]},
                     "age >= 18 AND age < 40 AND farmer = 1"),
    "district": ({"all": [{"fact": "region", "is": DISTRICT}, {"fact": "residence_months", "at_least": 12}]},
                 "region IN ({district}) AND residence_months >= 12"),
    "province": ({"all": [{"fact": "region", "is": PROVINCE}, {"not": _is("in_business")}]},
                 "region IN ({province}) AND NOT in_business = 1"),
    "poor": ({"any": [_is("basic_livelihood_recipient"), _is("near_poverty"), {"fact": "income_percent", "below": 50}]},
             "basic_livelihood_recipient = 1 OR near_poverty = 1 OR income_percent < 50"),
    "children": ({"all": [{"fact": "children_count", "at_least": 2},
                          {"any": [_is("married"), {"fact": "income_percent", "at_most": 80}]}]},
                 "children_count >= 2 AND (married = 1 OR income_percent <= 80)"),
    "disabled": ({"all": [_is("disabled"), {"any": [{"fact": "age", "below": 18}, {"not": _is("worker")}]}]},
                 "disabled = 1 AND (age < 18 OR NOT worker = 1)"),
    "women": ({"all": [{"fact": "sex", "is": "female"}, {"fact": "age", "at_least": 19, "at_most": 54}]},
              "sex = 1 AND age >= 19 AND age <= 54"),
    "start_up": ({"all": [_is("in_business"), {"fact": "age", "at_most": 39}, {"not": _is("farmer")}]},
                 "in_business = 1 AND age <= 39 AND NOT farmer = 1"),
    "bracket": ({"not": {"any": [{"fact": "income_percent", "above": 150}, {"fact": "residence_months", "below": 6}]}},
                "NOT (income_percent > 150 OR residence_months < 6)"),
}  # fmt: skip
"""Ten rules as a programme says them and as SQL says them."""


class BenchPeople(NamedTuple):
    """n people: int64[n, columns] with `UNKNOWN`, the rules over them, and the SQL of each rule."""

    values: Int64
    compiled: Compiled
    sql: tuple[str, ...]


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` is called with each step."""
    return run(progress=progress)


def run(
    people: int = PEOPLE, rounds: int = ROUNDS, progress: Callable[[str], None] = lambda _: None
) -> Mapping[str, object]:
    """Return the document of `proffer bench sql`: decisions a second of one core, and whether all agree.

    Raises:
        Rejected: Polars was loaded with more than one thread.
    """
    progress(f"drawing {people:,} people")
    drawn = bench_people(people)
    engines = {
        "proffer": lambda: drawn.compiled.answers(drawn.values), "duckdb": in_duckdb(drawn), "polars": in_polars(drawn),
    }  # fmt: skip
    seconds, answers = dict.fromkeys(engines, float("inf")), {}
    for turn in range(rounds + 1):  # the first is not timed: it compiles, and warms the caches
        for name, decide in engines.items():
            progress(f"round {turn} of {rounds}: {name}")
            begun = time.process_time()
            answers[name] = decide()
            if turn:
                seconds[name] = min(seconds[name], time.process_time() - begun)
    speed = {name: people * len(RULES) / taken for name, taken in seconds.items()}
    peers = {name: speed[name] for name in ("duckdb", "polars")}
    return {
        "name": "sql",
        "work": f"{len(RULES)} rules for {people:,} people of whom a fifth of everything is unknown, one thread",
        "unit": "decisions a second",
        "ours": speed["proffer"],
        "peers": peers,
        "ratio": {name: speed["proffer"] / peer for name, peer in peers.items()},
        "equal_results": all(np.array_equal(answers["proffer"], found) for found in answers.values()),
    }


def bench_people(people: int) -> BenchPeople:
    """Draw people of any age and district, a fifth of whose facts are unknown, and the rules in both forms."""
    declaration, regions, day = reading.read_declaration(), reading.read_regions(), day_of(DAY)
    rng = np.random.default_rng(SEED)
    finest = sorted(frozenset().union(*(regions.leaves(code, day) for code in regions.by_code)))
    drawn = [rng.integers(low, high, people) for low, high in NUMBERS.values()]
    drawn += [rng.choice(np.array(finest), people), *(rng.integers(0, 2, people) for _ in FLAGS)]
    values = np.stack(drawn, axis=1)
    values[rng.random(values.shape) < UNKNOWN_SHARE] = UNKNOWN
    documents = [(name, _document(name, rule)) for name, (rule, _) in RULES.items()]
    held = catalogue(documents, declaration, regions)
    compiled = compile_catalogue(held, COLUMNS, declaration, regions, day)
    places = {
        name: ", ".join(map(str, sorted(regions.leaves(int(code), day))))
        for name, code in (("district", DISTRICT), ("province", PROVINCE))
    }
    sql = tuple(RULES[programme.id][1].format(**places) for programme in held.programmes)
    return BenchPeople(values, compiled, sql)


def _document(name: str, who: object) -> dict[str, object]:
    return {
        "id": name, "title": {"en": name}, "provider": {"id": "bench", "name": {"en": "bench"}, "level": "national"},
        "category": "livelihood", "form": "cash", "who": who, "source": {"url": "https://law.example/"},
        "verified": True,
    }  # fmt: skip


def _columns(drawn: BenchPeople) -> dict[str, Any]:
    """The same people as columns with nulls."""
    import pyarrow as pa

    by_column = zip(COLUMNS, drawn.values.T, strict=True)
    return {name: pa.array(np.ascontiguousarray(one), mask=one == UNKNOWN) for name, one in by_column}


def in_duckdb(drawn: BenchPeople) -> Callable[[], Int8]:
    """One SELECT over a table in memory."""
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET enable_progress_bar = false")
    connection.register("drawn", pa.table(_columns(drawn)))
    connection.execute("CREATE TABLE people AS SELECT * FROM drawn")
    parts = ", ".join(f"coalesce(({rule})::TINYINT * 2, 1)::TINYINT AS r{i}" for i, rule in enumerate(drawn.sql))
    query = f"SELECT {parts} FROM people"  # noqa: S608  # rules of this file
    return lambda: _stacked(list(connection.execute(query).fetchnumpy().values()))


def in_polars(drawn: BenchPeople) -> Callable[[], Int8]:
    """One select over a frame."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # it decides once, when it is loaded
    import polars as pl

    if pl.thread_pool_size() != 1:
        remedy = "Set POLARS_MAX_THREADS=1"
        raise Rejected([Problem(("polars",), "conflict", "was loaded with more than one thread", remedy)])
    frame = pl.DataFrame(_columns(drawn))
    rules = [
        (pl.sql_expr(rule).cast(pl.Int8) * 2).fill_null(1).alias(f"r{i}") for i, rule in enumerate(drawn.sql)
    ]  # fmt: skip
    query = frame.lazy().select(rules)
    return lambda: _stacked([column.to_numpy() for column in query.collect().get_columns()])


def _stacked(columns: list[Any]) -> Int8:
    """Ten columns as one table, as the rows of Proffer's answers are."""
    table: Int8 = np.stack([np.asarray(one, np.int8) for one in columns], axis=1)
    return table
