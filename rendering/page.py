"""Page: fills a template of this folder in; the only module that loads Jinja."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def page(template: str, context: Mapping[str, object]) -> str:
    """One whole HTML page, without scripts or anything from elsewhere; every value in it is escaped.

    Args:
        template: the name of a file in `templates`.
        context: the variables of the template.

    Raises:
        jinja2.UndefinedError: the template uses a variable, an attribute or a key that is not there.
    """
    return _environment().get_template(template).render(context)


def seen(text: str) -> str:
    """A text without characters that turn or hide what stands around them, as a text from outside may hold them.

    >>> seen("50" + chr(0x202E) + "05") == "50" + chr(0xFFFD) + "05"
    True
    """
    return "".join(one if one in "\n\t" or unicodedata.category(one)[0] != "C" else "\ufffd" for one in text)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("rendering"),
        autoescape=True,
        # what is markup already was made here
        finalize=lambda value: seen(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
