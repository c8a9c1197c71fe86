"""Random households as facts files say them: any stated fact with any value it may take, members, receipts, roles."""

from __future__ import annotations

from features.calendar import date_of
from features.problem import Rejected
from features.value import region_text
from recommender.rules.programme import KINDS

KNOWN = (0.03, 0.15, 0.4, 0.8, 0.97)
"""How much is stated of a household; most rules turn on little, some of what is missing on much."""


def household(engine, day, rng):
    """A facts file that the engine accepts: whatever contradicts something else is left out of what was drawn."""
    facts = {"applicant": rng.choice(["citizen", "citizen", list(KINDS), ["small_business", "organisation"]])}
    facts |= drawn(engine, day, rng, rng.choice(KNOWN))
    while True:
        said = {name: value for name, value in facts.items() if name != "applicant"}
        asked_as = facts["applicant"]
        try:
            person = engine.from_facts(said, [asked_as] if isinstance(asked_as, str) else asked_as, day)
        except Rejected as refusal:
            for name in {problem.path[1] for problem in refusal.problems}:
                facts.pop(name, None)
        else:
            return facts, person


def drawn(engine, day, rng, share):
    declaration, codes = engine.declaration, sorted(engine.regions.by_code)
    today = declaration.zone.today(declaration.zone.end_of_day(day))
    facts = {
        fact.name: value_of(fact.kind, today, codes, rng)
        for fact in declaration.facts.values()
        if fact.stated and rng.random() < share
    }
    facts |= {f"receives.{name}": rng.random() < 0.5 for name in engine.catalogue.receives if rng.random() < share}
    if declaration.household is not None and rng.random() < share:
        facts["household"] = members(declaration.household, today, rng)
    return facts


def value_of(kind, today, codes, rng):
    if kind.type == "boolean":
        return rng.random() < 0.5
    if kind.type == "integer":
        low, high = (bound or 0 for bound in (kind.low, kind.high))
        code = rng.choice([rng.randint(low, high), min(high, low + rng.randint(0, 130)), low, high])
        return code if kind.scale == 1 else code / kind.scale
    if kind.type == "enum":
        return rng.choice(kind.values)
    if kind.type == "region":
        return region_text(rng.choice(codes))
    if kind.type == "dates":
        return [day_text(today, rng) for _ in range(rng.choice([0, 1, 1, 2, 3, 4]))]
    return day_text(today, rng)


def day_text(today, rng):
    back = rng.choice([rng.randint(0, 40), rng.randint(0, 800), rng.randint(0, 7000), rng.randint(7000, 36000)])
    return date_of(today - back).isoformat()


def members(home, today, rng):
    said = {} if rng.random() < 0.4 else {"complete": rng.random() < 0.7}
    return said | {"members": [member(home, today, rng, i) for i in range(rng.choice([0, 1, 1, 2, 3, 5]))]}


def member(home, today, rng, i):
    relation = home.relations[rng.choice(list(home.relations)) if rng.random() < 0.6 else next(iter(home.relations))]
    told = {"relation": relation.name}
    if rng.random() < 0.8:
        day = date_of(today + rng.randint(-20, 200)).isoformat() if relation.expected else day_text(today, rng)
        told["due_date" if relation.expected else "birth_date"] = day if rng.random() < 0.9 else "unknown"
    told |= {
        trait: rng.choice([True, False, "unknown"])
        for trait in ("lives_with", "raises", "disabled")
        if rng.random() < 0.6
    }
    return told | ({"id": f"m{i}"} if rng.random() < 0.3 else {})
