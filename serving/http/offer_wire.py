"""What goes over the wire of offers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.http.wire import Day, Standing, WordsOut

OfferState = Literal["due", "sent", "delivered", "opened", "declined", "snoozed", "withdrawn", "expired"]


class _OpenToFields(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class OfferOut(_OpenToFields):
    """An offer that stands: what it is of, what is open about it, and the decision behind it once it left."""

    id: str
    programme: str
    title: WordsOut
    provider: WordsOut
    standing: Standing
    amount: WordsOut
    window: dict[str, Any]
    open: list[WordsOut]
    documents: list[str | WordsOut]
    delivery: str
    renewal: bool
    sensitive: bool
    state: OfferState
    made: str
    decision_id: str | None


class TakenBackOut(_OpenToFields):
    """An offer that was taken back, and why."""

    id: str
    programme: str
    reason: str
    changed: str


class OffersOut(_OpenToFields):
    """What a citizen is offered through one channel that they look at themselves."""

    channel: str
    offers: list[OfferOut]
    withdrawn: list[TakenBackOut]


class OfferAnswerOut(_OpenToFields):
    """What became of an offer."""

    id: str
    state: OfferState
    changed: str
    until: str | None


class SnoozeRequest(BaseModel):
    """Until when an offer is put off."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    until: Day = Field(description="The local day from whose beginning on it may leave again.")
