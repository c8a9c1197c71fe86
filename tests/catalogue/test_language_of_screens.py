"""What people are shown is in the language asked for: no names of the program, no cut phrase, no other language."""

from __future__ import annotations

import datetime
import random
import re

import pytest
import yaml

from composition import reading
from composition.settings import SHIPPED, country_folder
from features.problem import Rejected
from proffer.programme_text import programme_text
from proffer.recommendation_text import recommendations_text
from proffer.verdict_text import not_asked, refusals_text, screen_of, verdicts_text
from recommender.engine import Engine
from recommender.offers.other_applicant import unasked_kinds
from recommender.rules.question_form import question_of
from recommender.text import Text
from tests.catalogue.test_cases import ALL_CASES, declared, places, shipped
from tests.catalogue.test_korean import wrong_endings, wrong_objects

HANGUL = re.compile(r"[가-힣]")
QUOTED = re.compile(r"“[^”]*”|‘[^’]*’|\"[^\"]*\"")
ADDRESS = re.compile(r"https?://\S+|--[a-z-]+|\b[a-z.-]+\.(?:go|or|co)\.kr\b")
IDENTIFIER = re.compile(r"\b[a-z]+(?:\.[a-z][a-z-]+)+\b|\b[a-z]+(?:_[a-z]+)+\b")
LATIN = re.compile(r"[A-Za-z]{3,}")
LATIN_WORDS = {"Proffer", "applicant", "asked", "declined", "gov", "HIV", "ICT", "EITC"}
"""Latin words that a Korean text may have: the name, options of the command line, and what the catalogue quotes."""
CONFIGURING = "sheets.missing."
"""What is not configured is told to operators and auditors, with the file or the command that configures it."""
WEIGHT = re.compile(r"[+-]0\.\d{3}")


def foreign_in_korean(text):
    """Return the Latin words of a Korean text that are no address, no option and in no quotation."""
    return [word for word in LATIN.findall(QUOTED.sub("", ADDRESS.sub("", text))) if word not in LATIN_WORDS]


def korean_in_other(text):
    """Return the lines of a text that have Hangul outside quotations and addresses."""
    whole = QUOTED.sub("", ADDRESS.sub("", " ".join(text.split())))
    return [whole[max(0, m.start() - 40) : m.end() + 20] for m in HANGUL.finditer(whole)]


def names_of_the_program(text):
    """Return ids of programmes, names of facts and weights."""
    bare = ADDRESS.sub("", text)
    return IDENTIFIER.findall(bare) + WEIGHT.findall(bare)


def screens(engine, facts, day, language, applicants=("citizen",)):
    """Yield what is printed about a person, by what was asked for."""
    person, screen = engine.from_facts(facts, list(applicants), day), screen_of(engine, day, language)
    verdicts, asks = list(engine.verdicts(person, day)), engine.asks(person, day)
    others = unasked_kinds(engine.compiled(day), person.applicant)
    yield "eligible", "\n".join([verdicts_text(day, verdicts, asks, screen, None), *not_asked(others, screen)])
    yield "no", refusals_text(day, verdicts, screen, None)
    yield "recommend", recommendations_text(engine.answer(person, day, None), screen)
    for verdict in verdicts[len(facts) :: 25]:
        asked = [screen.read(Text.of(question_of(fact, engine.compiled(day)))) for fact in verdict.missing]
        yield "programme", programme_text(verdict, asked, screen)


@pytest.fixture(scope="module")
def engine():
    return Engine(declared(), shipped(), places(), reading.read_messages())


def korean_screen_is_right(shown):
    """See that Korean screens have no names of the program, no other language, right particles and no cut phrase."""
    for kind, text in shown:
        cited = kind == "programme"  # the source is quoted as it was published
        assert names_of_the_program(text) == []
        assert foreign_in_korean(text) == [] or cited
        assert wrong_objects(text) == []
        assert not re.search(r"을\(를\)|이\(가\)|은\(는\)", text)
        assert "…" not in text or cited


def english_screen_is_right(shown):
    """See that English screens have Korean as quotations only, no names of the program and no cut phrase."""
    for kind, text in shown:
        assert korean_in_other(text) == []
        assert names_of_the_program(text) == []
        assert "…" not in text or kind == "programme"


CASES = ALL_CASES[::60]
SCREENS = {"ko": korean_screen_is_right, "en": english_screen_is_right}


@pytest.mark.parametrize("language", SCREENS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_golden_case_is_shown_is_in_the_language_asked_for(engine, case, language):
    SCREENS[language](screens(engine, case.facts, case.as_of, language))


@pytest.mark.parametrize("language", SCREENS)
@pytest.mark.parametrize("seed", range(12))
def test_what_a_made_up_person_is_shown_is_in_the_language_asked_for(engine, seed, language):
    chance = random.Random(seed)
    facts = {name: value for case in chance.sample(ALL_CASES, 6) for name, value in case.facts.items()}
    applicants, day = (
        chance.sample(["citizen", "small_business", "organisation"], 1 + seed % 3),
        datetime.date(2026, 10, 31),
    )
    try:
        engine.from_facts(facts, applicants, day)
    except Rejected as refusal:  # the cases tell of different people: what cannot be true beside the rest is left out
        facts = {name: value for name, value in facts.items() if name not in {one.path[1] for one in refusal.problems}}
    SCREENS[language](screens(engine, facts, day, language, applicants))


def test_a_programme_written_in_korean_alone_is_quoted_in_english():
    korean = reading.read_messages().said("en", "question.receives", title=Text(ko="주거급여"))
    assert korean == "Do you already receive “주거급여”?"
    assert korean_in_other(korean) == []
    assert korean_in_other("Do you already receive 주거급여?") != []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_french_screen_has_no_names_of_the_program(language):
    country = country_folder("fr")
    declaration, regions = reading.read_declaration(country=country), reading.read_regions(country=country)
    held = reading.read_catalogue(None, declaration, regions, country=country)
    engine = Engine(declaration, held, regions, reading.read_messages(country=country))
    day = datetime.date(2026, 11, 29)
    for facts in ({}, {"birth_date": "1990-04-02"}):
        for _, text in screens(engine, facts, day, language):
            assert names_of_the_program(text) == []
            assert HANGUL.findall(text) == []


def flat(found, key=""):
    """Yield every message with its key."""
    if isinstance(found, dict):
        for name, below in found.items():
            yield from flat(below, f"{key}.{name}" if key else str(name))
    else:
        yield key, str(found)


FILES = {
    f"{path.parent.parent.name}/{path.stem}": path
    for folder in (SHIPPED, country_folder("fr"))
    for path in sorted(folder.messages.glob("*.yaml"))
}


@pytest.mark.parametrize("name", FILES)
def test_a_message_is_in_its_language_and_names_nothing_of_the_program(name):
    messages = dict(flat(yaml.safe_load(FILES[name].read_text(encoding="utf-8"))["messages"]))
    said = {key: re.sub(r"\{[^}]*\}", "", text) for key, text in messages.items() if not key.startswith(CONFIGURING)}
    assert [(key, text) for key, text in said.items() if names_of_the_program(text)] == []
    assert [(key, text) for key, text in said.items() if "…" in text] == []
    if name.endswith("/ko"):
        technical = {
            "OpenAPI",
            "ledger",
            "NDCG",
            "AUC",
            "sha",
            "Ctrl",
            "proffer",
            "token",
            "citizen",  # the path of a page
            "replay",
            *("JSON", "CSV", "CPSV", "OpenDP", "PLD", "RDP", "PRV"),
            *LATIN_WORDS,
        }  # for operators and auditors
        foreign = {key: set(foreign_in_korean(text)) - technical for key, text in said.items()}
        assert {key: words for key, words in foreign.items() if words} == {}
    else:
        native = {"welcome.language", "agency.try.example"}  # the words of a law that is read in Korean are quoted
        quoted = [key for key, text in said.items() if HANGUL.search(text) and key not in native]
        assert [key for key in quoted if not key.startswith("agency.hint.")] == []


@pytest.mark.parametrize("name", declared().facts)
def test_a_fact_is_called_and_asked_for_in_each_language_without_the_other(name):
    fact = declared().facts[name]
    texts = [fact.label, fact.question, *fact.value_labels.values()]
    for text in texts:
        assert korean_in_other(text.get("en", "")) == []
        assert foreign_in_korean(text.get("ko", "")) == []
        assert names_of_the_program(" ".join(text.values())) == []


def test_a_sensitive_fact_is_asked_so_that_nobody_must_answer(engine):
    day = datetime.date(2026, 10, 31)
    person = engine.from_facts({"birth_date": "1990-04-02"}, ["citizen"], day)
    asks = engine.asks(person, day)
    assert not asks[0].sensitive or len(asks[0].boxes) > 1
    for language in ("ko", "en"):
        text = recommendations_text(engine.answer(person, day, 1), screen_of(engine, day, language))
        assert {"ko": "답하지 않으셔도 됩니다.", "en": "You need not answer."}[language] in text


def test_the_checks_of_this_file_find_what_is_wrong():
    assert names_of_the_program("확인할 내용: receives.kr.medical-aid") == ["receives.kr.medical-aid"]
    assert names_of_the_program("needs near_poverty (+0.3117)") == ["near_poverty", "+0.311"]
    assert foreign_in_korean("because: 만 나이") == ["because"]
    assert foreign_in_korean("출처: https://example.org/abc") == []
    assert wrong_endings("받을 수 있음.") != []
