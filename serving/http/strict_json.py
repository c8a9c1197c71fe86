"""The one way bytes from outside become a value: strict, shallow, bounded JSON.

Every refusal is one of a fixed set of sentences, so that nothing of the input can come back in a message or a log.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1  # RFC 8259 section 6, RFC 7493 section 2.2: what every JSON reader agrees about
_MAX_DIGITS = 32


class MalformedError(ValueError):
    """The bytes are not a JSON document this service takes; `str()` says why and never quotes them."""


def parse(body: bytes) -> object:
    """One JSON value from UTF-8 bytes (RFC 8259, and the stricter RFC 7493 for names, numbers and strings).

    Raises:
        MalformedError: not UTF-8, not JSON, nested deeper than 16, a name given twice, NaN or infinity, an integer
            beyond 2**53 - 1, half of a surrogate pair, or a NUL.

    >>> parse(b'{"facts": {"income_percent": 72}}')
    {'facts': {'income_percent': 72}}
    >>> parse(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    serving.http.strict_json.MalformedError: a name appears twice in one object
    """
    value = _decode(_text(body))
    _check(value)
    return value


def _text(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise MalformedError("the body starts with a byte order mark")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("the body is not UTF-8") from None


def _decode(text: str) -> object:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_real,
            parse_constant=_constant,
        )
    except RecursionError:
        raise MalformedError(f"the body is nested deeper than {MAX_DEPTH}") from None
    except json.JSONDecodeError:
        raise MalformedError("the body is not JSON") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("a name appears twice in one object")
    return found


def _integer(digits: str) -> int:
    # the length first: int() on thousands of digits is slow, and Python refuses it with an error of its own
    if len(digits) > _MAX_DIGITS or abs(int(digits)) > MAX_INTEGER:
        raise MalformedError("an integer is larger than 2**53 - 1")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedError("a number is too large")
    return number


def _constant(_name: str) -> object:
    raise MalformedError("NaN and Infinity are not JSON")


def _check(value: object) -> None:
    """Walks without recursion, so that depth is counted and never suffered."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, (dict, list)):
            if depth > MAX_DEPTH:
                raise MalformedError(f"the body is nested deeper than {MAX_DEPTH}")
            waiting.extend((inside, depth + 1) for inside in _members(item))


def _members(item: dict[str, object] | list[object]) -> Iterator[object]:
    if isinstance(item, dict):
        yield from item.keys()
        yield from item.values()
    else:
        yield from item


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedError("a string holds a NUL")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("a string holds half of a surrogate pair") from None
