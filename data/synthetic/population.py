"""The people at the beginning: seats in households, work, homes and incomes, drawn from published shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.synthetic.household import GRANDPARENT, TOGETHER, Start, exactly
from data.synthetic.months import ages_on
from data.synthetic.random_streams import RandomStreams, chosen
from data.synthetic.rates import Rates
from data.synthetic.residents import (
    CHILD,
    CITIZEN_AGE,
    DEPOSIT,
    ELDER,
    EMPLOYED,
    FREE,
    HEAD,
    HIGH,
    MIDDLE,
    NO_SCHOOL,
    NO_WORK,
    NOT_BORN,
    OTHER,
    OWNED,
    RENTED,
    SELF_EMPLOYED,
    SLOTS,
    SPOUSE,
    UNIVERSITY,
    Households,
    People,
    care_grades,
    household_percent,
    pay_of,
)
from features.arrays import Bool, Float64, Int64


@dataclass(frozen=True)
class _Seats:
    """One row for each citizen: the household, the role, the age and the sex; in order of households and roles."""

    household: Int64
    role: Int64
    age: Float64
    female: Bool
    slot: Int64
    """Which child of the household a child is, else 0."""


def _seats(start: Start, rng: np.random.Generator) -> _Seats:
    house = np.arange(len(start.kind))
    couple = start.partner_age > 0
    together = start.kind == TOGETHER
    grown = start.at_home & (start.child_ages >= CITIZEN_AGE)
    kid_house, kid_slot = np.nonzero(grown)
    elder_house, elder_slot = np.nonzero(start.elder_ages > 0)
    partner_role = np.where(together[couple], OTHER, SPOUSE)
    partner_sex = np.where(together[couple], chosen(rng, house[couple], 0.5), ~start.head_female[couple])
    household = np.concatenate([house, house[couple], kid_house, elder_house])
    role = np.concatenate(
        [np.full(len(house), HEAD), partner_role, np.full(len(kid_house), CHILD), np.full(len(elder_house), ELDER)]
    )
    age = np.concatenate(
        [start.head_age, start.partner_age[couple], start.child_ages[grown], start.elder_ages[start.elder_ages > 0]]
    )
    female = np.concatenate([start.head_female, partner_sex, chosen(rng, kid_house, 0.487), elder_slot == 0])
    slot = np.concatenate([np.zeros(len(house) + int(couple.sum()), np.int64), kid_slot, elder_slot])
    order = np.lexsort((slot, role, household))
    return _Seats(household[order], role[order], age[order], np.asarray(female[order], np.bool_), slot[order])


def _spouses(seats: _Seats) -> Int64:
    """Each married person's spouse by row, -1 for the others: heads and their spouses, and two elders."""
    spouse = np.full(len(seats.household), -1, np.int64)
    for one, other in ((HEAD, SPOUSE), (ELDER, ELDER)):
        left = np.flatnonzero((seats.role == one) & (seats.slot == 0))
        right = np.flatnonzero((seats.role == other) & (seats.slot == (1 if one == other else 0)))
        _, i, j = np.intersect1d(seats.household[left], seats.household[right], return_indices=True)
        spouse[left[i]], spouse[right[j]] = right[j], left[i]
    return spouse


def _families(seats: _Seats, start: Start, day: int) -> tuple[Int64, Int64]:
    """Days of birth of everybody, and of the children of heads, spouses and elders."""
    born = day - 1 - np.asarray(seats.age * 365.2425, np.int64)
    children = np.full((len(born), SLOTS), NOT_BORN, np.int64)
    births = np.where(start.child_ages >= 0, day - 1 - np.asarray(start.child_ages * 365.2425, np.int64), NOT_BORN)
    births[start.kind == GRANDPARENT] = NOT_BORN
    parents = np.flatnonzero((seats.role == HEAD) | (seats.role == SPOUSE))
    children[parents] = births[seats.household[parents]]
    heads = born[np.searchsorted(seats.household, seats.household)]  # the head is the first row of a household
    elders = np.flatnonzero(seats.role == ELDER)
    children[elders, 0] = heads[elders]
    return born, children


def _homes(rates: Rates, rng: np.random.Generator, head_age: Int64) -> tuple[Int64, Int64, Int64, Int64]:
    """The tenure of each household, with its deposit, rent and assets in won (rounded as people remember them)."""
    count = len(head_age)
    owned = chosen(rng, head_age, rates.owners(head_age))
    home = np.where(owned, OWNED, rng.choice([FREE, DEPOSIT, RENTED], size=count, p=[0.1, 0.37, 0.53]))
    full = np.round(rng.lognormal(np.log(19), 0.6, count)) * 10_000_000
    part = np.round(rng.lognormal(np.log(2.4), 0.8, count)) * 5_000_000
    deposit = np.where(home == DEPOSIT, full, np.where(home == RENTED, part, 0))
    rent = np.where(home == RENTED, np.round(rng.lognormal(np.log(8.4), 0.45, count)) * 50_000, 0)
    money = rng.lognormal(np.log(45), 1.1, count) + np.where(owned, rng.lognormal(np.log(310), 0.6, count), 0)
    assets = np.round((money + deposit / 1e6) / 10) * 10_000_000
    return home, np.asarray(deposit, np.int64), np.asarray(rent, np.int64), np.asarray(assets, np.int64)


def _regions(rates: Rates, rng: np.random.Generator, head_age: Int64) -> Int64:
    """A district for each household; households of the old are twice as likely in rural ones."""
    districts = rates.districts
    old = districts.weights * np.where(districts.rural, 2.0, 0.85)
    young = rng.choice(districts.codes, size=len(head_age), p=districts.weights)
    return np.where(head_age >= 65, rng.choice(districts.codes, size=len(head_age), p=old / old.sum()), young)


def _work(rates: Rates, rng: np.random.Generator, age: Int64) -> tuple[Int64, Bool]:
    """Work and who looks for it: the unemployed are the published share of the labour force."""
    employed = chosen(rng, age, rates.employed(age))
    own = chosen(
        rng, age, rates.shares["self_employed_among_employed"] * np.interp(age, [20, 35, 55, 70], [0.25, 0.8, 1.4, 1.5])
    )
    jobless = rates.shares["unemployed_among_labour_force"]
    odds = jobless / (1 - jobless) * rates.employed(age) / np.maximum(1 - rates.employed(age), 0.05)
    seeking = ~employed & (age >= 18) & (age < 70) & chosen(rng, age, odds)
    return np.where(employed, np.where(own, SELF_EMPLOYED, EMPLOYED), NO_WORK), seeking


def _schools(rates: Rates, rng: np.random.Generator, born: Int64, female: Bool, day: int) -> Int64:
    """The school each person is at, by the Korean school year (birth year + 13 middle, + 16 high, + 19 university)."""
    year_now = 1970 + day / 365.2425
    school_year = np.floor(year_now - 2 / 12) - np.floor(1970 + born / 365.2425)
    study = chosen(rng, born, rates.shares["university_entry"])
    length = np.where(female, 4, 6)  # men serve in between
    return np.select(
        [school_year < 16, school_year < 19, (school_year < 19 + length) & study], [MIDDLE, HIGH, UNIVERSITY], NO_SCHOOL
    )


class _Circumstances(NamedTuple):
    """What the lasting traits of people depend on; `kind` is the household's, `percent` its income."""

    age: Int64
    female: Bool
    rural: Bool
    kind: Int64
    percent: Int64


def _fixed(rates: Rates, rng: np.random.Generator, people: _Circumstances) -> dict[str, Bool]:
    shares, (age, female, rural, kind, percent) = rates.shares, people
    flag = {
        "veteran": chosen(rng, age, shares["veterans"] * np.where(female, 0.4, 1.6) * np.where(age > 65, 3.0, 0.6)),
        "fisher": rural & chosen(rng, age, shares["fishers"] * 7),
        "forester": rural & chosen(rng, age, shares["foresters"] * 7),
        "livestock_farmer": rural & chosen(rng, age, 0.02),
        "north_korean_defector": chosen(rng, age, shares["north_korean_defectors"]),
        "founding": (age >= 20) & (age < 65) & chosen(rng, age, 0.03),
        "crisis": chosen(rng, age, 0.02),
        "violence_victim": chosen(rng, age, np.where(female, 0.012, 0.003)),
        "left_care": (age >= 18) & (age < 25) & chosen(rng, age, 0.004),
        "military_discharged": ~female & (age >= 21) & (age < 26) & chosen(rng, age, 0.6),
        "citizen_of_korea": chosen(rng, age, 0.975),
        "minor_caretaker": kind == GRANDPARENT,
        "occupational_pension": (age >= 58) & chosen(rng, age, 0.07),
        "cognitive_decline": chosen(rng, age, np.interp(age, [60, 70, 80, 90], [0.0, 0.05, 0.2, 0.4])),
        "infertility_diagnosed": (age >= 27) & (age < 45) & chosen(rng, age, 0.02),
        "directed_training": (age >= 18) & (age < 62) & chosen(rng, age, 0.004),
    }
    poor = np.clip((60 - percent) / 28, 0, 1) * 0.48
    flag["basic_livelihood_recipient"] = chosen(rng, age, poor)
    flag["near_poverty"] = (percent <= 55) & ~flag["basic_livelihood_recipient"] & chosen(rng, age, 0.13)
    return flag


def _working(rates: Rates, rng: np.random.Generator, born: Int64, female: Bool, day: int) -> dict[str, Any]:
    """Schools and jobs: the columns of `People` about them."""
    age, count = ages_on(born, day), len(born)
    work, seeking = _work(rates, rng, age)
    school = _schools(rates, rng, born, female, day)
    at_school = (school != NO_SCHOOL) & (age < 23)
    work, seeking = np.where(at_school & (work == SELF_EMPLOYED), NO_WORK, work), seeking & ~at_school
    return {
        "work": work,
        "seeking": seeking,
        "forced": seeking & chosen(rng, age, rates.shares["involuntary_among_jobs_left"]),
        "retired": (work == NO_WORK) & (age >= 62) & chosen(rng, age, 0.6),
        "monthly_pay": np.where(work != NO_WORK, pay_of(rng, age, count), 0),
        "since": day - np.asarray(rng.exponential(4 * 365, count), np.int64) - 1,
        "trade": rng.choice(3, size=count, p=[0.2, 0.1, 0.7]),
        "school": school,
        "on_leave": np.zeros(count, np.bool_),
    }


def _health(rates: Rates, rng: np.random.Generator, age: Int64) -> dict[str, Any]:
    """Disability, illness and care: the columns of `People` about them, all likelier with age."""
    disabled = chosen(rng, age, rates.shares["disabled"] * np.interp(age, [15, 40, 60, 80], [0.25, 0.5, 1.2, 3.0]))
    often = rates.shares["care_graded_over_65"] * np.interp(age, [65, 75, 85, 95], [0.15, 0.7, 2.6, 5.0])
    graded = (age >= 65) & chosen(rng, age, often)
    return {
        "disabled": disabled,
        "severe": disabled & chosen(rng, age, rates.shares["severe_among_disabled"]),
        "ill": chosen(rng, age, np.interp(age, [15, 40, 60, 80], [0.02, 0.06, 0.18, 0.3])),
        "care_grade": np.where(graded, care_grades(rng, len(age)), 0),
        "pregnant_until": np.full(len(age), -1, np.int64),
    }


def _houses(rates: Rates, rng: np.random.Generator, start: Start, seats: _Seats, pay: Int64) -> Households:
    """Where households live, what they hold and what they earn."""
    count, head_age = len(start.kind), np.asarray(start.head_age, np.int64)
    small = np.asarray((start.at_home & (start.child_ages < CITIZEN_AGE)).sum(axis=1), np.int64)
    size = np.bincount(seats.household, minlength=count) + small
    earned = np.bincount(seats.household, weights=pay, minlength=count).astype(np.float64)
    home, deposit, rent, assets = _homes(rates, rng, head_age)
    return Households(
        region=_regions(rates, rng, head_age),
        small=small,
        home=home,
        deposit=deposit,
        rent=rent,
        assets=assets,
        percent=household_percent(rng, earned, size.astype(np.float64)),
        multicultural=chosen(rng, head_age, rates.shares["multicultural_households"]),
        changed=np.zeros(count, np.bool_),
    )


def _widowed(rng: np.random.Generator, seats: _Seats, spouse: Int64, children: Int64, age: Int64) -> Bool:
    """Parents alone are widowed the likelier the older they are, and so are single elders living with children."""
    parent = (seats.role == HEAD) & (spouse < 0) & (children != NOT_BORN).any(axis=1)
    lost = chosen(rng, age, np.interp(age, [45, 65, 75, 85], [0.03, 0.4, 0.75, 0.93]))
    return np.asarray((parent & lost) | ((seats.role == ELDER) & (spouse < 0)), np.bool_)


def people(rates: Rates, chance: RandomStreams, citizens: int, day: int) -> People:
    """Exactly so many citizens in their households, as they are on `day`."""
    rng = chance.stream("population")
    start = exactly(rates, rng, citizens)
    seats = _seats(start, rng)
    born, children = _families(seats, start, day)
    age, spouse, working = ages_on(born, day), _spouses(seats), _working(rates, rng, born, seats.female, day)
    houses = _houses(rates, rng, start, seats, working["monthly_pay"])
    rural = np.isin(houses.region, rates.districts.codes[rates.districts.rural])[seats.household]
    farming = np.where(rural, np.interp(age, [20, 50, 70], [0.04, 0.21, 0.36]), 0.012) * (age >= 20)
    return People(
        born=born,
        female=seats.female,
        household=seats.household,
        role=seats.role,
        spouse=spouse,
        widowed=_widowed(rng, seats, spouse, children, age),
        children=children,
        alive=np.ones(citizens, np.bool_),
        died=np.full(citizens, 2**60),
        **working,
        **_health(rates, rng, age),
        farmer=chosen(rng, age, farming),
        fixed=_fixed(
            rates,
            rng,
            _Circumstances(age, seats.female, rural, start.kind[seats.household], houses.percent[seats.household]),
        ),
        households=houses,
    )
