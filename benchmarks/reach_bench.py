"""The reach of random real rules over a whole population by district, beside DuckDB over the same columns.

People are drawn: each district's share of the country, ages, incomes and traits apart, a few of each unknown. Rules are
drawn from the shipped programmes and from those grown by the mix of real rules (docs/catalogue.md). Rules that count
members of a household are left out: these people have none. DuckDB reads a table sorted by district, one thread, by SQL
whose NULL is what is not known, which is the same three-valued logic.

A whole nation is a million drawn people as often as it takes, side by side in each region: every one has bits of their
own in memory, so counting them takes what as many different people take, and the counts are known beforehand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow

from composition import reading
from composition.catalogue_growth import growth
from features.arrays import Int64, UInt64
from features.calendar import day_of
from features.members import nobody
from features.snapshot import Snapshots
from features.value import NONE, UNKNOWN
from recommender.reach.reach_population import ReachPopulation, populated
from recommender.reach.rule_reach import answered, compiled_rule, region_answers
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import RECEIVES, compares, members_counted
from recommender.rules.compiled import Compiled
from recommender.rules.programme import Programme, Validity
from recommender.rules.rule_kernel import ADVISORY, AND, MEMBERS, NOT, RANGE
from recommender.rules.working_days import WEEKENDS_ONLY

PEOPLE: Final = 1_000_000
RULES, PEER_RULES, GROWN, SEED, SHARD = 200, 24, 400, 13, 1 << 18
HALF: Final = 0.5
DAY: Final = date(2026, 11, 2)
PEER: Final = "DuckDB"
DISTRICTS_FROM: Final = 10_000
ABSENT: Final = -(2**31)
"""What stands for none in the peer's columns, below every bound."""


def measure(progress: Callable[[str], None], units: int | None = None) -> Mapping[str, object]:
    """Run the benchmark at its usual size, or over so many people; `progress` takes what is being done."""
    copies = max(1, round((units or PEOPLE) / PEOPLE))
    return run(people=(units or PEOPLE) // copies, copies=copies, progress=progress)


def run(
    people: int = PEOPLE, rules: int = RULES, peers: int = PEER_RULES, copies: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:  # fmt: skip
    """Return the document of `proffer bench reach`: rules counted a second of CPU, by both, and over copies alone."""
    progress(f"drawing {rules} rules and {people:,} people")
    drawn = _DrawnPeople(people, _rules(rules))
    population = populated(drawn.shards, (), drawn.declaration, drawn.regions, day_of(DAY))
    asked = [compiled_rule(one, population, drawn.regions, WEEKENDS_ONLY) for one in drawn.rules]
    answered(asked[0], population)  # which compiles the kernel
    progress("counting")
    ours, details = _counted(asked, population), []
    details.append(_times([seconds for seconds, _ in ours], population))
    equal = True
    if copies > 1:
        progress(f"counting {copies} times as many")
        nation = _copied(population, copies)
        counted = _counted(asked, nation)
        details.append(_times([seconds for seconds, _ in counted], nation))
        equal = all(np.array_equal(one[1] * copies, other[1]) for one, other in zip(ours, counted, strict=True))
    progress(f"{PEER} counts the same")
    theirs = _peer(drawn, population, asked[:peers])
    both = list(zip(ours[:peers], theirs, strict=True))
    shared, taken = sum(seconds for seconds, _ in ours[:peers]), sum(seconds for seconds, _ in theirs)
    return {
        "name": "reach",
        "work": f"{rules} rules, each counted over {people:,} people by {len(population.places)} districts",
        "unit": "rules/s of CPU",
        "ours": peers / shared,
        "peers": {PEER: peers / taken},
        "ratio": {PEER: taken / shared},
        "equal_results": equal and all(np.array_equal(one[1], other[1]) for one, other in both),
        "details": details,
    }


def _counted(asked: Sequence[Compiled], population: ReachPopulation) -> list[tuple[float, Int64]]:
    """Seconds of CPU that each rule takes, and its counts by region."""
    found = []
    for one in asked:
        begun = time.process_time()
        counted = answered(one, population)
        found.append((time.process_time() - begun, counted.regions))
    return found


def _copied(population: ReachPopulation, copies: int) -> ReachPopulation:
    """So many times the people of each region side by side, all of whom stand in memory."""
    rows, starts = population.rows, population.rows.starts

    def tiled(words: UInt64) -> UInt64:
        made = np.empty((*words.shape[:-1], words.shape[-1] * copies), np.uint64)
        for first, last in pairwise(starts.tolist()):
            made[..., first * copies : last * copies] = np.tile(words[..., first:last], copies)
        return made

    words, groups = tiled(rows.words), tiled(rows.groups)
    more = rows._replace(words=words, real=tiled(rows.real), starts=starts * copies, groups=groups)
    planes, people = population.planes.holding(words), population.people * copies
    return replace(population, planes=planes, people=people, sizes=population.sizes * copies, rows=more)


def _times(seconds: Sequence[float], population: ReachPopulation) -> dict[str, float]:
    ordered = [1000 * one for one in sorted(seconds)]
    return {
        "people": len(population),
        "p50 ms of CPU": round(ordered[len(ordered) // 2], 3),
        "p95 ms of CPU": round(ordered[len(ordered) * 95 // 100], 3),
        "longest ms of CPU": round(ordered[-1], 3),
        "bytes a person": round(population.rows.words.nbytes / len(population), 1),
    }


def _rules(many: int) -> list[Programme]:
    """Rules of the shipped and of grown programmes that are for people and count no members, in a random order."""
    made = growth(seed=1)
    held = catalogue(made.documents(GROWN), made.declaration, made.regions)
    found = [
        one
        for one in held.programmes
        if "citizen" in one.who
        and not any(True for _ in members_counted(one.who["citizen"]))
        and not any(compared.fact.startswith(RECEIVES) for clause in one.who.values() for compared in compares(clause))
    ]
    order = np.random.default_rng(SEED).permutation(len(found))[:many]
    return [replace(found[place], valid=Validity(), verified=True) for place in order.tolist()]


class _DrawnPeople:
    """People of whom the facts that some rules ask about are drawn, shard by shard, the same whenever asked for.

    A fact is unknown of one person in eight; a trait holds for one in eight; numbers lie around 60, ages spread as in
    a country, and every district has as many people.
    """

    def __init__(self, people: int, rules: Sequence[Programme]) -> None:
        self.people, self.rules = people, rules
        self.declaration, self.regions = reading.read_declaration(), reading.read_regions()
        asked = {one.fact for rule in rules for one in compares(rule.who["citizen"])}
        self.columns = (*sorted(asked - {"region"}), "region")
        self.districts = np.array([code for code in sorted(self.regions.by_code) if code > DISTRICTS_FROM], np.int64)

    def shards(self) -> Iterator[Snapshots]:
        """Everybody, a shard at a time."""
        home = self.declaration.household
        for number, first in enumerate(range(0, self.people, SHARD)):
            many = min(SHARD, self.people - first)
            rng = np.random.default_rng([SEED, number])
            values = np.stack([self._column(name, many, rng) for name in self.columns], axis=1)
            members = nobody(many, len(home.relations) if home else 0)
            at = np.zeros(many, np.int64)
            yield Snapshots(("",) * many, at, self.columns, values, self.declaration.hash, self.declaration, members)

    def _column(self, name: str, many: int, rng: np.random.Generator) -> Int64:
        kind = self.declaration.facts[name].type if name in self.declaration.facts else "boolean"
        if name == "region":
            return np.asarray(rng.choice(self.districts, many), np.int64)
        if name == "age":
            drawn = np.clip(rng.normal(45, 22, many), 0, 105).astype(np.int64)
        elif kind == "ages":
            drawn = np.where(rng.random(many) < HALF, 0, 1 << rng.integers(0, 40, many))
        elif kind == "boolean":
            drawn = (rng.random(many) < HALF / 4).astype(np.int64)
        else:
            drawn = np.where(rng.random(many) < HALF / 4, NONE, np.abs(rng.normal(60, 60, many)).astype(np.int64))
        return np.where(rng.random(many) < HALF / 4, UNKNOWN, drawn)


# --- the peer ------------------------------------------------------------------------------------------------------


def _peer(drawn: _DrawnPeople, population: ReachPopulation, asked: Sequence[Compiled]) -> list[tuple[float, Int64]]:
    """Count the same rules by SQL over a table sorted by district, in one thread."""
    connection = duckdb.connect(config={"threads": 1})
    names = [f"c{place}" for place in range(len(drawn.columns))]
    for number, people in enumerate(drawn.shards()):
        values, unknown = np.where(people.values == NONE, ABSENT, people.values), people.values == UNKNOWN
        shard = {name: pyarrow.array(values[:, place], mask=unknown[:, place]) for place, name in enumerate(names)}
        connection.register("shard", pyarrow.table(shard))
        connection.execute("CREATE TABLE p AS FROM shard" if number == 0 else "INSERT INTO p FROM shard")
    last = names[-1]
    connection.execute(f"CREATE TABLE people AS FROM p ORDER BY {last}; DROP TABLE p")
    found = []
    for one in asked:
        rule = _sql(one, one.plan.roots[0, 0], population)
        query = f"SELECT {last}, count(*) FILTER (WHERE rule), count(*) FILTER (WHERE rule IS NOT FALSE) "
        query += f"FROM (SELECT {last}, {rule} AS rule FROM people) GROUP BY {last} ORDER BY {last}"  # noqa: S608
        begun = time.process_time()
        rows = connection.execute(query).fetchall()
        found.append((time.process_time() - begun, np.array([row[1:] for row in rows], np.int64)))
    return found


def _sql(compiled: Compiled, reference: int, population: ReachPopulation) -> str:
    """A rule as an expression of SQL that is NULL where it is unknown."""
    plan = compiled.plan
    if reference < len(plan.atoms):
        return _comparison(compiled, reference, population)
    node = reference - len(plan.atoms)
    op = int(plan.ops[node])
    parts = [_sql(compiled, int(part), population) for part in plan.parts[plan.starts[node] : plan.starts[node + 1]]]
    if op == NOT:
        return f"(NOT {parts[0]})"
    if op == ADVISORY:
        return f"({parts[0]} OR NULL::BOOLEAN)"
    return f"({(' AND ' if op == AND else ' OR ').join(parts)})" if parts else "TRUE" if op == AND else "FALSE"


def _comparison(compiled: Compiled, atom: int, population: ReachPopulation) -> str:
    kind, column, low, high = compiled.plan.atoms[atom].tolist()
    if kind == RANGE:
        return f"(c{column} BETWEEN {max(low, ABSENT + 1)} AND {high})"
    if kind == MEMBERS:
        return f"(c{column} & {low} <> 0)"
    answers = region_answers(compiled, population)[atom]
    inside, outside = (",".join(map(str, population.places[answers == one].tolist())) or "-1" for one in (2, 0))
    last = f"c{len(compiled.columns) - 1}"
    return f"(CASE WHEN {last} IN ({inside}) THEN TRUE WHEN {last} IN ({outside}) THEN FALSE END)"
