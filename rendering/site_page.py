"""Site page: what stands around the content of every page of the service, and the page that says what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rendering.browser_files import version
from rendering.voice import Voice

REFUSAL: Final = "refusal.html"
WARNED: Final = 300
"""So many seconds before a session ends it is said, where scripts run."""
SIGN_IN: Final = "sign_in.html"
_REFUSED: Final = ("403", "404", "405", "429", "500", "503", "expired", "other")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "page.language": (),
    "page.label": ("label", "text"),
    "page.service": (),
    "page.skip": (),
    "page.sections": (),
    "page.languages": (),
    "page.enter.title": (),
    "page.enter.why": (),
    "page.enter.elsewhere": (),
    "page.enter.with": (),
    "page.enter.chooser": (),
    "page.enter.nobody": (),
    "page.enter.as": (),
    "page.enter.out": (),
    "page.enter.name": ("name",),
    "page.enter.person": ("number",),
    "page.enter.about": ("age", "sex"),
    "page.enter.made_up": (),
    **{f"page.enter.{role}": () for role in ("auditor", "agency", "caseworker")},
    "page.by_machine": (),
    "page.held": (),
    "page.lost": (),
    "page.stays.long": ("minutes", "kept"),
    "page.stays.soon": ("minutes",),
    "page.stays.last": ("minutes",),
    "page.stays.stay": (),
    "page.stays.stayed": (),
    "page.stays.ended": ("kept",),
    "page.agency_words": (),
    "page.back": (),
    "page.typed": (),
    **{f"page.refused.{one}.{part}": () for one in _REFUSED for part in ("title", "text")},
}
"""The messages that every page needs, and the placeholders of each."""


@dataclass(frozen=True)
class Around:
    """What stands around the content of a page.

    Attributes:
        voice: in which language it speaks.
        path: of the page.
        query: of the page, as in an address, without the choice of a language.
        name: what whoever looks at it is called; empty where that is not known.
        form_token: what its forms carry.
        signed_in: whether somebody is known to look at it.
        languages: the code and the name of each.
        sections: the path and the name of each page in the navigation.
        held: what was typed into its forms before a session ended, by field.
        told: what came of what was done last.
        theme: whether there is a style sheet of the operator's.
        idle: so many seconds after a page somebody stays signed in.
        whole: so many seconds they do at most, whatever they look at.
        kept: so many seconds what they typed waits for them to sign in again.
    """

    voice: Voice
    path: str
    query: str
    name: str
    form_token: str
    signed_in: bool
    languages: Sequence[tuple[str, str]]
    sections: Sequence[tuple[str, str]]
    held: Mapping[str, Sequence[str]]
    told: Sequence[str]
    theme: bool
    idle: int
    whole: int
    kept: int

    @property
    def warned(self) -> int:
        """So many seconds before a session ends it is said."""
        return WARNED

    @property
    def stays(self) -> dict[str, str]:
        """What is said of the end of a session: how long it is, and, with scripts, before and after it."""
        warned, kept = WARNED // 60, self.kept // 60
        return {
            "long": self.voice.say("page.stays.long", minutes=min(self.idle, self.whole) // 60, kept=kept),
            "soon": self.voice.say("page.stays.soon", minutes=warned),
            "last": self.voice.say("page.stays.last", minutes=warned),
            "ended": self.voice.say("page.stays.ended", kept=kept),
            **{name: self.voice.say(f"page.stays.{name}") for name in ("stay", "stayed")},
        }

    @property
    def version(self) -> str:
        """Of the files that a page loads: a browser keeps them as long as this does not change."""
        return version()

    @property
    def section(self) -> str:
        """The path of the page in the navigation that this one belongs to."""
        inside = (path for path, _ in self.sections if self.path == path or self.path.startswith(f"{path}/"))
        return max(inside, key=len, default="")

    def typed(self, field: str, otherwise: str = "") -> str:
        """What was typed into a field before the session ended."""
        return next(iter(self.held.get(field, ())), otherwise)


def refusal_view(status: int, voice: Voice, typed: Sequence[str] = ()) -> dict[str, object]:
    """The variables of the page that says what was refused.

    Args:
        status: of HTTP.
        voice: in which language.
        typed: the texts that were sent and are not kept.
    """
    named = "expired" if status == 401 else str(status) if str(status) in _REFUSED else "other"
    return {
        "title": voice.say(f"page.refused.{named}.title"),
        "text": voice.say(f"page.refused.{named}.text"),
        "typed": typed,
    }


def sign_in_view(voice: Voice, to: str, people: Sequence[tuple[str, str]] | None) -> dict[str, object]:
    """The variables of the page to sign in on.

    Args:
        voice: in which language.
        to: the page to go on to.
        people: who there is to choose from, each with a value and a text; None where one signs in elsewhere.
    """
    return {"title": voice.say("page.enter.title"), "to": to, "people": people}
