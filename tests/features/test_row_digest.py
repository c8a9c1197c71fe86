"""A digest tells rows from others, and not how they are stored."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from features.row_digest import row_digest

ROWS = pa.table({
    "who": ["a", None, "ba"], "what": pa.array(["x", "y", "x"]).dictionary_encode(), "n": [1, None, 0],
    "day": pa.array([date(2026, 1, 1), None, date(1970, 1, 1)]),
    "all": pa.array([[1, 2], None, [3]], pa.large_list(pa.int32())),
})  # fmt: skip


def test_chunks_dictionaries_and_order_of_a_dictionary_change_nothing():
    other = ROWS.set_column(1, "what", pa.DictionaryArray.from_arrays(pa.array([1, 0, 1]), pa.array(["y", "x"])))
    parts = pa.concat_tables([other.slice(0, 1), other.slice(1)])
    plain = ROWS.set_column(1, "what", pa.chunked_array([["x", "y", "x"]]))
    assert {row_digest(one) for one in (other, parts, plain)} == {row_digest(ROWS)}


@pytest.mark.parametrize(
    "other",
    [
        ROWS.slice(1), ROWS.take([1, 0, 2]), ROWS.rename_columns(["who", "what", "m", "day", "all"]),
        ROWS.set_column(0, "who", pa.array(["ab", None, "a"])), ROWS.set_column(0, "who", pa.array(["a", "", "ba"])),
        ROWS.set_column(2, "n", pa.array([1, 0, 0])), ROWS.set_column(2, "n", pa.array([1, None, 1])),
        ROWS.set_column(3, "day", pa.array([date(2026, 1, 2), None, date(1970, 1, 1)])),
        *(ROWS.set_column(4, "all", pa.array(other, pa.large_list(pa.int32())))
          for other in ([[1], None, [2, 3]], [[1, 2], [], [3]], [[1, 2], None, [4]], [[1, None], None, [3]])),
    ],
)  # fmt: skip
def test_other_rows_have_another_digest(other):
    assert row_digest(other) != row_digest(ROWS)
