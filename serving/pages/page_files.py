"""Page files: the styles and scripts that pages load, and the style sheet of an operator."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from rendering import browser_files

KEPT: Final = "public, max-age=31536000, immutable"
ASKED_AGAIN: Final = "no-cache"


def add_page_files(app: FastAPI, theme: bytes) -> None:
    """Add the routes of what pages load; with `theme`, a style sheet of the operator's."""
    if theme:

        @app.get("/pages/theme.css", include_in_schema=False)
        async def theme_file() -> Response:
            """The operator's style sheet."""
            return Response(theme, media_type="text/css; charset=utf-8", headers={"Cache-Control": ASKED_AGAIN})

    @app.get("/pages/{name}", include_in_schema=False)
    async def page_file(request: Request, name: str) -> Response:
        """A file that pages load; kept as long as its address names its version."""
        if name not in browser_files.PAGE_FILES:
            raise HTTPException(404)
        kept = KEPT if request.url.query == browser_files.version() else ASKED_AGAIN
        media_type = browser_files.PAGE_FILES[name][1]
        return Response(browser_files.content(name), media_type=media_type, headers={"Cache-Control": kept})
