"""Story text: one person's story, as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from composition import terminal

_WIDTH = 100
_PHRASES = {
    "en": {
        "title": "One person's story: {person}, {introduction}. She is synthetic.",
        "offers": "Proffer would have told her:",
        "silent": "nothing new to tell her",
        "yes": "entitled",
        "unknown": "perhaps",
        "because": "because: ",
        "ask": "to be sure, ask: ",
        "board": "Without it, a notice board showed her {shown} programmes by {until}; she applied for {applied}"
        " and was granted: {granted}.",
        "none": "none",
        "questions": "What Proffer would still ask her, the most telling first:",
    },
    "ko": {
        "title": "한 사람의 이야기: {person}, {introduction}. 가상의 인물입니다.",
        "offers": "Proffer가 알려 주었을 것:",
        "silent": "새로 알릴 것이 없음",
        "yes": "대상",
        "unknown": "확인 필요",
        "because": "이유: ",
        "ask": "확인할 사실: ",
        "board": "Proffer 없이 게시판이 {until}까지 보여 준 사업은 {shown}개, 신청은 {applied}건, 받은 것: {granted}.",
        "none": "없음",
        "questions": "Proffer가 이어서 물을 것(가장 많이 가려 주는 것부터):",
    },
}


def story_text(story: Mapping[str, Any], language: str = "en") -> str:
    """The story for people to read."""
    say = _PHRASES[language]
    lines = [say["title"].format(person=story["person"], introduction=story["introduction"][language])]
    for chapter in story["chapters"]:
        lines += ["", f"{chapter['on']}  {chapter['title'].get(language, chapter['event'])}"]
        lines += [f"    {say['offers'] if chapter['offers'] else say['silent']}"]
        lines += [line for offer in chapter["offers"] for line in _offer(offer, language)]
    board = story["board"]
    granted = ", ".join(_in(title, language) for title in board["granted"]) or say["none"]
    lines += ["", say["board"].format(**{**board, "granted": granted, "until": story["until"]})]
    if story["ask_next"]:
        lines += ["", say["questions"]]
        lines += [f"    {_in(ask['question'], language)}" for ask in story["ask_next"]]
    return "\n".join(lines)


def _offer(offer: Mapping[str, Any], language: str) -> list[str]:
    say = _PHRASES[language]
    lines = [f"    -> {_in(offer['title'], language)} ({say[offer['answer']]})"]
    why = [_in(reason.get("why") or reason["text"], language) for reason in offer["because"][:2]]
    if why:
        lines.append(f"       {say['because']}{terminal.clip('; '.join(why), _WIDTH)}")
    if offer["missing"]:
        lines.append(f"       {say['ask']}{', '.join(offer['missing'][:4])}")
    lines += [f"       {_in(part['text'], language)}" for part in offer["why_rank"][:1]]
    window = _in(offer["window"]["text"], language) if offer["window"]["text"] else ""
    return [*lines, f"       {terminal.clip(window, _WIDTH)}"] if window else lines


def _in(text: Mapping[str, str] | str, language: str) -> str:
    return text if isinstance(text, str) else text.get(language) or next(iter(text.values()), "")
