"""Two catalogues on a day touch whoever they judge otherwise, as each judges that person alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import date_of
from recommender.changes.rule_difference import KINDS, RuleDifference, changed_rules, in_force_since
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import clause_document
from recommender.rules.compiled import compile_catalogue
from recommender.rules.working_days import WEEKENDS_ONLY
from tests.examples import examples
from tests.recommender.catalogues import COLUMNS, DAY, DECLARATION, REGIONS, clauses, document, people
from tests.recommender.reach.test_rule_reach import snapshots

OLD = {"fact": "age", "at_least": 65}
TERMS = REGIONS, WEEKENDS_ONLY
HOW = {
    (1, 2): "gained", (0, 2): "gained", (2, 1): "lost", (2, 0): "lost", (0, 1): "opened", (1, 0): "closed",
}  # fmt: skip


def held(*documents):
    return catalogue([(f"{place}.yaml", one) for place, one in enumerate(documents)], DECLARATION, REGIONS)


def answer_of(programmes, name, everybody):
    rules = compile_catalogue(programmes, COLUMNS, DECLARATION, REGIONS, DAY)
    places = {one.id: place for place, one in enumerate(programmes.programmes)}
    if name not in places:
        return [0] * len(everybody)
    return rules.answers(everybody.values, 1, everybody.members)[:, places[name]].tolist()


@examples(40)
@given(clauses(depth=4), clauses(depth=4), st.booleans(), st.lists(people(), min_size=1, max_size=6))
def test_everybody_is_touched_as_the_two_answers_differ(before, after, verified, persons):
    old = held(document("t.a", clause_document(before)), document("t.gone", OLD))
    new = held(document("t.a", clause_document(after), verified=verified), document("t.new", OLD))
    everybody, names = snapshots(persons), changed_rules(old, new)
    found = RuleDifference.on(DAY, (old, new), names, everybody, TERMS).touched(everybody)
    for place, name in enumerate(names):
        both = zip(answer_of(old, name, everybody), answer_of(new, name, everybody), strict=True)
        told = [KINDS[kind - 1] if kind else None for kind in found[:, place].tolist()]
        assert told == [HOW.get(answers) for answers in both]


def test_only_programmes_that_may_judge_otherwise_are_looked_at():
    old = held(document("t.a", OLD), document("t.b", OLD), document("t.c", OLD), document("t.d", OLD))
    new = held(
        document("t.a", OLD, effort_minutes=5), document("t.b", OLD, verified=False),
        document("t.c", OLD, valid={"from": "2026-01-01"}), document("t.e", OLD),
    )  # fmt: skip
    assert changed_rules(old, new) == ("t.b", "t.c", "t.d", "t.e")


def versions(*texts):
    written = [{"who": who, "valid": valid} for who, valid in texts]
    return {**document("t.a", OLD), "versions": written}


NEWER = {"fact": "age", "at_least": 60}


@pytest.mark.parametrize(
    ("old", "new", "since"),
    [
        ([(OLD, {"from": "2020-01-01"})],
         [(OLD, {"from": "2020-01-01", "until": "2026-06-30"}), (NEWER, {"from": "2026-07-01"})], "2026-07-01"),
        ([(OLD, {"from": "2020-01-01"})], [(OLD, {"from": "2020-01-01", "until": "2026-06-30"})], "2026-07-01"),
        ([(OLD, {"from": "2020-01-01"})], [(NEWER, {"from": "2020-01-01"})], "2020-01-01"),
        ([(OLD, {"from": "2020-01-01"})], [(OLD, {"from": "2020-01-01"})], None),
        ([(OLD, {"until": "2030-01-01"})], [(NEWER, {"until": "2030-01-01"})], None),
    ],
)  # fmt: skip
def test_a_change_says_since_when_it_holds(old, new, since):
    found = in_force_since("t.a", held(versions(*old)), held(versions(*new)))
    assert (None if found is None else date_of(found).isoformat()) == since
