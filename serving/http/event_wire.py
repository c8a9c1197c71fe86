"""What goes over the wire about events: what became of each that was sent."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel

MOST_EVENTS: Final = 1000
"""The most events of one request."""
STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"

CLOUD_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A CloudEvent 1.0.2 in the JSON format; what its data holds is declared for its type.",
    "required": ["id", "source", "subject", "type", "time"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 400, "description": "Unique within the source."},
        "source": {"type": "string", "minLength": 1, "maxLength": 400, "description": "Who says so."},
        "subject": {"type": "string", "minLength": 1, "maxLength": 400, "description": "The person."},
        "type": {"type": "string", "description": "A type that is declared."},
        "time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "recordedtime": {
            "type": "string",
            "format": "date-time",
            "description": "When it was recorded; absent means now.",
        },
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object", "additionalProperties": True},
    },
}
EVENT_EXAMPLE: Final = {
    "specversion": "1.0",
    "id": "2026-000117",
    "source": "registry/residents",
    "subject": "c-7f3a",
    "type": "life.moved",
    "time": "2026-10-30T09:00:00+09:00",
    "data": {"region": "11440"},
}
EVENT_BODIES: Final[dict[str, dict[str, Any]]] = {
    STRUCTURED: {"schema": CLOUD_EVENT, "example": EVENT_EXAMPLE},
    BATCH: {
        "schema": {"type": "array", "items": CLOUD_EVENT, "maxItems": MOST_EVENTS},
        "example": [EVENT_EXAMPLE],
    },
}


class EventProblemOut(BaseModel):
    """One thing wrong with an event."""

    pointer: str
    code: str
    what: str
    remedy: str


class EventOutcomeOut(BaseModel):
    """What became of one event: written, there already saying the same or something else, or not taken."""

    outcome: Literal["accepted", "duplicate", "conflict", "rejected"]
    problems: list[EventProblemOut]


class EventOutcomesOut(BaseModel):
    """What became of each event, in the order in which they were sent."""

    results: list[EventOutcomeOut]
