from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from features.problem import Problems, Rejected
from recommender.rules.clause import (
    Advisory,
    All,
    Any,
    Clause,
    Compare,
    NoData,
    Not,
    Source,
    UnreadText,
    clause_document,
    compares,
    encoded,
)
from recommender.rules.clause_reader import ClauseReader, parse_clause
from recommender.text import Text
from tests.recommender.catalogues import DECLARATION, KOREA, REGIONS, clauses

WHERE = ("x.yaml",)


def read(document) -> Clause:
    return parse_clause(document, WHERE, DECLARATION, REGIONS)


def problems_of(document) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        read(document)
    return [f"{problem.where}: {problem.what}" for problem in rejected.value.problems]


@given(clauses())
def test_a_clause_written_and_read_again_is_the_same(clause):
    assert read(clause_document(clause)) == clause


def test_every_shape_of_clause_is_read():
    document = {
        "all": [
            {"fact": "age", "at_least": 19, "at_most": 34},
            {"any": [{"fact": "farmer", "is": True}, {"no_data": "income"}]},
            {"not": {"fact": "sex", "is": "male"}},
            {"advisory": {"fact": "region", "in": [11440, "41"]}},
            {"fact": "birth_date", "at_least": date(1990, 1, 1)},
            {"fact": "receives.t.a", "is": False},
        ]
    }
    assert read(document) == All(
        (
            Compare("age", "at_least", 19, (("at_most", 34),)),
            Any((Compare("farmer", "is", True), NoData("income"))),
            Not(Compare("sex", "is", "male")),
            Advisory(Compare("region", "in", ("11440", "41"))),
            Compare("birth_date", "at_least", "1990-01-01"),
            Compare("receives.t.a", "is", False),
        )
    )


def test_a_clause_may_say_why_and_where_it_is_written():
    noted = read({"all": [], "why": {"ko": "누구나", "en": "open"}, "axis": "sex",
                  "source": {"url": "https://law", "checked": "2026-01-01", "text": "제3조"}})  # fmt: skip
    assert noted == All(
        (), why=Text(ko="누구나", en="open"), axis="sex", source=Source("https://law", 20454, Text(ko="제3조"))
    )
    assert read(clause_document(noted)) == noted
    named = read({"no_data": "age", "why": "age_may_be_the_childs", "source": "고시 제1호"})
    assert (named.why, named.source) == ("age_may_be_the_childs", Source(text=Text(ko="고시 제1호")))
    assert read(clause_document(named)) == named


def test_words_nobody_read_and_the_place_of_those_that_were_read_name_their_field():
    unread = {"field": "지원대상", "from": 3, "to": 9, "words": "그 밖의 사람"}
    assert read({"unread_text": unread}) == UnreadText("지원대상", (3, 9), "그 밖의 사람")
    placed = {"text": "농업인", "field": "지원대상", "from": 0, "to": 3}
    noted = read({"fact": "farmer", "is": True, "source": placed})
    assert noted.source == Source(text=Text(ko="농업인"), field="지원대상", span=(0, 3))
    assert read(clause_document(noted)) == noted


@pytest.mark.parametrize(
    ("unread", "says"),
    [
        ("the others", "x.yaml: unread_text: 'the others' is not a mapping"),
        ({"field": "지원대상", "from": 3, "words": "x"}, "x.yaml: unread_text.to: is missing"),
        ({"field": "지원대상", "from": 9, "to": 9, "words": "x"}, "x.yaml: unread_text.to: 9 is not after 9"),
        ({"field": "지원대상", "from": -1, "to": 9, "words": "x"}, "x.yaml: unread_text.from: -1 is below 0"),
        ({"field": "지원대상", "from": 0, "to": 9, "words": " "}, "x.yaml: unread_text.words: ' ' is not a text"),
        ({"field": "지원대상", "from": 0, "to": 9, "words": "x", "by": 1}, "x.yaml: unread_text.by: unknown key"),
    ],
)
def test_unread_words_without_their_place_are_refused(unread, says):
    assert says in problems_of({"unread_text": unread})


def test_operands_are_encoded_as_the_columns_are():
    assert encoded(Compare("sex", "in", ("female", "male")), DECLARATION) == (("in", (1, 0)),)
    assert encoded(Compare("birth_date", "is", "1970-01-11"), DECLARATION) == (("is", (10,)),)
    assert encoded(Compare("receives.t.a", "is", True), DECLARATION) == (("is", (1,)),)
    assert encoded(Compare("region", "is", "11440"), DECLARATION) == (("is", (11440,)),)


def test_comparisons_are_found_wherever_they_stand():
    clause = read({"all": [{"not": {"fact": "farmer", "is": True}}, {"advisory": {"any": [{"fact": "age", "is": 3}]}},
                           {"no_data": "x"}]})  # fmt: skip
    assert [compare.fact for compare in compares(clause)] == ["farmer", "age"]


def test_equal_clauses_are_read_as_one_object_and_true_is_not_one():
    reader = ClauseReader(DECLARATION, REGIONS)
    problems = Problems()

    def again(document):
        return reader.read(document, WHERE, problems)

    both = {"any": [{"fact": "farmer", "is": True}, {"fact": "care_grade", "in": [1, 2]}]}
    assert again(both) is again({"any": list(both["any"])})
    assert again({"not": both}) is again({"not": both})
    assert again({"fact": "household_size", "is": 1}) is not None
    assert again({"fact": "household_size", "is": True}) is None
    assert [problem.where for problem in problems.found] == ["x.yaml: is"]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (7, "x.yaml: 7 is not a clause"),
        ({}, "x.yaml: has none of all, any, not, advisory, no_data, unread_text, fact"),
        ({"all": [], "any": []}, "x.yaml: has all and any"),
        ({"all": {}}, "x.yaml: all: {} is not a list of clauses"),
        ({"any": []}, "x.yaml: any: [] is not a list of clauses"),
        ({"not": []}, "x.yaml: not: [] is not a clause"),
        ({"no_data": " "}, "x.yaml: no_data: ' ' is not a reason"),
        ({"all": [], "is": 3}, "x.yaml: is: unknown key"),
        ({"fact": "age"}, "x.yaml: compares nothing"),
        ({"fact": "agee", "is": 3}, "x.yaml: fact: 'agee' is not a declared fact (did you mean age?)"),
        ({"fact": "receives.", "is": True}, "x.yaml: fact: 'receives.' is not a declared fact"),
        ({"fact": ["age"], "is": 3}, "x.yaml: fact: ['age'] is not a declared fact"),
        ({"fact": "jobs_lost_24m", "is": 3}, "x.yaml: fact: 'jobs_lost_24m' is not a declared fact"),
        ({"fact": "children", "is": 3}, "x.yaml: fact: children is a list of dates, which a rule cannot compare"),
        ({"fact": "farmer", "is": 1}, "x.yaml: is: 1 is not true or false"),
        ({"fact": "farmer", "in": [True]}, "x.yaml: in: farmer is of type boolean, which has no in"),
        ({"fact": "receives.t.a", "is": 1}, "x.yaml: is: 1 is neither true nor false"),
        ({"fact": "sex", "is": "m"}, "x.yaml: is: 'm' is not one of male, female"),
        ({"fact": "sex", "in": "male"}, "x.yaml: in: 'male' is not a list of values"),
        ({"fact": "sex", "in": ["male", "m"]}, "x.yaml: in[1]: 'm' is not one of male, female"),
        ({"fact": "income_percent", "below": 10001}, "x.yaml: below: 10001 is above 10000"),
        ({"fact": "region", "is": 99999}, "x.yaml: is: 99999 is not a region code"),
        ({"fact": "child_ages", "at_most": 61}, "x.yaml: at_most: 61 is above the highest age that is distinguished"),
        ({"fact": "birth_date", "is": "2026-02-30"}, "x.yaml: is: '2026-02-30' is not a date"),
        ({"all": [], "why": 3}, "x.yaml: why: 3 is not words in a language"),
        ({"all": [], "axis": "a b"}, "x.yaml: axis: 'a b' is not a name"),
        ({"all": [], "source": 3}, "x.yaml: source: 3 is not a mapping"),
        ({"all": [], "source": {"uri": "x"}}, "x.yaml: source.uri: unknown key (did you mean url?)"),
    ],
)
def test_what_is_no_clause_is_told_with_its_place(document, problem):
    found = problems_of(document)
    assert found[0].startswith(problem)
    assert len(found) == 1


def test_a_fact_that_is_not_for_eligibility_is_not_compared():
    class Ranking:
        type, purpose = "integer", ("ranking",)

    class Declared:
        country = KOREA
        facts = {"clicks": Ranking()}  # noqa: RUF012  # a fake with one fact

    with pytest.raises(Rejected, match="clicks is not declared for eligibility"):
        parse_clause({"fact": "clicks", "is": 3}, WHERE, Declared())


def test_every_problem_of_a_rule_is_told_at_once():
    found = problems_of({"all": [{"fact": "x", "is": 1}, {"any": [{"fact": "y", "is": 1}, {"no_data": ""}]}, 3]})
    assert [one.split(": ")[1] for one in found] == [
        "all[0].fact", "all[1].any[0].fact", "all[1].any[1].no_data", "all[2]",
    ]  # fmt: skip


@pytest.mark.parametrize("shape", ["all", "any", "not", "advisory"])
def test_clauses_nested_too_deep_are_one_problem_and_sixty_four_levels_are_read(shape):
    def nested(levels):
        document = {"fact": "farmer", "is": True}
        for _ in range(levels - 1):
            document = {shape: [document] if shape in ("all", "any") else document}
        return document

    assert clause_document(read(nested(64)))
    for levels in (65, 330, 900):
        (problem,) = problems_of(nested(levels))
        assert problem.endswith("is nested too deep")


def test_a_clause_that_stands_in_itself_is_nested_too_deep():
    document: dict[str, object] = {}
    document["all"] = [document]
    assert problems_of(document) == ["x.yaml: is nested too deep"]
