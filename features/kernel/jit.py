"""How kernels run: compiled by numba, or read as plain Python where one person is not worth loading a compiler.

Either way it is the same function from the same source. A process chooses once, before the first kernel is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

_Function = TypeVar("_Function", bound=Callable[..., object])

_read_as_python = False


def interpret() -> None:
    """Run the kernels imported from now on as plain Python, unless numba is loaded already.

    Loading numba and one kernel takes a second; reading a kernel's source for one person takes milliseconds.
    """
    global _read_as_python
    _read_as_python = "numba" not in sys.modules


def njit(function: _Function) -> _Function:
    """Compile a function without losing its type; what was compiled is kept on disk where a folder can be written."""
    return function if _read_as_python else _compiled(function)


def njit_any_order(function: _Function) -> _Function:
    """The same, of a sum whose terms may be added in any order, so that the processor adds several at once.

    What it gives may differ in the last bit from one kind of processor to another, never on one.
    """
    return function if _read_as_python else _compiled(function, fastmath={"reassoc", "contract"})


def _compiled(function: _Function, **options: object) -> _Function:
    import numba  # here, so that a process that reads kernels as Python never loads it

    try:
        compiled: _Function = numba.njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # numba found no folder to write to: every process compiles again
        compiled = numba.njit(nogil=True, **options)(function)
    return compiled
