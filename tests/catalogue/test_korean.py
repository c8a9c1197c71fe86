"""Korean as people read it: statements end in -니다, questions in -신가요 or -나요, and particles follow their word."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from composition.reading import read_messages
from composition.settings import SHIPPED
from recommender.engine import Engine
from recommender.particles import with_particle
from recommender.standing import verdict_json
from tests.catalogue.test_cases import ALL_CASES, declared, places, shipped

STATEMENT = re.compile(r".*니다(\([^)]*\))?\.")
QUESTION = re.compile(r".*(신가요|나요|까요|니까)\?( \([^)]*\))?")
REQUEST = re.compile(r".*(세요|시오)\.")
PUBLISHED = {"title", "documents", "value", "wording", "source", "label"}
"""What others wrote: titles, amounts, periods and laws are shown as they were published; and what a box is called."""
OPEN_ENDED = {"rule.no_data.why", "reason.two", "beside.worth", "citizen.offers.changed"}
"""Messages that are made of sentences of others."""
LABELS = ("rule.member.",
    "date", "money.", "time.", "rule.both", "rule.or", "rule.and", "rule.grouped", "rule.number.", "rule.date.",
    "rule.unit.", "rule.axis.", "verdict.kind", "rule.no_data.part", "question.yes", "question.no",
    "report.", "screen.", "story.",
    "welcome.head.", "welcome.language", "welcome.route.", "welcome.title", "welcome.try_it",
    "amount.some", "amount.percent", "amount.period.", "amount.per.", "amount.times", "amount.total", "amount.span.",
    "amount.count.", "change.", "ranking.", "calls.",
    "grown.", "sweep.", "page.", "citizen.", "pocket.", "auditor.", "case.", "agency.", "welcome.pages",
    "sheets.", "letter.title", "letter.how", "letter.contact", "letter.bring", "letter.reference",
)  # fmt: skip
"""Messages that may be parts of a sentence, headings or cells of a table."""


def sentences(text: str) -> list[str]:
    """Split a text where a sentence ends."""
    return [part for part in re.split(r"(?<=[.?!])\s+(?!\()", text) if part]


def wrong_endings(text: str) -> list[str]:
    """Return the sentences of a text that end neither as a statement nor as a question or a request should."""
    return [one for one in sentences(text) if not any(kind.fullmatch(one) for kind in (STATEMENT, QUESTION, REQUEST))]


def final(syllable: str) -> bool:
    """Tell whether a Hangul syllable ends in a consonant: three letters once it is taken apart."""
    return len(unicodedata.normalize("NFD", syllable)) == 3


def wrong_objects(text: str) -> list[str]:
    """Return every 을 or 를 after a Hangul word whose last syllable takes the other one."""
    found = re.finditer(r"([가-힣]+)[’”]?(을|를)(?=[ .,])", text)
    return [m.group() for m in found if m[1] + m[2] not in {"마을", "가을"} and final(m[1][-1]) != (m[2] == "을")]


def messages() -> dict[str, str]:
    """Return every Korean message by key."""

    def flat(found: object, key: str) -> Iterator[tuple[str, str]]:
        if isinstance(found, dict):
            for name, below in found.items():
                yield from flat(below, f"{key}.{name}" if key else name)
        else:
            yield key, str(found)

    document = yaml.safe_load((SHIPPED.messages / "ko.yaml").read_text(encoding="utf-8"))
    return dict(flat(document["messages"], ""))


def texts(found: object, inside: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every Korean text of a document with the keys that lead to it, but what others published."""
    if isinstance(found, dict):
        for key, below in found.items():
            if key == "ko":
                yield inside, below
            elif key not in PUBLISHED:
                yield from texts(below, (*inside, key))
    elif isinstance(found, list):
        for below in found:
            yield from texts(below, inside)


@pytest.mark.parametrize(("key", "message"), messages().items())
def test_a_message_ends_as_a_statement_or_a_question_unless_it_is_a_label(key, message):
    parts = key.endswith((".part", ".part_not"))
    if message.endswith((".", "?")) and key not in OPEN_ENDED:
        assert wrong_endings(message) == []
    else:
        assert key in OPEN_ENDED or parts or key.startswith(LABELS), f"{key} is no sentence: {message}"
    assert wrong_objects(re.sub(r"\{[^/}]*\}", "X", message)) == []


@pytest.mark.parametrize("name", [name for name, fact in declared().facts.items() if fact.stated])
def test_a_fact_is_asked_for_politely(name):
    question = declared().facts[name].question["ko"]
    assert QUESTION.fullmatch(question), question
    assert wrong_objects(question) == []


@pytest.mark.parametrize("name", declared().groups)
def test_a_list_of_boxes_is_asked_politely(name):
    assert QUESTION.fullmatch(declared().groups[name]["ko"]), declared().groups[name]["ko"]


@pytest.mark.parametrize("name", declared().facts)
def test_a_label_is_a_noun_phrase(name):
    assert not re.search(r"(다|요|것|까|[.?!])$", declared().facts[name].label["ko"])


def test_every_note_of_the_catalogue_is_a_statement():
    found = []
    for path in sorted(SHIPPED.catalogue.glob("*.yaml")):
        document = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        found += [text for keys, text in texts({"who": document["who"]}) if keys[-1] == "why"]
    assert len(found) > 100
    assert [text for text in found if wrong_endings(text) or wrong_objects(text)] == []


def test_every_summary_of_the_catalogue_is_a_statement_and_every_window_is_told_in_both_languages():
    documents = [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in sorted(SHIPPED.catalogue.glob("*.yaml"))]
    assert [one["id"] for one in documents if wrong_endings(one["summary"]["ko"])] == []
    windows = [
        window
        for one in documents
        for window in ([one["window"]] if isinstance(one["window"], dict) else one["window"])
    ]
    assert [window["text"] for window in windows if "text" in window and not isinstance(window["text"], dict)] == []


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(declared(), shipped(), places(), read_messages())


@pytest.mark.parametrize("case", ALL_CASES[::24], ids=str)
def test_what_a_person_is_shown_is_in_whole_sentences(engine, case):
    person = engine.from_facts(case.facts, ["citizen"], case.as_of)
    shown = {
        "recommended": engine.answer(person, case.as_of, None).to_json(),
        "verdicts": [verdict_json(verdict) for verdict in engine.verdicts(person, case.as_of)],
    }
    found = set(texts(json.loads(json.dumps(shown))))
    assert len(found) > 50
    assert [one for one in found if wrong_endings(one[1]) or wrong_objects(one[1])] == []
    assert not re.search(r"을\(를\)|이\(가\)|은\(는\)", " ".join(text for _, text in found))


def spoken(number: int) -> str:
    """Read a whole number aloud in Korean."""
    digits, places, large = "영일이삼사오육칠팔구", ("", "십", "백", "천"), ("", "만", "억", "조")
    said = ""
    for group in range(3, -1, -1):
        part = number // 10_000**group % 10_000
        for place in range(3, -1, -1):
            digit = part // 10**place % 10
            said += (digits[digit] + places[place]) if digit else ""
        said += large[group] if part else ""
    return said or digits[0]


@given(st.integers(0, 10**15))
def test_a_particle_after_a_number_follows_the_number_as_it_is_read(number):
    particle = "이" if final(spoken(number)[-1]) else "가"
    assert with_particle(f"{number:,}", "이", "가") == f"{number:,}{particle}"


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=6))
def test_a_particle_after_a_word_follows_its_last_syllable_through_quotes_and_brackets(word):
    particle = "을" if final(word[-1]) else "를"
    for written in (word, f"‘{word}’", f"“{word}”", f"{word}(나무)", f"{word} (집)"):
        assert with_particle(written, "을", "를") == written + particle


def test_the_checks_of_this_file_find_what_is_wrong():
    assert wrong_endings("누구나 신청할 수 있음.") != []
    assert wrong_endings("농업인인가요?") != []
    assert wrong_endings("받습니다(제3조). 농업인이신가요?") == []
    assert wrong_objects("사과을 먹습니다.") == ["사과을"]
    assert wrong_objects("집를 삽니다.") == ["집를"]


def test_a_father_is_asked_for_the_births_of_his_children_too():
    assert "아버지" in declared().facts["births"].question["ko"]
