"""Sends an answer in the form that its caller asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from fastapi.responses import Response
from starlette.requests import Request

from serving.http.answer_form import accepted, cursor_of, explained_so, in_language, page_of, place_of
from serving.http.reference_routes import Reference
from serving.http.service_frame import JSON, WorkerPool
from serving.http.wire import RecommendationRequest


class Telling(Protocol):
    """What the form of an answer depends on."""

    @property
    def reference(self) -> Reference:
        """What may be looked up, and of which catalogue."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """The languages that texts are told in."""
        ...


async def told(
    request: Request,
    asked: RecommendationRequest,
    of: Telling,
    work: WorkerPool,
    answer: Callable[[], Mapping[str, Any]],
) -> Response:
    """Compute an answer when its turn comes; send the page of it, in the language and with the reasons asked for."""
    languages, version = of.languages, of.reference.version
    language = accepted(request.headers.get("accept-language"), languages)

    headers = {"Proffer-Catalogue": version, "Vary": "Accept-Language"}

    def formed() -> bytes:
        place, whole = place_of(asked.cursor, version), answer()
        if place + asked.k < whole["total"]:
            headers["Proffer-Next"] = cursor_of(place + asked.k, version)
        found = explained_so(page_of(whole, place), asked.explain)
        if language is not None:
            found = in_language(found, language, frozenset(languages))
        return msgspec.json.encode(found)

    if language is not None:
        headers["Content-Language"] = language
    return Response(await work.run(formed), headers=headers, media_type=JSON)
