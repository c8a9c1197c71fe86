"""How common classes are thought to be: what a declaration's priors say, and nothing of anybody's rows."""

from __future__ import annotations

import pytest

from features.declaration.declaration import declare
from recommender.ranking.class_share import RARE_YES, share_of

TYPES = {"zone": "UTC", "epoch": "1900-01-01", "types": {}}


def declared(**facts):
    common = {"purpose": ["eligibility", "ranking"], "question": {"en": "?"}, "label": {"en": "x"}}
    return declare(TYPES, {"facts": {name: {**common, **fact} for name, fact in facts.items()}}, {"features": {}})


def answers(*pairs):
    return [{"value": value, "weight": weight} for value, weight in pairs]


def years(*pairs):
    return [{"years_ago": ago, "weight": weight} for ago, weight in pairs]


@pytest.fixture(scope="module")
def declaration():
    return declared(
        income={"type": "integer", "low": 0, "high": 900, "answers": answers((40, 1), (90, 3))},
        owner={"type": "boolean", "answers": answers((True, 3), (False, 1))},
        veteran={"type": "boolean"},
        rooms={"type": "integer", "low": 0, "high": 99},
        born={"type": "date", "low": "1900-01-01", "high": "2100-01-01", "answers": years((10, 1), (70, 3))},
        age={"type": "integer", "low": 0, "high": 150, "derived": {"years_since": "born"}},
    )


def test_answers_fall_into_the_classes_they_belong_to_and_each_class_keeps_a_part(declaration):
    shares = share_of("income", (50, 100), declaration)
    assert shares == pytest.approx((0.9 * 0.25 + 0.1 / 3, 0.9 * 0.75 + 0.1 / 3, 0.1 / 3), abs=1e-6)
    assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_an_answer_on_a_cut_is_of_the_class_that_begins_there(declaration):
    assert share_of("income", (40, 90), declaration)[0] == pytest.approx(0.1 / 3, abs=1e-6)
    assert share_of("income", (41, 90), declaration)[0] > 0.2


def test_a_yes_or_no_is_as_common_as_it_is_said_to_be_and_else_a_yes_is_rare(declaration):
    assert share_of("owner", (1,), declaration) == (0.25, 0.75)
    assert share_of("veteran", (1,), declaration) == (1 - RARE_YES, RARE_YES)


def test_where_nothing_is_declared_nothing_is_thought(declaration):
    assert share_of("rooms", (3,), declaration) == ()


def test_an_age_is_as_common_as_the_birthdays_it_is_counted_from(declaration):
    young, old = share_of("age", (65,), declaration)
    assert (young, old) == (0.25, 0.75)
    assert share_of("age", (9, 65), declaration)[1] == pytest.approx(0.9 * 0.25 + 0.1 / 3, abs=1e-6)
