"""What goes over the wire of decisions on record."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from serving.http.wire import Day, Standing, WordsOut


class _Extensible(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class ToldProgrammeOut(_Extensible):
    """A programme as it was told: in short with one reason, in full with all of them."""

    rank: int
    programme: str
    title: WordsOut
    standing: Standing
    because: WordsOut | list[dict[str, Any]] | None


class UsedFactOut(_Extensible):
    """A fact that reasons rest on: its value as it was known, and in words from which event."""

    fact: str
    label: WordsOut
    value: Any
    known_from: WordsOut | None


class SentOut(_Extensible):
    """A message of an offer: `state` is of `at`, or (`due`) tried then; both null where it is not kept any more."""

    message: str
    kind: Literal["offers", "withdrawal"]
    channel: str
    urgent: bool
    purpose: str | None
    programmes: list[str]
    decided: str
    state: Literal["due", "delivered", "failed", "refused"] | None
    at: str | None


class ExplanationOut(_Extensible):
    """A decision explained; `sent` is of an offer; what follows it stands in the full length only."""

    decision_id: str
    made: int
    kind: Literal["answer", "offer"]
    as_of: Day
    summary: list[WordsOut]
    programmes: list[ToldProgrammeOut]
    contest: WordsOut
    sent: list[SentOut] | None = None
    facts: list[UsedFactOut] | None = None
    would_settle: list[dict[str, Any]] | None = None
    order: list[dict[str, Any]] | None = None
    basis: dict[str, str | None] | None = None
    model: dict[str, Any] | None = None
    said: dict[str, Any] | None = None


class DecisionRecordOut(_Extensible):
    """A decision whole: what it was computed from, whose hash is its id, and what was told."""

    decision_id: str
    made: int
    decision: dict[str, Any]
    answer: dict[str, Any]


class DecisionSummaryOut(_Extensible):
    """One decision of a list."""

    decision_id: str
    made: int
    kind: Literal["answer", "offer"]
    as_of: Day


class DecisionsOut(_Extensible):
    """A page of the decisions about one citizen, the latest first, and the cursor of the next; null after the last."""

    decisions: list[DecisionSummaryOut]
    next: str | None
