"""Verdicts beside OpenFisca-Core's country template: the same four benefits, households and month, by both engines.

The rules are those both can say: basic income of December 2015 (an adult without salary), pension (an age), parenting
allowance (income, adults, the youngest child's age) and housing allowance (a rent). Ages and thresholds are read from
the country template, so both apply one law. What is timed goes from plain arrays (or one JSON situation) to decisions.

OpenFisca is AGPL-3.0 and a peer of this benchmark only: nothing that ships imports it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_country_template import CountryTaxBenefitSystem

from features.arrays import Bool, Int64
from features.calendar import day_of
from features.declaration.declaration import Declaration, declare
from features.snapshot import from_facts
from features.value import NONE
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import Answer
from recommender.rules.compiled import Compiled, compile_catalogue
from recommender.rules.region import Regions

MONTH, FIRST = "2016-11", date(2016, 11, 1)
HOUSEHOLDS, PEOPLE_ALONE, ROUNDS, SEED = 300_000, 300, 3, 1
BENEFITS = ("basic_income", "housing_allowance", "parenting_allowance", "pension")
YES = int(Answer.YES)
COLUMNS = ("age", "salary", "household_income", "adults", "youngest_child_age", "rent")
PEER = "OpenFisca"
GROWN = 1_000
"""Stands for the age of a person who is no child."""


class BenchHouseholds(NamedTuple):
    """Households as arrays: each person's household, age, salary and whether an adult; each household's rent.

    A household's adults come first, so `first` is the person whose benefits are decided.
    """

    of: Int64
    age: Int64
    salary: Int64
    adult: Bool
    rent: Int64
    first: Int64


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Decide four benefits for many households at once, and for single people one after the other, by both engines."""
    system = CountryTaxBenefitSystem()
    law = system.get_parameters_at_instant(FIRST.isoformat())
    progress(f"{HOUSEHOLDS:,} households at once")
    bulk = _bulk(system, _rules(law, COLUMNS), _households(HOUSEHOLDS, np.random.default_rng(SEED)))
    progress(f"{PEOPLE_ALONE:,} people one by one")
    alone = _one_by_one(
        system, _rules(law, _declaration().columns), _households(PEOPLE_ALONE, np.random.default_rng(SEED + 1))
    )
    return {
        "name": "verdicts",
        "work": f"{len(BENEFITS)} benefits for the first adult of each of {HOUSEHOLDS:,} households, from arrays",
        "unit": "decisions a second",
        **bulk,
        "equal_results": bulk["equal_results"] and alone["equal_results"],
        "one_person": {
            "work": f"{len(BENEFITS)} benefits for one person, from one JSON situation, {PEOPLE_ALONE} times",
            "unit": "decisions a second",
            **alone,
        },
    }


def _bulk(system: Any, compiled: Compiled, households: BenchHouseholds) -> dict[str, Any]:
    ours, mine = _best(lambda: _ours(compiled, households))
    peer, theirs = _best(lambda: _openfisca(system, households))
    return _compared(len(households.rent), ours, mine, peer, theirs)


def _one_by_one(system: Any, compiled: Compiled, households: BenchHouseholds) -> dict[str, Any]:
    people = range(len(households.rent))
    facts = [_facts(households, i) for i in people]
    situations = [_situation(households, i) for i in people]
    ours, mine = _best(lambda: np.array([_ours_alone(compiled, one) for one in facts]))
    peer, theirs = _best(lambda: np.array([_openfisca_alone(system, one) for one in situations]))
    return _compared(len(people), ours, mine, peer, theirs)


def _compared(people: int, ours: float, mine: Bool, peer: float, theirs: Bool) -> dict[str, Any]:
    decisions = people * len(BENEFITS)
    return {
        "ours": decisions / ours,
        "peers": {PEER: decisions / peer},
        "ratio": {PEER: peer / ours},
        "equal_results": bool(np.array_equal(mine, theirs)),
    }


def _best(decide: Callable[[], Bool]) -> tuple[float, Bool]:
    """Return the seconds of the fastest of several rounds, and what was decided; a round before warms up."""
    decided = decide()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        decide()
        seconds.append(time.perf_counter() - start)
    return min(seconds), decided


def _households(n: int, rng: np.random.Generator) -> BenchHouseholds:
    """Draw households of one or two adults and up to three children; half of the adults have no salary."""
    adults, children = rng.integers(1, 3, n), rng.integers(0, 4, n)
    size = adults + children
    of = np.repeat(np.arange(n), size)
    first = np.cumsum(size) - size
    place = np.arange(len(of)) - first[of]
    adult = place < adults[of]
    age = np.where(adult, rng.integers(18, 95, len(of)), rng.integers(0, 18, len(of)))
    salary = np.where(adult & (rng.random(len(of)) < 0.5), rng.integers(1, 1_000, len(of)), 0)
    return BenchHouseholds(of, age, salary, adult, rng.integers(0, 2, n) * rng.integers(100, 900, n), first)


def _rules(law: Any, columns: tuple[str, ...]) -> Compiled:
    """Write the country template's benefits as programmes, with the thresholds of its own parameters."""
    declaration = _declaration()
    allowance = {"fact": "household_income", "at_most": int(law.benefits.parenting_allowance.income_threshold)}
    single = [{"fact": "adults", "is": 1}, {"fact": "youngest_child_age", "below": 8}]
    who = {
        "basic_income": {"all": [{"fact": "age", "at_least": int(law.general.age_of_majority)},
                                 {"fact": "salary", "is": 0}]},
        "housing_allowance": {"fact": "rent", "above": 0},
        "parenting_allowance": {"all": [allowance, {"any": [{"all": single},
                                                            {"fact": "youngest_child_age", "below": 6}]}]},
        "pension": {"fact": "age", "at_least": int(np.ceil(law.general.age_of_retirement))},
    }  # fmt: skip
    documents = [(name, _document(name, who[name])) for name in BENEFITS]
    regions = Regions()
    held = catalogue(documents, declaration, regions)
    return compile_catalogue(held, columns, declaration, regions, day_of(FIRST))


def _document(name: str, who: object) -> dict[str, object]:
    return {
        "id": name,
        "title": {"en": name},
        "provider": {"id": "template", "name": {"en": "Country template"}},
        "category": "livelihood",
        "form": "cash",
        "who": who,
        "source": {"url": f"https://law.gov.example/{name}"},
        "verified": True,
    }


def _declaration() -> Declaration:
    number = {"type": "integer", "low": 0, "high": 10_000_000, "purpose": ["eligibility"]}
    numbers = {
        name: number | {"question": {"en": f"{name}?"}} for name in ("salary", "household_income", "adults", "rent")
    }
    born = {
        "low": date(1900, 1, 1),
        "high": date(2100, 12, 31),
        "purpose": ["eligibility"],
        "question": {"en": "Born?"},
    }
    facts = {
        "birth_date": {"type": "date"} | born,
        "age": {"type": "integer", "purpose": ["eligibility"], "derived": {"years_since": "birth_date"}},
        "children": {"type": "dates"} | born,
        "youngest_child_age": {
            "type": "integer", "purpose": ["eligibility"], "derived": {"years_since": "children", "which": "latest"},
        },
        **numbers,
    }  # fmt: skip
    events = {"zone": "UTC", "epoch": date(1900, 1, 1), "types": {"fact.stated": {"complete_from": "never"}}}
    return declare(events, {"facts": facts}, {"features": {}})


def _ours(compiled: Compiled, households: BenchHouseholds) -> Bool:
    """Decide all households from the arrays: bool[households, benefits]."""
    youngest = np.minimum.reduceat(np.where(households.adult, GROWN, households.age), households.first)
    known = {
        "age": households.age[households.first],
        "salary": households.salary[households.first],
        "household_income": np.add.reduceat(households.salary, households.first),
        "adults": np.add.reduceat(households.adult.astype(np.int64), households.first),
        "youngest_child_age": np.where(youngest == GROWN, NONE, youngest),
        "rent": households.rent,
    }
    decided: Bool = compiled.answers(np.stack([known[name] for name in compiled.columns], axis=1)) == YES
    return decided


def _openfisca(system: Any, households: BenchHouseholds) -> Bool:
    builder = SimulationBuilder()
    builder.create_entities(system)
    builder.declare_person_entity("person", np.arange(len(households.of)))
    groups = builder.declare_entity("household", np.arange(len(households.rent)))
    builder.join_with_persons(groups, households.of, np.where(households.adult, 0, 1))  # places among the roles
    simulation = builder.build(system)
    for name in ("age", "salary"):
        simulation.set_input(name, MONTH, getattr(households, name))
    simulation.set_input("rent", MONTH, households.rent)
    decided = {name: simulation.calculate(name, MONTH) > 0 for name in BENEFITS}
    for name in ("basic_income", "pension"):
        decided[name] = decided[name][households.first]
    table: Bool = np.array([decided[name] for name in BENEFITS], dtype=np.bool_).T
    return table


def _facts(households: BenchHouseholds, i: int) -> dict[str, object]:
    """Return one household's first adult as a facts file."""
    mine = households.of == i
    children = mine & ~households.adult
    return {
        "birth_date": _born(int(households.age[households.first[i]])),
        "children": [_born(age) for age in households.age[children].tolist()],
        "salary": int(households.salary[households.first[i]]),
        "household_income": int(households.salary[mine].sum()),
        "adults": int((mine & households.adult).sum()),
        "rent": int(households.rent[i]),
    }


def _situation(households: BenchHouseholds, i: int) -> dict[str, Any]:
    """Return one household as the country template's JSON situation."""
    members = np.flatnonzero(households.of == i).tolist()
    named = {place: f"person{place}" for place in members}
    return {
        "persons": {
            named[place]: {
                "birth": {"ETERNITY": _born(int(households.age[place]))},
                "salary": {MONTH: int(households.salary[place])},
                **({benefit: {MONTH: None} for benefit in ("basic_income", "pension")} if place == members[0] else {}),
            }
            for place in members
        },
        "households": {
            "home": {
                "adults": [named[place] for place in members if households.adult[place]],
                "children": [named[place] for place in members if not households.adult[place]],
                "rent": {MONTH: int(households.rent[i])},
            }
        },
    }


def _born(age: int) -> str:
    return FIRST.replace(year=FIRST.year - age).isoformat()


def _ours_alone(compiled: Compiled, facts: dict[str, object]) -> list[bool]:
    at = compiled.declaration.zone.end_of_day(FIRST)
    snapshot = from_facts(compiled.declaration, facts, at)
    return [answer == YES for answer in compiled.answers(snapshot.values)[0].tolist()]


def _openfisca_alone(system: Any, situation: dict[str, Any]) -> list[bool]:
    simulation = SimulationBuilder().build_from_entities(system, situation)
    return [bool(simulation.calculate(name, MONTH)[0] > 0) for name in BENEFITS]
