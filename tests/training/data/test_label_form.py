"""`labels.yaml`: every form can be said, and everything wrong with one is told at once."""

from __future__ import annotations

import pytest

from features.declaration.declaration import declare
from features.problem import Rejected
from training.data.label_form import LabelForm, read_label_form

PROGRAMME = {"programme": {"type": "identifier"}}
TYPES = {
    f"benefit.{name}": {"complete_from": "never", "fields": PROGRAMME}
    for name in ("shown", "applied", "granted", "asked", "used", "held")
}
DECLARATION = declare({"zone": "UTC", "epoch": "1990-01-01", "types": TYPES}, {"facts": {}}, {"features": {}})


@pytest.mark.parametrize(
    ("document", "form"),
    [
        ({"form": "shown"}, LabelForm("shown", ("benefit.applied",), 60)),
        ({"form": "shown", "within": "P2W", "answers": "benefit.used"}, LabelForm("shown", ("benefit.used",), 14)),
        ({"form": "shown", "opened": "noticed"}, LabelForm("shown", ("benefit.applied",), 60, None, "noticed")),
        ({"form": "asked"}, LabelForm("asked", ("benefit.used",), None)),
        ({"form": "held", "at": "1970-01-03"}, LabelForm("held", (), None, 2)),
        ({"form": "granted"}, LabelForm("granted", ("benefit.granted", "benefit.applied"), None)),
        ({"form": "granted", "at": "1970-01-03", "within": "P5D"},
         LabelForm("granted", ("benefit.granted", "benefit.applied"), 5, 2)),
    ],
)  # fmt: skip
def test_every_form_can_be_declared(document, form):
    assert read_label_form(document, DECLARATION) == form


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, ["form is missing"]),
        ({"form": "seen"}, ["'seen' is not known"]),
        ({"form": "held"}, ["at is missing"]),
        ({"form": "shown", "within": "P2M"}, ["counts months"]),
        ({"form": "shown", "at": "2026-01-01"}, ["means nothing where the form is shown"]),
        ({"form": "held", "at": "soon", "within": "P1D"}, ["is not a date", "means nothing"]),
        ({"form": "asked", "answers": "benefit.rated"}, ["needs benefit.rated"]),
        ({"form": "shown", "opened": "seen"}, ["'seen' is not known"]),
        ({"form": "granted", "opened": "chosen"}, ["means nothing where the form is granted"]),
        ({"form": "shown", "withn": 3}, ["unknown key (did you mean within?)"]),
    ],
)
def test_everything_that_is_wrong_is_told_at_once(document, told):
    with pytest.raises(Rejected) as refusal:
        read_label_form(document, DECLARATION)
    text = " ".join(f"{one.path[-1]} {one.what}" for one in refusal.value.problems)
    assert all(part in text for part in told)


def test_a_type_that_says_no_programme_cannot_be_learned_from():
    bare = declare(
        {"zone": "UTC", "epoch": "1990-01-01", "types": {"benefit.asked": {"complete_from": "never"}}},
        {"facts": {}}, {"features": {}},
    )  # fmt: skip
    with pytest.raises(Rejected, match=r"benefit\.asked"):
        read_label_form({"form": "asked"}, bare)
