"""JSON texts by the column: each distinct value is written once, and Arrow joins the pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import Int64, UInt8
from features.calendar import date_of
from features.value import UNKNOWN

Render: TypeAlias = Callable[[int], str]
Texts: TypeAlias = Any
"""A `pyarrow.StringArray`: pyarrow ships no types."""


def texts(values: Int64, render: Render) -> Texts:
    """The text of each number, null where it is unknown; `render` is asked once for each distinct number.

    >>> texts(np.array([3, UNKNOWN, 3]), str).to_pylist()
    ['3', None, '3']
    """
    distinct, places = np.unique(values, return_inverse=True)
    written = pa.array([None if value == UNKNOWN else render(int(value)) for value in distinct], pa.string())
    return written.take(pa.array(places))


def joined(parts: Sequence[Texts | str], separator: str = "") -> Texts:
    """Texts side by side, leaving out nulls; a text may not begin with the separator.

    Arrow's own skipping of nulls loses the rows that hold nothing else (seen with pyarrow 25), so nulls become empty
    first.
    """
    columns = [part if isinstance(part, str) else pc.fill_null(wrapped(separator, part, ""), "") for part in parts]
    side_by_side = pc.binary_join_element_wise(*columns, "")
    return pc.utf8_ltrim(side_by_side, separator) if separator else side_by_side


def wrapped(before: str, middle: Texts, after: str) -> Texts:
    """Texts between two fixed ones; null stays null."""
    return pc.binary_join_element_wise(before, middle, after, "", null_handling="emit_null")


def json_object(fields: Mapping[str, Texts]) -> Texts:
    """JSON objects from the JSON text of each field; a null field is left out.

    >>> json_object({"a": pa.array(["1", None]), "b": pa.array(["true", "false"])}).to_pylist()
    ['{"a":1,"b":true}', '{"b":false}']
    """
    pieces = [wrapped(f'"{name}":', value, "") for name, value in fields.items()]
    return wrapped("{", joined(pieces, ","), "}")


def quoted(text: Texts) -> Texts:
    """JSON strings of texts that need no escaping."""
    return wrapped('"', text, '"')


def boolean(value: int) -> str:
    """JSON of 0 or 1."""
    return "true" if value else "false"


def iso_date(value: int) -> str:
    """JSON of a day."""
    return f'"{date_of(value).isoformat()}"'


def region(value: int) -> str:
    """JSON of a region code."""
    return f'"{value}"'


def choice(values: Sequence[str]) -> Callable[[int], str]:
    """JSON of one of several names."""
    return lambda place: f'"{values[place]}"'


def dates(days: Int64, missing: int) -> Texts:
    """JSON lists of days from an n x slots array, leaving out slots that hold `missing`."""
    slots = [texts(np.where(days[:, k] == missing, UNKNOWN, days[:, k]), iso_date) for k in range(days.shape[1])]
    return wrapped("[", joined(slots, ","), "]")


def rfc3339(seconds: Int64) -> Texts:
    """RFC 3339 texts of UTC seconds.

    >>> rfc3339(np.array([0])).to_pylist()
    ['1970-01-01T00:00:00Z']
    """
    return pc.strftime(pa.array(seconds).cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%SZ")


def numbered(prefix: str, numbers: Int64, width: int) -> Texts:
    """Texts such as c0000123 from numbers, a fixed width each, without a Python object per row.

    >>> numbered("c", np.array([7, 123]), 4).to_pylist()
    ['c0007', 'c0123']
    """
    head = np.frombuffer(prefix.encode(), np.uint8)
    digits = (numbers[:, None] // 10 ** np.arange(width - 1, -1, -1)) % 10 + ord("0")
    table = np.concatenate([np.broadcast_to(head, (len(numbers), len(head))), digits.astype(np.uint8)], axis=1)
    return fixed_width(table)


def fixed_width(table: UInt8) -> Texts:
    """Texts from an n x width table of ASCII bytes."""
    count, width = table.shape
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(table)))
