"""The tables of a ranker's report are in the language asked for, whatever they report on."""

import itertools
import re
from dataclasses import replace

import pytest

from composition import reading
from composition.settings import country_folder
from proffer import demo
from proffer.report_tables import group_name, report_text
from tests.catalogue.test_korean import wrong_endings, wrong_objects
from tests.catalogue.test_language_of_screens import (
    HANGUL,
    foreign_in_korean,
    korean_in_other,
    names_of_the_program,
)
from tests.training.evaluation.test_evaluation_report import BLIND, report, standing
from training.evaluation.evaluation import AGES
from training.runs.promotion import Check

NAMES = [f"age {low}-{high - 1}" for low, high in itertools.pairwise(AGES[:-1])]
NAMES += [f"age {AGES[-2]} and over", "reached offline", "reached online"]
ORDERS = ("views", "popularity", "logistic", "lightgbm", "private", "student", "reachable")
TERMS = {"NDCG"}


def told(say):
    """Everything that can be printed of a report, and of what the demo says of it."""
    row = {"people": 7, "ndcg@5": {"popularity": 0.8, "lightgbm": 0.9, "reachable": 0.95}, "gap_closed": 0.5}
    grouped = replace(
        report(),
        standings={name: standing(0.7 + place / 100) for place, name in enumerate(ORDERS)},
        groups=[{"group": name, **row} for name in NAMES],
        cold_starts=(),
    )
    no_gap = report(popularity=0.95, ours=0.95, reachable=0.95)
    worse = replace(report(popularity=0.9, ours=0.8), cold_starts=())
    yield from (report_text(one, say) for one in (grouped, BLIND, replace(no_gap, cold_starts=()), worse))
    for passing in (0.8, 0.95):
        figures = 0.9, "champion", passing
        yield demo.check_line(Check("ndcg@5", *figures, higher_is_better=True), say)
        yield demo.check_line(Check("held-out log-loss", *figures, higher_is_better=False), say)
    stages = {"synth": {"citizens": 20_000, "months": 36}}
    for stage in ("synth", "train", "ingest", "evaluate", "promote", "story"):
        yield say(f"ranking.stage.{stage}", **stages.get(stage, {}))
    yield from (say(f"ranking.{name}") for name in ("files", "by_rules"))


def test_a_korean_report_is_korean():
    for text in told(reading.read_messages().speaking("ko")):
        assert HANGUL.search(text)
        assert set(foreign_in_korean(text)) <= TERMS
        assert names_of_the_program(text) == []
        assert wrong_objects(text) == []
        assert not re.search(r"을\(를\)|이\(가\)|은\(는\)|…", text)
        sentences = [line for line in text.splitlines() if line.endswith(".")]
        assert [wrong_endings(line) for line in sentences if wrong_endings(line)] == []


@pytest.mark.parametrize(("country", "language"), [("kr", "en"), ("fr", "fr"), ("fr", "en")])
def test_a_report_in_another_language_has_no_korean_and_no_name_of_the_program(country, language):
    for text in told(reading.read_messages(country=country_folder(country)).speaking(language)):
        assert korean_in_other(text) == []
        assert names_of_the_program(text) == []


def test_every_group_has_a_name_for_people():
    say = reading.read_messages().speaking("en")
    assert [group_name(name, say) for name in NAMES[-3:]] == [
        f"{AGES[-2]} years and older",
        "reached offline",
        "reached online",
    ]
