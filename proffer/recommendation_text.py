"""Recommendation text: what one person is recommended, as people read it on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composition import terminal
from features.calendar import date_of
from proffer.verdict_text import Screen, in_order, not_asked, open_points, questions, source_line
from recommender.standing import DEPENDS, LIKELY, standing
from recommender.text import Text

if TYPE_CHECKING:
    from recommender.offers.bundle import Bundle
    from recommender.offers.recommendation import Recommendation, Recommendations

_BELOW, _MARK, _AS_WELL = "     ", "     - ", "  "


def recommendations_text(found: Recommendations, screen: Screen) -> str:
    """Recommendations in order, bundles, what is received or closed, and what to ask next."""
    say = screen.say
    parts = screen.lines(say("screen.by_rules" if found.model is None else "screen.by_model",
                             day=date_of(found.day), total=found.total))  # fmt: skip
    if found.model is not None and screen.why:
        parts += screen.lines(say("screen.model", model=str(found.model["name"])))
    for one in found.shown:
        parts += _recommendation(one, screen)
    for bundle in found.bundles:
        parts += _bundle(bundle, Text.of(found.events.get(bundle.event, {})), screen)
    parts += _beside(found, screen)
    return "\n".join([*parts, *questions(found.asks, screen)])


def _beside(found: Recommendations, screen: Screen) -> list[str]:
    """What is received, cannot be held together, is for others, opens soon, or has closed."""
    say = screen.say
    parts: list[str] = []
    if found.already:
        listed = ", ".join(screen.title(one.id) for one, _ in found.already)
        parts += ["", *screen.lines(say("screen.already", titles=listed))]
        for _, notice in found.already:
            parts += [] if notice is None else screen.lines(screen.read(notice), _BELOW)
    if found.alternatives:
        parts += ["", terminal.strong(say("screen.alternatives"))]
    for other in found.alternatives:
        parts += _named(other.programme.id, other.notice, screen)
    if found.other_applicants:
        parts += ["", *screen.lines(other_applicants_text(found, screen))]
    parts += not_asked(found.not_asked, screen)
    if found.upcoming:
        parts += ["", terminal.strong(say("screen.upcoming"))]
    for coming in found.upcoming:
        parts += _named(coming.programme.id, coming.sentence(found.day, found.messages), screen)
    if found.closed:
        listed = ", ".join(screen.title(one.id) for one, _ in found.closed)
        parts += ["", *screen.lines(say("screen.closed", titles=listed))]
    return parts


def _named(programme: str, said: Text, screen: Screen) -> list[str]:
    return [*screen.lines(screen.title(programme), _AS_WELL), *screen.lines(screen.read(said), _BELOW)]


def other_applicants_text(found: Recommendations, screen: Screen) -> str:
    """What is for another kind of applicant, and as whom to ask."""
    kinds = dict.fromkeys(kind for one in found.other_applicants for kind in one.programme.who)
    titles = ", ".join(screen.title(one.programme.id) for one in found.other_applicants)
    listed = ", ".join(screen.say(f"verdict.kind.{kind}") for kind in kinds)
    return screen.say("screen.other_applicants", titles=titles, kinds=listed)


def _recommendation(one: Recommendation, screen: Screen) -> list[str]:
    document, say, stands = one.to_json(), screen.say, standing(one.verdict)
    on = {"on": open_points(one.verdict, screen)} if stands == DEPENDS else {}
    title = screen.lines(screen.title(one.programme.id), f"{one.rank:>3}. ")
    lines = ["", *(terminal.strong(line) for line in title)]
    lines += screen.lines(say(f"screen.standing.{stands}", **on), _BELOW)
    if stands == LIKELY:
        for said in dict.fromkeys(screen.sentence(reason.text) for reason in in_order(one.verdict)):
            lines += screen.lines(said, _MARK)
    for part in document["why_rank"]:
        weight = f" ({part['contribution']:+.4f})" if screen.why else ""
        lines += screen.lines(screen.read(Text.of(part["text"])) + weight, _BELOW)
    for notice in one.notices:
        lines += screen.lines(screen.read(notice), _BELOW)
    window = document["window"]["text"]
    lines += screen.lines(screen.read(Text.of(window)), _BELOW) if window else []
    source = source_line(one.programme.source, screen)
    return lines + (screen.lines(source, _BELOW) if source else [])


def _bundle(bundle: Bundle, title: Text, screen: Screen) -> list[str]:
    say = screen.say
    documents = ", ".join(map(screen.read, bundle.documents)) or say("screen.none")
    together = ", ".join(map(screen.title, bundle.programmes))
    head = screen.lines(say("screen.together", event=screen.read(title) or bundle.event))
    lines = ["", *(terminal.strong(line) for line in head), *screen.lines(together, _BELOW)]
    lines += screen.lines(say("screen.documents", documents=documents), _BELOW)
    lines += screen.lines(say("screen.effort", minutes=bundle.effort_minutes), _BELOW)
    for one in bundle.set_aside:
        name, other = screen.title(one.programme), screen.title(one.excluded_by)
        lines += screen.lines(say("screen.without", programme=name, other=other), _BELOW)
    return lines
