"""The integers every column is made of: what unknown and none look like, and the code of an identifier."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from string import ascii_uppercase, digits
from typing import Final

UNKNOWN: Final = -(2**63)
"""Not known. It never turns into 0 or False."""

NONE: Final = -(2**63) + 1
"""Known that there is none (no children; it never happened and the log is complete). Every comparison is False."""

_BASE_36: Final = digits + ascii_uppercase
_REGION_SIGNS: Final = frozenset(_BASE_36)
_LONGEST_REGION: Final = 9
REGION_TEXTS: Final = 2**40
"""Codes from here on stand for texts; below it they are numbers, of which the longest has nine digits."""


def identifier_code(text: str) -> int:
    """Return the stable 62-bit, non-negative code under which an identifier travels through integer columns.

    BLAKE2b (RFC 7693) with an 8-byte digest; two of a million identifiers collide with probability below 1e-6.

    >>> identifier_code("kr.first-meeting-voucher")
    1345629685861887522
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 2


@lru_cache(maxsize=4096)  # a country has some hundred regions, and nearly every event of a move names one
def region_code(text: str) -> int:
    """Return the integer under which the code of a region travels through integer columns; `region_text` undoes it.

    A number stays the number it is. Any other code (2A004, or 01 with its zero) is read in base 36 after a 1, above all
    numbers.

    Raises:
        ValueError: the code is not made of up to nine digits and capital letters.

    >>> region_code("11440"), region_code("2A004") > 10**9
    (11440, True)
    """
    if not 0 < len(text) <= _LONGEST_REGION or not set(text) <= _REGION_SIGNS:
        raise ValueError(f"{text!r} is not made of up to {_LONGEST_REGION} digits and capital letters")
    return int(text) if text.isdigit() and text[0] != "0" else REGION_TEXTS + int(f"1{text}", 36)


def region_text(code: int) -> str:
    """Return the code of a region as people write it.

    >>> region_text(11440), region_text(region_code("2A004")), region_text(region_code("01"))
    ('11440', '2A004', '01')
    """
    rest, text = code - REGION_TEXTS, ""
    if rest < 0:
        return str(code)
    while rest:
        rest, sign = divmod(rest, 36)
        text = _BASE_36[sign] + text
    return text[1:]


def is_known(value: int) -> bool:
    """Tell whether a column's value is an actual value: neither `UNKNOWN` nor `NONE`.

    >>> is_known(0), is_known(UNKNOWN), is_known(NONE)
    (True, False, False)
    """
    return value > NONE
