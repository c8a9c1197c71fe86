"""Groups of people: rules over facts, judged as programmes are, and everything wrong with them told at once."""

from __future__ import annotations

from datetime import date

import pytest

from composition import reading
from composition.settings import country_folder
from features.calendar import day_of
from features.problem import Rejected
from features.snapshot import from_facts
from recommender.rules.people_group import membership, parse_groups
from tests.recommender.catalogues import DECLARATION, load

NO, UNKNOWN, YES = 0, 1, 2
DAY = date(2026, 6, 30)


def judged(groups, facts):
    person = from_facts(DECLARATION, facts, DECLARATION.zone.end_of_day(DAY))
    regions = reading.read_regions()
    return membership(groups, person, regions, day_of(DAY)).tolist()


def test_a_person_is_of_a_group_of_the_rest_or_of_neither():
    groups = parse_groups(load("data/countries/kr/declaration/groups.yaml"), ("groups.yaml",), DECLARATION)
    assert [group.name for group in groups[:3]] == ["older", "young", "low_income"]
    assert judged(groups[:3], {"birth_date": "1950-01-01", "income_percent": 70}) == [[YES, NO, NO]]
    assert judged(groups[:3], {"birth_date": "2000-01-01", "income_percent": 50}) == [[NO, YES, YES]]
    assert judged(groups[:3], {"birth_date": "2000-01-01"}) == [[NO, YES, UNKNOWN]]


def test_groups_keep_the_order_in_which_they_are_declared():
    rule = {"fact": "disabled", "is": True}
    document = {"groups": {"z": {"who": rule}, "a": {"who": {"not": rule}, "label": {"ko": "가", "en": "A"}}}}
    groups = parse_groups(document, ("groups.yaml",), DECLARATION)
    assert [(group.name, group.label.get("en")) for group in groups] == [("z", ""), ("a", "A")]
    assert judged(groups, {"disabled": True}) == [[YES, NO]]


def test_everything_wrong_with_groups_is_told_at_once():
    document = {"groups": {"a": {"who": {"fact": "agee", "is": 3}}, "b": {"label": "B"}, "c": {"who": {}, "whom": 1}}}
    with pytest.raises(Rejected) as refused:
        parse_groups(document, ("groups.yaml",), DECLARATION)
    told = {problem.path[:3] for problem in refused.value.problems}
    assert told >= {("groups.yaml", "groups", name) for name in "abc"}
    assert "agee" in str(refused.value)


@pytest.mark.parametrize("country", ["kr", "fr"])
def test_the_groups_that_are_shipped_can_be_read(country):
    folder = country_folder(country)
    declaration = reading.read_declaration(country=folder)
    document = reading.read_yaml(folder.declaration / "groups.yaml")
    groups = parse_groups(document, ("groups.yaml",), declaration, reading.read_regions(country=folder))
    languages = declaration.country.languages
    assert len(groups) >= 4
    assert all(group.label.get(language) for group in groups for language in languages)
