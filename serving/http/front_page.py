"""Front page: what a browser is shown without a token: at `/` what this is, at `/docs` the API to read and to try."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from rendering import browser_files
from rendering.page import page

API_TEMPLATE: Final = "api.html"
KEPT: Final = "public, max-age=3600"
_CLOSED: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
API_POLICY: Final = f"{_CLOSED}; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def add_front_pages(app: FastAPI, welcome: Mapping[str, str]) -> None:
    """Add the pages to an application.

    Args:
        app: to which they are added; they are not in its OpenAPI document.
        welcome: the page at `/` in each language, first the one shown to who prefers none of them.
    """
    if welcome:
        _add_welcome(app, welcome)
    _add_api(app)


def _add_welcome(app: FastAPI, welcome: Mapping[str, str]) -> None:
    policies = {language: styled(html) for language, html in welcome.items()}

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def front(request: Request) -> Response:
        """What this is."""
        language = request.query_params.get("language", "")
        if language not in welcome:
            language = preferred(request.headers.get("accept-language", ""), list(welcome))
        headers = {
            "Content-Security-Policy": policies[language],
            "Content-Language": language,
            "Vary": "Accept-Language",
        }
        return HTMLResponse(welcome[language], headers=headers)


def _add_api(app: FastAPI) -> None:
    @app.api_route("/docs", methods=["GET", "HEAD"], include_in_schema=False)
    async def api_page() -> Response:
        """The API, to read and to try."""
        return HTMLResponse(page(API_TEMPLATE, {}), headers={"Content-Security-Policy": API_POLICY})

    @app.api_route("/docs/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def browser_file(name: str) -> Response:
        """A file that the page of the API loads."""
        if name not in browser_files.FILES:
            raise HTTPException(404)
        media_type = browser_files.FILES[name][1]
        return Response(browser_files.content(name), media_type=media_type, headers={"Cache-Control": KEPT})


def styled(html: str) -> str:
    """The Content-Security-Policy of a page: no script, nothing from elsewhere, no style but those that it holds."""
    hashes = (base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in _STYLE.findall(html))
    return " ".join([f"{_CLOSED}; style-src", *(f"'sha256-{value}'" for value in hashes)])


def preferred(accepted: str, languages: Sequence[str]) -> str:
    """The language that a browser likes best (RFC 9110, section 12.5.4), or the first where it likes none of them.

    >>> preferred("fr;q=0.9, ko-KR, en;q=0.5", ("en", "ko")), preferred("", ("ko", "en")), preferred("en;q=0", ("en",))
    ('ko', 'ko', 'en')
    """
    liked = []
    for place, part in enumerate(accepted[:1000].split(",")):
        tag, _, weight = part.strip().lower().partition(";")
        found = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", weight) if weight else None
        quality = float(found[1]) if found else float(not weight)
        code = tag.strip().partition("-")[0]
        if quality > 0 and code in languages:
            liked.append((-quality, place, code))
    return min(liked)[2] if liked else languages[0]
