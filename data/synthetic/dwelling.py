"""Moves, homes bought and sold, and what the resident register says of households."""

from __future__ import annotations

import numpy as np

from data.synthetic.life_events import RestatedFacts
from data.synthetic.living import LifeCourse
from data.synthetic.months import in_office, seconds_of
from data.synthetic.random_streams import happens
from data.synthetic.residents import CHILD, HEAD, OWNED, RENTED, SPOUSE, People
from features.arrays import Int64


def _destination(life: LifeCourse, region: Int64) -> Int64:
    """Where a move goes: within the district, the province, or anywhere, by the published shares."""
    shares, districts = life.rates.shares, life.rates.districts
    draw = life.rng.random(len(region))
    away = life.rng.choice(districts.codes, size=len(region), p=districts.weights)
    near = region.copy()
    for province in np.unique(region // 1000):
        rows, inside = np.flatnonzero(region // 1000 == province), districts.codes // 1000 == province
        odds = districts.weights * inside
        near[rows] = life.rng.choice(districts.codes, size=len(rows), p=odds / odds.sum())
    return np.where(
        draw < shares["moves_within_district"], region, np.where(draw < shares["moves_within_province"], near, away)
    )


def move(life: LifeCourse) -> None:
    """Moves of whole households, and of grown children who leave home."""
    people, rng = life.people, life.rng
    heads = people.alive & (people.role == HEAD)
    size = np.bincount(people.household[people.alive], minlength=len(people.households.region))[people.household]
    expected = life.expected("movers")
    weights = life.weights("movers", heads)
    mean_size = float((weights * size).sum() / max(weights.sum(), 1e-9))
    movers = happens(rng, weights, 0.93 * expected / mean_size)
    target = people.household[movers]
    people.households.region[target] = _destination(life, people.households.region[target])
    _enter_moves(life, target)
    leavers = happens(
        rng, life.weights("movers", (people.role == CHILD) & (life.age >= 19) & (people.spouse < 0)), 0.07 * expected
    )
    life.new_households(leavers, leavers)
    houses = people.household[leavers]
    people.households.region[houses] = _destination(life, people.households.region[houses])
    _restate_tenure(life, leavers, life.enter("life.moved", leavers, people.households.region[houses]))


def _enter_moves(life: LifeCourse, houses: Int64) -> None:
    """Everybody of a household moves in the same hour."""
    people = life.people
    at = np.full(len(people.households.region), -1, np.int64)
    at[houses] = in_office(life.rng, life.days_for(houses))
    rows = np.flatnonzero(people.alive & (at[people.household] >= 0))
    life.ledger.add("life.moved", rows, at[people.household[rows]], people.households.region[people.household[rows]])
    life.changed(rows)
    _restate_tenure(life, rows, at[people.household[rows]])


def _restate_tenure(life: LifeCourse, rows: Int64, when: Int64) -> None:
    """The registry hears with a move who rents the new home, and for how much."""
    people, houses = life.people, life.people.households
    house = people.household[rows]
    head = (people.role[rows] == HEAD) | (people.role[rows] == SPOUSE)
    facts = {
        "renter": ((houses.home[house] != OWNED) & head).astype(np.int64),
        "monthly_rent_won": houses.rent[house],
        "rent_deposit_won": houses.deposit[house],
    }
    life.ledger.restated.append(RestatedFacts("registry/homes", rows, when + 60, facts))


def trade_homes(life: LifeCourse) -> None:
    """Households buy a home or sell theirs; who sells rents, and the registry hears the rent."""
    people, rng = life.people, life.rng
    houses = people.households
    tenure = houses.home[people.household]
    head = (people.role == HEAD) & people.alive
    buying = happens(rng, life.weights("homes_bought", head & (tenure != OWNED)), 0.55 * life.expected("homes_bought"))
    selling = happens(rng, (head & (tenure == OWNED)) * 1.0, 0.35 * life.expected("homes_bought"))
    when = life.enter("life.home_bought", buying)
    life.ledger.restated.append(
        RestatedFacts("registry/homes", buying, when + 60, {"renter": np.zeros(len(buying), np.int64)})
    )
    houses.home[people.household[buying]] = OWNED
    when = life.enter("life.home_sold", selling)
    rent = np.asarray(np.round(rng.lognormal(np.log(12), 0.4, len(selling))) * 50_000, np.int64)
    deposit = np.asarray(np.round(rng.lognormal(np.log(6), 0.7, len(selling))) * 10_000_000, np.int64)
    sold = people.household[selling]
    houses.home[sold], houses.rent[sold], houses.deposit[sold] = RENTED, rent, deposit
    one = np.ones(len(selling), np.int64)
    facts = {
        "home_owner": one - 1, "no_home": one, "renter": one, "monthly_rent_won": rent, "rent_deposit_won": deposit,
    }  # fmt: skip
    life.ledger.restated.append(RestatedFacts("registry/homes", selling, when + 60, facts))


def composition(people: People, day: int) -> dict[str, Int64]:
    """The facts the resident register knows of each citizen's household."""
    alive, house = people.alive, people.household
    houses = len(people.households.region)
    size = np.bincount(house[alive], minlength=houses) + people.households.small
    minors = people.households.small + np.bincount(
        house[alive & (people.role == CHILD) & (day - people.born < 19 * 365.2425)], minlength=houses
    )
    couple = np.bincount(house[alive & (people.spouse >= 0)], minlength=houses) > 0
    elders = np.bincount(house[alive & (people.role == 3)], minlength=houses) > 0
    facts = {
        "household_size": np.maximum(size, 1)[house],
        "single_person_household": (size <= 1)[house],
        "single_parent_or_grandparent": ((minors > 0) & ~couple)[house],
        "many_children": (minors >= 2)[house],
        "extended_family": (
            elders
            & (np.bincount(house[alive & (people.role == CHILD)], minlength=houses) + people.households.small > 0)
        )[house],
    }
    return {name: np.asarray(value, np.int64) for name, value in facts.items()}


def restate_households(life: LifeCourse) -> None:
    """The resident register states again, on the last day of the month, the households that changed in it."""
    people = life.people
    rows = np.flatnonzero(people.households.changed[people.household] & people.alive)
    last = np.full(len(rows), life.months.starts[life.month + 1] - 1, np.int64)
    facts = {name: value[rows] for name, value in composition(people, life.months.starts[life.month + 1]).items()}
    life.ledger.restated.append(
        RestatedFacts("registry/residents", rows, seconds_of(last) + 20 * 3600 + rows % 3600, facts)
    )
    people.households.changed[:] = False
