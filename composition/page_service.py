"""Page service: what a deployment decides about its pages, and the people to try them with."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from composition import clock, duty_sheets, reading
from composition.live_engine import LiveEngine
from composition.workspace import Workspace
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from composition.engines import EngineSettings
    from composition.ledger_reading import LedgerAnswers
    from features.log.event import Event
    from recommender.engine import Engine
    from recommender.reach.unmet_need import NeedTable
    from recommender.rules.person import Person
    from rendering.voice import Words
    from serving.http.access import Authentication
    from serving.http.log_desk import LogDesk
    from serving.http.reach_desk import ReachDesk
    from serving.pages.auditor_pages import AuditedParts
    from serving.pages.caseworker_pages import ContactWork
    from serving.pages.identity_provider import ProviderTerms
    from serving.pages.page_frame import PageTerms
    from serving.pages.page_session import PageSeal
    from serving.pages.sign_in import Persona

PAGE_KEY: Final = "PROFFER_PAGE_KEY"
"""The secrets that seal cookies: the first seals, and each opens what it sealed."""
PAGE_THEME: Final = "PROFFER_PAGE_THEME"
"""The file of a style sheet that is loaded after the one of every page."""
PAGE_ADDRESS: Final = "PROFFER_PAGE_ADDRESS"
"""The origin of the service as browsers know it, such as https://benefits.example."""
OIDC_ISSUER: Final = "PROFFER_OIDC_ISSUER"
OIDC_CLIENT: Final = "PROFFER_OIDC_CLIENT"
OIDC_SECRET: Final = "PROFFER_OIDC_SECRET"  # noqa: S105 - the name of a variable
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
        ledger: what is told of the privacy ledger.
        settings: what engines of earlier decisions are built from.
        reach: counts draft rules.
        need: what people found after events of their lives.
    """

    live: LiveEngine
    desk: LogDesk
    access: Authentication
    home: Workspace
    ledger: LedgerAnswers
    settings: EngineSettings
    reach: ReachDesk
    need: Callable[[], NeedTable]

    @property
    def served(self) -> bool:
        """Whether there are pages: outside dev mode they need a secret, and a provider to sign in at."""
        return self.access.dev or bool(os.environ.get(PAGE_KEY) and os.environ.get(OIDC_ISSUER))

    def add_to(self, app: Any) -> None:
        """Add the pages to an application, where they are served.

        Raises:
            Rejected: the secret or the style sheet cannot be used.
        """
        from composition.noised_tables import draft_facts
        from composition.paper import pdf
        from composition.target_groups import read_vocabulary
        from serving.pages.agency_pages import add_agency_pages
        from serving.pages.auditor_pages import add_auditor_pages
        from serving.pages.caseworker_pages import add_caseworker_pages
        from serving.pages.citizen_desk import CitizenDesk
        from serving.pages.citizen_pages import add_citizen_pages
        from serving.pages.need_pages import add_need_pages
        from serving.pages.page_files import add_page_files
        from serving.pages.page_frame import PageFrame
        from serving.pages.pocket_pages import add_pocket_pages
        from serving.pages.reach_pages import add_reach_pages
        from serving.pages.sign_in import PersonaChooser, WayIn, add_sign_in

        if not self.served:
            return
        seal, provider = page_seal(dev=self.access.dev), None if self.access.dev else identity_provider()
        terms = self._terms(provider.authorization if provider is not None else "")
        frame = PageFrame(app, terms, seal, self.access, clock.now)
        add_page_files(app, terms.theme)
        add_pocket_pages(frame, lambda: self.live.engine, clock.now)
        add_citizen_pages(frame, self.live, self.desk, pdf if find_spec("weasyprint") else None)
        add_auditor_pages(frame, self.ledger, self._audited())
        vocabulary = read_vocabulary(self.live.engine.declaration, self.settings.country)
        add_agency_pages(frame, lambda: self.live.engine, vocabulary)
        add_reach_pages(frame, self.reach, draft_facts(self.live.engine.declaration, self.settings))
        add_need_pages(frame, lambda: self.live.engine, self.need)
        add_caseworker_pages(frame, CitizenDesk(self.live, self.desk), self._contact())
        way: WayIn = PersonaChooser(lambda: list(self._people(frame.sections)))
        if provider is not None:
            from serving.pages.identity_provider import ProviderWay, add_provider

            way = ProviderWay(provider)
            add_provider(frame, way)
        add_sign_in(frame, way)

    def _audited(self) -> AuditedParts:
        from composition.model_papers import champion_papers
        from composition.replaying import DecisionSampling
        from serving.pages.auditor_pages import AuditedParts

        sampling = DecisionSampling(self.home, lambda: self.live.engine, self.settings)
        country, declaration = self.settings.country, self.settings.declaration
        asked = duty_sheets.read_sheets(country.folder / "duties")
        return AuditedParts(
            partial(champion_papers, self.home),
            sampling.replayed,
            lambda: catalogue_of(self.live.engine, country.folder.name.upper()),
            lambda: duty_sheets.filled_sheets(
                asked, self.live.engine, self.home, country, clock.timestamp(), declaration
            ),
        )

    def _contact(self) -> ContactWork:
        from composition.offer_service import offer_workers
        from serving.pages.caseworker_pages import ContactWork
        from serving.proactive.store_access import Stores

        workers = offer_workers(lambda: self.live.engine, self.home, self.settings.country)
        return ContactWork(Stores(self.home.store, self.home.store_to_write), lambda: workers().watch)

    def _terms(self, goes_to: str) -> PageTerms:
        from rendering.voice import voice_of
        from serving.pages.ended_sessions import EndedSessions
        from serving.pages.page_frame import PageTerms

        engine = self.live.engine
        shown = engine.declaration.country.shown_first
        voices = {language: voice_of(engine.messages, language) for language in shown}
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(goes_to)) if goes_to else ""
        return PageTerms(
            voices, EndedSessions(self.home.path / "signed-out"), secure=not self.access.dev, theme=page_theme(),
            provider=origin, dev=self.access.dev,
        )  # fmt: skip

    def _people(self, sections: Mapping[str, object]) -> Iterator[Persona]:
        """People of the log to try the pages with, those first in whose life something happened last, and offices."""
        from serving.pages.sign_in import Persona

        engine = self.live.engine
        yield from citizens_to_be(engine, dict(self._lives()))
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


def catalogue_of(engine: Engine, country: str) -> dict[str, Any]:
    """The catalogue as JSON-LD, with the names of the events that it speaks of."""
    from rendering.service_catalogue import service_catalogue

    events = {name: event.title for name, event in engine.declaration.events.items()}
    return service_catalogue(engine.catalogue.programmes, events, country)


def citizens_to_be(engine: Engine, lives: Mapping[str, Sequence[Event]]) -> Iterator[Persona]:
    """People to try the pages as, by the events that touch each; without those of whom these say nothing."""
    from serving.pages.sign_in import Persona

    today = reading.as_of(None, clock.now, engine.declaration.zone.name)
    for number, (citizen, person) in enumerate(engine.from_lives(lives, ["citizen"], today).items(), 1):
        name = engine.messages.text("page.enter.person", number=number).to_document()
        yield Persona(citizen, "citizen", name, _about(engine, person))


def _about(engine: Engine, person: Person) -> Words:
    """Who somebody is, in a few words: how old and of which sex, where both are known."""
    from features.value import is_known

    months, sex = person.age_months(person.t), person.column("sex")
    if months is None or not is_known(sex):
        return engine.messages.text("page.enter.made_up").to_document()
    fact = engine.declaration.facts["sex"]
    labels = fact.value_labels[str(fact.decode(sex))]
    return {
        language: engine.messages.said(language, "page.enter.about", age=months // 12, sex=labels.get(language, ""))
        for language in engine.messages.languages
    }


def page_seal(*, dev: bool) -> PageSeal:
    """What seals cookies by the environment; in dev mode, without a secret, it is made for this process.

    Raises:
        Rejected: there is no secret, or one is too short.
    """
    from serving.pages.page_session import SHORTEST_SECRET, PageSeal

    words = [one.encode() for one in os.environ.get(PAGE_KEY, "").split()]
    if not words and dev:
        words = [secrets.token_bytes(SHORTEST_SECRET)]
    try:
        return PageSeal(words)
    except ValueError:
        remedy = f"Give at least {SHORTEST_SECRET} signs, such as those of: openssl rand -hex 32"
        raise Rejected([Problem((PAGE_KEY,), "invalid", "is no secret", remedy)]) from None


def identity_provider() -> ProviderTerms | None:
    """Where people sign in, by the environment and what that provider tells of itself; None where none is named.

    Raises:
        Rejected: something is missing, or the provider cannot be asked.
    """
    from composition.key_source import key_set_source
    from serving.http.key_set import RotatingKeys
    from serving.pages.identity_provider import ProviderTerms

    issuer = os.environ.get(OIDC_ISSUER, "")
    if not issuer:
        return None
    told = {name: os.environ.get(name, "") for name in (OIDC_CLIENT, OIDC_SECRET, PAGE_ADDRESS)}
    missing = [Problem((name,), "missing", "is missing", "Set it; docs/pages.md says to what") for name in told]
    if found := [one for one, value in zip(missing, told.values(), strict=True) if not value]:
        raise Rejected(found)
    try:
        document = json.loads(key_set_source(f"{issuer.rstrip('/')}/.well-known/openid-configuration")())
        keys = RotatingKeys(key_set_source(document["jwks_uri"]))
        if document["issuer"] != issuer:
            raise ValueError(issuer)
        authorization, token = (str(document[f"{name}_endpoint"]) for name in ("authorization", "token"))
    except (OSError, ValueError, KeyError, TypeError):
        remedy = "Give the address of an OpenID Connect provider that can be reached"
        raise Rejected([Problem((OIDC_ISSUER,), "unavailable", "tells nothing of itself", remedy)]) from None
    client, secret, address = told.values()
    return ProviderTerms(issuer, authorization, token, keys, client, secret, address.rstrip("/"))


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
