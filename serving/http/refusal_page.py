"""Refusal page: to whom a refusal is shown as a page: to a browser that asks for one, where the service has pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from serving.http import metrics
from serving.http.problem_documents import ProblemType

Drawn = Callable[[Request, ProblemType], Response]
_API: Final = "/v1/"
_JSON: Final = re.compile(r"application/([a-z.+-]{0,60}\+)?json")


def draw_refusals(app: FastAPI, draw: Drawn) -> None:
    """Let an application show refusals as pages; `draw` makes one of what was asked and how it is refused."""
    app.state.refusal_page = draw


def refusal_page(request: Request, kind: ProblemType) -> Response | None:
    """The page of a refusal; None where it is of the API, or where no page is asked for."""
    draw: Drawn | None = getattr(request.app.state, "refusal_page", None)
    if draw is None or request.url.path.startswith(_API) or not reads_pages(request.headers.get("accept", "")):
        return None
    metrics.REFUSALS.labels(kind.name).inc()
    return draw(request, kind)


def reads_pages(accepted: str) -> bool:
    """Whether who accepts this reads pages: browsers name HTML when they go to a page, and programs name JSON.

    >>> reads_pages("text/html,application/xhtml+xml,*/*;q=0.8"), reads_pages("*/*"), reads_pages("")
    (True, False, False)
    >>> reads_pages("application/problem+json, text/html;q=0.5")
    False
    """
    named = accepted[:1000].lower()
    return "text/html" in named and not _JSON.search(named)
