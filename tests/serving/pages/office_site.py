"""An application with the pages of the three offices, over people, requests and messages that do not exist."""

from __future__ import annotations

from typing import NamedTuple

from composition.duty_sheets import filled_sheets, read_sheets
from composition.ledger_reading import LedgerAnswers
from composition.page_service import catalogue_of
from composition.purpose_terms import consent_terms
from composition.settings import country_folder
from composition.target_groups import read_vocabulary
from composition.workspace import Workspace
from features.log.database import Database
from privacy.accounting.mechanism import declared
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.http.reach_desk import ReachDesk
from serving.http.wire import RecommendationRequest
from serving.pages.agency_pages import add_agency_pages
from serving.pages.auditor_pages import AuditedParts, add_auditor_pages
from serving.pages.caseworker_pages import ContactWork, add_caseworker_pages
from serving.pages.citizen_desk import CitizenDesk
from serving.pages.need_pages import add_need_pages
from serving.pages.page_files import add_page_files
from serving.pages.reach_pages import add_reach_pages
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.privacy.ledgers import ledger, reserve
from tests.recommender.contact.policies import NOTICE
from tests.serving.http.citizens_calls import home_with, stated
from tests.serving.http.test_reach import PEOPLE, census_of
from tests.serving.pages.citizen_site import AGREED, ANN, BEN
from tests.serving.pages.conftest import NOW, page_frame
from tests.serving.pages.test_need_pages import table_of
from tests.serving.proactive.deployments import Deployment, born

ROLES = ("agency", "auditor", "caseworker")
ROW = {"id": "d" * 64, "kind": "answer", "made": NOW, "outcome": "same", "parts": [], "where": ""}


class OfficeSite(NamedTuple):
    """The application, and the ids of a review with its decision and of a claim that wait in it."""

    app: object
    review: str
    claim: str


def office_site(folder, engine, voices=None):
    """The application with the pages of all three offices."""
    town = Deployment(Database(f"sqlite:///{folder}/messages.db"), engine)
    now = somebody_to_speak_to(town)
    frame = page_frame(lambda: now, voices)
    made = ledger(folder / "ledger", "3")
    reserve(made, "train-1", declared("0.5"))
    made.commit("train-1", declared("0.5"), "ab" * 32)
    parts = AuditedParts(
        lambda: None,
        lambda seed, _: {"kept": 1, "seed": seed, "rows": [ROW]},
        lambda: catalogue_of(engine, "KR"),
        lambda: korean_sheets(engine, folder),
    )
    desk = LogDesk(engine.declaration, home_with(folder, engine, stated("ann", ANN), stated("ben", BEN), AGREED))
    handler = RecommendationHandler(engine, **consent_terms(engine.declaration))
    add_page_files(frame.app, b"")
    add_auditor_pages(frame, LedgerAnswers(folder, lambda: NOW), parts)
    add_agency_pages(frame, lambda: engine, read_vocabulary(engine.declaration))
    people = census_of(PEOPLE, engine.regions)
    add_reach_pages(frame, ReachDesk(lambda: engine, lambda: people), ("age", "income_percent"))
    add_need_pages(frame, lambda: engine, lambda: table_of(engine, 5.0))
    add_caseworker_pages(frame, CitizenDesk(handler, desk), ContactWork(town.stores, lambda: town.worker.watch))
    add_sign_in(frame, PersonaChooser(lambda: [Persona("kim", role, "Kim", role) for role in ROLES]))
    found = handler.decide(RecommendationRequest(events=[], k=10), "ann", NOW, desk.life("ann"))
    desk.records.keep(found, NOW, plain=True)
    review = desk.requests.review("ann", "please look", found.id, NOW).id
    return OfficeSite(frame.app, review, desk.requests.claim("ben", {"region": "26110"}, "I moved", NOW)[0].id)


def korean_sheets(engine, folder):
    """What the laws of Korea ask, answered from the home in a folder."""
    country = country_folder("kr")
    asked = read_sheets(country.folder / "duties")
    return filled_sheets(asked, engine, Workspace(folder), country, "2026-11-30T00:00:00+00:00")


def somebody_to_speak_to(town):
    """Let somebody wait to be spoken to; gives the second from which on they do."""
    town.settle("bob", NOTICE, f"{NOTICE}:caseworker")
    town.tell(born(town, "bob"))
    town.step()
    town.now += 60
    return town.now
