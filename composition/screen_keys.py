"""Screen keys: the messages that verbs print to people about one person, and the placeholders of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["MESSAGES"]

MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "screen.counts": ("day", "total", "yes", "likely", "depends", "no"),
    "screen.yes": (),
    "screen.likely": (),
    "screen.depends": (),
    "screen.head.programme": (),
    "screen.head.title": (),
    "screen.head.because": (),
    "screen.more": ("count",),
    "screen.needs": ("facts",),
    "screen.ask_next": (),
    "screen.otherwise": (),
    "screen.by_rules": ("day", "total"),
    "screen.by_model": ("day", "total", "model"),
    "screen.standing.yes": (),
    "screen.standing.likely": (),
    "screen.standing.depends": ("on",),
    "screen.already": ("titles",),
    "screen.upcoming": (),
    "screen.alternatives": (),
    "screen.closed": ("titles",),
    "screen.together": ("event",),
    "screen.documents": ("documents",),
    "screen.none": (),
    "screen.effort": ("minutes",),
    "screen.without": ("programme", "other"),
    "screen.other_applicants": ("titles", "kinds"),
    "screen.not_asked": ("kinds",),
    "story.title": ("person", "introduction"),
    "story.woman": ("place",),
    "story.woman_of": ("age", "place"),
    "story.offers": (),
    "story.silent": (),
    "story.yes": (),
    "story.likely": (),
    "story.depends": (),
    "story.because": ("reasons",),
    "story.two": ("first", "second"),
    "story.ask": ("questions",),
    "story.board": ("shown", "until", "applied", "granted"),
    "story.ask_next": (),
}
