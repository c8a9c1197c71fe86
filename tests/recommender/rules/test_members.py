"""Clauses over members: the compiled rules answer as the oracle does, of lists that are whole and of open ones."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import date_of
from features.log.history import history_of
from features.members import joined
from features.problem import Rejected
from features.snapshot import from_facts, snapshots
from recommender.rules.catalogue import Catalogue, catalogue
from recommender.rules.catalogue_form import catalogue_from_json, catalogue_to_json
from recommender.rules.chance import chances
from recommender.rules.clause import Answer, clause_document
from recommender.rules.clause_reader import parse_clause
from recommender.rules.compiled import compile_catalogue
from recommender.rules.constant_clause import constant_clauses
from recommender.rules.question import ask_next
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle
from recommender.rules.verdict import judge
from tests.examples import examples
from tests.features.families import BEGIN, FAMILY, PERSONS, families, stated_households
from tests.recommender.catalogues import MESSAGES, ROOT

DAY = FAMILY.zone.today(BEGIN)
BORN = ("child", "foster", "grandchild", "spouse", "guardian")
DEFINED = json.loads((ROOT / "recommender/programme.schema.json").read_text())["$defs"]
SCHEMA = jsonschema.Draft202012Validator({"$defs": DEFINED, "$ref": "#/$defs/clause"})
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def _some(**fields):
    return st.fixed_dictionaries({}, optional=fields)


_ages = _some(
    below=st.sampled_from([0, 1, 2, 12, 24]), at_least=st.sampled_from([0, 1, 13]), at_most=st.integers(0, 30),
    above=st.sampled_from([0, 11]),
) | st.builds(lambda age: {"is": age}, st.integers(0, 3))  # fmt: skip
_days = st.sampled_from(["2015-01-01", "2016-01-01", "2018-02-28", "2020-01-31", "2020-02-29"])
_born = _some(
    below=_days, at_least=_days, at_most=_days, above=_days, within=st.sampled_from(["P2Y", "P30D", "P1M"])
)  # fmt: skip
_filters = _some(
    relation=st.lists(st.sampled_from(BORN), min_size=1, max_size=3), lives_with=st.booleans(), raises=st.booleans(),
    disabled=st.booleans(), months=_ages.filter(bool), age=_ages.filter(bool), born=_born.filter(bool),
    turns=_ages.filter(bool),
    nth=st.sampled_from([{"is": 1}, {"at_least": 2}, {"at_most": 1}, {"is": 2}]), youngest=st.just(True),
)  # fmt: skip
_unborn = st.just({"relation": ["unborn"]}) | _days.map(lambda day: {"relation": ["unborn"], "due": {"at_least": day}})
_counts = st.sampled_from(
    [{}, {"at_least": 1}, {"none": True}, {"some": True}, {"at_least": 2}, {"at_most": 1}, {"is": 1}, {"is": 0},
     {"at_least": 1, "at_most": 2}, {"above": 1}, {"below": 2}, {"at_least": 0}]
)  # fmt: skip
clauses = st.builds(lambda members, count: {"members": members, **count}, _filters | _filters | _unborn, _counts)


def programmes(*who):
    documents = [
        {
            "id": f"t.p{i}", "title": "t", "provider": {"id": "t", "name": "t"}, "category": "livelihood",
            "form": "cash", "who": clause, "source": {"text": "t"}, "verified": True,
        }
        for i, clause in enumerate(who)
    ]  # fmt: skip
    return catalogue([(one["id"], one) for one in documents], FAMILY, Regions())


def compiled(held, day=DAY):
    return compile_catalogue(held, FAMILY.columns, FAMILY, Regions(), day)


def agree(held, people):
    day = people.today()
    answers = compiled(held, day).answers(people.values, 1, people.members)
    for place in range(len(people)):
        row = people.row(place)
        oracle = Oracle(FAMILY, Regions(), day, members=row.members)
        assert [Answer(answer) for answer in answers[place].tolist()] == [
            oracle.programme(programme, row.value, 1) for programme in held.programmes
        ]


@examples(300)
@given(families(), st.lists(clauses, min_size=1, max_size=4))
def test_the_compiled_rules_agree_with_the_oracle_on_random_families_bit_for_bit(family, asked):
    events, t = family
    built = history_of(events, FAMILY)
    found = snapshots(FAMILY, built, built.rows_of((*PERSONS, "nobody")), np.full(len(PERSONS) + 1, t))
    agree(programmes(*asked), found)


def can_be(household):
    return sum(member["relation"] == "spouse" for member in household["members"]) < 2


@examples(200)
@given(stated_households().filter(can_be), st.none() | st.booleans(), st.lists(clauses, min_size=1, max_size=4))
def test_the_compiled_rules_agree_with_the_oracle_on_stated_households(household, caretaker, asked):
    facts = {"household": household} | ({} if caretaker is None else {"caretaker": caretaker})
    agree(programmes(*asked), from_facts(FAMILY, facts, BEGIN + 40 * 86_400))


@examples(100)
@given(clauses)
def test_a_clause_over_members_is_written_as_it_is_read(document):
    clause = parse_clause({**document, "why": {"en": "w"}, "axis": "a"}, (), FAMILY)
    assert parse_clause(clause_document(clause), (), FAMILY) == clause
    held = programmes(document)
    assert catalogue_from_json(catalogue_to_json(held)).programmes == held.programmes
    SCHEMA.validate(clause_document(held.programmes[0].who["citizen"]))


def answer(clause, facts):
    person = from_facts(FAMILY, facts, BEGIN)
    held = programmes(clause)
    agree(held, person)
    return Answer(int(compiled(held).answers(person.values, 1, person.members)[0, 0]))


def family(*members, complete=True):
    return {"household": {"complete": complete, "members": list(members)}}


def child(born=None, **more):
    return {"relation": "child", **({"birth_date": born} if born else {}), **more}


YOUNG = {"members": {"relation": "child", "months": {"below": 24}}}
NONE_YOUNG = {**YOUNG, "none": True}


@pytest.mark.parametrize(
    ("clause", "facts", "wanted"),
    [
        (YOUNG, {}, UNKNOWN),
        (NONE_YOUNG, {}, UNKNOWN),
        (YOUNG, {"children": []}, NO),
        (NONE_YOUNG, {"children": []}, YES),
        (YOUNG, family(complete=False), UNKNOWN),  # an open list never makes some no
        (NONE_YOUNG, family(complete=False), UNKNOWN),  # nor none yes
        (YOUNG, family(child("2019-12-31"), complete=False), YES),
        (NONE_YOUNG, family(child("2019-12-31"), complete=False), NO),
        (YOUNG, family(child()), UNKNOWN),  # one of unknown age may be one
        (NONE_YOUNG, family(child()), UNKNOWN),
        ({**YOUNG, "at_least": 2}, family(child(), child()), UNKNOWN),
        ({**YOUNG, "at_least": 3}, family(child(), child()), NO),
        ({**YOUNG, "at_most": 2}, family(child(), child()), YES),
        ({**YOUNG, "is": 2}, {"children": ["2019-12-31", "2019-12-31"]}, YES),
        ({"members": {"relation": ["child", "grandchild"], "raises": True}}, {"children": ["2019-12-31"]}, YES),
        ({"members": {"relation": ["grandchild"], "raises": True}}, {"children": ["2019-12-31"]}, UNKNOWN),
        ({"members": {"relation": ["grandchild"], "raises": True}}, {"caretaker": False}, NO),  # closed by a fact
        ({"members": {"relation": ["grandchild"]}}, {"caretaker": False}, UNKNOWN),
        ({"members": {"raises": False}}, family(child(raises=True)), NO),
        ({"members": {"lives_with": False}}, family(child()), UNKNOWN),
        ({"members": {"disabled": True}}, family(child(disabled=True)), YES),
    ],
)
def test_what_is_not_known_of_a_household_stays_unknown(clause, facts, wanted):
    assert answer(clause, facts) == wanted


BORN_2018 = {"members": {"relation": "child", "born": {"at_least": "2018-01-01", "at_most": "2018-12-31"}}}


@pytest.mark.parametrize(
    ("born", "wanted"), [("2017-12-31", NO), ("2018-01-01", YES), ("2018-12-31", YES), ("2019-01-01", NO)]
)
def test_a_transitional_clause_speaks_of_the_day_on_which_a_child_was_born(born, wanted):
    assert answer(BORN_2018, {"children": [born]}) == wanted


@pytest.mark.parametrize(("months", "wanted"), [(6, YES), (5, NO)])
def test_the_second_child_has_an_age_of_its_own(months, wanted):
    second = {"members": {"relation": "child", "nth": {"is": 2}, "months": {"below": months}}}
    assert answer(second, {"children": ["2017-07-31", "2019-08-15"]}) == wanted


def test_the_youngest_and_the_order_of_birth():
    youngest = {"members": {"relation": "child", "youngest": True, "age": {"is": 1}}}
    assert answer(youngest, {"children": ["2018-12-31", "2010-05-05"]}) == YES
    assert answer(youngest, {"children": ["2018-12-31", "2019-12-31"]}) == NO
    assert answer(youngest, family(child("2018-12-31"), complete=False)) == UNKNOWN
    third = {"members": {"relation": "child", "nth": {"at_least": 3}}}
    assert answer(third, {"children": ["2018-12-31", "2018-12-31"]}) == NO
    assert answer(third, {"children": ["2018-12-31", "2018-12-31", "2019-12-31"]}) == YES
    assert answer(third, family(child(), child(), complete=False)) == UNKNOWN


def test_counts_are_by_age_in_completed_years():
    under_two = {"members": {"relation": "child", "age": {"below": 2}}, "at_least": 2}
    assert answer(under_two, {"children": ["2018-02-28", "2019-12-31"]}) == YES
    assert answer(under_two, {"children": ["2018-01-31", "2019-12-31"]}) == NO


def test_an_expected_child_is_known_by_the_day_on_which_it_is_due():
    due = {"members": {"relation": "unborn", "due": {"at_most": "2020-08-31"}}}
    assert answer(due, family({"relation": "unborn", "due_date": "2020-08-01"})) == YES
    assert answer(due, family({"relation": "unborn", "due_date": "2020-09-01"})) == NO
    assert answer(due, family({"relation": "unborn"})) == UNKNOWN
    assert answer({"members": {"relation": "child"}}, family({"relation": "unborn"})) == NO
    assert answer({"members": {}}, family({"relation": "unborn"})) == NO  # nobody who is born


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"members": {"relation": ["chlid"]}}, "did you mean child"),
        ({"members": {"relation": ["child", "unborn"]}}, "mixes the born with the unborn"),
        ({"members": {"relation": ["unborn"], "months": {"below": 3}}}, "not born yet"),
        ({"members": {"relation": ["child"], "due": {"below": "2020-01-01"}}}, "not known of those who are born"),
        ({"members": {"months": {}}}, "compares nothing"),
        ({"members": {"months": {"below": -1}}}, "below 0"),
        ({"members": {"age": {"below": 900}}}, "above 155"),
        ({"members": {"nth": {"is": 0}}}, "below 1"),
        ({"members": {"born": {"is": "2020-02-30"}}}, "not a date"),
        ({"members": {"lives": True}}, "unknown key"),
        ({"members": {"raises": "yes"}}, "neither true nor false"),
        ({"members": {"youngest": False}}, "not a demand"),
        ({"members": {}, "some": True, "at_least": 2}, "beside another bound"),
        ({"members": []}, "not a mapping"),
        ({"members": {}, "in": [1]}, "unknown key"),
    ],
)
def test_a_clause_that_cannot_be_is_refused_where_it_is_wrong(document, said):
    with pytest.raises(Rejected) as refused:
        parse_clause(document, ("who",), FAMILY)
    assert len(refused.value.problems) == 1
    assert said in str(refused.value)


def test_members_of_others_are_refused():
    person = from_facts(FAMILY, {}, BEGIN)
    held = programmes(YOUNG)
    with pytest.raises(ValueError, match="members of 2 persons"):
        compiled(held).answers(person.values, 1, joined([person.members, person.members]))
    assert compiled(held).answers(person.values).tolist() == [[Answer.UNKNOWN]]


def explained(clause, facts, language="en"):
    person = from_facts(FAMILY, facts, BEGIN)
    (verdict,) = judge(compiled(programmes(clause)).explaining(MESSAGES), person)
    return verdict.because[0].text.to_document()[language], verdict.missing


@examples(40)
@given(st.lists(stated_households().filter(can_be), min_size=2, max_size=5), st.lists(clauses, min_size=1, max_size=4))
def test_whoever_counts_alike_is_told_the_same_and_everybody_what_they_would_be_told_alone(households, asked):
    people = [from_facts(FAMILY, {"household": one}, BEGIN + 40 * 86_400) for one in households]
    held, day = programmes(*asked), people[0].today()
    shared = compiled(held, day).explaining(MESSAGES)
    for person in people:
        assert list(judge(shared, person)) == list(judge(compiled(held, day).explaining(MESSAGES), person))
    told = dict(shared.explained)
    for person in people:
        assert all(any(one is other for other in told.values()) for one in judge(shared, person))


RAISED = {"members": {"relation": ["child", "foster"], "raises": True, "months": {"below": 24}}}


def test_a_verdict_explains_a_clause_over_members_in_both_languages():
    young = family(child("2019-12-31", raises=True))
    said = "has child or foster child whom the person raises aged below 24 months"
    assert explained(RAISED, young)[0].replace(",", "") == said
    korean = "직접 기르는 태어난 지 24개월 미만인 자녀 또는 위탁아동이 있습니다."
    assert explained(RAISED, young, "ko")[0] == korean
    assert explained({"not": RAISED}, family(), "ko")[0] == korean.replace("있습니다", "없습니다")
    two = {"members": {"relation": "child"}, "at_least": 2}
    assert explained(two, {"children": []}, "ko")[0] == "자녀의 수가 2명 이상이어야 합니다."


def test_a_group_of_relations_is_asked_for_and_told_by_its_name():
    anybody = {"members": {"relation": "any_child", "raises": True}}
    assert parse_clause(anybody, (), FAMILY).relations == ("child", "foster", "grandchild")
    assert explained(anybody, family(child(raises=True)))[0] == "has a child whom the person raises"


def test_a_count_that_nobody_or_everybody_meets_is_reported():
    def found(clause):
        held = programmes(clause)
        document = {"id": "t.p0", "who": clause}
        return [problem.what for problem in constant_clauses([("a.yaml", document)], held, FAMILY)]

    assert found({"members": {"months": {"at_least": 30, "below": 20}}}) == [
        "is never true, whatever is known of a person"
    ]
    assert found({"members": {}, "at_least": 0}) == ["is always true, whatever is known of a person"]
    assert found({"members": {}, "at_least": 3, "at_most": 2}) == ["is never true, whatever is known of a person"]
    assert found(YOUNG) == []


def test_the_chance_of_an_open_count_is_that_of_the_answers_to_what_it_asks():
    def likely(clause, facts):
        person = from_facts(FAMILY, facts, BEGIN)
        held = compiled(programmes(clause))
        answers = held.offerable(person.values, 1, person.members)[0]
        return float(chances(held, person.values[0], 1, answers, person.members)[0])

    assert likely(YOUNG, {}) == pytest.approx(0.5)  # half of all say that they have a child of one year
    assert likely({**YOUNG, "none": True}, {}) == pytest.approx(0.5)
    assert likely(YOUNG, {"children": ["2019-12-31"]}) == 1
    assert likely(YOUNG, {"children": []}) == 0
    raised = {"members": {"relation": "grandchild", "raises": True}}
    assert likely(raised, {"caretaker": False}) == 0
    assert likely(raised, {}) < likely(raised, {"caretaker": True}) == pytest.approx(0.5)


def test_a_question_on_a_list_is_weighed_by_what_the_list_settles():
    person = from_facts(FAMILY, {}, BEGIN)
    held = compiled(programmes(YOUNG)).explaining(MESSAGES)
    assert [(ask.fact, ask.settles) for ask in ask_next(held, person)] == [("children", 1.0)]
    raised = compiled(programmes(RAISED)).explaining(MESSAGES)
    asks = {ask.fact: ask.settles for ask in ask_next(raised, person)}
    assert asks["children"] == pytest.approx(0.5)  # a child of one year settles it, none does not


def test_a_period_since_birth_is_told_before_a_day_is_chosen():
    clause = parse_clause({"members": {"relation": "child", "born": {"within": "P2Y"}}}, (), FAMILY)
    said = compiled(programmes(YOUNG)).explaining(MESSAGES).rule_text.clause(clause).to_document()
    assert said == {"ko": "24개월 안에 태어난 자녀가 있어야 합니다.", "en": "has child born within the last 24 months"}


def test_the_age_reached_in_a_year_is_told_as_such():
    clause = parse_clause({"members": {"relation": "child", "turns": {"at_most": 18}}}, (), FAMILY)
    said = compiled(programmes(YOUNG)).explaining(MESSAGES).rule_text.clause(clause).to_document()
    en = "has child turning at most 18 years in this calendar year"
    assert said == {"ko": "연 나이 18세 이하인 자녀가 있어야 합니다.", "en": en}


def test_what_is_missing_is_what_the_person_can_state():
    assert explained(YOUNG, {})[1] == ("children",)
    assert explained(RAISED, {})[1] == ("caretaker", "household")
    assert explained(RAISED, {"caretaker": False})[1] == ("household",)
    assert explained({"members": {"relation": "child", "lives_with": True}}, {})[1] == ("household",)
    assert explained(YOUNG, family(child(), complete=False))[1] == ("children",)


def test_a_catalogue_of_nothing_has_nothing_to_count():
    assert len(compiled(Catalogue(())).member_counts(np.zeros(len(FAMILY.columns), np.int64), None)) == 0
    assert date_of(DAY).isoformat() == "2020-01-31"
