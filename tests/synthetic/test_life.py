"""Lives: how many of what, beside the published figures they are drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.kinds import TYPE
from data.synthetic.life import live
from data.synthetic.months import WARM_UP, ages_on, months
from data.synthetic.population import people
from data.synthetic.random_streams import RandomStreams
from data.synthetic.rates import published, rates
from data.synthetic.residents import NOT_BORN, SPOUSE

CITIZENS = 12_000


@pytest.fixture(scope="module")
def figures():
    return rates(published())


@pytest.fixture(scope="module")
def start(figures):
    return people(figures, RandomStreams(11), CITIZENS, months(24).starts[0])


@pytest.fixture(scope="module")
def course(figures):
    return live(figures, months(24), RandomStreams(11), CITIZENS)


def happened(course, kind):
    events = course.events.of(kind)
    return events.take(events.when >= course.months.begin)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("life.child_born", "births"),
        ("life.married", "marriages"),
        ("life.divorced", "divorces"),
        ("life.moved", "movers"),
        ("life.job_lost", "jobs_left"),
        ("life.retired", "retirements"),
        ("life.business_opened", "businesses_opened"),
        ("life.business_closed", "businesses_closed"),
        ("life.illness_diagnosed", "illnesses_diagnosed"),
        ("life.disability_registered", "disabilities_registered"),
        ("life.long_term_care_graded", "care_graded"),
        ("life.infertility_diagnosed", "infertility_diagnosed"),
    ],
)
def test_as_much_happens_in_a_year_as_is_published(course, figures, kind, name):
    span = course.months
    logged = range(WARM_UP, WARM_UP + span.logged)
    expected = sum(figures.count(name, span.year(m), CITIZENS, span.days(m)) for m in logged)
    assert abs(len(happened(course, kind)) - expected) < 0.13 * expected + 3.5 * expected**0.5


def test_as_many_die_as_is_published_and_nothing_happens_to_them_afterwards(course, figures):
    span = course.months
    dead = (course.died >= span.begin) & (course.died < span.end)
    expected = sum(figures.count("deaths", span.year(m), CITIZENS, span.days(m)) for m in range(WARM_UP, WARM_UP + 24))
    assert abs(dead.sum() - expected) < 4 * expected**0.5
    assert (course.events.when <= course.died[course.events.person]).all()


def test_one_household_in_three_is_somebody_alone(start):
    sizes = np.bincount(start.household) + start.households.small
    assert (sizes == 1).mean() == pytest.approx(0.355, abs=0.02)
    assert sizes.mean() == pytest.approx(2.21, abs=0.1)


def test_work_and_unemployment_stay_as_published(course):
    for standing in (course.standings[0], course.standings[-1]):
        alive = standing.alive
        working = (standing.work[alive] > 0).mean()
        seeking = standing.seeking[alive].sum()
        assert working == pytest.approx(0.63, abs=0.05)
        assert seeking / (seeking + (standing.work[alive] > 0).sum()) == pytest.approx(0.027, abs=0.008)


def test_there_are_as_many_citizens_as_asked_for_none_below_fourteen(start):
    ages = ages_on(start.born, months(24).starts[0])
    assert len(start) == CITIZENS
    assert ages.min() >= 14
    assert (ages >= 65).mean() == pytest.approx(0.21, abs=0.04)


def test_spouses_are_each_others_spouse_and_live_together(start):
    married = np.flatnonzero(start.spouse >= 0)
    assert (start.spouse[start.spouse[married]] == married).all()
    assert (start.household[start.spouse[married]] == start.household[married]).all()
    assert (start.spouse[start.role == SPOUSE] >= 0).all()


def test_parents_are_old_enough_for_their_children(start):
    has = start.children != NOT_BORN
    gap = (start.children - start.born[:, None])[has] / 365.2425
    assert (gap > 13).mean() > 0.99


def test_children_are_born_after_a_registered_pregnancy(course):
    born = happened(course, "life.child_born")
    late = born.take(born.when > course.months.begin + 300 * 86_400)
    registered = course.events.of("life.pregnancy_registered")
    mothers = set(registered.person.tolist())
    assert len(late) > 20
    assert all(person in mothers for person in late.person.tolist())


def test_school_begins_in_march_and_ends_in_february(course):
    for kind, month in (("life.school_entered", 3), ("life.school_left", 2)):
        when = happened(course, kind).when
        found = (when + 9 * 3600).astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12 + 1
        assert len(found) > 50
        assert set(found.tolist()) == {month}


def test_the_other_one_of_a_marriage_or_birth_is_somebody(course):
    assert (course.events.of("life.married").other >= 0).all()
    assert (course.events.of("life.married").other != course.events.of("life.married").person).all()
    births = course.events.of("life.child_born")
    assert len(set(births.child.tolist())) == len(births)
    assert (births.kind == TYPE["life.child_born"]).all()
