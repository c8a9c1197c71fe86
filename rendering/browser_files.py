"""Browser files: what pages with scripts load, each with its media type; vendored, so nobody else is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

_SCRIPT: Final = "text/javascript; charset=utf-8"
_STYLE: Final = "text/css; charset=utf-8"
FILES: Final[Mapping[str, tuple[str, str]]] = {
    "api.js": ("assets/api.js", _SCRIPT),
    "swagger-ui-bundle.js": ("assets/swagger-ui/swagger-ui-bundle.js", _SCRIPT),
    "swagger-ui.css": ("assets/swagger-ui/swagger-ui.css", _STYLE),
    "LICENSE": ("assets/swagger-ui/LICENSE", "text/plain; charset=utf-8"),
}
"""What the page of the API loads: where each file is in this package, and its media type, by its name."""
PAGE_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "pages.css": ("assets/pages/pages.css", _STYLE),
    "dots.css": ("templates/dots.css", _STYLE),
    "pages.js": ("assets/pages/pages.js", _SCRIPT),
    "check.js": ("assets/pages/check.js", _SCRIPT),
    "reach.js": ("assets/pages/reach.js", _SCRIPT),
    "icon.svg": ("assets/pages/icon.svg", "image/svg+xml"),
    "htmx.min.js": ("assets/pages/htmx.min.js", _SCRIPT),
    "VENDORED.json": ("assets/pages/VENDORED.json", "application/json"),
}
"""The same of what the pages of people load."""


@cache
def content(name: str) -> bytes:
    """The bytes of a file.

    Raises:
        KeyError: there is no file of this name.
    """
    return files("rendering").joinpath({**FILES, **PAGE_FILES}[name][0]).read_bytes()


@cache
def version() -> str:
    """What changes whenever a file changes that pages of people load."""
    return hashlib.sha256(b"".join(map(content, sorted(PAGE_FILES)))).hexdigest()[:12]


def pocket_module() -> Mapping[str, bytes]:
    """The files of the module that judges by a pack (docs/pocket.md), by name; `pocket.js` is the one to import."""
    folder = files("rendering").joinpath("assets/pocket")
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir(), key=lambda one: one.name)}
