from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.rules.clause import Answer
from tests.examples import examples
from tests.recommender.catalogues import COLUMNS, people
from tests.recommender.rules.test_compiled import catalogues, compiled, values


def left_of(rules, person, columns):
    own = rules.judged(values(person), 7)
    places = np.flatnonzero(own.answers(rules.plan)[0] == Answer.UNKNOWN)
    return own, own.open_rules(rules.plan, places, columns, rules.region_columns)


@examples(60)
@given(catalogues, people())
def test_where_no_answer_changes_anything_nothing_but_what_counts_members_is_left(made, person):
    rules = compiled(*made)
    _, left = left_of(rules, person, np.zeros(len(COLUMNS), bool))
    assert all(rules.plan.atoms[left.atoms, 0] == 3)
    if not len(left.atoms):
        assert not len(left.ops)
        assert np.all(left.held_maybe != 0)


@examples(60)
@given(catalogues, people(), st.lists(st.booleans(), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_what_is_left_says_of_the_person_what_all_rules_say(made, person, columns):
    rules = compiled(*made)
    own, left = left_of(rules, person, np.array(columns))
    roots, every = left.roots, ~np.uint64(0)
    yes = np.where(roots >= 0, left.yes[roots], 0).max(axis=1, initial=0) if len(left.yes) else left.held_yes
    assert set(np.concatenate([left.yes, left.maybe, left.held_yes, left.held_maybe]).tolist()) <= {0, int(every)}
    assert np.all(left.parts < np.repeat(len(left.atoms) + np.arange(len(left.ops)), np.diff(left.starts)))
    capped = rules.plan.capped[np.flatnonzero(own.answers(rules.plan)[0] == Answer.UNKNOWN)]
    assert not np.any((yes | left.held_yes)[~capped])


@examples(60)
@given(catalogues, st.lists(people(), min_size=1, max_size=64))
def test_people_judged_once_are_answered_as_they_are_one_by_one(made, several):
    rules = compiled(*made)
    found = rules.judged(values(*several), 7)
    assert found.answers(rules.plan).tolist() == rules.answers(values(*several), 7).tolist()
