"""An application with the pages of the three offices, over people, requests and messages that do not exist."""

from __future__ import annotations

from typing import NamedTuple

from composition.duty_sheets import filled_sheets, read_sheets
from composition.ledger_reading import LedgerAnswers
from composition.purpose_terms import consent_terms
from composition.settings import country_folder
from composition.target_groups import read_vocabulary
from composition.workspace import Workspace
from features.log.database import Database
from privacy.accounting.mechanism import declared
from rendering.service_catalogue import service_catalogue
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.http.reach_desk import ReachDesk
from serving.http.wire import RecommendationRequest
from serving.pages.agency_pages import add_agency_pages
from serving.pages.auditor_pages import AuditedParts, add_auditor_pages
from serving.pages.caseworker_pages import ContactWork, add_caseworker_pages
from serving.pages.citizen_desk import CitizenDesk
from serving.pages.page_files import add_page_files
from serving.pages.reach_pages import add_reach_pages
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.privacy.ledgers import ledger, reserve
from tests.recommender.contact.policies import NOTICE
from tests.serving.http.citizens_calls import home_with, stated
from tests.serving.http.test_reach import PEOPLE, census_of
from tests.serving.pages.citizen_site import ANN, BEN
from tests.serving.pages.conftest import NOW, page_frame
from tests.serving.proactive.deployments import Deployment, born

ROLES = ("agency", "auditor", "caseworker")
AGREED = {
    "id": "agreed", "source": "portal", "subject": "ann", "type": "consent.given", "data": {"purpose": "casework"},
    "time": "2026-10-01T09:00:00+09:00", "recordedtime": "2026-10-02T09:00:00+09:00",
}  # fmt: skip


class OfficeSite(NamedTuple):
    """The application, and the ids of a review with its decision and of a claim that wait in it."""

    app: object
    review: str
    claim: str


def office_site(folder, engine, voices=None):
    """The application with the pages of all three offices."""
    town, now = messages_to_bring(folder, engine)
    frame = page_frame(lambda: now, voices)
    made = ledger(folder / "ledger", "3")
    reserve(made, "train-1", declared("0.5"))
    made.commit("train-1", declared("0.5"), "ab" * 32)
    row = {"id": "d" * 64, "kind": "answer", "made": NOW, "outcome": "same", "parts": [], "where": ""}
    programmes, country = engine.catalogue.programmes, country_folder("kr")
    asked = read_sheets(country.folder / "duties")
    parts = AuditedParts(
        lambda: None,
        lambda seed, _: {"kept": 1, "seed": seed, "rows": [row]},
        lambda: service_catalogue(programmes, "KR"),
        lambda: filled_sheets(asked, engine, Workspace(folder), country, "2026-11-30T00:00:00+00:00"),
    )
    desk = LogDesk(engine.declaration, home_with(folder, engine, stated("ann", ANN), stated("ben", BEN), AGREED))
    handler = RecommendationHandler(engine, **consent_terms(engine.declaration))
    add_page_files(frame.app, b"")
    add_auditor_pages(frame, LedgerAnswers(folder, lambda: NOW), parts)
    add_agency_pages(frame, lambda: engine, read_vocabulary(engine.declaration))
    people = census_of(PEOPLE, engine.regions)
    add_reach_pages(frame, ReachDesk(lambda: engine, lambda: people), ("age", "income_percent"))
    add_caseworker_pages(frame, CitizenDesk(handler, desk), ContactWork(town.stores, lambda: town.worker.watch))
    add_sign_in(frame, PersonaChooser(lambda: [Persona("kim", role, "Kim", role) for role in ROLES]))
    found = handler.decide(RecommendationRequest(events=[], k=10), "ann", NOW, desk.life("ann"))
    desk.records.keep(found, NOW, plain=True)
    review = desk.requests.review("ann", "please look", found.id, NOW).id
    return OfficeSite(frame.app, review, desk.requests.claim("ben", {"region": "26110"}, "I moved", NOW)[0].id)


def messages_to_bring(folder, engine):
    """A town in which somebody waits to be spoken to, and the second from which on they do."""
    town = Deployment(Database(f"sqlite:///{folder}/messages.db"), engine)
    town.settle("bob", NOTICE, f"{NOTICE}:caseworker")
    town.tell(born(town, "bob"))
    town.step()
    town.now += 60
    return town, town.now
