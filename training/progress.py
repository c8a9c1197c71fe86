"""Progress: how a long step reports what it does now; the caller decides whether and how to show it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], object]
"""Takes the step that begins now, in words."""


def silent(step: str) -> None:
    """Report nothing."""
