"""Welcome page: what the template of the service's first page shows, in one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

TEMPLATE: Final = "welcome.html"
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "welcome.language": (),
    "welcome.title": (),
    "welcome.what": (),
    "welcome.stored": (),
    "welcome.by_model": ("programmes",),
    "welcome.by_rules": ("programmes",),
    "welcome.try_it": (),
    "welcome.anybody": (),
    "welcome.token": (),
    "welcome.head.route": (),
    "welcome.head.answers": (),
    "welcome.route.recommendations": (),
    "welcome.route.openapi": (),
    "welcome.route.health": (),
    "welcome.route.readiness": (),
    "welcome.people": (),
    "welcome.pages": (),
}
"""The messages that the page needs, and the placeholders of each."""
_ROUTES: Final = (
    ("POST /v1/recommendations", "recommendations"),
    ("GET /v1/openapi.json", "openapi"),
    ("GET /healthz", "health"),
    ("GET /readyz", "readiness"),
)


def view(
    language: str,
    says: Mapping[str, Callable[..., str]],
    programmes: int,
    *,
    model: bool,
    dev: bool,
    pages: bool = False,
) -> dict[str, object]:
    """The variables of the template.

    Args:
        language: the code of the page's language.
        says: what returns messages, for each language there is a page in.
        programmes: how many the service answers from.
        model: whether a model orders them.
        dev: whether calls from this machine need no token.
        pages: whether there are pages for people.
    """
    say = says[language]
    return {
        "language": language,
        "title": say("welcome.title"),
        "what": say("welcome.what"),
        "stored": say("welcome.stored"),
        "now": say("welcome.by_model" if model else "welcome.by_rules", programmes=programmes),
        "try_it": say("welcome.try_it"),
        "callers": say("welcome.anybody" if dev else "welcome.token"),
        "routes": {
            "heads": [say("welcome.head.route"), say("welcome.head.answers")],
            "rows": [(route, say(f"welcome.route.{name}")) for route, name in _ROUTES],
        },
        "people": say("welcome.people"),
        "pages": say("welcome.pages") if pages else "",
        "languages": [(code, said("welcome.language")) for code, said in says.items()],
    }
