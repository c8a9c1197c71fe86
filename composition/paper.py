"""Paper: a page of letters as PDF, by WeasyPrint and the fonts of this machine; nothing is fetched for it."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any, Final, NoReturn

from features.problem import Problem, Rejected

PANGO: Final = "Install Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
FONTS: Final = {"ko": "Install a Korean font: apt-get install fonts-nanum (or fonts-noto-cjk)"}
"""What to install where no font has the letters of a language; others are in every font."""


def pdf(html: str, language: str) -> bytes:
    """Return a page as PDF, tagged for screen readers, with the letters that it uses embedded.

    Raises:
        ModuleNotFoundError: WeasyPrint is not installed.
        Rejected: Pango, or a font of the language, is not on this machine.
    """
    try:
        from weasyprint import HTML
    except OSError:
        raise Rejected([Problem(("--form",), "unavailable", "needs Pango, which is not installed", PANGO)]) from None
    remedy = FONTS.get(language)
    if remedy is not None and not has_font(language):
        what = f"needs a font with the letters of {language!r}, and there is none here"
        raise Rejected([Problem(("--form",), "unavailable", what, remedy)])

    def nothing(*_: object, **__: object) -> NoReturn:
        raise ValueError("a letter loads nothing")  # WeasyPrint goes on without what it cannot load

    made: Any = HTML(string=html, url_fetcher=nothing).write_pdf(pdf_variant="pdf/ua-1")
    return bytes(made)


def has_font(language: str) -> bool:
    """Whether a font of this machine has the letters of a language; yes where nothing can say so."""
    asked = shutil.which("fc-list")
    if asked is None:
        return True
    return bool(subprocess.run([asked, f":lang={language}", "family"], capture_output=True, check=False).stdout.strip())  # noqa: S603
