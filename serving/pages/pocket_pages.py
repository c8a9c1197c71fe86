"""Pocket pages: anybody checks in their own browser what they may get, by rules sent to it, and sends nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from features.calendar import date_of
from recommender.engine import Engine
from recommender.pocket.pack import pack_of
from rendering import browser_files
from rendering.pocket_page import FILES, PATH, TEMPLATE, PocketProgramme, pocket_view, pocket_words
from rendering.voice import Voice
from serving.http.fact_desk import FactDesk
from serving.http.service_frame import JSON
from serving.pages.page_files import ASKED_AGAIN
from serving.pages.page_frame import PageFrame, PageShown

if TYPE_CHECKING:
    from recommender.rules.programme import Programme

_SCRIPT: Final = "text/javascript; charset=utf-8"
_PACK: Final = "application/octet-stream"
MOST_WORDS: Final = 400_000
"""Bytes of the words as gzip: where they are more, what programmes give and when one applies is left out."""


@dataclass
class PocketShelf:
    """The files of the day, made when they are asked for first.

    Attributes:
        engine: gives the engine of the moment.
        clock: gives UTC seconds.
        voices: the languages that there are words in.
    """

    engine: Callable[[], Engine]
    clock: Callable[[], int]
    voices: dict[str, Voice]
    _made: tuple[tuple[Engine, int] | None, dict[str, tuple[bytes, str]]] = field(default=(None, {}))

    def file(self, name: str) -> tuple[bytes, str]:
        """The bytes of a file and its media type; raises KeyError where there is none of this name."""
        engine = self.engine()
        today = engine.declaration.zone.today(self.clock() + 1)
        if self._made[0] != (engine, today):
            self._made = (engine, today), self._files(engine, today)
        return self._made[1][name]

    def _files(self, engine: Engine, today: int) -> dict[str, tuple[bytes, str]]:
        day = date_of(today)
        compiled, desk = engine.compiled(day), FactDesk(engine)
        rules, regions = pack_of(compiled), desk.region_names(day)
        programmes = [told_of(one) for one in compiled.catalogue.programmes]
        questions = [asked for name in engine.declaration.facts if (asked := desk.question(name, day))]
        found = {name: (content, _SCRIPT) for name, content in browser_files.pocket_module().items()}
        found["rules.pocket"] = rules, _PACK
        for language, voice in self.voices.items():
            words = pocket_words(day, programmes, questions, regions, voice)
            written = _written(words)
            if len(gzip.compress(written, mtime=0)) > MOST_WORDS:
                words.pop("details")
                written = _written(words)
            found[f"words.{language}.json"] = written, JSON
        return found


def told_of(one: Programme) -> PocketProgramme:
    """What is told of a programme: its texts of what it gives and of when one applies."""
    document: dict[str, Any] = one.to_document()
    windows = document.get("window") or []
    parts = windows if isinstance(windows, list) else [windows]
    when = [part["text"] for part in parts if part.get("text")]
    return PocketProgramme(document["title"], (document.get("value") or {}).get("text"), when)


def _written(words: dict[str, Any]) -> bytes:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()


def add_pocket_pages(frame: PageFrame, engine: Callable[[], Engine], clock: Callable[[], int]) -> None:
    """Add the page, which anybody may open, and the files that its script loads once somebody begins."""
    shelf = PocketShelf(engine, clock, dict(frame.terms.voices))
    frame.shows(PATH, "", lambda visit: PageShown(TEMPLATE, pocket_view(visit.voice)))

    @frame.app.get(f"{FILES}/{{name}}", include_in_schema=False)
    async def pocket_file(name: str) -> Response:
        """A file by which a browser judges; it is the same for everybody."""
        try:
            content, media_type = await to_thread.run_sync(shelf.file, name)
        except KeyError:
            raise HTTPException(404) from None
        return Response(content, media_type=media_type, headers={"Cache-Control": ASKED_AGAIN})
