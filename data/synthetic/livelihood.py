"""Schools, jobs, businesses, farms and incomes, month by month."""

from __future__ import annotations

import numpy as np

from data.synthetic.life_events import RestatedFacts
from data.synthetic.living import LifeCourse
from data.synthetic.months import in_office
from data.synthetic.random_streams import chosen, happens
from data.synthetic.residents import (
    EMPLOYED,
    HEAD,
    HIGH,
    MIDDLE,
    NO_SCHOOL,
    NO_WORK,
    SELF_EMPLOYED,
    UNIVERSITY,
    pay_of,
)
from features.arrays import Int64


def lose_jobs(life: LifeCourse) -> None:
    """Employees leave into unemployment; the certificate of employment tells how long they were insured."""
    people, rng = life.people, life.rng
    rows = happens(rng, life.weights("jobs_left", people.work == EMPLOYED), life.expected("jobs_left"))
    forced = chosen(rng, rows, life.rates.shares["involuntary_among_jobs_left"])
    when = life.enter("life.job_lost", rows, ~forced)
    insured = np.minimum((when // 86_400 - people.since[rows]) * 6 // 7, 470)
    without = np.zeros(len(rows), np.int64)
    facts = {"insured_days": np.maximum(insured, 0), "worker": without, "employment_insured": without}
    life.ledger.restated.append(RestatedFacts("registry/insurance", rows, when + 60, facts))
    people.work[rows], people.seeking[rows], people.forced[rows] = NO_WORK, True, forced
    people.monthly_pay[rows] = 0
    _income_changes(life, rows, 0.7)


def _income_changes(life: LifeCourse, rows: Int64, factor: float) -> None:
    houses = life.people.household[rows]
    percent = life.people.households.percent
    percent[houses] = np.clip(np.round(percent[houses] * factor), 3, 900).astype(np.int64)


def find_jobs(life: LifeCourse) -> None:
    """Those who look for work find it within months, so that unemployment stays as published; the young start."""
    people, rng = life.people, life.rng
    jobless, working = life.rates.shares["unemployed_among_labour_force"], people.alive & (people.work != NO_WORK)
    surplus = max(float((people.seeking & people.alive).sum()) - jobless / (1 - jobless) * float(working.sum()), 0.0)
    found = happens(rng, (people.seeking & people.alive) * 1.0, 0.8 * surplus + 0.5 * life.expected("jobs_left"))
    missing = float(life.rates.employed(life.age[people.alive]).sum()) - float(working.sum()) - len(found)
    idle = people.alive & (people.work == NO_WORK) & ~people.seeking & ~people.retired & (people.school == NO_SCHOOL)
    first = happens(rng, life.rates.employed(life.age) * (idle & (life.age >= 18)), 0.5 * max(missing, 0.0))
    rows = np.unique(np.concatenate([found, first]))
    pay = pay_of(rng, life.age[rows], len(rows))
    when = life.enter("life.job_started", rows, pay)
    life.ledger.restated.append(RestatedFacts("registry/insurance", rows, when + 60, {"annual_pay_won": pay * 12}))
    people.work[rows], people.seeking[rows], people.forced[rows] = EMPLOYED, False, False
    people.monthly_pay[rows], people.since[rows] = pay, when // 86_400
    _income_changes(life, rows, 1.35)


def retire(life: LifeCourse) -> None:
    """Employees stop working for good."""
    people = life.people
    rows = happens(life.rng, life.weights("retirements", people.work == EMPLOYED), life.expected("retirements"))
    life.enter("life.retired", rows)
    people.work[rows], people.retired[rows], people.monthly_pay[rows] = NO_WORK, True, 0
    _income_changes(life, rows, 0.6)


def run_businesses(life: LifeCourse) -> None:
    """Businesses open and close; who closes one looks for work."""
    people, rng = life.people, life.rng
    owners = people.alive & (people.work == SELF_EMPLOYED)
    closing = happens(rng, owners * 1.0, life.expected("businesses_closed"))
    when, without = life.enter("life.business_closed", closing), np.zeros(len(closing), np.int64)
    facts = dict.fromkeys(("in_business", "restaurant", "manufacturer", "other_trade"), without)
    life.ledger.restated.append(RestatedFacts("registry/tax", closing, when + 60, facts))
    people.work[closing], people.monthly_pay[closing] = NO_WORK, 0
    people.seeking[closing[life.age[closing] < 68]] = True
    free = people.alive & (people.work == NO_WORK) & (people.school == NO_SCHOOL)
    free[closing] = False
    opening = happens(rng, life.weights("businesses_opened", free), life.expected("businesses_opened"))
    people.trade[opening] = rng.choice(3, size=len(opening), p=[0.2, 0.08, 0.72])
    life.enter("life.business_opened", opening, people.trade[opening])
    people.work[opening], people.seeking[opening], people.retired[opening] = SELF_EMPLOYED, False, False
    people.forced[opening] = False
    people.monthly_pay[opening] = pay_of(rng, life.age[opening], len(opening))


def farm(life: LifeCourse) -> None:
    """People take up farming or give it up."""
    people = life.people
    starting = happens(life.rng, life.weights("farming_started", ~people.farmer), life.expected("farming_started"))
    ending = happens(
        life.rng, (people.farmer & people.alive) * np.where(life.age > 75, 4.0, 1.0), life.expected("farming_ended")
    )
    life.enter("life.farming_started", starting)
    life.enter("life.farming_ended", ending)
    people.farmer[starting], people.farmer[ending] = True, False


def assess_incomes(life: LifeCourse) -> None:
    """Household incomes are assessed, and stated for every member over 13."""
    people, rng = life.people, life.rng
    seeds = happens(rng, life.weights("incomes_assessed", people.role == HEAD), life.expected("incomes_assessed") / 2)
    houses = people.household[seeds]
    drift = people.households.percent[houses] * rng.lognormal(0.0, 0.12, len(houses))
    people.households.percent[houses] = np.clip(np.round(drift), 3, 900).astype(np.int64)
    at = np.full(len(people.households.region), -1, np.int64)
    at[houses] = in_office(rng, life.days_for(houses))
    rows = np.flatnonzero(people.alive & (at[people.household] >= 0))
    life.ledger.add(
        "life.income_assessed", rows, at[people.household[rows]], people.households.percent[people.household[rows]]
    )


def go_to_school(life: LifeCourse) -> None:
    """School years: people leave in February and enter in March, by their year of birth."""
    people, month = life.people, life.months.calendar_month(life.month)
    if month not in (2, 3):
        return
    school_year = life.months.year(life.month) - (
        people.born.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    )
    if month == 2:
        done = np.where(people.female, 23, 25)
        leaving = ((people.school == MIDDLE) & (school_year >= 16)) | ((people.school == HIGH) & (school_year >= 19))
        leaving |= (people.school == UNIVERSITY) & (school_year >= done)
        rows = np.flatnonzero(leaving & people.alive)
        life.ledger.add("life.school_left", rows, _day_of_month(life, rows, 5, 20), people.school[rows])
        people.school[rows] = NO_SCHOOL
        return
    study = chosen(life.rng, people.born, life.rates.shares["university_entry"])
    level = np.select([school_year == 16, (school_year == 19) & study], [HIGH, UNIVERSITY], NO_SCHOOL)
    rows = np.flatnonzero((level != NO_SCHOOL) & people.alive & (people.school == NO_SCHOOL))
    life.ledger.add("life.school_entered", rows, _day_of_month(life, rows, 2, 4), level[rows])
    people.school[rows] = level[rows]


def _day_of_month(life: LifeCourse, rows: Int64, first: int, last: int) -> Int64:
    return in_office(life.rng, life.day + life.rng.integers(first - 1, last, len(rows)))
