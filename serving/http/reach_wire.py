"""What goes over the wire about how many people a draft rule reaches."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ReachOut", "ReachRequest", "ReachRowOut"]

_PARTS: Final = 3


class ReachRequest(BaseModel):
    """A rule that is not in force yet; nothing of it is stored."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
    rule: Annotated[
        dict[str, Any],
        Field(
            min_length=1,
            description="A programme as it is written in a catalogue, or only its `who`, or the one clause in it.",
            json_schema_extra={"additionalProperties": True},
        ),
    ]
    by: Annotated[
        list[Literal["province", "region", "group"]],
        Field(max_length=_PARTS, description="What people are told apart by; provinces are the largest regions."),
    ] = ["region", "group"]


class ReachRowOut(BaseModel):
    """How many people stand how; all null where one of the counts is small, or would tell another that is."""

    region: str | None = None
    group: str | None = None
    name: dict[str, str] | None = None
    people: int | None
    yes: int | None
    likely: int | None
    depends: int | None
    no: int | None
    standard_error: dict[str, int] | None = None


class ReachOut(BaseModel):
    """How everybody stands to a rule on a day, in all and as asked; open to new fields."""

    rule: str
    as_of: str
    population: Literal["synthetic", "noised"]
    doubts: list[str]
    people: int
    few: int
    total: ReachRowOut
    provinces: list[ReachRowOut] | None = None
    regions: list[ReachRowOut] | None = None
    groups: list[ReachRowOut] | None = None
