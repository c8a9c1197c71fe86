"""The report on a model as a page: what it says where groups are too small and where a measure was not taken."""

from __future__ import annotations

import pytest

from composition import reading
from rendering import evaluation_page
from rendering.page import page

GAP = {"group": "old", "before": 0.1, "after": 0.0, "error": 0.01}
REPORT = {
    "model": "m1", "ranker": "lightgbm", "held_out": {"people": 90, "candidates": 900},
    "by_truth": [], "by_answers": [],
    "fairness": [{"group": "old", "label": {"en": "the old"}, "suppressed": True, "fewest": 7}],
    "by_group": [], "category": [], "newness": [], "calibration_by_programme": [], "calibration_by_month": [],
    "reliability": {"predicted": [], "observed": [], "rows": []},
    "corrections": [{"order": "lightgbm", "price": -0.01, "others": {}, "gaps": [GAP], "boosts": []}],
    "leak_controls": [], "examples": [], "card": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def shown():
    return page(evaluation_page.TEMPLATE, evaluation_page.view(REPORT, "en", reading.read_messages().speaking("en")))


def test_the_page_says_of_how_many_a_group_must_be_as_the_report_does(shown):
    said = reading.read_messages().speaking("en")("ranking.page.suppressed", groups="the old", fewest=7)
    assert f"<p>{said}</p>" in shown


def test_what_a_correction_did_to_a_measure_that_was_not_taken_is_not_known(shown):
    assert "nan" not in shown.partition("<body>")[2]
