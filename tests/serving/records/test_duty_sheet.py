"""A duty is answered only by what is configured, and never by a sentence that names no test."""

from __future__ import annotations

import pytest

from features.problem import Rejected
from serving.records.duty_sheet import PARTS, DutySheet

WHERE = ("duties/law.yaml",)
ANSWER = {"says": {"en": "{model} is used."}, "of": ["model"], "tests": ["tests/a.py::test_a"]}


def sheet(**changed):
    duty = {"article": {"en": "1"}, "asks": {"en": "Say it"}, "answers": [{**ANSWER, **changed}]}
    document = {"title": {"en": "Law"}, "about": {"en": "By its text."}, "duties": {"notice": duty}}
    return DutySheet.parse("law", document, WHERE)


def findings(**found):
    return {**dict.fromkeys(PARTS), **found}


def test_a_sentence_is_filled_in_with_what_is_configured():
    (duty,) = sheet().filled(findings(model={"model": "m1"}))["duties"]
    (told,) = duty["answers"]
    assert told == {"state": "configured", "of": ["model"], "says": {"en": "m1 is used."}, "tests": ANSWER["tests"]}


def test_of_what_is_not_configured_nothing_is_said_but_that():
    (duty,) = sheet(of=["model", "ledger"]).filled(findings(model={"model": "m1"}))["duties"]
    (told,) = duty["answers"]
    assert (told["state"], told["missing"]) == ("not_configured", ["ledger"])
    assert "says" not in told


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"tests": []}, "names no test"),
        ({"of": ["modle"]}, "'modle' is no part (did you mean model?)"),
        ({"of": []}, "{model} is told by none of its parts"),
        ({"says": {"en": "{model.__class__}"}}, "{model.__class__} is told by none of its parts"),
        ({"says": {"en": "{}"}}, "{} is told by none of its parts"),
        ({"says": None}, "is missing"),
        ({"holds": True}, "unknown key"),
    ],
)
def test_a_sheet_that_could_claim_what_nothing_shows_is_refused(changed, what):
    with pytest.raises(Rejected) as refusal:
        sheet(**changed)
    assert what in str(refusal.value.problems[0])


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(Rejected) as refusal:
        DutySheet.parse("law", {"duties": {"a": {}}, "left_out": [{}]}, WHERE)
    assert len(refusal.value.problems) == 7
