"""What goes over the wire of claims, reviews and rulings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.http.wire import Standing

Note = Annotated[str, StringConstraints(max_length=2000)]


class _Taken(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class ClaimRequest(_Taken):
    """Facts that are others than a register says."""

    facts: Annotated[dict[str, Any], Field(min_length=1, max_length=50)]
    note: Note = ""


class ReviewRequest(_Taken):
    """Why a person should look at a decision, and at which."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    decision_id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


class RulingRequest(_Taken):
    """What an office says to a claim or a review, in a sentence that its citizen reads."""

    granted: bool
    note: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class RequestOut(BaseModel):
    """A claim or a review, with until when it is due and how it was ruled on; times are UTC seconds."""

    model_config = ConfigDict(extra="allow")
    id: str
    citizen: str
    kind: Literal["claim", "review"]
    made: int
    due: int
    late: bool
    state: Literal["open", "granted", "refused"]
    note: str
    ruled_by: str
    ruled: int | None


class StandsOtherwiseOut(BaseModel):
    """A programme that stands otherwise than before; null where it is excluded."""

    model_config = ConfigDict(extra="allow")
    programme: str
    before: Standing | None
    after: Standing | None


class ClaimedOut(RequestOut):
    """A claim, and what it changes at once."""

    effect: list[StandsOtherwiseOut]


class RequestsOut(BaseModel):
    """A page of them, and the cursor of the next; null after the last."""

    model_config = ConfigDict(extra="allow")
    requests: list[RequestOut]
    next: str | None
