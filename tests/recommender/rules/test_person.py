from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from features.calendar import date_of, day_of
from features.declaration.declaration import declare
from features.log.event_parser import parse_event
from features.log.history import history_of
from features.snapshot import Occurrence, known, known_from_facts
from features.value import identifier_code
from recommender.rules.catalogue import Catalogue
from recommender.rules.person import Person, held_programmes
from tests.recommender.catalogues import KOREA

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def declaration():
    folder = ROOT / "data" / "countries" / "kr" / "declaration"
    *read, household = (
        yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("events", "facts", "features", "household")
    )
    return declare(*read, KOREA, household)


def logged(declaration, *documents):
    base = {"specversion": "1.0", "source": "registry", "recordedtime": "2026-09-10T00:00:00Z"}
    return history_of(
        [parse_event({**base, "id": str(i), **one}, declaration, now=2_000_000_000) for i, one in enumerate(documents)],
        declaration,
    )


BORN = {
    "subject": "c1",
    "type": "life.child_born",
    "time": "2026-08-31T16:00:00Z",  # 1 September in Seoul
    "data": {"about": [{"person": "c1", "role": "parent"}, {"person": "k1", "role": "child"}]},
}
MOVED = {"subject": "c1", "type": "life.moved", "time": "2026-09-05T00:00:00Z", "data": {"region": "11440"}}
MARRIED = {
    "subject": "c1",
    "type": "life.married",
    "time": "2026-09-06T00:00:00Z",
    "data": {"about": [{"person": "c2", "role": "spouse"}]},
}
STATED = {"subject": "c1", "type": "fact.stated", "time": "2026-09-07T00:00:00Z", "data": {"sex": "female"}}
NOW = 1_793_458_800  # the end of 31 October 2026 in Seoul


def occurrences_of(rows, who, t, declaration):
    return known(declaration, rows, who, t).occurrences


def test_an_event_of_the_log_happens_on_its_local_day_to_those_whose_event_it_is(declaration):
    rows = logged(declaration, BORN, MOVED, MARRIED, STATED)
    told = [(one.event, one.day) for one in occurrences_of(rows, "c1", NOW, declaration)]
    assert [event for event, _ in told] == ["life.child_born", "life.moved", "life.married"]
    assert told[0][1] == day_of(date(2026, 9, 1))
    assert "life.child_born" not in [one.event for one in occurrences_of(rows, "k1", NOW, declaration)]
    assert [one.event for one in occurrences_of(rows, "c2", NOW, declaration)] == ["life.married"]
    assert occurrences_of(rows, "nobody", NOW, declaration) == ()


def test_an_event_recorded_later_has_not_happened_yet(declaration):
    rows = logged(declaration, BORN)
    before = declaration.zone.end_of_day(date(2026, 9, 5))
    assert occurrences_of(rows, "c1", before, declaration) == ()


def test_an_event_that_was_retracted_has_not_happened(declaration):
    retraction = {"subject": "c1", "type": "event.retracted", "time": "2026-09-09T00:00:00Z",
                  "recordedtime": "2026-09-20T00:00:00Z", "data": {"source": "registry", "id": "0"}}  # fmt: skip
    rows = logged(declaration, MOVED, retraction)
    between_them = declaration.zone.end_of_day(date(2026, 9, 15))
    assert len(occurrences_of(rows, "c1", between_them, declaration)) == 1
    assert occurrences_of(rows, "c1", NOW, declaration) == ()


class Programme:
    def __init__(self, name, *excludes):
        self.id, self.excludes = name, excludes
        self.formerly = self.succeeds = self.renews = ()


def test_what_is_held_comes_from_statements_and_from_the_log_as_far_as_the_catalogue_names_it(declaration):
    catalogue = Catalogue((Programme("t.auto", "t.baby"), Programme("t.men")))
    stated = {"receives.t.baby": True, "receives.t.men": False, "receives.t.none": True, "sex": "male"}
    found = known_from_facts(declaration, stated, NOW)
    assert found.holdings == {identifier_code("t.baby"), identifier_code("t.none")}
    assert held_programmes(catalogue, found) == {"t.baby"}
    granted = MOVED | {"type": "benefit.granted", "data": {"programme": "t.auto"}}
    assert held_programmes(catalogue, known(declaration, logged(declaration, granted), "c1", NOW)) == {"t.auto"}
    assert held_programmes(catalogue, known(declaration, logged(declaration, granted), "c2", NOW)) == frozenset()


def test_a_person_is_what_is_known_and_who_asks(declaration):
    found = known(declaration, logged(declaration, MOVED), "c1", NOW)
    person = Person(found)
    assert (person.snapshot, person.occurrences, person.applicant) == (found.snapshot, found.occurrences, 1)


def test_the_latest_stated_birth_tells_of_a_birth_and_no_children_of_none(declaration):
    def told(**facts):
        return known_from_facts(declaration, facts, NOW).occurrences

    assert told(children=["2020-01-01", "2026-09-01"]) == (Occurrence("life.child_born", day_of(date(2026, 9, 1))),)
    assert told(children=[]) == told() == told(children=["2026-10-31"])[1:] == ()


def test_payments_for_children_count_those_whom_the_person_raises(declaration):
    def ages(**facts):
        found = Person(known_from_facts(declaration, facts, NOW)).children(NOW)
        return [age for age, _ in found.ages], found.whole

    def member(relation, born, **more):
        return {"relation": relation, "birth_date": born, **more}

    today = declaration.zone.today(NOW)
    two_years = date_of(today - 731).isoformat()
    assert ages(children=[two_years]) == ([24], True)
    both = [member("child", two_years, raises=False), member("grandchild", two_years, raises=True)]
    assert ages(household={"complete": True, "members": both}) == ([24], True)
    assert ages(household={"members": both[1:]}) == ([24], False)
    assert ages(children=[], minor_caretaker=True) == ([], False)
