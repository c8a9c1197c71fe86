"""Births, marriages, divorces and deaths, month by month."""

from __future__ import annotations

import numpy as np

from data.synthetic.living import GESTATION_LEFT, LAST_SECOND, LifeCourse
from data.synthetic.months import in_office, seconds_of
from data.synthetic.random_streams import chosen, happens
from data.synthetic.residents import EMPLOYED, HEAD, NOT_BORN, SPOUSE
from features.arrays import Float64, Int64


def die(life: LifeCourse) -> None:
    """Deaths: the spouse is widowed, the others of the household lose a relative, the dead have no more events."""
    people = life.people
    weights = np.where(
        people.female, life.weights("deaths_of_women", people.alive), life.weights("deaths_of_men", people.alive)
    )
    dead = happens(life.rng, weights, life.expected("deaths"))
    when = seconds_of(life.days_for(dead)) + life.rng.integers(0, LAST_SECOND, len(dead))
    people.alive[dead], people.died[dead] = False, when
    spouses = people.spouse[dead]
    left = (spouses >= 0) & people.alive[spouses]
    life.ledger.add("life.widowed", spouses[left], when[left])
    people.widowed[spouses[left]] = True
    people.spouse[spouses[left]] = -1
    life.changed(dead)
    at = np.full(len(people.households.region), -1, np.int64)
    at[people.household[dead]] = when
    kin = np.flatnonzero(people.alive & (at[people.household] >= 0) & (people.role != 4))
    kin = kin[~np.isin(kin, spouses)]
    life.ledger.add("life.relative_died", kin, at[people.household[kin]])


def lose_relatives(life: LifeCourse) -> None:
    """Deaths of parents, brothers and sisters who live elsewhere."""
    life.enter(
        "life.relative_died",
        happens(life.rng, life.weights("relatives_died", life.people.alive), life.expected("relatives_died")),
    )


def _fertile(life: LifeCourse, age: Int64) -> Float64:
    """How likely each woman is to give birth at that age: mostly the married, the fewer children the likelier."""
    people = life.people
    parity = np.array([1.5, 1.0, 0.28, 0.12, 0.05, 0.02, 0.0])[(people.children != NOT_BORN).sum(axis=1)]
    weights = (
        life.rates.by_age["births"](age) * parity * (people.female & people.alive & (people.pregnant_until < life.day))
    )
    outside = life.rates.shares["births_outside_marriage"]
    married = people.spouse >= 0
    inside, single = weights[married].sum(), weights[~married].sum()
    scale = np.where(married, (1 - outside) / max(inside, 1e-9), outside / max(single, 1e-9))
    return np.asarray(weights * scale)


def conceive(life: LifeCourse) -> None:
    """Pregnancies registered now, whose children are born seven months on; one in ten ends before."""
    people, months = life.people, life.months
    mothers = happens(life.rng, _fertile(life, life.age), life.expected("births") + life.expected("pregnancies_lost"))
    when = life.enter("life.pregnancy_registered", mothers)
    people.pregnant_until[mothers] = (when + 9 * 3600) // 86_400 + life.rng.integers(185, 235, len(mothers))
    lost = mothers[chosen(life.rng, mothers, 0.1)]
    ended = life.day + months.days(life.month) + life.rng.integers(0, 90, len(lost))
    seen = ended < months.starts[-1]
    life.ledger.add("life.pregnancy_ended", lost[seen], in_office(life.rng, ended[seen]))
    people.pregnant_until[lost] = -1


def give_birth(life: LifeCourse) -> None:
    """Births of the pregnancies that are due; before any pregnancy was simulated, of mothers drawn directly."""
    people = life.people
    end = life.day + life.months.days(life.month)
    if life.month < GESTATION_LEFT:
        mothers = happens(life.rng, _fertile(life, life.age), life.expected("births"))
        days = life.days_for(mothers)
    else:
        mothers = np.flatnonzero((people.pregnant_until >= life.day) & (people.pregnant_until < end) & people.alive)
        days = people.pregnant_until[mothers]
    _born(life, mothers, days)


def _born(life: LifeCourse, mothers: Int64, days: Int64) -> None:
    people = life.people
    when = seconds_of(days) + life.rng.integers(0, LAST_SECOND, len(mothers))
    fathers = people.spouse[mothers]
    life.ledger.add("life.child_born", mothers, when, 0, fathers, life.ledger.children_numbers(len(mothers)))
    people.add_child(mothers, days)
    people.add_child(fathers[fathers >= 0], days[fathers >= 0])
    np.add.at(people.households.small, people.household[mothers], 1)
    people.pregnant_until[mothers] = -1
    life.changed(mothers)
    _take_leave(life, mothers, when, "mothers_on_leave")
    _take_leave(life, fathers[fathers >= 0], when[fathers >= 0], "fathers_on_leave")


def _take_leave(life: LifeCourse, parents: Int64, born: Int64, share: str) -> None:
    """Parental leave of employed parents: within three months of the birth, for six to twelve months."""
    people, end = life.people, life.months.end
    rows = (
        chosen(life.rng, parents, life.rates.shares[share])
        & (people.work[parents] == EMPLOYED)
        & ~people.on_leave[parents]
    )
    begin = born[rows] + life.rng.integers(5, 95, int(rows.sum())) * 86_400
    finish = begin + life.rng.integers(180, 366, int(rows.sum())) * 86_400
    who = parents[rows]
    life.ledger.add("life.parental_leave_started", who[begin < end], begin[begin < end])
    life.ledger.add("life.parental_leave_ended", who[finish < end], finish[finish < end])


def adopt(life: LifeCourse) -> None:
    """Adoptions by married couples of children up to three years old."""
    people = life.people
    parents = happens(
        life.rng,
        (people.female & people.alive & (people.spouse >= 0) & (life.age > 29) & (life.age < 50)) * 1.0,
        life.expected("adoptions"),
    )
    born = life.day - life.rng.integers(60, 1100, len(parents))
    life.enter("life.child_adopted", parents, born, people.spouse[parents], life.ledger.children_numbers(len(parents)))
    people.add_child(parents, born)
    people.add_child(people.spouse[parents], born)
    np.add.at(people.households.small, people.household[parents], 1)
    life.changed(parents)


def marry(life: LifeCourse) -> None:
    """Marriages between single people of the block, of about the same age; one of the two households stays."""
    people = life.people
    single = people.alive & (people.spouse < 0)
    brides = happens(life.rng, life.weights("brides", single & people.female), life.expected("marriages"))
    grooms_weights = life.weights("grooms", single & ~people.female)
    brides = brides[: int((grooms_weights > 0).sum())]
    if len(brides) == 0:
        return
    grooms = life.rng.choice(len(people), size=len(brides), replace=False, p=grooms_weights / grooms_weights.sum())
    brides, grooms = brides[np.argsort(people.born[brides])], grooms[np.argsort(people.born[grooms])]
    life.enter("life.married", brides, 0, grooms)
    people.spouse[brides], people.spouse[grooms] = grooms, brides
    people.widowed[brides] = people.widowed[grooms] = False
    _move_together(life, brides, grooms)


def _move_together(life: LifeCourse, brides: Int64, grooms: Int64) -> None:
    people, houses = life.people, life.people.households
    life.changed(brides)
    life.changed(grooms)
    hers = (people.role[brides] == HEAD) & (
        (people.role[grooms] != HEAD) | (houses.small[people.household[brides]] > 0)
    )
    host, guest = np.where(hers, brides, grooms), np.where(hers, grooms, brides)
    homeless = people.role[host] != HEAD
    life.new_households(host[homeless], host[homeless])
    life.enter("life.moved", host[homeless], people.households.region[people.household[host[homeless]]])
    people.household[guest] = people.household[host]
    people.role[guest] = SPOUSE
    life.enter("life.moved", guest, people.households.region[people.household[guest]])
    life.changed(host)


def divorce(life: LifeCourse) -> None:
    """Divorces: one of the two leaves; young children stay with the mother more often than not."""
    people = life.people
    wives = happens(life.rng, life.weights("divorces", people.female & (people.spouse >= 0)), life.expected("divorces"))
    husbands = people.spouse[wives]
    life.enter("life.divorced", wives, 0, husbands)
    people.spouse[wives] = people.spouse[husbands] = -1
    wife_leaves = chosen(life.rng, wives, 0.35)
    leaver, stayer = np.where(wife_leaves, wives, husbands), np.where(wife_leaves, husbands, wives)
    people.role[stayer] = HEAD
    life.new_households(leaver, stayer)
    life.enter("life.moved", leaver, people.households.region[people.household[leaver]])
