"""An application with the pages of citizens, over the log of two people who do not exist."""

from __future__ import annotations

from rendering.voice import voice_of
from serving.http.access import Authentication
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.http.service_frame import Lifecycle, framed
from serving.pages.citizen_pages import add_citizen_pages
from serving.pages.page_files import add_page_files
from serving.pages.page_frame import PageFrame, PageTerms
from serving.pages.page_session import PageSeal
from serving.pages.pocket_pages import add_pocket_pages
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.recommender.catalogues import MESSAGES
from tests.serving.http.citizens_calls import home_with, stated

SECRET = b"0123456789abcdef0123456789abcdef"
ANN = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"]}
BEN = {"birth_date": "1990-04-02", "sex": "male", "pregnant": False}


def desk_of(folder, engine):
    """The desk over the log of Ann and Ben."""
    return LogDesk(engine.declaration, home_with(folder, engine, stated("ann", ANN), stated("ben", BEN)))


def site_of(engine, desk, clock, paper=None, voices=None):
    """The application over a desk."""
    access = Authentication(dev=True)
    made = framed("Test", "", "", access, Lifecycle())
    voices = voices or {language: voice_of(MESSAGES, language) for language in ("ko", "en")}
    frame = PageFrame(made, PageTerms(voices, secure=False, dev=True), PageSeal([SECRET]), access, clock)
    add_page_files(made, b"")
    add_pocket_pages(frame, lambda: engine, clock)
    add_citizen_pages(frame, RecommendationHandler(engine), desk, paper)
    people = [Persona(one, "citizen", one, one) for one in ("ann", "ben", "nobody")]
    add_sign_in(frame, PersonaChooser(lambda: people))
    return made
