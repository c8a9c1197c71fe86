"""How small the privacy unit may be is decided on the declaration."""

from __future__ import annotations

import datetime

from composition.reading import read_declaration
from features.declaration.declaration import declare
from privacy.unit import PrivacyUnit, groups_people, readers_of_others, smallest

TOP = {"zone": "UTC", "epoch": datetime.date(1900, 1, 1)}


def declared(types, features, facts=None):
    return declare({**TOP, "types": types}, {"facts": facts or {}}, {"features": features})


MOVED = {"life.moved": {"complete_from": "never"}}
MARRIED = {"life.married": {"roles": ["spouse"], "complete_from": "never"}, **MOVED}


def test_a_feature_that_may_hear_of_an_event_as_somebodys_relative_reads_anothers_event():
    weddings = {"weddings": {"count": "life.married", "window": "P1Y"}}
    found = declared(MARRIED, weddings)
    assert readers_of_others(found) == ("weddings",)
    assert smallest(found) is PrivacyUnit.HOUSEHOLD


def test_a_feature_of_ones_own_part_alone_reads_nobody_elses_event():
    own = {"weddings": {"count": "life.married", "role": "subject", "window": "P1Y"}}
    found = declared(MARRIED, own | {"moves": {"count": "life.moved", "window": "P1Y"}})
    assert readers_of_others(found) == ()
    assert smallest(found) is PrivacyUnit.PERSON


def test_a_fact_that_follows_from_anothers_event_counts_too():
    facts = {
        "wed": {
            "type": "boolean", "purpose": ["ranking"], "question": {"en": "Wed?"}, "share": 5,
            "states": [{"event": "life.married", "gives": True}],
        }
    }  # fmt: skip
    assert readers_of_others(declared(MARRIED, {}, facts)) == ("wed",)


def test_the_declaration_shipped_protects_households_because_births_are_told_of_both_parents():
    shipped = read_declaration()
    assert {"children", "births_24m"} <= set(readers_of_others(shipped))
    assert "age" not in readers_of_others(shipped)
    assert smallest(shipped) is PrivacyUnit.HOUSEHOLD


def test_without_roles_nobody_knows_who_belongs_with_whom():
    assert not groups_people(declared(MOVED, {}))
    assert groups_people(declared(MARRIED, {}))
