"""Recommendation text: what one person is recommended, as people read it on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from composition import terminal
from proffer.verdict_text import Screen, not_asked, open_points, questions, titled
from recommender.standing import DEPENDS, LIKELY

if TYPE_CHECKING:
    from recommender.offers.bundle import Bundle
    from recommender.offers.recommendation import Recommendation, Recommendations

_WIDTH, _UNCHECKED = 100, 3


def recommendations_text(found: Recommendations, screen: Screen) -> str:
    """Recommendations in order, bundles, what is received or closed, and what to ask next."""
    document, say = found.to_json(), screen.say
    order = {} if found.model is None else {"model": str(found.model["name"])}
    parts = [say("screen.by_model" if order else "screen.by_rules", day=document["as_of"], total=found.total, **order)]
    for one in found.shown:
        parts += _recommendation(one, screen)
    for bundle, written in zip(found.bundles, document["bundles"], strict=True):
        parts += _bundle(bundle, written["title"], screen)
    if found.already:
        parts += ["", say("screen.already", titles=", ".join(titled(one, screen) for one, _ in found.already))]
        parts += [f"     {notice.in_language(screen.language)}" for _, notice in found.already if notice is not None]
    if found.alternatives:
        parts += ["", say("screen.alternatives")]
    for other in found.alternatives:
        parts += [f"  {titled(other.programme, screen)}  [{other.programme.id}]"]
        parts += [f"     {line}" for line in textwrap.wrap(other.notice.in_language(screen.language), _WIDTH)]
    if found.other_applicants:
        parts += ["", other_applicants_text(found, screen)]
    parts += not_asked(found.not_asked, screen)
    if found.upcoming:
        parts += ["", say("screen.upcoming")]
    for coming in found.upcoming:
        said = coming.sentence(found.day, found.messages).in_language(screen.language)
        parts += [f"  {titled(coming.programme, screen)}  [{coming.programme.id}]"]
        parts += [f"     {line}" for line in textwrap.wrap(said, _WIDTH)]
    if found.closed:
        parts += ["", say("screen.closed", titles=", ".join(titled(one, screen) for one, _ in found.closed))]
    return "\n".join([*parts, *questions(found.asks, screen)])


def other_applicants_text(found: Recommendations, screen: Screen) -> str:
    """What is for another kind of applicant, and as whom to ask."""
    kinds = dict.fromkeys(kind for one in found.other_applicants for kind in one.programme.who)
    titles = ", ".join(f"{titled(one.programme, screen)} [{one.programme.id}]" for one in found.other_applicants)
    return screen.say("screen.other_applicants", titles=titles, kinds=", ".join(kinds))


def _recommendation(one: Recommendation, screen: Screen) -> list[str]:
    document, say = one.to_json(), screen.say
    on = {"on": open_points(one.verdict, screen)} if document["standing"] == DEPENDS else {}
    lines = [f"\n{one.rank:>3}. {titled(one.programme, screen)}  [{one.programme.id}]"]
    lines += [f"     {line}" for line in textwrap.wrap(say(f"screen.standing.{document['standing']}", **on), _WIDTH)]
    if document["standing"] == LIKELY:
        unchecked = [reason.text.in_language(screen.language) for reason in one.verdict.because]
        lines += [f"     - {terminal.clip(text, _WIDTH)}" for text in unchecked[:_UNCHECKED]]
    lines += [f"     {_in(part['text'], screen)} ({part['contribution']:+.4f})" for part in document["why_rank"]]
    lines += [f"     {terminal.clip(notice.in_language(screen.language), _WIDTH)}" for notice in one.notices]
    window = document["window"]["text"]
    return [*lines, f"     {terminal.clip(_in(window, screen), _WIDTH)}"] if window else lines


def _in(text: Mapping[str, str], screen: Screen) -> str:
    return text.get(screen.language) or next(iter(text.values()), "")


def _bundle(bundle: Bundle, title: Mapping[str, str], screen: Screen) -> list[str]:
    say = screen.say
    documents = ", ".join(text.in_language(screen.language) for text in bundle.documents) or say("screen.none")
    together = ", ".join(map(screen.title, bundle.programmes))
    lines = [
        "\n" + say("screen.together", event=_in(title, screen) or bundle.event),
        *(f"     {line}" for line in textwrap.wrap(together, _WIDTH, break_on_hyphens=False)),
        f"     {terminal.clip(say('screen.documents', documents=documents), _WIDTH)}",
        f"     {say('screen.effort', minutes=bundle.effort_minutes)}",
    ]
    aside = [(screen.title(one.programme), screen.title(one.excluded_by)) for one in bundle.set_aside]
    return lines + [f"     {say('screen.without', programme=name, other=other)}" for name, other in aside]
