"""People and their households as working state, and the numbers that name how they live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Bool, Float64, Int64

CITIZEN_AGE = 14  # from here one decides oneself about one's data: 개인정보 보호법 제22조의2


SLOTS = 6  # children a person may have


NOT_BORN = -(2**40)  # an empty slot


HEAD, SPOUSE, CHILD, ELDER, OTHER = range(5)


NO_WORK, EMPLOYED, SELF_EMPLOYED = range(3)


FREE, OWNED, DEPOSIT, RENTED = range(4)  # the tenure of a home: another's, its own, 전세, 월세


NO_SCHOOL, MIDDLE, HIGH, UNIVERSITY = -1, 2, 3, 4


@dataclass
class Households:
    """The households, by number: region, young children (no citizens), home, money. Working state of a life."""

    region: Int64
    small: Int64
    home: Int64
    deposit: Int64
    rent: Int64
    assets: Int64
    percent: Int64
    multicultural: Bool
    changed: Bool


@dataclass
class People:
    """The citizens of one block, by row: who they are and how they live. Working state of a life."""

    born: Int64
    female: Bool
    household: Int64
    role: Int64
    spouse: Int64
    widowed: Bool
    children: Int64
    """Days of birth, n x SLOTS, `NOT_BORN` where there is none."""
    alive: Bool
    died: Int64
    """The UTC second of death, far in the future for the living."""
    work: Int64
    seeking: Bool
    forced: Bool
    retired: Bool
    monthly_pay: Int64
    since: Int64
    """The day the present job began."""
    trade: Int64
    school: Int64
    on_leave: Bool
    pregnant_until: Int64
    farmer: Bool
    disabled: Bool
    severe: Bool
    ill: Bool
    care_grade: Int64
    fixed: dict[str, Bool]
    """Facts that do not change in a simulated life: veteran, fisher, ..."""
    households: Households

    def __len__(self) -> int:
        """How many citizens."""
        return len(self.born)

    def add_child(self, rows: Int64, born: Int64) -> None:
        """Enter a child in the first free slot of each row; a seventh child is forgotten."""
        free = (self.children[rows] == NOT_BORN).argmax(axis=1)
        room = self.children[rows, free] == NOT_BORN
        self.children[rows[room], free[room]] = born[room]

    def young(self, day: int, years: int) -> Int64:
        """How many children under so many years each person has."""
        return np.asarray((self.children > day - years * 365.2425).sum(axis=1), np.int64)


def pay_of(rng: np.random.Generator, age: Int64, count: int) -> Int64:
    """Monthly pay in won: a median of about 2.8 million, highest in the forties (통계청, 임금근로일자리 소득)."""
    middle = np.interp(age, [18, 25, 35, 45, 55, 62, 75], [1.5, 2.3, 3.2, 3.5, 3.0, 2.0, 1.2])
    return np.asarray(np.round(middle * rng.lognormal(0, 0.38, count), 1) * 1_000_000, np.int64)


def household_percent(rng: np.random.Generator, pay: Float64, size: Float64) -> Int64:
    """Household income in percent of the median for its size (기준 중위소득 2024, about 2.23 M won for one)."""
    median = 2.23 * np.clip(size, 1, 6) ** 0.68
    other = rng.lognormal(np.log(0.45), 0.6, len(pay)) * np.sqrt(size)
    return np.asarray(np.clip(np.round(100 * (pay / 1e6 + other) / median), 3, 900), np.int64)


def care_grades(rng: np.random.Generator, count: int) -> Int64:
    """Long-term care grades 1 to 6 as they are given (국민건강보험공단, 노인장기요양보험통계연보; shares recalled)."""
    return np.asarray(rng.choice(6, size=count, p=[0.05, 0.09, 0.27, 0.43, 0.12, 0.04]) + 1, np.int64)
