"""Verdict text: verdicts, titles and questions as people read them on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from composition import terminal
from recommender.standing import DEPENDS, LIKELY, STANDINGS, YES, standing

if TYPE_CHECKING:
    from recommender.engine import Engine
    from recommender.rules.programme import Programme
    from recommender.rules.question_form import Question
    from recommender.rules.verdict import Verdict
    from recommender.text import Text

_TITLE, _REASON = 40, 56


@dataclass(frozen=True)
class Screen:
    """What text on a terminal is written with.

    Attributes:
        language: the language of the text.
        say: returns a message in that language.
        label: returns what a fact is called.
        title: returns the title of a programme, by id.
    """

    language: str
    say: Callable[..., str]
    label: Callable[[str], Text]
    title: Callable[[str], str]

    def labels(self, facts: Iterable[str]) -> str:
        """Return what several facts are called, as a list."""
        return ", ".join(self.label(fact).in_language(self.language) for fact in facts)


def screen_of(engine: Engine, day: date, language: str) -> Screen:
    """Return what writes text about an engine's answers on a day."""
    programmes = engine.catalogue.by_id

    def title(name: str) -> str:
        return programmes[name].title.in_language(language) if name in programmes else name

    label = engine.compiled(day).rule_text.label
    return Screen(language, partial(engine.messages.said, language), label, title)


def verdicts_text(
    day: date, verdicts: Sequence[Verdict], asks: Sequence[Question], screen: Screen, rows: int | None
) -> str:
    """All verdicts: counts, the first `rows` (None for all) of each standing but no, and what to ask next."""
    groups: dict[str, list[Verdict]] = {name: [] for name in STANDINGS}
    for verdict in verdicts:
        groups[standing(verdict)].append(verdict)
    counts = {name: len(found) for name, found in groups.items()}
    parts = [screen.say("screen.counts", day=day.isoformat(), total=len(verdicts), **counts)]
    parts += _group(screen.say("screen.yes"), groups[YES], screen, rows, _source)
    parts += _group(screen.say("screen.likely"), groups[LIKELY], screen, rows, _source)
    parts += _group(screen.say("screen.depends"), groups[DEPENDS], screen, rows, _open)
    return "\n".join([*parts, *questions(asks, screen)])


def _group(
    head: str, verdicts: Sequence[Verdict], screen: Screen, rows: int | None, reason: Callable[[Verdict, Screen], str]
) -> list[str]:
    if not verdicts:
        return []
    heads = [screen.say(f"screen.head.{name}") for name in ("programme", "title", "because")]
    table = [[one.programme.id, titled(one.programme, screen), reason(one, screen)] for one in verdicts[:rows]]
    lines = ["", head, terminal.table(heads, table)]
    left = len(verdicts) - len(table)
    return [*lines, screen.say("screen.more", count=left)] if left else lines


def titled(programme: Programme, screen: Screen) -> str:
    """A programme's title, short enough for a table."""
    return terminal.clip(programme.title.in_language(screen.language), _TITLE)


def _source(verdict: Verdict, screen: Screen) -> str:
    text = verdict.because[0].text if verdict.because else None
    return "" if text is None else terminal.clip(text.in_language(screen.language), _REASON)


def open_points(verdict: Verdict, screen: Screen) -> str:
    """What a standing depends on: the facts to be asked, else the criterion that speaks against it."""
    asked = dict.fromkeys(name for reason in verdict.because for name in reason.asks)
    facts = verdict.missing or tuple(asked)
    if facts:
        return screen.labels(facts)
    against = next((one for one in verdict.because if one.advised), verdict.because[0])
    return against.text.in_language(screen.language)


def _open(verdict: Verdict, screen: Screen) -> str:
    return terminal.clip(screen.say("screen.needs", facts=open_points(verdict, screen)), _REASON)


def not_asked(kinds: Mapping[str, int], screen: Screen) -> list[str]:
    """How many programmes are for kinds of applicant that nobody asked as; the answer to those says nothing."""
    listed = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
    return ["", screen.say("screen.not_asked", kinds=listed)] if kinds else []


def questions(asks: Sequence[Question], screen: Screen) -> list[str]:
    """The questions to ask next, one a line, and how to leave one unanswered."""
    if not asks:
        return []
    lines = []
    for ask in asks:
        words = ask.question.get(screen.language, ask.fact)
        boxes = [f"    [ ] {text.get(screen.language, fact)}  ({fact})" for fact, text in ask.boxes.items()]
        lines += [f"  {words}", *boxes] if boxes else [f"  {words}  ({ask.fact})"]
    return ["", screen.say("screen.ask_next"), *lines, screen.say("screen.otherwise")]
