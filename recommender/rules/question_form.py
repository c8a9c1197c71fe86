"""Question form: how a question is put to people: its words, the answers there are, and two ways not to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from features.declaration.kinship import HOUSEHOLD
from recommender.rules.clause import RECEIVES
from recommender.rules.compiled import Compiled
from recommender.rules.question import Ask
from recommender.text import Text

__all__ = ["ASKED", "DECLINED", "Question", "put", "question_of"]

ASKED: Final = "asked"
"""Where a facts file lists what a person was asked for and does not know."""
DECLINED: Final = "declined"
"""Where a facts file lists what a person would rather not say."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, in words.

    Attributes:
        ask: which facts, and what the answer is expected to settle.
        question: how to ask, in each language.
        answers: which answers there are, by the type of the fact.
        boxes: the label of each box of a list, by its fact; empty where one fact is asked for.
        otherwise: how to say that one does not know, and that one would rather not say.
        sensitive: whether asking can hurt.
    """

    ask: Ask
    question: Mapping[str, str]
    answers: Mapping[str, Any]
    boxes: Mapping[str, Mapping[str, str]]
    otherwise: Mapping[str, Mapping[str, str]]
    sensitive: bool = False

    @property
    def fact(self) -> str:
        """The fact it asks for, the first of several."""
        return self.ask.fact

    def to_json(self) -> dict[str, Any]:
        """Return one entry of `ask_next` in the output of `proffer eligible`."""
        settles = {box.fact: box.settles for box in self.ask.boxes}
        return {
            "fact": self.ask.fact,
            "settles": self.ask.settles,
            "question": dict(self.question),
            "answers": dict(self.answers),
            "boxes": [
                {"fact": fact, "label": dict(text), "settles": settles[fact]} for fact, text in self.boxes.items()
            ],
            "otherwise": [{"list": name, "text": dict(text)} for name, text in self.otherwise.items()],
            "sensitive": self.sensitive,
        }


def put(ask: Ask, compiled: Compiled) -> Question:
    """Return a question in words; raises ValueError where the rules were compiled without messages."""
    facts = compiled.declaration.facts
    question = question_of(ask.fact, compiled)
    if ask.boxes:
        question = compiled.declaration.groups[facts[ask.fact].ask_with]
    named = [box.fact for box in ask.boxes] or [ask.fact]
    return Question(
        ask=ask,
        question=question,
        answers=_answers(ask.fact, compiled),
        boxes={box.fact: compiled.rule_text.label(box.fact).to_document() for box in ask.boxes},
        otherwise=_otherwise(compiled),
        sensitive=any(name in facts and facts[name].sensitive for name in named),
    )


@lru_cache(maxsize=256)
def question_of(fact: str, compiled: Compiled) -> Mapping[str, str]:
    """Return how to ask for a fact a person can state, in each language; by its label where no question is declared."""
    messages = compiled.messages
    if fact.startswith(RECEIVES):
        programme = compiled.catalogue.by_id.get(fact.removeprefix(RECEIVES))
        title = programme.title if programme else Text.alone(fact)
        return messages.text("question.receives", title=title).to_document()
    home = compiled.declaration.household
    if fact == HOUSEHOLD and home is not None:
        return home.question
    declared = compiled.declaration.facts[fact]
    if declared.question:
        return declared.question
    key = "question.applies" if declared.type == "boolean" else "question.value"
    return messages.text(key, label=compiled.rule_text.label(fact)).to_document()


@lru_cache(maxsize=8)
def _otherwise(compiled: Compiled) -> Mapping[str, Mapping[str, str]]:
    return {name: compiled.messages.text(f"question.{name}").to_document() for name in (ASKED, DECLINED)}


@lru_cache(maxsize=256)
def _answers(name: str, compiled: Compiled) -> Mapping[str, Any]:
    """Return which answers a fact takes, as a facts file writes them; a receipt, which is no fact, is yes or no."""
    fact, messages = compiled.declaration.facts.get(name), compiled.messages
    kind = "boolean" if fact is None else fact.type
    if kind == "boolean":
        said = ((True, "question.yes"), (False, "question.no"))
        values = [{"value": value, "label": messages.text(key).to_document()} for value, key in said]
        return {"type": kind, "values": values}
    assert fact is not None  # only receipts are no facts
    if kind == "enum":
        labels = fact.value_labels
        values = [
            {"value": value, "label": dict(labels.get(value) or Text.alone(value).to_document())}
            for value in fact.values
        ]
        return {"type": kind, "values": values}
    bounds = {name: fact.decode(bound) for name, bound in (("low", fact.low), ("high", fact.high)) if bound is not None}
    unit = {"unit": fact.unit} if fact.unit else {}
    return {"type": kind, **bounds, **unit}
