"""Illness, disability, care and disaster, month by month."""

from __future__ import annotations

from data.synthetic.living import LifeCourse
from data.synthetic.random_streams import chosen, happens
from data.synthetic.residents import NOT_BORN, care_grades


def fall_ill(life: LifeCourse) -> None:
    """Illnesses, infertility, disabilities and long-term care grades."""
    people, rng = life.people, life.rng
    ill = happens(rng, life.weights("illnesses_diagnosed", people.alive), life.expected("illnesses_diagnosed"))
    life.enter("life.illness_diagnosed", ill)
    people.ill[ill] = True
    trying = (people.spouse >= 0) & ((people.children != NOT_BORN).sum(axis=1) < 2)
    life.enter(
        "life.infertility_diagnosed",
        happens(rng, life.weights("infertility_diagnosed", trying), life.expected("infertility_diagnosed")),
    )
    disabled = happens(
        rng, life.weights("disabilities_registered", ~people.disabled), life.expected("disabilities_registered")
    )
    severe = chosen(rng, disabled, life.rates.shares["severe_among_disabled"])
    life.enter("life.disability_registered", disabled, severe)
    people.disabled[disabled], people.severe[disabled] = True, severe
    graded = happens(rng, life.weights("care_graded", people.alive), life.expected("care_graded"))
    grade = care_grades(rng, len(graded))
    life.enter("life.long_term_care_graded", graded, grade)
    people.care_grade[graded] = grade


def strike(life: LifeCourse) -> None:
    """Floods, fires and typhoons hit households, mostly in summer."""
    season = 3.0 if life.months.calendar_month(life.month) in (7, 8, 9) else 1 / 3
    life.enter("life.disaster_struck", happens(life.rng, life.people.alive * 1.0, season * life.expected("disasters")))
