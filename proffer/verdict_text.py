"""Verdict text: verdicts, titles and questions as people read them on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from composition import terminal

if TYPE_CHECKING:
    from recommender.rules.programme import Programme
    from recommender.rules.question import Ask
    from recommender.rules.verdict import Verdict

_TITLE, _REASON = 40, 56


def verdicts_text(day: date, verdicts: Sequence[Verdict], asks: Sequence[Ask], language: str, rows: int | None) -> str:
    """All verdicts: counts, the first `rows` (None for all) of each yes and unknown, and what to ask next."""
    groups: dict[str, list[Verdict]] = {"yes": [], "unknown": [], "no": []}
    for verdict in verdicts:
        groups[verdict.answer.name.lower()].append(verdict)
    counts = ", ".join(f"{len(found)} {answer}" for answer, found in groups.items())
    parts = [f"As of {day.isoformat()}, of {len(verdicts)} programmes: {counts}."]
    parts += _group("YES: the conditions are met", groups["yes"], language, rows, _source)
    parts += _group("UNKNOWN: something is still missing", groups["unknown"], language, rows, _missing)
    return "\n".join([*parts, *questions(asks, language)])


def _group(
    head: str, verdicts: Sequence[Verdict], language: str, rows: int | None, reason: Callable[[Verdict, str], str]
) -> list[str]:
    if not verdicts:
        return []
    table = [[one.programme.id, titled(one.programme, language), reason(one, language)] for one in verdicts[:rows]]
    lines = ["", head, terminal.table(["programme", "title", "because"], table)]
    left = len(verdicts) - len(table)
    return [*lines, f"... and {left} more (--all prints them, --json has them all)"] if left else lines


def titled(programme: Programme, language: str) -> str:
    """A programme's title, short enough for a table."""
    return terminal.clip(programme.title.in_language(language), _TITLE)


def _source(verdict: Verdict, language: str) -> str:
    text = verdict.because[0].text if verdict.because else None
    return "" if text is None else terminal.clip(text.in_language(language), _REASON)


def _missing(verdict: Verdict, language: str) -> str:
    if verdict.missing:
        return terminal.clip("needs " + ", ".join(verdict.missing), _REASON)
    return _source(verdict, language)


def questions(asks: Sequence[Ask], language: str) -> list[str]:
    """The questions to ask next, one a line."""
    if not asks:
        return []
    lines = [f"  {ask.question.get(language, ask.fact)}  ({ask.fact})" for ask in asks]
    return ["", "Ask next:", *lines]
