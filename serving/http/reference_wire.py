"""What goes over the wire about programmes; both are open to new fields."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class ProgrammeBriefOut(BaseModel):
    """A programme in a list."""

    id: str
    title: dict[str, str] | str
    provider: dict[str, Any]
    category: str
    form: list[str] = []
    applicants: list[str]
    valid: dict[str, Any] | None = None
    verified: bool


class ProgrammesOut(BaseModel):
    """A page of the catalogue, which its hash names, and the cursor of the next; null after the last."""

    catalogue: str
    total: int
    programmes: list[ProgrammeBriefOut]
    next: str | None


class ProgrammeOut(BaseModel):
    """A programme as it is written in a catalogue (docs/programmes.md)."""

    model_config = ConfigDict(extra="allow")
    id: str
    title: dict[str, str] | str
