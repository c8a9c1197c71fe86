"""Canonical JSON: the RFC 8785 bytes of a document, which are what is hashed and signed."""

from __future__ import annotations

from collections.abc import Mapping

import rfc8785


class NotCanonical(ValueError):  # noqa: N818  # reads as a sentence where it is caught
    """Bytes that are not the one canonical encoding of a ledger entry; the message says what is off."""


def canonical(document: object) -> bytes:
    """The RFC 8785 bytes of a document of strings, integers, booleans, null, lists and objects.

    Raises:
        NotCanonical: it contains something that has no such bytes (a float, an integer beyond 2^53, half a character).

    >>> canonical({"b": 1, "a": "0.5"})
    b'{"a":"0.5","b":1}'
    """
    try:
        _no_floats(document)
        return rfc8785.dumps(document)  # type: ignore[arg-type]  # its own errors say what it cannot encode
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as failure:
        raise NotCanonical(str(failure)) from failure


def _no_floats(document: object) -> None:
    if isinstance(document, float):
        raise NotCanonical(f"{document!r} is a float: write amounts as decimal strings")
    parts = document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
    for part in parts:
        _no_floats(part)
