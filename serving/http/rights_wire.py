"""What goes over the wire where people exercise rights."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.http.wire import WordsOut

MOST_ITEMS: Final = 100
Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class ConsentRequest(_Exact):
    """Whether facts may be used for a purpose; to withdraw `ranking` is to refuse the learned order."""

    purpose: Name
    given: bool


class PurposeOut(BaseModel):
    """A purpose or a choice of a channel, whether it has a live basis for the person, and which.

    `channel` is there where it is about one, `programme` where the channel is chosen for it (`sensitive`: for all).
    """

    model_config = ConfigDict(extra="allow")
    purpose: str
    live: bool
    needs: Literal["application", "consent", "no_objection"]
    facts: list[str]
    title: WordsOut | None
    basis: WordsOut | None
    channel: str | None = None
    programme: str | None = None


class ConsentsOut(BaseModel):
    """Every purpose and channel of this deployment for one person, and what else they made a statement on."""

    model_config = ConfigDict(extra="allow")
    purposes: list[PurposeOut]


class FeedbackItem(_Exact):
    """One thing that came of what was shown; it becomes the event `benefit.<kind>` of the log."""

    kind: Literal["shown", "opened", "applied", "declined", "rated", "granted", "refused", "ended"]
    programme: Name
    position: Annotated[int, Field(ge=1, le=10_000)] | None = None
    channel: Name | None = None
    propensity: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="As the answer told it, of what was shown.")
    ] = None
    stars: Annotated[int, Field(ge=1, le=5)] | None = None
    amount: Annotated[int, Field(ge=0, le=10**12)] | None = None
    id: Annotated[Id | None, Field(description="Sent again under the same id and time it counts once.")] = None
    time: Annotated[Id | None, Field(description="When it happened (RFC 3339); absent means now.")] = None

    @property
    def by_office(self) -> bool:
        """Whether only an office can say so."""
        return self.kind in ("granted", "refused", "ended")

    @property
    def data(self) -> dict[str, Any]:
        """What the event says."""
        return self.model_dump(exclude={"kind", "id", "time"}, exclude_none=True)


class FeedbackRequest(_Exact):
    """What came of what was shown to one person: the token's subject, or with `act-as` another."""

    citizen: Id | None = None
    items: Annotated[list[FeedbackItem], Field(min_length=1, max_length=MOST_ITEMS)]


class ErasedOut(BaseModel):
    """What was deleted: events that were the person's own or name somebody unknown now, and rows by table."""

    model_config = ConfigDict(extra="allow")
    events: int
    records: dict[str, int]


class ActOut(BaseModel):
    """One thing that somebody did for a citizen: who, on which ground, what, and in which UTC second."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    actor: str
    ground: str
    act: str
    made: int


class ActsOut(BaseModel):
    """Who acted for a citizen, the latest first."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    acts: list[ActOut]
