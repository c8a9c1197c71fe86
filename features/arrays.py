"""Names of the array types: one for each kind of number, used by the whole project."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
UInt64 = NDArray[np.uint64]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Floating = NDArray[np.floating[Any]]
"""Floating-point numbers of either size."""
Objects = NDArray[np.object_]
Array = NDArray[Any]
"""An array of any kind of number."""
