"""Question view: what a form shows of one question, and the fact that an answer to it states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from rendering.voice import Voice

ASKABLE: Final = ("boolean", "enum", "integer", "date", "dates", "region")
"""The types of answers that a form has fields for."""
NO_DAY: Final = "none"
"""The box by which somebody says that there is no day to list."""
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    f"citizen.question.{name}": ()
    for name in (
        "voluntary",
        "boxes",
        "region",
        "date",
        "number",
        "send",
        "none",
        "saved",
        "left",
        "wrong",
        "no_day",
        "more_days",
    )
}
"""The messages that a question needs, and the placeholders of each."""


def question_view(
    asked: Mapping[str, Any], voice: Voice, regions: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """What a form shows of an entry of `ask_next`.

    Args:
        asked: the entry.
        voice: in which language.
        regions: the names of regions by code, for a question that takes one.
    """
    answers = asked["answers"]
    values = answers.get("values") or ()
    return {
        "fact": asked["fact"],
        "text": voice.spoken(asked["question"]),
        "type": answers["type"],
        "sensitive": asked["sensitive"],
        "boxes": [(one["fact"], voice.spoken(one["label"])) for one in asked["boxes"]],
        "options": [(_written(one["value"]), voice.spoken(one["label"])) for one in values],
        "regions": [(code, voice.spoken(name)) for code, name in (regions or {}).items()]
        if answers["type"] == "region"
        else [],
        "low": answers.get("low", ""),
        "high": answers.get("high", ""),
        "otherwise": [(one["list"], voice.spoken(one["text"])) for one in asked["otherwise"]],
    }


def answered(asked: Mapping[str, Any], answers: Sequence[str], boxes: Sequence[str]) -> dict[str, Any] | None:
    """The facts that an answer to a question states; None where it is none.

    Of a list of boxes each is stated: true where it is ticked, false where it is not. Of a list of days those that were
    filled in are stated, and that there is none only where that is ticked.
    """
    kind, answer = asked["answers"]["type"], next(iter(answers), "")
    if asked["boxes"]:
        return {one["fact"]: one["fact"] in boxes for one in asked["boxes"]}
    if kind in ("boolean", "enum"):
        named = {_written(one["value"]): one["value"] for one in asked["answers"]["values"]}
        return {asked["fact"]: named[answer]} if answer in named else None
    if kind == "integer":
        digits = answer.replace(",", "").replace(" ", "")
        return {asked["fact"]: int(digits)} if digits.isascii() and digits.isdigit() else None
    if kind == "dates":
        days = list(filter(None, answers))
        said = bool(days) != (NO_DAY in boxes) and all(map(_is_day, days))
        return {asked["fact"]: days} if said else None
    if kind == "date":
        return {asked["fact"]: answer} if _is_day(answer) else None
    return {asked["fact"]: answer} if kind == "region" and answer else None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
