"""Story text: one person's story, as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from composition import terminal

_WIDTH = 100


def story_text(story: Mapping[str, Any], language: str, say: Callable[..., str]) -> str:
    """The story for people to read, with the messages of a language."""
    lines = [say("story.title", person=story["person"], introduction=story["introduction"][language])]
    for chapter in story["chapters"]:
        lines += ["", f"{chapter['on']}  {chapter['title'].get(language, chapter['event'])}"]
        lines += [f"    {say('story.offers' if chapter['offers'] else 'story.silent')}"]
        lines += [line for offer in chapter["offers"] for line in _offer(offer, language, say)]
    board = story["board"]
    granted = ", ".join(_in(title, language) for title in board["granted"]) or say("screen.none")
    lines += ["", say("story.board", **{**board, "granted": granted, "until": story["until"]})]
    if story["ask_next"]:
        lines += ["", say("story.ask_next")]
        for ask in story["ask_next"]:
            boxes = [f"      [ ] {_in(box['label'], language)}" for box in ask["boxes"]]
            lines += [f"    {_in(ask['question'], language)}", *boxes]
    return "\n".join(lines)


def _offer(offer: Mapping[str, Any], language: str, say: Callable[..., str]) -> list[str]:
    lines = [f"    -> {_in(offer['title'], language)} ({say('story.' + offer['standing'])})"]
    why = [_in(reason.get("why") or reason["text"], language) for reason in offer["because"][:2]]
    if why:
        reasons = reduce(lambda first, second: say("story.two", first=first, second=second), why)
        lines.append(f"       {say('story.because', reasons=terminal.clip(reasons, _WIDTH))}")
    asked = " ".join(_in(question, language) for question in offer["questions"][:2])
    if asked:
        lines.append(f"       {say('story.ask', questions=asked)}")
    lines += [f"       {_in(part['text'], language)}" for part in offer["why_rank"][:1]]
    window = _in(offer["window"]["text"], language) if offer["window"]["text"] else ""
    return [*lines, f"       {terminal.clip(window, _WIDTH)}"] if window else lines


def _in(text: Mapping[str, str] | str, language: str) -> str:
    return text if isinstance(text, str) else text.get(language) or next(iter(text.values()), "")
