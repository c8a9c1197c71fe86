from __future__ import annotations

import pytest
from hypothesis import given

from features.value import NONE
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import clause_document
from recommender.rules.constant_clause import constant_clauses
from recommender.rules.rule_oracle import Oracle
from tests.examples import examples
from tests.recommender.catalogues import COMPARES, DAY, DECLARATION, REGIONS, clauses, document

FARMER = {"fact": "farmer", "is": True}
ADULT = {"fact": "age", "at_least": 19}
UNREAD = {"no_data": "nobody read it"}


def found(who, **more):
    documents = [("a.yaml", document("t.a", who, **more))]
    held = catalogue(documents, DECLARATION, REGIONS)
    return [(problem.path[1:], problem.what.split()[1]) for problem in constant_clauses(documents, held, DECLARATION)]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({"fact": "age", "at_least": 40, "at_most": 30}, [(("who",), "never")]),
        ({"fact": "age", "at_least": 0}, [(("who",), "always")]),
        ({"fact": "age", "below": 0}, [(("who",), "never")]),
        ({"fact": "income_percent", "at_most": 10000}, [(("who",), "always")]),
        ({"fact": "income_percent", "at_most": 9999}, []),
        ({"fact": "sex", "in": ["male", "female"]}, [(("who",), "always")]),
        ({"fact": "youngest_child_months", "at_least": 0}, []),  # there may be no child
        ({"fact": "children_count", "at_least": 0}, [(("who",), "always")]),
        ({"all": [FARMER, {"fact": "age", "above": 300}]}, [(("who", "all", 1), "never")]),
        ({"all": [UNREAD, {"not": {"fact": "age", "at_least": 0}}]}, [(("who", "all", 1, "not"), "always")]),
        ({"any": [FARMER, {"not": FARMER}]}, [(("who",), "always")]),
        ({"all": [{"any": [ADULT, {"fact": "age", "below": 19}]}, FARMER]}, [(("who", "all", 0), "always")]),
        ({"any": [ADULT, {"fact": "age", "below": 18}]}, []),
        ({"all": [UNREAD, {"all": [FARMER, {"not": FARMER}]}]}, [(("who", "all", 1), "never")]),
        ({"all": []}, []),
        ({"all": [{"all": []}]}, []),
        (
            {"any": [ADULT, {"fact": "age", "at_most": 18, "source": {"field": "지원대상", "text": "소아"}}]},
            [],
        ),  # quoted
        (UNREAD, []),
        ({"advisory": {"fact": "age", "below": 0}}, [(("who", "advisory"), "never")]),
        ({"citizen": {"fact": "age", "below": 0}, "organisation": FARMER}, [(("who", "citizen"), "never")]),
        ({"fact": "region", "is": 11}, []),
    ],
)
def test_a_constant_clause_is_found_where_it_stands(who, expected):
    assert found(who) == expected


def test_a_clause_of_a_version_is_found_in_its_version():
    documents = [
        (
            "a.yaml",
            {**document("t.a", FARMER), "versions": [
                {"valid": {"from": "2025-01-01", "until": "2025-12-31"}},
                {"valid": {"from": "2026-01-01"}, "who": {"fact": "age", "below": 0}},
            ]},
        )
    ]  # fmt: skip
    held = catalogue(documents, DECLARATION, REGIONS)
    assert [problem.path for problem in constant_clauses(documents, held, DECLARATION)] == [
        ("a.yaml", "versions", 1, "who")
    ]


@examples(60)
@given(clauses(("age", "farmer", "child_ages", "income_percent")))
def test_what_is_called_constant_is_so_of_everybody(clause):
    oracle = Oracle(DECLARATION, REGIONS, DAY)
    said = {word for path, word in found(clause_document(clause)) if path == ("who",)}
    values = {name: [value for value in COMPARES[name][1] if value >= NONE] for name in ("age", "child_ages")}
    answers = {
        oracle.clause(clause, {"age": age, "child_ages": ages, "farmer": farmer, "income_percent": income}.__getitem__)
        for age in values["age"] if age != NONE for ages in values["child_ages"]
        for farmer in (0, 1) for income in (0, 50, 51, 10000)
    }  # fmt: skip
    if said:
        assert {answer.name for answer in answers} == {"NO" if said == {"never"} else "YES"}
