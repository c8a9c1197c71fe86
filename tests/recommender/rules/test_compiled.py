from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.value import UNKNOWN
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Answer, Compare, clause_document, compares
from recommender.rules.compiled import compile_catalogue
from recommender.rules.programme import KINDS
from recommender.rules.programme_reader import parse_programme
from recommender.rules.rule_lowering import plainest
from recommender.rules.rule_oracle import Oracle
from tests.examples import examples
from tests.recommender.catalogues import (
    CODES,
    COLUMNS,
    DAY,
    DECLARATION,
    REGIONS,
    clauses,
    document,
    loaded,
    people,
    row,
)

ORACLE = Oracle(DECLARATION, REGIONS, DAY)
KIND_SETS = st.sampled_from([KINDS[:1], KINDS[:1], KINDS[:1], KINDS[1:2], KINDS[::2]])


@st.composite
def programmes(draw, name):
    who = {kind: clause_document(draw(clauses(depth=5))) for kind in draw(KIND_SETS)}
    valid = draw(st.sampled_from([{}, {}, {"until": "2026-10-31"}, {"until": "2026-10-30"}, {"from": "2026-11-01"}]))
    made = document(name, who, verified=draw(st.booleans()), valid=valid)
    return parse_programme(made, name, DECLARATION, REGIONS)


catalogues = st.tuples(*(programmes(f"t.{letter}") for letter in "ab"))


def compiled(*made, columns=COLUMNS, day=DAY):
    return compile_catalogue(Catalogue(tuple(made)), columns, DECLARATION, REGIONS, day)


def values(*persons):
    return np.array([row(person) for person in persons], dtype=np.int64)


@examples(40)
@given(catalogues, st.lists(st.tuples(people(), st.integers(0, 7)), min_size=1, max_size=5))
def test_compiled_rules_answer_as_the_oracle_does(made, asked):
    answers = compiled(*made).answers(values(*(person for person, _ in asked)), np.array([mask for _, mask in asked]))
    expected = [
        [int(ORACLE.programme(programme, dict(zip(COLUMNS, row(person), strict=True)).__getitem__, mask))
         for programme in made]
        for person, mask in asked
    ]  # fmt: skip
    assert answers.tolist() == expected


@examples(20)
@given(catalogues, people(), st.permutations(range(2)))
def test_the_order_of_programmes_does_not_change_their_answers(made, person, order):
    straight = compiled(*made).answers(values(person), 7)[0]
    shuffled = compiled(*(made[i] for i in order)).answers(values(person), 7)[0]
    assert shuffled.tolist() == [straight[i] for i in order]


@examples(30)
@given(catalogues, people(), people())
def test_a_fact_given_later_never_turns_yes_into_no_or_no_into_yes(made, person, later):
    known = {name: later[name] if value == UNKNOWN else value for name, value in person.items()}
    before, after = compiled(*made).answers(values(person, known), 7)
    settled = before != Answer.UNKNOWN
    assert before[settled].tolist() == after[settled].tolist()


@given(clauses(), people())
def test_one_comparison_asked_of_one_value_answers_as_the_oracle_does(clause, person):
    several = compiled()
    for compare in compares(clause):
        value = person.get(compare.fact, UNKNOWN)
        assert several.compare(compare, value) == ORACLE.compare(compare, value)


def test_more_people_than_fit_a_word_are_each_judged_alone():
    made = parse_programme(document("t.a", {"fact": "age", "at_least": 65}), "t", DECLARATION, REGIONS)
    ages = np.arange(200) % 131
    persons = values(*({"age": int(age)} for age in ages))
    masks = np.where(np.arange(200) % 7 == 0, 2, 1)
    expected = np.where((ages >= 65) & (masks == 1), 2, 0)
    assert compiled(made).answers(persons, masks)[:, 0].tolist() == expected.tolist()


def test_nobody_at_all_is_judged_without_complaint():
    assert compiled().answers(np.empty((0, len(COLUMNS)), dtype=np.int64)).shape == (0, 0)


def test_columns_of_another_width_are_refused():
    with pytest.raises(ValueError, match="columns compiled for"):
        compiled().answers(np.zeros((2, 3), dtype=np.int64))


def test_a_fact_without_a_column_is_unknown_of_everyone():
    made = parse_programme(document("t.a", {"fact": "receives.t.z", "is": True}), "t", DECLARATION, REGIONS)
    assert compiled(made).answers(values({}), 1).tolist() == [[Answer.UNKNOWN]]


def test_equal_rules_are_kept_once_and_trivial_ones_folded_away():
    farmer = {"fact": "farmer", "is": True}
    plain = loaded(document("t.a", farmer), document("t.b", farmer))
    folded = [
        {"all": [farmer]},
        {"any": [farmer, farmer]},
        {"all": [farmer, {"all": []}]},
        {"not": {"not": farmer}},
        {"any": [{"all": [farmer]}, {"not": {"all": []}}]},
    ]
    wrapped = loaded(*(document(f"t.{i}", who) for i, who in enumerate(folded)))
    for one in (plain, wrapped):
        program = compile_catalogue(one, COLUMNS, DECLARATION, REGIONS, DAY)
        assert len(program.plan.atoms) == 1
        assert len(set(program.plan.roots[0].tolist())) == 1


@examples(20)
@given(st.sampled_from([DAY, DAY - 200]))
def test_the_table_of_regions_holds_what_containment_says(day):
    made = [
        parse_programme(document(f"t.{code}", {"fact": "region", "is": str(code)}), "t", DECLARATION, REGIONS)
        for code in CODES
    ]
    two = [parse_programme(document("t.two", {"fact": "region", "in": [11, 28155]}), "t", DECLARATION, REGIONS)]
    answers = compiled(*made, *two, day=day).answers(values(*({"region": code} for code in CODES)))
    expected = [
        [REGIONS.relation(person, [code], day) for code in CODES] + [REGIONS.relation(person, [11, 28155], day)]
        for person in CODES
    ]
    assert answers.tolist() == expected


def test_an_interval_nothing_lies_in_is_no_once_the_fact_is_known():
    never = Compare("age", "above", 30, (("below", 20),))
    program = compiled()
    assert program.test(never).intervals == ()
    assert [program.compare(never, value) for value in (UNKNOWN, 25)] == [Answer.UNKNOWN, Answer.NO]
    made = parse_programme(document("t.a", clause_document(never)), "t", DECLARATION, REGIONS)
    assert compiled(made).answers(values({}, {"age": 25})).tolist() == [[Answer.UNKNOWN], [Answer.NO]]


def test_neighbouring_values_of_a_list_become_one_interval():
    listed = Compare("care_grade", "in", (5, 1, 2, 3))
    assert plainest(listed, DECLARATION).intervals == ((1, 3), (5, 5))


def test_children_meet_two_bounds_only_if_one_child_meets_both():
    between = Compare("child_ages", "at_least", 3, (("at_most", 5),))
    program = compiled()
    assert program.compare(between, 1 << 2 | 1 << 6) == Answer.NO
    assert program.compare(between, 1 << 4) == Answer.YES


def test_the_columns_read_are_those_of_rules_in_force():
    made = loaded(
        document("t.a", {"all": [{"fact": "age", "at_least": 1}, {"fact": "region", "is": 11}]}),
        document("t.b", {"fact": "farmer", "is": True}, valid={"until": "2026-10-30"}, ended=True),
    )
    program = compile_catalogue(made, COLUMNS, DECLARATION, REGIONS, DAY)
    assert [COLUMNS[place] for place in program.columns_read] == ["age", "region"]
