"""The revisions of the event log's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from features.log.schema import TableSchema

EVENT_LOG: Final = TableSchema(
    "an event log", Path(__file__).parent, "alembic_version", frozenset({"events", "others", "actions"})
)
