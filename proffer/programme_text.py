"""Programme text: how one person stands to one programme, whole, as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from composition import terminal
from features.problem import Problem, Rejected
from proffer.verdict_text import Screen, in_order, open_points, source_line
from recommender.standing import DEPENDS, NO, standing

if TYPE_CHECKING:
    from recommender.rules.programme import Programme
    from recommender.rules.verdict import Reason, Verdict
    from recommender.text import Text

_MARK = "  - "


def named_programme(said: str, programmes: Mapping[str, Programme]) -> str:
    """The id of the programme that somebody names by its id, or by its title in any language.

    Raises:
        Rejected: no programme has this id or title, or several have this title.
    """
    if said in programmes:
        return said
    wanted = said.casefold().strip()
    found = [one.id for one in programmes.values() if wanted in (words.casefold() for _, words in one.title.pairs)]
    if len(found) == 1:
        return found[0]
    if found:
        what, remedy = f"{said!r} is the title of {len(found)} programmes", f"Name one: {', '.join(found[:5])}"
    else:
        near = _near(wanted, programmes)
        what = f"no programme has the id or the title {said!r}"
        remedy = f"Did you mean {near}?" if near else "`proffer eligible --why` lists the ids"
    raise Rejected([Problem(("--programme",), "unknown", what, remedy)])


def _near(wanted: str, programmes: Mapping[str, Programme]) -> str:
    from difflib import get_close_matches

    called = {words.casefold(): words for one in programmes.values() for _, words in one.title.pairs}
    near = get_close_matches(wanted, [*programmes, *called], n=1)
    return called.get(near[0], near[0]) if near else ""


def programme_text(verdict: Verdict, asks: Sequence[str], screen: Screen) -> str:
    """One programme explained: how the person stands to it, every reason with its source, what it gives and where.

    Args:
        verdict: how the person stands to it.
        asks: the questions that would settle it, in words.
        screen: what text is written with.
    """
    programme, stands = verdict.programme, standing(verdict)
    on = {"on": open_points(verdict, screen)} if stands == DEPENDS else {}
    lines = [terminal.strong(line) for line in screen.lines(screen.title(programme.id))]
    lines += screen.lines(screen.say("screen.provider", name=programme.provider.name), "  ")
    if programme.summary is not None:
        lines += screen.lines(screen.read(programme.summary), "  ")
    lines += ["", *(terminal.strong(line) for line in screen.lines(screen.say(f"screen.standing.{stands}", **on)))]
    lines += screen.lines(screen.say("screen.asks_for"), "  ") if stands in (DEPENDS, NO) else []
    lines += _reasons(verdict, screen)
    if asks:
        lines += ["", terminal.strong(screen.say("screen.ask_next"))]
        lines += [line for ask in asks for line in screen.lines(ask, "  ")]
        lines += screen.lines(screen.say("screen.otherwise"), "  ")
    return "\n".join([*lines, *_about(programme, screen)])


def _reasons(verdict: Verdict, screen: Screen) -> list[str]:
    """Every reason as a point, with its note and with its source where that is not the programme's own."""
    lines: list[str] = []
    own = source_line(verdict.programme.source, screen)
    told: set[str] = set()
    for reason in in_order(verdict):
        said = screen.sentence(reason.text)
        if said in told:
            continue
        told.add(said)
        lines += screen.lines(said, _MARK)
        cited = source_line(reason.source, screen)
        for more in (_note(reason, said, screen), "" if cited == own else cited):
            lines += screen.lines(more, "    ") if more else []
        if screen.why:
            named = ", ".join([reason.cause, *reason.facts])
            lines += screen.lines(f"[{named}]", "    ")
    return lines


def _note(reason: Reason, said: str, screen: Screen) -> str:
    """Why the clause stands there, where its sentence does not say the same."""
    if reason.why is None or isinstance(reason.why, str):
        return "" if reason.why is None or not screen.why else reason.why
    note = screen.sentence(reason.why)
    return "" if note.casefold().rstrip(".") in said.casefold() else note


def _about(programme: Programme, screen: Screen) -> list[str]:
    lines = [""]
    told: list[tuple[str, Text | None]] = [("screen.how", programme.how), ("screen.contact", programme.contact)]
    for key, text in told:
        lines += [] if text is None else screen.lines(screen.say(key, text=text), "  ")
    if programme.documents:
        listed = ", ".join(map(screen.read, programme.documents))
        lines += screen.lines(screen.say("screen.documents", documents=listed), "  ")
    source = source_line(programme.source, screen)
    lines += screen.lines(source, "  ") if source else []
    cited = programme.source.text
    return lines if cited is None else [*lines, *screen.lines(screen.read(cited), "  ")]
