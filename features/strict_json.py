"""The one way text from outside becomes a value: strict, shallow, bounded JSON, its texts in one Unicode form (NFC).

Every reason is one of a fixed set of sentences, so that nothing of the input can come back in a message or a log; where
it is, and which name stands twice, are data of the error for callers who may show them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from features.unicode_form import composed

_DIGITS: Final = 32
_BYTE_ORDER_MARK: Final = "\N{BYTE ORDER MARK}"
_UNCERTAIN: Final = (b"\\u", b" :", b"\t:", b"\n:", b"\r:")
"""The first: only such an escape writes a NUL or half of a surrogate pair. The others: see `_quickly`."""


@dataclass(frozen=True)
class JsonLimits:
    """How large a document may be, and how its numbers are read.

    Attributes:
        depth: the most objects and lists inside one another.
        integer: the largest magnitude of an integer: 2**53 - 1 is what every JSON reader agrees about (RFC 7493, 2.2).
        size: the most bytes, None where the caller has counted them.
        whole: whether a number without a fraction is an integer however it is written (JSON Schema, 6.1.1): 72.0, 1e2.
    """

    depth: int = 16
    integer: int = 2**53 - 1
    size: int | None = None
    whole: bool = False


LIMITS: Final = JsonLimits()


class MalformedError(ValueError):
    """The text is not a JSON document that is accepted; `str()` says why, beginning with a verb, and never quotes it.

    Attributes:
        line: where it stops being JSON, from 1; 0 where that is not known.
        column: likewise.
        name: the name that stands twice in one object, "" for any other reason. It is part of the input.
    """

    def __init__(self, reason: str, line: int = 0, column: int = 0, name: str = "") -> None:
        """Keep the reason and what is known about the place."""
        super().__init__(reason)
        self.line, self.column, self.name = line, column, name


def parse(content: bytes | str, limits: JsonLimits = LIMITS) -> object:
    """Return the JSON value of a text (RFC 8259, and the stricter RFC 7493 for names, numbers and strings).

    Every name and every string is in Unicode's form C, however it was written: 홍길동 is one person.

    Raises:
        MalformedError: it is too large, not UTF-8, not JSON, nested too deep, or contains a name twice in one object,
            NaN or infinity, an integer beyond the limit, half of a surrogate pair, or a NUL.

    >>> parse(b'{"facts": {"income_percent": 72}}')
    {'facts': {'income_percent': 72}}
    >>> parse(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    features.strict_json.MalformedError: contains a name twice in one object
    """
    if limits.size is not None and len(content) > limits.size:
        raise MalformedError(f"is larger than {limits.size} bytes")
    if isinstance(content, bytes):
        try:
            return _quickly(content, limits)
        except (ValueError, RecursionError):
            content = _text(content)
    value = _decode(composed(content), limits)
    _check(value, limits.depth)
    return _composed(value) if "\\u" in content else value  # only an escape is not in form C by now


def _composed(value: Any) -> Any:
    """A value whose texts are in form C; the depth has been checked."""
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, list):
        return [_composed(inside) for inside in value]
    if isinstance(value, dict):
        return _object([(composed(name), _composed(inside)) for name, inside in value.items()])
    return value


def _quickly(body: bytes, limits: JsonLimits) -> object:
    """Return the value where it is certain that nothing is wrong with it, else raise ValueError or RecursionError.

    Certain that no name stands twice: where no white space stands before a colon, each name is followed by `":`, so
    that the text has at least as many of these as it has names. The value has as many names as that only if each name
    in the text is in the value.
    """
    if any(two[:1] in body and two in body for two in _UNCERTAIN):  # one byte is sought ten times faster than two
        raise ValueError
    if not body.isascii():
        body = composed(body.decode()).encode()
    value = _decoder(limits.whole).decode(body)
    if body.count(b'":') != _names(value, limits.depth, limits.integer):
        raise ValueError
    return value


def _names(value: Any, depth: int, most: int) -> int:
    """Return how many names a value has; raises ValueError where it is too deep or an integer is too large."""
    kind = type(value)
    if kind is dict or kind is list:
        if depth == 0:
            raise ValueError
        count, inner = (len(value), value.values()) if kind is dict else (0, value)
        for inside in inner:
            if type(inside) is not str:
                count += _names(inside, depth - 1, most)
        return count
    if kind is int and not -most <= value <= most:
        raise ValueError
    return 0


@lru_cache(2)
def _decoder(whole: bool) -> Any:
    import msgspec  # loading it takes longer than reading a small file

    return msgspec.json.Decoder(float_hook=_whole if whole else None)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("is not UTF-8") from None


def _decode(text: str, limits: JsonLimits) -> object:
    if text.startswith(_BYTE_ORDER_MARK):
        raise MalformedError("starts with a byte order mark")
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=partial(_integer, limits.integer),
            parse_float=_whole if limits.whole else _real,
            parse_constant=_constant,
        )
    except RecursionError:
        raise MalformedError(_too_deep(limits.depth)) from None
    except json.JSONDecodeError as failure:
        raise MalformedError("is not JSON", failure.lineno, failure.colno) from None


def _too_deep(depth: int) -> str:
    return f"is nested deeper than {depth}"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedError("contains a name twice in one object", name=twice)
    return found


def _integer(most: int, digits: str) -> int:
    # the length first: int() on thousands of digits is slow, and Python refuses it with an error of its own
    if len(digits) > _DIGITS or abs(int(digits)) > most:
        raise MalformedError(f"contains an integer beyond {most}")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedError("contains a number that is too large")
    return number


def _whole(digits: str) -> int | float:
    number = _real(digits)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _constant(_name: str) -> object:
    raise MalformedError("contains NaN or Infinity, which are not JSON")


def _check(value: object, depth: int) -> None:
    """Check strings and depth iteratively, so that deep input cannot overflow the stack."""
    waiting = [(value, 1)]
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, (dict, list)):
            if level > depth:
                raise MalformedError(_too_deep(depth))
            waiting.extend((inside, level + 1) for inside in _members(item))


def _members(item: dict[str, object] | list[object]) -> Iterator[object]:
    if isinstance(item, dict):
        yield from item.keys()
        yield from item.values()
    else:
        yield from item


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedError("contains a NUL in a string")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("contains half of a surrogate pair") from None
