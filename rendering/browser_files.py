"""Browser files: what pages with scripts load, each with its media type; vendored, so nobody else is asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

FILES: Final[Mapping[str, tuple[str, str]]] = {
    "api.js": ("assets/api.js", "text/javascript; charset=utf-8"),
    "swagger-ui-bundle.js": ("assets/swagger-ui/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "swagger-ui.css": ("assets/swagger-ui/swagger-ui.css", "text/css; charset=utf-8"),
    "LICENSE": ("assets/swagger-ui/LICENSE", "text/plain; charset=utf-8"),
}
"""Where each file is in this package, and its media type, by the name it is served under."""


@cache
def content(name: str) -> bytes:
    """The bytes of a file.

    Raises:
        KeyError: there is no file of this name in FILES.
    """
    return files("rendering").joinpath(FILES[name][0]).read_bytes()
