"""The shipped declaration reads, its hash covers meaning only, and every problem of a bad one is found at once."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path

import pytest
import yaml

from features.declaration.declaration import declare
from features.problem import Rejected
from tests.features.histories import DOCUMENTS

SHIPPED = Path(__file__).parents[3] / "data" / "countries" / "kr" / "declaration"


def shipped():
    return [
        yaml.load((SHIPPED / f"{name}.yaml").read_text(), yaml.CSafeLoader)
        for name in ("events", "facts", "features", "household")
    ]


def changed(document, path, value):
    documents = copy.deepcopy(list(DOCUMENTS))
    place = documents[document]
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return documents


def test_the_shipped_declaration_has_no_problem():
    declaration = declare(*shipped()[:3], household=shipped()[3])
    assert declaration.columns[:3] == ("birth_date", "age", "sex")
    assert declaration.facts["age"].asks == ("birth_date",)
    assert declaration.facts["child_ages"].asks == ("children",)
    assert declaration.facts["birth_date"].past
    assert not declaration.facts["age"].stated
    assert declaration.index("age") == 1
    with pytest.raises(KeyError):
        declaration.index("nonsense")


def test_answers_are_given_as_a_facts_file_would_hold_them():
    facts = declare(*shipped()[:3], household=shipped()[3]).facts
    assert facts["pregnant"].answers_on(0)[0] == (True, facts["pregnant"].share)
    assert facts["birth_date"].answers_on(date(2026, 11, 1))[0][0] == "2023-11-01"
    assert ["2017-11-01", "2020-11-01"] in [
        sorted(answer) for answer, _ in facts["children"].answers_on(date(2026, 11, 1))
    ]
    assert facts["region"].answers_from == "regions"
    assert facts["income_percent"].answers_on(0)[0] == (25, 15)


def test_boxes_are_grouped_under_a_question_and_sensitive_facts_are_marked():
    declaration = declare(*shipped()[:3], household=shipped()[3])
    assert declaration.facts["farmer"].ask_with == declaration.facts["fisher"].ask_with == "rural_work"
    assert declaration.groups["rural_work"]["en"] == "Do you do any of these for a living?"
    assert {name for name, fact in declaration.facts.items() if fact.sensitive} >= {
        "violence_victim", "north_korean_defector",
    }  # fmt: skip


def test_a_fact_tells_its_type_bounds_and_names():
    facts = declare(*shipped()[:3], household=shipped()[3]).facts
    income = facts["income_percent"]
    assert (income.type, income.low, income.high, income.unit) == ("integer", 0, 10000, "percent of median income")
    assert facts["sex"].values == ("male", "female")
    assert income.decode(income.encode(5)) == 5
    assert facts["children"].encode_all(["2020-01-01"]) == (18262,)


@pytest.mark.parametrize(
    ("document", "path", "value", "same"),
    [
        (1, ("facts", "quiet", "question"), {"en": "Are you?"}, True),
        (1, ("facts", "quiet", "share"), 3, True),
        (1, ("facts", "pay", "bins"), [0, 100], True),
        (1, ("facts", "quiet", "sensitive"), True, True),
        (1, ("facts", "quiet", "label"), {"en": "quiet", "ko": "조용한 사람"}, True),
        (1, ("facts", "pay", "format"), {"en": "{} won"}, True),
        (1, ("facts", "level", "value_labels"), {"low": {"en": "at the bottom"}}, True),
        (0, ("types", "life.ill", "title"), {"en": "Ill"}, True),
        (0, ("types", "life.ill", "complete_from"), date(2000, 1, 1), False),
        (1, ("facts", "pay", "high"), 1001, False),
        (1, ("facts", "mover", "states", 0, "for"), "P2M", False),
        (2, ("features", "worked", "window"), "P2M", False),
        (2, ("features", "worked"), None, False),
        (0, ("zone",), "Asia/Seoul", False),
        (0, ("epoch",), date(1999, 1, 1), False),
    ],
)
def test_the_hash_covers_the_meaning_and_not_the_wording(document, path, value, same):
    assert (declare(*changed(document, path, value)).hash == declare(*DOCUMENTS).hash) == same


BAD = [
    (0, ("zone",), "Mars", "not a time zone"),
    (0, ("epoch",), None, "epoch: is missing"),
    (0, ("epoch",), "1900", "not a date"),
    (0, ("more",), 1, "unknown key"),
    (0, ("types", "Moved"), {"complete_from": "never"}, "cannot name an event type"),
    (0, ("types", "event.corrected"), {"complete_from": "never"}, "cannot name an event type"),
    (0, ("types", "life.ill"), "ill", "is not a mapping"),
    (0, ("types", "life.ill", "complete_from"), None, "complete_from: is missing"),
    (0, ("types", "life.ill", "complete_from"), "soon", "not a date"),
    (0, ("types", "life.ill", "subject"), 5, "is not a name"),
    (0, ("types", "life.ill", "roles"), [5], "not a list of names"),
    (0, ("types", "life.ill", "fields"), {True: {}}, "not a mapping of names"),
    (0, ("types", "life.ill", "fields"), {"about": {"type": "boolean"}}, "already lists the people"),
    (0, ("types", "life.ill", "fields"), {"x": {"type": "ages"}}, "'ages' is not known"),
    (0, ("types", "life.ill", "fields"), {"x": {"type": "integer"}}, "low: is missing"),
    (0, ("types", "life.ill", "fields"), {"x": {"type": "integer", "low": 5, "high": 1}}, "is above high"),
    (0, ("types", "life.ill", "fields"), {"x": {"type": "integer", "low": 0, "high": 2**60}}, "beyond 2**53"),
    (0, ("types", "life.ill", "fields"), {"x": {"type": "enum"}}, "distinct names of an enum"),
    (0, ("types", "life.ill", "fields"), {"x": {"type": "enum", "values": ["a", "a"]}}, "distinct names"),
    (0, ("types", "life.ill", "fields"), {"x": {"type": "boolean", "scale": 2}}, "scale"),
    (0, ("types", "life.ill", "title"), {"ko": 5}, "is not words in a language"),
    (1, ("facts", "Quiet"), {"type": "boolean", "purpose": "ranking"}, "cannot name a column"),
    (1, ("facts", "quiet", "type"), "identifier", "'identifier' is not known"),
    (1, ("facts", "quiet", "type"), "ages", "exactly when it is derived by ages_of"),
    (1, ("facts", "quiet", "purpose"), "gossip", "what the fact may be used for"),
    (1, ("facts", "quiet", "label"), {"en": 5}, "is not words in a language"),
    (1, ("facts", "pay", "format"), {"en": "won"}, "does not say where the number goes"),
    (1, ("facts", "pay", "format"), {"en": "{} of {}"}, "does not say where the number goes"),
    (1, ("facts", "pay", "format"), {"en": "{x} {}"}, "does not say where the number goes"),
    (1, ("facts", "level", "value_labels"), {"middle": {"en": "middling"}}, "labels an unknown value"),
    (1, ("facts", "quiet", "share"), 101, "percentage of true"),
    (1, ("facts", "quiet", "bins"), [1], "are of a number or a date that may be used for ranking"),
    (1, ("facts", "pay", "bins"), [], "do not say where classes begin"),
    (1, ("facts", "pay", "bins"), [10, 5], "do not say where classes begin"),
    (1, ("facts", "pay", "bins"), [10, "20"], "is not a whole number"),
    (1, ("facts", "pay", "bins"), [10, 2000], "is above 1000"),
    (1, ("facts", "pay", "bins"), {"quantiles": 5}, "do not say where classes begin"),
    (1, ("facts", "pay", "bins"), {"quantiles": 1}, "is below 2"),
    (1, ("facts", "pay", "bins"), {"parts": 5}, "parts"),
    (1, ("facts", "birth_date", "bins"), ["2000-01-01"], "is no number of years"),
    (1, ("facts", "quiet", "share"), "many", "not a whole number"),
    (1, ("facts", "pay", "share"), 10, "percentage of true"),
    (1, ("facts", "quiet", "sensitive"), "very", "is true or false"),
    (1, ("facts", "quiet", "ask_with"), "nowhere", "which is no group"),
    (1, ("facts", "pay", "ask_with"), "nowhere", "of a boolean that can be stated"),
    (1, ("groups",), {"trade": {}}, "is missing"),
    (1, ("facts", "quiet", "answers"), {"a": 1}, "is not a list"),
    (1, ("facts", "quiet", "answers"), [{"value": True}], "weight: is not a whole number"),
    (1, ("facts", "quiet", "answers"), [{"weight": 5}], "exactly one of them"),
    (1, ("facts", "quiet", "answers"), [{"weight": 5, "years_ago": 5}], "does not fit the fact"),
    (1, ("facts", "quiet", "answers"), [{"weight": 5, "value": "yes"}], "not true or false"),
    (1, ("facts", "quiet", "states"), [{"event": "life.nothing", "gives": True}], "not an event type to listen to"),
    (1, ("facts", "quiet", "states"), [{"event": "fact.stated", "gives": True}], "not an event type to listen to"),
    (1, ("facts", "quiet", "states"), [{"event": "life.ill"}], "gives: does not say"),
    (1, ("facts", "quiet", "states"), [{"event": "life.ill", "gives": 5}], "not true or false"),
    (1, ("facts", "quiet", "states"), [{"event": "life.worked", "gives": {"field": "pay"}}], "cannot set a fact"),
    (1, ("facts", "quiet", "states"), [{"event": "life.worked", "gives": {"field": "x"}}], "is 'x'; life.worked has"),
    (1, ("facts", "quiet", "states"), [{"event": "life.ill", "gives": True, "then": False}], "then: needs `for`"),
    (1, ("facts", "quiet", "states"), [{"event": "life.moved", "gives": True, "changes": "x"}], "'x' is no fact"),
    (1, ("facts", "quiet", "states"), [{"event": "life.ill", "gives": True, "changes": "region"}], "is no fact"),
    (1, ("facts", "quiet", "counts"), {"begin": ["life.worked"]}, "end: names no event"),
    (1, ("facts", "quiet", "counts"), {"begin": ["life.x"], "end": ["life.ill"]}, "not an event type to listen to"),
    (1, ("facts", "quiet", "counts"), {"begin": ["life.ill"], "end": ["life.left"], "over": "desk"}, "no identifier"),
    (1, ("facts", "quiet", "counts"), {"begin": ["life.ill"], "end": ["life.left"], "before": "one"}, "'one' is not"),
    (1, ("facts", "quiet", "counts"), {"begin": ["life.ill"], "end": ["life.left"], "up": []}, "unknown key"),
    (1, ("facts", "quiet", "counts"), {"begin": ["life.ill"] * 2, "end": ["life.left"]}, "hears one life.ill twice"),
    (1, ("facts", "pay", "counts"), {"begin": ["life.ill"], "end": ["life.left"]}, "belongs to a boolean"),
    (1, ("facts", "mover", "counts"), {"begin": ["life.ill"], "end": ["life.left"]}, "what is counted does not"),
    (1, ("facts", "quiet", "only_while"), {"mover": True}, "no boolean declared above that never lapses"),
    (1, ("facts", "parent", "only_while"), {"quiet": True}, "no boolean declared above that never lapses"),
    (1, ("facts", "quiet", "only_while"), {"parent": 1}, "is not one fact and true or false"),
    (1, ("facts", "pay", "only_while"), {"parent": True}, "belongs to a boolean"),
    (1, ("facts", "quiet", "ends_with"), "mover", "no boolean declared above that never lapses"),
    (1, ("facts", "seated", "only_while"), {"employed": True}, "either only_while or ends_with"),
    (1, ("facts", "quiet", "exhaustive"), "no", "neither true nor false"),
    (2, ("features", "spell_mover", "spell"), "keen", "hangs on another fact"),
    (1, ("facts", "quiet", "states"), [{"event": "life.ill", "gives": True, "for": "1", "then": False}], "not a dur"),
    (1, ("facts", "quiet", "states"), [{"event": "life.ill", "gives": True, "role": "x"}], "is 'x'; life.ill knows"),
    (1, ("facts", "quiet", "states"), [{"event": "life.worked", "gives": True, "where": {"x": 1}}], "one field of"),
    (1, ("facts", "quiet", "states"), [{"event": "life.worked", "gives": True, "where": {"fit": 1}}], "true or false"),
    (1, ("facts", "quiet", "states"), [{"event": "life.ill", "gives": True}] * 2, "hears one life.ill twice"),
    (1, ("facts", "quiet", "adds"), [{"event": "life.ill"}], "does not fit the fact"),
    (1, ("facts", "children", "adds"), [{"event": "life.worked", "field": "pay"}], "is not a date"),
    (1, ("facts", "age", "derived"), {"years_since": "region"}, "not a stated fact of type date"),
    (1, ("facts", "age", "derived"), {"years_since": "birth_date", "months_since": "birth_date"}, "exactly one of"),
    (1, ("facts", "age", "derived"), {"years_since": "birth_date", "which": "best"}, "'best' is not known"),
    (1, ("facts", "birth_date", "low"), 1900, "not a date"),
    (1, ("receipts",), {"pay": "a.one"}, "is not a boolean fact that can be stated"),
    (1, ("receipts",), {"quiet": 5}, "is not a programme of its own"),
    (1, ("receipts",), {"quiet": "a.one", "mover": "a.one"}, "is not a programme of its own"),
    (1, ("conflicts",), [{"quiet": True, "unless": {"mover": True}}], "is not two facts with values"),
    (1, ("conflicts",), [{"quiet": True, "mover": True, "unless": {"region": "11"}}], "names a region"),
    (2, ("features", "age"), {"count": "life.ill"}, "already the name of a column"),
    (2, ("features", "x"), {}, "exactly one way to compute it"),
    (2, ("features", "x"), {"count": "life.ill", "sum": "life.ill"}, "exactly one way"),
    (2, ("features", "x"), {"count": "life.nothing"}, "not an event type"),
    (2, ("features", "x"), {"count": []}, "names no event type"),
    (2, ("features", "x"), {"count": ["life.ill", "life.ill"]}, "twice"),
    (2, ("features", "x"), {"count": "life.worked", "field": "pay"}, "belongs to sum, last and distinct"),
    (2, ("features", "x"), {"sum": "life.worked"}, "belongs to sum, last and distinct"),
    (2, ("features", "x"), {"sum": "life.worked", "field": "fit"}, "cannot be summed safely"),
    (2, ("features", "x"), {"last": ["life.worked", "benefit.granted"], "field": "pay"}, "has programme"),
    (2, ("features", "x"), {"sequence": ["life.ill"], "within": "P1D"}, "2 to 8 steps"),
    (2, ("features", "x"), {"sequence": ["life.ill", "life.worked"]}, "within"),
    (2, ("features", "x"), {"count": "life.ill", "within": "P1D"}, "belongs to a sequence"),
    (2, ("features", "x"), {"spell": "age"}, "not a stated fact with one value"),
    (2, ("features", "x"), {"spell": "quiet", "unit": "hours"}, "'hours' is not known"),
    (2, ("features", "x"), {"years_since": "quiet"}, "not a stated fact of type date"),
    (2, ("features", "x"), {"years_since": "birth_date", "window": "P1Y"}, "unknown key"),
    (2, ("features",), [], "not a mapping of names"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "path", "value", "said"), BAD)
def test_a_bad_declaration_is_refused_with_its_place_and_reason(document, path, value, said):
    with pytest.raises(Rejected) as caught:
        declare(*changed(document, path, value))
    assert said in str(caught.value)
    file = ("events.yaml", "facts.yaml", "features.yaml")[document]
    assert any(problem.where.startswith(file) or problem.where == "zone" for problem in caught.value.problems)


def test_all_three_documents_report_their_problems_at_once():
    documents = changed(0, ("zone",), "Mars")
    documents[1]["facts"]["quiet"]["purpose"] = []
    documents[2]["features"]["worked"]["window"] = "long"
    with pytest.raises(Rejected) as caught:
        declare(*documents)
    assert len(caught.value.problems) == 3


def test_a_field_of_two_events_must_be_of_one_kind_to_be_read_as_the_last():
    documents = changed(0, ("types", "life.ill", "fields"), {"pay": {"type": "integer", "low": 0, "high": 5}})
    documents[2]["features"]["x"] = {"last": ["life.worked", "life.ill"], "field": "pay"}
    with pytest.raises(Rejected, match="of different types in these events"):
        declare(*documents)


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_a_document_that_is_no_mapping_is_refused(document):
    with pytest.raises(Rejected, match="is not a mapping"):
        declare(document, {"facts": {}}, {"features": {}})
