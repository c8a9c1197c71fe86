"""Life courses: every process of every month, and how people stand when the log begins and goes on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from data.synthetic.block_progress import Told, nobody
from data.synthetic.dwelling import composition, move, restate_households, trade_homes
from data.synthetic.family import adopt, conceive, die, divorce, give_birth, lose_relatives, marry
from data.synthetic.life_events import Course, EventCollector, ResidentState
from data.synthetic.livelihood import assess_incomes, farm, find_jobs, go_to_school, lose_jobs, retire, run_businesses
from data.synthetic.living import LifeCourse
from data.synthetic.mishap import fall_ill, strike
from data.synthetic.months import WARM_UP, Months, ages_on
from data.synthetic.population import people
from data.synthetic.random_streams import RandomStreams
from data.synthetic.rates import Rates
from data.synthetic.residents import (
    EMPLOYED,
    HEAD,
    HIGH,
    MIDDLE,
    NO_SCHOOL,
    OWNED,
    SELF_EMPLOYED,
    SPOUSE,
    UNIVERSITY,
    People,
)
from features.arrays import Bool, Float64, Int64

PROCESSES: tuple[Callable[[LifeCourse], None], ...] = (
    die,
    lose_relatives,
    give_birth,
    conceive,
    adopt,
    marry,
    divorce,
    move,
    retire,
    lose_jobs,
    find_jobs,
    run_businesses,
    farm,
    fall_ill,
    trade_homes,
    assess_incomes,
    strike,
    go_to_school,
    restate_households,
)


def standing(people: People, day: int) -> ResidentState:
    """How everybody stands on a day, in the terms take-up is drawn from."""
    house = people.household
    size = np.bincount(house[people.alive], minlength=len(people.households.region)) + people.households.small
    region = people.households.region[house]
    return ResidentState(
        alive=people.alive.copy(),
        region=region,
        work=people.work.copy(),
        seeking=people.seeking.copy(),
        size=size[house],
        toddlers=people.young(day, 7),
        minors=people.young(day, 19),
        owner=people.households.home[house] == OWNED,
        married=people.spouse >= 0,
        disabled=people.disabled.copy(),
        cared_for=people.care_grade > 0,
        farmer=people.farmer.copy(),
        student=people.school != NO_SCHOOL,
        business=people.work == SELF_EMPLOYED,
    )


def _true_facts(life: LifeCourse) -> dict[str, Int64]:
    """Every fact that is not computed, as it truly is when the log begins; lists of children apart."""
    people, houses, house = life.people, life.people.households, life.people.household
    home, work, day = houses.home[house], people.work, life.day
    head = (people.role == HEAD) | (people.role == SPOUSE)
    facts: dict[str, Int64 | Bool | Float64] = {
        "birth_date": people.born,
        "sex": people.female,
        "region": houses.region[house],
        "income_percent": houses.percent[house],
        "assets_won": houses.assets[house],
        "monthly_rent_won": houses.rent[house],
        "rent_deposit_won": houses.deposit[house],
        "annual_pay_won": people.monthly_pay * 12,
        "recognised_income_percent": np.round(houses.percent[house] * 0.75 + houses.assets[house] / 6_000_000),
        "pension_income_won": np.round(houses.percent[house] * 0.12 + houses.assets[house] / 30_000_000) * 100_000,
        "insured_days": np.where(work == EMPLOYED, np.clip((day - people.since) * 6 // 7, 0, 470), 0),
        "farmer": people.farmer,
        "elementary_student": np.zeros(len(people)),
        "middle_student": people.school == MIDDLE,
        "high_student": people.school == HIGH,
        "university_student": people.school == UNIVERSITY,
        "worker": work == EMPLOYED,
        "disabled": people.disabled,
        "severely_disabled": people.severe,
        "in_business": work == SELF_EMPLOYED,
        "married": people.spouse >= 0,
        "widowed": people.widowed,
        "employment_insured": work == EMPLOYED,
        "lost_job_involuntarily": people.forced,
        "home_owner": (home == OWNED) & head,
        "no_home": home != OWNED,
        "renter": (home >= 2) & head,
        "multicultural_family": houses.multicultural[house],
        "care_grade": people.care_grade,
        **{name: flag for name, flag in people.fixed.items() if name != "crisis"},
        **composition(people, day),
        **{
            name: (work == SELF_EMPLOYED) & (people.trade == n)
            for n, name in enumerate(("restaurant", "manufacturer", "other_trade"))
        },
        "pregnant": people.pregnant_until >= 0,
        "job_seeker": people.seeking,
        "ill": people.ill,
        "in_crisis": people.fixed["crisis"],
    }
    return {name: np.asarray(value, np.int64) for name, value in facts.items()}


def live(rates: Rates, months: Months, chance: RandomStreams, citizens: int, told: Told = nobody) -> Course:
    """The lives of one block of citizens, from a year before the log to its end; each month that is over is told."""
    start = people(rates, chance, citizens, months.starts[0])
    life = LifeCourse(start, rates, months, EventCollector(), chance.stream("life"), 0, np.zeros(citizens, np.int64))
    standings: list[ResidentState] = []
    facts: dict[str, Int64] = {}
    children = start.children
    for life.month in range(len(months.starts) - 1):
        life.age = ages_on(start.born, life.day)
        if life.month >= WARM_UP:
            standings.append(standing(start, life.day))
        if life.month == WARM_UP:
            facts, children = _true_facts(life), start.children.copy()
        for process in PROCESSES:
            process(life)
        told(life.month + 1, len(months.starts) - 1)
    standings.append(standing(start, months.starts[-1]))
    events = life.ledger.happenings()
    events = events.take((events.when <= start.died[events.person]) & (events.when < months.end))
    return Course(
        months,
        events,
        tuple(life.ledger.restated),
        start.born,
        start.female,
        start.died,
        facts,
        children,
        tuple(standings),
    )
