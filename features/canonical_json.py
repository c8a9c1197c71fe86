"""Canonical JSON: the one text of a value, which is what is hashed and compared."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_SIMPLE: Final = frozenset({str, int, bool, type(None)})
"""What msgspec writes as `json` does; a float is not: 1e+16 would be 1e16."""
_NAME: Final = frozenset({str})
_ASCII: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical_text(value: object, *, ascii_only: bool = False) -> str:
    """Return the JSON text of a value with sorted names and without white space.

    Without floating-point numbers, and with names of the basic multilingual plane, it is the text of RFC 8785, which is
    what the privacy ledger hashes and signs. The content of an event may be 72.0, which RFC 8785 writes as 72: its hash
    is stored with the event, so that the text of a number stays as Python writes it.

    Args:
        value: JSON values.
        ascii_only: whether other characters are escaped; hashes of declarations are over such texts.

    Raises:
        ValueError: it contains NaN or an infinity.

    >>> canonical_text({"b": [1, 72.0], "a": "가"})
    '{"a":"가","b":[1,72.0]}'
    """
    if not ascii_only and type(value) is dict and _SIMPLE.issuperset(map(type, value.values())):
        with suppress(ValueError, OverflowError):  # half of a surrogate pair, an integer of more than 64 bits
            if _NAME.issuperset(map(type, value)):
                quick: bytes = _quick_encoder().encode(value)
                return quick.decode()
    return (_ASCII if ascii_only else _ENCODER).encode(value)


@lru_cache(1)
def _quick_encoder() -> Any:
    import msgspec  # loading it takes longer than writing a few values

    return msgspec.json.Encoder(order="sorted")


def fingerprint(value: object) -> str:
    """Return the SHA-256, in hex, of a value: JSON values, and dataclasses, mappings and sets of them.

    Raises:
        TypeError: it contains something else.

    >>> fingerprint({1: frozenset({"b", "a"})}) == fingerprint({1: frozenset({"a", "b"})}) != fingerprint({})
    True
    """
    return sha256(canonical_text(_plain(value)).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> object:
    """JSON values that are alike where the values are."""
    if dataclasses.is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(one)] for key, one in sorted(value.items(), key=lambda pair: str(pair[0]))]
    if isinstance(value, AbstractSet):
        return sorted((_plain(one) for one in value), key=canonical_text)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
