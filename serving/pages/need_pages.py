"""Need pages: an agency sees after which events of their lives people found nothing, and in which province."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recommender.reach.need_document import need_document
from rendering import need_page
from serving.http.problem_documents import RefusedError
from serving.pages.page_frame import PageFrame, PageShown, Visit
from serving.pages.page_role import AGENCY

if TYPE_CHECKING:
    from recommender.engine import Engine
    from recommender.reach.unmet_need import NeedTable

__all__ = ["add_need_pages"]


@dataclass(frozen=True)
class NeedPages:
    """The pages.

    Attributes:
        engine: gives the engine of the moment.
        need: gives the table; raises RefusedError where there is none.
    """

    engine: Callable[[], Engine]
    need: Callable[[], NeedTable]

    def page(self, visit: Visit) -> PageShown:
        """What people found after each event, and after one of them in each province."""
        try:
            table = self.need()
        except RefusedError as refusal:
            view = need_page.no_table_view(busy=refusal.kind.status != 404, voice=visit.voice)
            return PageShown(need_page.NOBODY, view, refusal.kind.status)
        engine, event = self.engine(), visit.query.get("event", "")
        event = event if event in table.layout.events else ""
        told = need_document(table, engine.declaration, engine.regions, event)
        return PageShown(need_page.TEMPLATE, need_page.need_view(told, event, visit.voice))


def add_need_pages(frame: PageFrame, engine: Callable[[], Engine], need: Callable[[], NeedTable]) -> None:
    """Add the pages."""
    frame.shows(need_page.PATH, AGENCY, NeedPages(engine, need).page, "agency.need.name")
