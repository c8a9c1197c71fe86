"""Columns of integers as pandas DataFrames: nullable types, with unknown as NA. Only who asks for one loads pandas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from features.arrays import Int64
from features.declaration.datatype import OLDEST_AGE, DataType
from features.value import NONE, UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

DAY_UNIT = "datetime64[D]"


def column(codes: Int64, kind: DataType) -> pd.Series[Any]:
    """Return one column as JSON-like values of a nullable type; unknown and absent are both NA.

    Args:
        codes: int64[n], with `UNKNOWN` and `NONE`.
        kind: what they mean.

    Returns:
        boolean, Int64, Float64 (a scaled integer), category (an enum), string (a region), datetime64[s] (a date, or the
        latest of a list), or object (a set of ages, as a tuple).
    """
    import pandas as pd

    missing = (codes == UNKNOWN) | (codes == NONE)
    values = np.where(missing, 0, codes)
    if kind.type == "boolean":
        return pd.Series(pd.arrays.BooleanArray(values.astype(np.bool_), missing))
    if kind.type in ("date", "dates"):
        days = values.astype(DAY_UNIT).astype("datetime64[s]")
        return pd.Series(np.where(missing, np.datetime64("NaT", "s"), days))
    if kind.type == "enum":
        return pd.Series(pd.Categorical.from_codes(np.where(missing, -1, values), categories=list(kind.values)))
    if kind.type == "region":
        return pd.Series(
            [pd.NA if gone else str(code) for code, gone in zip(codes, missing, strict=True)], dtype="string"
        )
    if kind.type == "ages":
        return pd.Series(
            [pd.NA if gone else _ages(code) for code, gone in zip(values.tolist(), missing, strict=True)], dtype=object
        )
    if kind.scale > 1:
        return pd.Series(pd.arrays.FloatingArray(values / kind.scale, missing))
    return pd.Series(pd.arrays.IntegerArray(values.astype(np.int64), missing))


def _ages(code: int) -> tuple[int, ...]:
    return tuple(age for age in range(OLDEST_AGE + 1) if code >> age & 1)


def seconds(times: Int64) -> pd.DatetimeIndex:
    """Return UTC seconds as timestamps."""
    import pandas as pd

    return pd.DatetimeIndex(times.astype("datetime64[s]")).tz_localize("UTC")


def table(columns: Mapping[str, Any], index: Any = None) -> pd.DataFrame:
    """Return columns of one length side by side, in their order."""
    import pandas as pd

    found = pd.DataFrame(dict(columns))
    return found if index is None else found.set_axis(index, axis=0)
