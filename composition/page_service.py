"""Page service: what a deployment decides about its pages, and the people to try them with."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, reading
from composition.live_engine import LiveEngine
from composition.workspace import Workspace
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from features.log.event import Event
    from recommender.engine import Engine
    from rendering.voice import Words
    from serving.http.access import Authentication
    from serving.http.log_desk import LogDesk
    from serving.pages.page_frame import PageTerms
    from serving.pages.page_session import PageSeal
    from serving.pages.sign_in import Persona

PAGE_KEY: Final = "PROFFER_PAGE_KEY"
"""The secrets that seal cookies: the first seals, and each opens what it sealed."""
PAGE_THEME: Final = "PROFFER_PAGE_THEME"
"""The file of a style sheet that is loaded after the one of every page."""
SHOWN_PEOPLE: Final = 12
_LOOKED_AT: Final = 60
_LARGEST_THEME: Final = 500_000
_OFFICES: Final = ("auditor", "agency", "caseworker")


@dataclass(frozen=True)
class PageService:
    """The pages of one service.

    Attributes:
        live: the engine that answers.
        desk: the log that is read and written.
        access: who may call.
        home: of the log.
    """

    live: LiveEngine
    desk: LogDesk
    access: Authentication
    home: Workspace

    def add_to(self, app: Any) -> bool:
        """Add the pages to an application; whether they are served: outside dev mode they need a secret.

        Raises:
            Rejected: the secret or the style sheet cannot be used.
        """
        from serving.pages.citizen_pages import add_citizen_pages
        from serving.pages.page_files import add_page_files
        from serving.pages.page_frame import PageFrame
        from serving.pages.sign_in import PersonaChooser, add_sign_in

        seal, terms = page_seal(dev=self.access.dev), self._terms()
        if seal is None or not self.access.dev:
            return False
        frame = PageFrame(app, terms, seal, self.access, clock.now)
        add_page_files(app, terms.theme)
        add_citizen_pages(frame, self.live, self.desk)
        add_sign_in(frame, PersonaChooser(lambda: list(self._people(frame.sections))))
        return True

    def _terms(self) -> PageTerms:
        from rendering.voice import voice_of
        from serving.pages.page_frame import PageTerms

        engine = self.live.engine
        shown = engine.declaration.country.shown_first
        voices = {language: voice_of(engine.messages, language) for language in shown}
        return PageTerms(voices, secure=not self.access.dev, theme=page_theme(), dev=self.access.dev)

    def _people(self, sections: Mapping[str, object]) -> Iterator[Persona]:
        """People of the log to try the pages with, those first in whose life something happened last, and offices."""
        from serving.pages.sign_in import Persona

        engine = self.live.engine
        for number, (citizen, events) in enumerate(self._lives(), 1):
            name = engine.messages.text("page.enter.person", number=number).to_document()
            yield Persona(citizen, "citizen", name, _about(engine, citizen, events))
        for role in _OFFICES:
            if role in sections:
                name = engine.messages.text(f"page.enter.{role}").to_document()
                yield Persona(f"{role}-1", role, name, engine.messages.text("page.enter.made_up").to_document())

    def _lives(self) -> Sequence[tuple[str, list[Event]]]:
        if not self.home.has_events:
            return []
        with self.home.log() as log:
            people = log.people()
            chosen = people[:: max(1, len(people) // _LOOKED_AT)]
            lives = [(one, list(log.events([one]))) for one in chosen]
        lives.sort(key=lambda life: max((one.time for one in life[1] if one.type.startswith("life.")), default=0))
        return lives[-SHOWN_PEOPLE:][::-1]


def _about(engine: Engine, citizen: str, events: Sequence[Event]) -> Words:
    """Who somebody is, in a few words: how old and of which sex, where both are known."""
    from features.value import is_known

    today = reading.as_of(None, clock.now, engine.declaration.zone.name)
    person = engine.from_events(events, citizen, ["citizen"], today)
    months, sex = person.age_months(person.t), person.column("sex")
    if months is None or not is_known(sex):
        return engine.messages.text("page.enter.made_up").to_document()
    fact = engine.declaration.facts["sex"]
    labels = fact.value_labels[str(fact.decode(sex))]
    return {
        language: engine.messages.said(language, "page.enter.about", age=months // 12, sex=labels.get(language, ""))
        for language in engine.messages.languages
    }


def page_seal(*, dev: bool) -> PageSeal | None:
    """What seals cookies by the environment; in dev mode it is made for this process; None without a secret.

    Raises:
        Rejected: a secret is too short.
    """
    from serving.pages.page_session import SHORTEST_SECRET, PageSeal

    words = [one.encode() for one in os.environ.get(PAGE_KEY, "").split()]
    if not words and dev:
        words = [secrets.token_bytes(SHORTEST_SECRET)]
    try:
        return PageSeal(words) if words else None
    except ValueError:
        remedy = f"Give at least {SHORTEST_SECRET} signs, such as those of: openssl rand -hex 32"
        raise Rejected([Problem((PAGE_KEY,), "invalid", "is no secret", remedy)]) from None


def page_theme() -> bytes:
    """The style sheet of the operator; empty where none is named.

    Raises:
        Rejected: the file cannot be read, or is too large.
    """
    name = os.environ.get(PAGE_THEME, "")
    if not name:
        return b""
    try:
        found = Path(name).read_bytes()
    except OSError:
        found = b""
    if not 0 < len(found) <= _LARGEST_THEME:
        what, remedy = "is no style sheet", f"Name a file of at most {_LARGEST_THEME} bytes that can be read"
        raise Rejected([Problem((PAGE_THEME, name), "invalid", what, remedy)])
    return found
