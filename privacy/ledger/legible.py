"""Legible texts: what a screen shows as it is, so that who reads an entry reads all of it and nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_IGNORED: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What `isprintable` lets pass and no screen shows: default-ignorable code points (Unicode 15, 5.21), and a blank."""


def is_shown(text: str) -> bool:
    r"""Whether a terminal or page shows every character of a text, and acts on none.

    >>> is_shown("a ranker"), is_shown("a\x1b[2J"), is_shown("a\u202eb"), is_shown("a\ufe0f"), is_shown("a\u3164")
    (True, False, False, False, False)
    """
    return text.isprintable() and not _IGNORED.search(text)


def is_told_apart(name: str) -> bool:
    r"""Whether a name shows all of itself and mixes no scripts whose letters look alike (Unicode TS 39, 5.2).

    >>> is_told_apart("alice"), is_told_apart("\uae40-kim"), is_told_apart("al\u0456ce"), is_told_apart("alice\u200b")
    (True, True, False, False)
    """
    letters = {unicodedata.name(one, "").partition(" ")[0] for one in name if one.isalpha()}
    return is_shown(name) and len(letters & {"LATIN", "GREEK", "CYRILLIC"}) < 2


def texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, in any depth; the names of its fields are known and left out."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(part)


def escaped(text: str) -> str:
    r"""A text with what a screen does not show as it is written out; line breaks stay.

    >>> escaped("a\x1b[2J\u3164\n")
    'a\\u001b[2J\\u3164\n'
    """
    return "".join(one if one == "\n" or is_shown(one) else f"\\u{ord(one):04x}" for one in text)
