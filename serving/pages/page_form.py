"""Page form: what a form sends, read strictly, and whether it was sent by a page of this service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from features.unicode_form import composed
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.http.service_frame import received

FORM: Final = "application/x-www-form-urlencoded"
LONGEST_TEXT: Final = 600
"""Signs of a text that somebody writes in a form; so much of any script can be held while they sign in again."""
TOKEN: Final = "form_token"  # noqa: S105 - the name of a field
BACK: Final = "back"
_MOST_FIELDS: Final = 200
_MOST_BYTES: Final = 100_000
_LOCAL: Final = re.compile(r"/[A-Za-z0-9._~%:@/-]*(\?[A-Za-z0-9._~%:@/&=+-]*)?(#[A-Za-z0-9-]*)?\Z")


@dataclass(frozen=True)
class PageForm:
    """The fields of a form by name, each with every value that was sent."""

    fields: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """The one value of a field, or the first; empty where there is none."""
        return next(iter(self.fields.get(name, ())), "")

    @property
    def typed(self) -> dict[str, list[str]]:
        """What a person entered, without what the page put beside it."""
        return {name: list(values) for name, values in self.fields.items() if name not in (TOKEN, BACK)}


async def form_of(request: Request) -> PageForm:
    """Read the form that a request sends; line ends are one sign, and texts are composed (NFC).

    Raises:
        RefusedError: it is none, or too large.
    """
    body = await received(request, (FORM,), _MOST_BYTES)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise RefusedError(problems.MALFORMED_BODY, "The form cannot be read.") from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), composed(value.replace("\r\n", "\n")))
    return PageForm(fields)


def from_here(request: Request) -> bool:
    """Whether a request was sent by a page of this service, as far as browsers say so."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()


def local_path(text: str, otherwise: str) -> str:
    """A path of this service that may be gone on to, or another where a text is none.

    >>> local_path("/citizen?language=ko", "/"), local_path("//evil.example", "/"), local_path("https://x", "/")
    ('/citizen?language=ko', '/', '/')
    """
    return text if _LOCAL.match(text) and not text.startswith("//") else otherwise
