"""An application with the pages of citizens, over the log of two people who do not exist."""

from __future__ import annotations

from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.pages.citizen_pages import add_citizen_pages
from serving.pages.page_files import add_page_files
from serving.pages.pocket_pages import add_pocket_pages
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.serving.http.citizens_calls import home_with, stated
from tests.serving.pages.conftest import page_frame

ANN = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"]}
BEN = {"birth_date": "1990-04-02", "sex": "male", "pregnant": False}
AGREED = {
    "id": "agreed", "source": "portal", "subject": "ann", "type": "consent.given", "data": {"purpose": "casework"},
    "time": "2026-10-01T09:00:00+09:00", "recordedtime": "2026-10-02T09:00:00+09:00",
}  # fmt: skip


def desk_of(folder, engine):
    """The desk over the log of Ann and Ben."""
    return LogDesk(engine.declaration, home_with(folder, engine, stated("ann", ANN), stated("ben", BEN)))


def site_of(engine, desk, clock, paper=None, voices=None):
    """The application over a desk."""
    frame = page_frame(clock, voices)
    add_page_files(frame.app, b"")
    add_pocket_pages(frame, lambda: engine, clock)
    add_citizen_pages(frame, RecommendationHandler(engine), desk, paper)
    people = [Persona(one, "citizen", one, one) for one in ("ann", "ben", "nobody")]
    add_sign_in(frame, PersonaChooser(lambda: people))
    return frame.app
