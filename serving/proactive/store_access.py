"""Store access: how what works beside requests opens the store of a deployment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from serving.records.store import ServiceStore

__all__ = ["Stores"]


class Stores(NamedTuple):
    """How the store of a deployment is opened, to be read as it is at one instant, and to be written in one commit."""

    reading: Callable[[], AbstractContextManager[ServiceStore]]
    writing: Callable[[], AbstractContextManager[ServiceStore]]
