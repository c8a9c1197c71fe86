"""The revisions of the service's tables: the next one is the next number, one module each."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from features.log.schema import TableSchema

SERVICE: Final = TableSchema("service records", Path(__file__).parent, "service_version")
