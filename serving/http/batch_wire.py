"""What goes over the wire for many people at once."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.http.answer_form import Explain
from serving.http.wire import MAX_FACTS, MAX_K, Day, Kind, ProblemDocument, RecommendationsOut, typed_values

MOST_PEOPLE_ASKED: Final = 100


class _BatchStrict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class BatchPerson(_BatchStrict):
    """One person of a batch."""

    ref: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
    facts: Annotated[
        dict[Annotated[str, StringConstraints(max_length=128)], Any],
        Field(
            max_length=MAX_FACTS,
            description="Facts by name, as in a facts file; what is absent is unknown.",
            json_schema_extra=typed_values,
        ),
    ]
    applicant: Annotated[list[Kind], Field(min_length=1, max_length=3)] | None = None


class BatchRequest(_BatchStrict):
    """Facts of several people, all judged as of one day; nothing of it is stored."""

    people: Annotated[list[BatchPerson], Field(min_length=1, max_length=MOST_PEOPLE_ASKED)]
    as_of: Annotated[Day | None, Field(description="Judge as at the end of this day; absent means today.")] = None
    k: Annotated[int, Field(ge=1, le=MAX_K, description="How many recommendations at most for each.")] = 10
    explain: Annotated[Explain, Field(description="How many reasons are told.")] = "none"


class BatchResultOut(_BatchStrict):
    """What became of one person: an answer, or why there is none."""

    ref: str
    status: int
    answer: RecommendationsOut | None
    problem: ProblemDocument | None


class BatchOut(_BatchStrict):
    """One result a person, in the order sent."""

    results: list[BatchResultOut]
