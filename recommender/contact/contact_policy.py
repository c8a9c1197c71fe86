"""Contact policy: by what right, through which channels, how often and at what hours a country writes to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from features.calendar import Duration
from features.mapping import MappingReader
from features.problem import Problems, Where
from recommender.rules.programme import CATEGORIES
from recommender.text import Text, text_at

__all__ = ["MODES", "NEEDS", "PULL", "PUSH", "Channel", "ContactPolicy", "Purpose", "parse_contact_policy"]

PULL: Final = "pull"
"""The person comes and looks: nobody is contacted."""
PUSH: Final = "push"
"""A message goes out to the person, or to somebody who speaks to them: a contact."""
MODES: Final = (PULL, PUSH)
NO_OBJECTION: Final = "no_objection"
NEEDS: Final = ("application", "consent", NO_OBJECTION)
"""What the person has to have done: applied for the notice, agreed to it, or not objected to it."""
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DAY: Final = 24 * 60


@dataclass(frozen=True)
class Purpose:
    """What people are written to for.

    Attributes:
        name: under which consent to it is given and withdrawn.
        title: what people call it.
        needs: one of NEEDS.
        basis: the law that allows it.
    """

    name: str
    title: Text
    needs: str
    basis: Text


@dataclass(frozen=True)
class Channel:
    """A way to reach a person.

    Attributes:
        name: what a choice of it is called.
        mode: PULL or PUSH.
        purpose: for which the person is written to through it.
        needs_choice: whether it is used only for those who chose it.
        sensitive: whether a sensitive programme may leave through it, for those who chose it for that programme.
        title: what people call it; None where it has no other name.
    """

    name: str
    mode: str
    purpose: str
    needs_choice: bool
    sensitive: bool
    title: Text | None = None


@dataclass(frozen=True)
class ContactPolicy:
    """The rules by which offers leave; nothing in it says who may have a programme.

    Attributes:
        purposes: by name.
        channels: by name, in the order in which one is preferred where a person chose several.
        contacts: at most so many messages that are contacts,
        within: in any span of this length.
        breaks: so many more may leave because something is lost soon,
        breaks_within: in any span of this length.
        urgent_days: something is lost soon where so many days are left, or fewer.
        quiet: minutes of the person's local day from which and until which nothing leaves; equal for no such hours.
        programmes: at most so many in a message.
        questions: at most so many in a message.
        risen_percent: what was declined has changed once it comes to so much more.
        longest_snooze: for how long an offer can be put off at most.
        sensitive_programmes: programmes that are sensitive whatever their rules read.
        sensitive_categories: likewise, by category.
        undelayed_programmes: programmes for subsistence or safety, whose contact no holdout delays and which chance
            never moves, besides those of `recommender.offers.exploration.SUBSISTENCE`.
        need: facts that tell of need; a programme that nobody may have without one is for subsistence, too, also one
            that was imported and that nobody could name.
    """

    purposes: Mapping[str, Purpose]
    channels: Mapping[str, Channel]
    contacts: int = 2
    within: Duration = field(default_factory=lambda: Duration(months=1))
    breaks: int = 1
    breaks_within: Duration = field(default_factory=lambda: Duration(months=12))
    urgent_days: int = 14
    quiet: tuple[int, int] = (0, 0)
    programmes: int = 3
    questions: int = 1
    risen_percent: int = 10
    longest_snooze: Duration = field(default_factory=lambda: Duration(months=12))
    sensitive_programmes: frozenset[str] = frozenset()
    sensitive_categories: frozenset[str] = frozenset()
    undelayed_programmes: frozenset[str] = frozenset()
    need: frozenset[str] = frozenset()

    def consent_to(self, channel: str, programme: str | None = None) -> str:
        """Return the purpose under which people choose a channel, or choose it for one (sensitive) programme.

        A choice is a consent: it stands in the log as `consent.given` and ends with `consent.withdrawn`.
        """
        parts = (self.channels[channel].purpose, channel, *(() if programme is None else (programme,)))
        return ":".join(parts)

    def quiet_until(self, local: int) -> int | None:
        """Return the wall-clock second at which quiet hours end, None where `local` is not within any.

        >>> ContactPolicy({}, {}, quiet=(21 * 60, 8 * 60)).quiet_until(22 * 3600) == 86_400 + 8 * 3600
        True
        """
        begin, end = self.quiet
        day, minute = local // (60 * _DAY), local // 60 % _DAY
        within = begin <= minute < end if begin <= end else minute >= begin or minute < end
        if not within:
            return None
        return 60 * ((day + (begin > end and minute >= begin)) * _DAY + end)


def parse_contact_policy(
    document: object, languages: tuple[str, ...] = (), where: Where = ("contact.yaml",)
) -> ContactPolicy:
    """Read a parsed contact.yaml; what it leaves out keeps the default.

    Raises:
        Rejected: with every problem in it.
    """
    problems = Problems()
    top = MappingReader(document, where, problems, None, languages)
    purposes = {name: _purpose(top, name, one) for name, one in top.mapping("purposes").items()}
    channels = {name: _channel(top, name, one, purposes) for name, one in top.mapping("channels").items()}
    for key in ("purposes", "channels"):
        top.required(key)
    found = {
        **_section(top, "frequency", {"contacts": "contacts", "within": "within"}),
        **_section(top, "urgency", {"days": "urgent_days", "breaks": "breaks", "within": "breaks_within"}),
        **_section(top, "message", {"programmes": "programmes", "questions": "questions"}),
        "risen_percent": top.integer("declined_until_percent_more", 1),
        "longest_snooze": top.duration("longest_snooze"),
        "quiet": _quiet(top),
        "undelayed_programmes": frozenset(top.slugs("never_delayed")),
        "need": frozenset(top.slugs("need")),
        **_sensitive(top),
    }
    top.close()
    problems.raise_any()
    given: dict[str, Any] = {key: value for key, value in found.items() if value is not None}
    return ContactPolicy(
        {name: one for name, one in purposes.items() if one}, {name: one for name, one in channels.items() if one},
        **given,
    )  # fmt: skip


def _purpose(top: MappingReader, name: str, document: object) -> Purpose | None:
    reader = top.below(document, "purposes", name)
    for key in ("title", "needs", "basis"):
        reader.required(key)
    title, needs, basis = text_at(reader, "title"), reader.choice("needs", NEEDS), text_at(reader, "basis")
    reader.close()
    return None if title is None or needs is None or basis is None else Purpose(name, title, needs, basis)


def _channel(top: MappingReader, name: str, document: object, purposes: Mapping[str, object]) -> Channel | None:
    reader = top.below(document, "channels", name)
    for key in ("mode", "purpose"):
        reader.required(key)
    mode, purpose = reader.choice("mode", MODES), reader.choice("purpose", purposes)
    needs_choice, sensitive = reader.boolean("needs_choice", True), reader.boolean("sensitive", False)
    title = text_at(reader, "title")
    reader.close()
    return None if mode is None or purpose is None else Channel(name, mode, purpose, needs_choice, sensitive, title)


def _section(top: MappingReader, key: str, names: Mapping[str, str]) -> dict[str, object]:
    """The numbers and spans of one section, by the names they have in the policy."""
    reader = top.reader(key)
    if reader is None:
        return {}
    found = {
        name: reader.duration(part) if part == "within" else reader.integer(part, int(part == "programmes"))
        for part, name in names.items()
    }
    reader.close()
    return dict(found)


def _quiet(top: MappingReader) -> tuple[int, int] | None:
    reader = top.reader("quiet")
    if reader is None:
        return None
    minutes = []
    for key in ("from", "until"):
        reader.required(key)
        said = reader.string(key)
        match = None if said is None else _CLOCK.fullmatch(said)
        if said is not None and match is None:
            reader.wrong(key, "invalid", f"{said!r} is not a time of day", 'Write it like "21:00", in quotes')
        minutes.append(60 * int(match[1]) + int(match[2]) if match else 0)
    reader.close()
    return minutes[0], minutes[1]


def _sensitive(top: MappingReader) -> dict[str, frozenset[str]]:
    reader = top.reader("sensitive")
    if reader is None:
        return {}
    programmes, categories = reader.slugs("programmes"), reader.slugs("categories")
    for place, name in enumerate(categories):
        if name not in CATEGORIES:
            remedy = f"Use some of {', '.join(CATEGORIES)}"
            reader.wrong(("categories", place), "unknown", f"{name!r} is not a category", remedy)
    reader.close()
    return {"sensitive_programmes": frozenset(programmes), "sensitive_categories": frozenset(categories)}
