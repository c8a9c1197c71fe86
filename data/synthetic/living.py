"""One block of people on its way through the months: what every process draws with and enters."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data.synthetic.life_events import EventCollector
from data.synthetic.months import Months, in_office
from data.synthetic.rates import Rates
from data.synthetic.residents import HEAD, RENTED, Households, People, household_percent
from features.arrays import Bool, Float64, Int64

GESTATION_LEFT = 7  # months from the registration of a pregnancy to the birth


LAST_SECOND = 86_399


@dataclass
class LifeCourse:
    """One block of people on its way through the months."""

    people: People
    rates: Rates
    months: Months
    ledger: EventCollector
    rng: np.random.Generator
    month: int = 0
    age: Int64 = field(default_factory=lambda: np.zeros(0, np.int64))
    """Completed years at the start of the month."""

    @property
    def day(self) -> int:
        """The first day of the month."""
        return self.months.starts[self.month]

    def expected(self, name: str) -> float:
        """How many of a yearly count to expect this month, given how many are alive."""
        return self.rates.count(
            name, self.months.year(self.month), int(self.people.alive.sum()), self.months.days(self.month)
        )

    def weights(self, name: str, among: Bool) -> Float64:
        """The age profile of a process among some of the living."""
        return self.rates.by_age[name](self.age) * (among & self.people.alive)

    def days_for(self, rows: Int64) -> Int64:
        """A day of this month for each row."""
        return self.day + self.rng.integers(0, self.months.days(self.month), len(rows))

    def enter(
        self, kind: str, rows: Int64, value: Int64 | Bool | int = 0, other: Int64 | int = -1, child: Int64 | int = -1
    ) -> Int64:
        """Enter an event on some day of this month, in office hours, and give the seconds."""
        when = in_office(self.rng, self.days_for(rows))
        self.ledger.add(kind, rows, when, value, other, child)
        return when

    def changed(self, rows: Int64) -> None:
        """These people's households are not what they were."""
        self.people.households.changed[self.people.household[rows]] = True

    def new_households(self, rows: Int64, like: Int64) -> None:
        """Each row founds a household alone, in the district of `like`, renting."""
        people, houses = self.people, self.people.households
        first, count = len(houses.region), len(rows)
        self.changed(rows)
        region = houses.region[people.household[like]]
        rent = np.asarray(np.round(self.rng.lognormal(np.log(9), 0.4, count)) * 50_000, np.int64)
        percent = household_percent(self.rng, people.monthly_pay[rows].astype(np.float64), np.ones(count))
        people.households = Households(
            region=np.append(houses.region, region),
            small=np.append(houses.small, np.zeros(count, np.int64)),
            home=np.append(houses.home, np.full(count, RENTED)),
            deposit=np.append(houses.deposit, np.full(count, 10_000_000)),
            rent=np.append(houses.rent, rent),
            assets=np.append(houses.assets, np.full(count, 30_000_000)),
            percent=np.append(houses.percent, percent),
            multicultural=np.append(houses.multicultural, np.zeros(count, np.bool_)),
            changed=np.append(houses.changed, np.ones(count, np.bool_)),
        )
        people.household[rows] = np.arange(first, first + count)
        people.role[rows] = HEAD
