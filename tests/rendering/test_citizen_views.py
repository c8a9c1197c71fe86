"""What the pages of a citizen show of a value, and how their sentences read."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from composition import reading
from rendering.life_page import Happening, life_view
from rendering.offers_page import OffersShown, counted, next_step, offers_view
from rendering.question_view import answered
from rendering.voice import voice_of

DATA = Path(__file__).parents[2] / "data" / "countries"
VOICE = voice_of(reading.read_messages(), "en")


def asked(kind, boxes=(), **answers):
    return {"fact": "f", "answers": {"type": kind, **answers}, "boxes": [{"fact": one} for one in boxes]}


YES_NO = [{"value": True}, {"value": False}]


@pytest.mark.parametrize(
    ("question", "answer", "boxes", "facts"),
    [
        (asked("boolean", values=YES_NO), "true", (), {"f": True}),
        (asked("boolean", values=YES_NO), "false", (), {"f": False}),
        (asked("boolean", values=YES_NO), "True", (), None),
        (asked("enum", values=[{"value": "own"}]), "own", (), {"f": "own"}),
        (asked("enum", values=[{"value": "own"}]), "rent", (), None),
        (asked("integer"), "1,200 000", (), {"f": 1_200_000}),
        (asked("integer"), "-3", (), None),
        (asked("integer"), "٣", (), None),
        (asked("date"), "2026-11-30", (), {"f": "2026-11-30"}),
        (asked("date"), "2026-11-31", (), None),
        (asked("region"), "11440", (), {"f": "11440"}),
        (asked("region"), "", (), None),
        (asked("dates"), ("2026-11-30", "", "2024-02-29"), (), {"f": ["2026-11-30", "2024-02-29"]}),
        (asked("dates"), ("2026-11-30", "2026-11-31"), (), None),
        (asked("dates"), ("", ""), ("none",), {"f": []}),
        (asked("dates"), ("2026-11-30",), ("none",), None),
        (asked("dates"), ("", ""), (), None),
        (asked("boolean", ("f", "g"), values=YES_NO), "", ("g",), {"f": False, "g": True}),
        (asked("boolean", ("f", "g"), values=YES_NO), "", ("h",), {"f": False, "g": False}),
    ],
)
def test_an_answer_states_facts_or_is_none(question, answer, boxes, facts):
    assert answered(question, (answer,) if isinstance(answer, str) else answer, boxes) == facts


def offer(standing="yes", delivery="ask", state="open", opens=None, missing=()):
    window = {"state": state, "opens": opens}
    return {"standing": standing, "delivery": delivery, "window": window, "missing": list(missing)}


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (offer(), "Get the papers ready"),
        (offer(delivery="auto_grant"), "Do nothing"),
        (offer(state="upcoming", opens="2027-03-01"), "from 1 March 2027"),
        (offer(state="upcoming"), "Wait."),
        (offer("likely"), "Check the open condition"),
        (offer("depends", missing=["f"]), "Answer our questions"),
        (offer("depends"), "Ask the office"),
    ],
)
def test_there_is_one_next_step(one, said):
    assert said in next_step(one, VOICE)


def test_what_somebody_can_get_comes_before_what_depends_on_answers():
    text = {"en": "x"}
    standings = {"a": "depends", "b": "likely", "c": "yes", "d": "depends", "e": "yes"}
    named = [
        {**offer(standing), "programme": name, "title": text, "value": None, "because": [], "documents": [],
         "effort_minutes": 0, "notices": []}
        for name, standing in standings.items()
    ]  # fmt: skip
    for one in named:
        one["window"]["text"] = None
    bundles = [{"title": {"en": held}, "programmes": list(held), "documents": []} for held in ("a", "b", "dc")]
    answer = {"recommendations": named, "bundles": bundles, "ask_next": [], "already": [], "closed": []}
    view = offers_view(OffersShown(answer, {name: {"provider": {"name": text}} for name in standings}, {}, {}), VOICE)
    assert [one["title"].text for one in view["bundles"]] == ["dc", "b"]
    assert [one["title"].text for one in view["later"]] == ["a"]
    assert [one["programme"] for one in view["cards"]] == ["e"]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 0, 0), "With what we know, nothing is certain yet."),
        ((0, 0, 1), "With what we know, nothing is certain yet. 1 depends on your answers."),
        ((1, 0, 0), "You can get 1 benefit."),
        ((0, 2, 29), "You can probably get 2 benefits. 29 depend on your answers."),
        ((3, 1, 0), "You can get 3, and probably 1 more."),
    ],
)
def test_it_is_said_how_many_there_are_and_never_that_there_are_none_of_them(counts, said):
    assert counted(dict(zip(("yes", "likely", "depends"), counts, strict=True)), VOICE) == said


def test_a_life_is_told_the_latest_first_and_what_comes_the_nearest_first():
    titles = {"p": {"en": "Pension"}}
    happened = [
        Happening("life.moved", date(2026, 5, 1), {"en": "Moved home"}),
        Happening("benefit.granted", date(2026, 6, 1), {"en": "Granted"}, "p"),
        Happening("benefit.shown", date(2026, 7, 1), {"en": "Shown"}, "p"),
    ]
    answer = {
        "as_of": "2026-11-01", "already": [], "bundles": [],
        "closed": [{"title": titles["p"], "closed": "2026-05-15"}, {"title": titles["p"], "closed": None}],
        "upcoming": [{"title": titles["p"], "on": "2027-02-01"}],
        "recommendations": [{"programme": "q", "title": {"en": "Heating"}, "standing": "yes",
                             "window": {"opens": "2026-10-01", "closes": "2026-12-01"}}],
    }  # fmt: skip
    shown = life_view(happened, answer, titles, VOICE)
    assert [one["plain"] for one in shown["past"]] == [
        "It was granted: Pension", "The time to apply ended: Pension", "Moved home",
    ]  # fmt: skip
    assert [one["plain"] for one in shown["future"]] == [
        "Last day to apply: Heating",
        "By your age this opens: Pension",
    ]
    assert [row[2] for row in shown["rows"]] == [one["plain"] for one in (*shown["future"], *shown["past"])]


def sentences(country, language):
    """Every message of the pages of people, by its key."""
    document = yaml.safe_load((DATA / country / "messages" / f"{language}.yaml").read_text(encoding="utf-8"))
    todo = [(name, document["messages"][name]) for name in ("page", "citizen", "pocket")]
    while todo:
        key, found = todo.pop()
        if isinstance(found, dict):
            todo += [(f"{key}.{name}", one) for name, one in found.items()]
        else:
            yield key, found


@pytest.mark.parametrize(("country", "language"), [("kr", "en"), ("fr", "en"), ("fr", "fr")])
def test_no_sentence_of_a_page_has_more_than_fifteen_words(country, language):
    said = [(key, part) for key, text in sentences(country, language) for part in re.split(r"[.?!:]\s", text)]
    assert [one for one in said if len(one[1].split()) > 15] == []


def test_korean_pages_hold_no_foreign_word():
    assert [key for key, text in sentences("kr", "ko") if re.search(r"[A-Za-z]", re.sub(r"\{.*?\}", "", text))] == []
