"""Row digest: what tells the rows of a table from others, however they are stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

__all__ = ["row_digest"]


def row_digest(table: pyarrow.Table) -> str:
    """Return a SHA-256 over the names and the values of a table's columns, row by row in their order.

    A text counts by its letters, whether it is in a dictionary or not; a number or a day as 64 bits, the lowest byte
    first; a list by how many it has and by what they are. Neither the version of Arrow nor how a file is compressed
    changes it.
    """
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(f"{name}\0{len(column)}\0".encode())
        _add(digest, column)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, column: pyarrow.ChunkedArray) -> None:
    """Add which rows of a column have a value, and the values."""
    import numpy as np  # here, so that a verb is read without it
    import pyarrow as pa

    digest.update(np.packbits(np.asarray(column.is_valid())).tobytes())
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_large_list(kind):
        lists = column.combine_chunks()
        digest.update(np.diff(np.asarray(lists.offsets)).astype("<i8").tobytes())
        _add(digest, pa.chunked_array([lists.flatten()]))
        return
    whole = column.cast(pa.large_string() if pa.types.is_string(kind) else kind).combine_chunks()
    if pa.types.is_string(kind):
        filled = whole.fill_null("")
        _, ends, letters = filled.buffers()
        offsets = np.frombuffer(ends, np.int64)[filled.offset : filled.offset + len(filled) + 1]
        digest.update(np.diff(offsets).astype("<i8").tobytes())
        digest.update(memoryview(letters or b"")[offsets[0] : offsets[-1]])
    else:
        numbers = whole.cast(pa.int32()) if pa.types.is_date32(kind) else whole
        digest.update(np.asarray(numbers.cast(pa.int64()).fill_null(0), "<i8").tobytes())
