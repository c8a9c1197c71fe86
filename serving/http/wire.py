"""What goes over the wire: the request that is checked, and the answer as OpenAPI documents it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.http.event_wire import CLOUD_EVENT

MAX_EVENTS = 1000
MAX_FACTS = 4096
MAX_K = 100

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    Field(json_schema_extra={"format": "date"}),
]
FactName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Kind = Literal["citizen", "small_business", "organisation"]
Standing = Literal["yes", "likely", "depends"]
"""How a person stands to a programme that the rules do not exclude."""


_PLAIN: Final = ("boolean", "number", "string")
FACT_VALUE: Final[dict[str, Any]] = {
    "anyOf": [
        *({"type": name} for name in _PLAIN),
        {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]}},
        {"type": "object", "additionalProperties": True},
    ]
}
"""What a fact's value may be, whatever the declaration says; it is read, and checked, by the declaration."""


def typed_values(schema: dict[str, Any]) -> None:
    """Say in a schema of facts what their values may be."""
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("type") == "object":
            one["additionalProperties"] = FACT_VALUE


def typed_events(schema: dict[str, Any]) -> None:
    """Say in a schema of events what they are."""
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("type") == "array":
            one["items"] = CLOUD_EVENT


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class RecommendationRequest(_Strict):
    """One person's facts, or the events of that person's life; exactly one of the two, and nothing of it is stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "facts": {"birth_date": "1990-05-01", "sex": "female", "region": "11440", "pregnant": True},
                    "as_of": "2026-10-31",
                    "k": 5,
                }
            ],
        }
    )

    facts: Annotated[
        dict[Annotated[str, StringConstraints(max_length=128)], Any] | None,
        Field(
            max_length=MAX_FACTS,
            description="Facts by name, as in a facts file; what is absent is unknown. `GET /v1/facts` types them.",
            json_schema_extra=typed_values,
        ),
    ] = None
    events: Annotated[
        list[dict[str, Any]] | None,
        Field(
            max_length=MAX_EVENTS,
            description="CloudEvents 1.0.2 in the JSON format, in any order. `GET /v1/events/types` types them.",
            json_schema_extra=typed_events,
        ),
    ] = None
    citizen: Annotated[
        Identifier | None,
        Field(description="Whose events these are: the token's own subject unless the token may act-as."),
    ] = None
    applicant: Annotated[
        Annotated[list[Kind], Field(min_length=1, max_length=3)] | Kind | None,
        Field(description="In which roles the person asks; absent means citizen."),
    ] = None
    asked: Annotated[
        list[FactName] | None,
        Field(max_length=MAX_FACTS, description="Facts the person was asked for and does not know; not asked again."),
    ] = None
    declined: Annotated[
        list[FactName] | None,
        Field(max_length=MAX_FACTS, description="Facts the person would rather not say; not asked again."),
    ] = None
    as_of: Annotated[Day | None, Field(description="Judge as at the end of this day; absent means today.")] = None
    k: Annotated[int, Field(ge=1, le=MAX_K, description="How many recommendations at most.")] = 10
    cursor: Annotated[str | None, Field(max_length=100, description="The Proffer-Next of the page before.")] = None
    explain: Annotated[Literal["none", "short", "full"], Field(description="How many reasons are told.")] = "full"
    record: Annotated[bool, Field(description="Whether the reply carries the decision that it is.")] = False


WordsOut = Annotated[dict[str, str], Field(description="A text in each language it was written in.")]


class ReasonOut(BaseModel):
    """One reason for the rule's answer."""

    model_config = ConfigDict(extra="allow")
    cause: Literal["rule", "missing_fact", "no_data", "doubtful_source", "unread_text"]
    text: WordsOut


class RankReasonOut(_Strict):
    """One additive part of the utility."""

    factor: str
    contribution: float
    text: WordsOut


class WindowOut(_Strict):
    """When a programme can be asked for."""

    kind: str
    state: Literal["open", "upcoming", "ask", "closed", "unknown"]
    opens: Day | None
    closes: Day | None
    days_left: int | None
    text: WordsOut | None
    wording: WordsOut | None


class BeneficiaryOut(_Strict):
    """Whom the benefit is for; the offer goes to the person who asked."""

    role: str


class RecommendationOut(_Strict):
    """A programme the rules do not exclude, where it ranks and why."""

    rank: int
    programme: str
    title: WordsOut
    answer: Literal["yes", "unknown"]
    standing: Standing
    probability: float | None
    utility: float
    because: list[ReasonOut]
    why_rank: list[RankReasonOut]
    missing: list[str]
    value: dict[str, Any] | None
    window: WindowOut
    documents: list[str | WordsOut]
    effort_minutes: int | None
    delivery: Literal["auto_grant", "offer", "ask"]
    beneficiary: BeneficiaryOut
    already_receives: Literal[False]
    notices: list[WordsOut]
    propensity: Annotated[
        int | None,
        Field(description="In millionths how likely it was to stand here; told while chance orders near-ties."),
    ] = None


class SetAsideOut(_Strict):
    """A programme left out of a bundle, and the one it cannot be received with."""

    programme: str
    excluded_by: str


class BundleOut(_Strict):
    """What belongs together after one event of a life."""

    event: str
    on: Day
    title: WordsOut
    programmes: list[str]
    documents: list[str | WordsOut]
    effort_minutes: int
    effort_unstated: int
    set_aside: list[SetAsideOut]


class ChoiceOut(_Strict):
    """One answer that can be chosen."""

    value: str | bool
    label: WordsOut


class AnswersOut(_Strict):
    """Which answers a question takes: the choices there are, or the bounds of a number or a date."""

    type: Literal["boolean", "enum", "integer", "date", "dates", "region"]
    values: list[ChoiceOut] | None = None
    low: int | float | str | None = None
    high: int | float | str | None = None
    unit: str | None = None


class BoxOut(_Strict):
    """One box of a list: a fact that is true where it is ticked and false where it is not."""

    fact: str
    label: WordsOut
    settles: float


class OtherwiseOut(_Strict):
    """A way not to answer: under which list of the request the fact is named, so that it is not asked again."""

    list: Literal["asked", "declined"]
    text: WordsOut


class AskOut(_Strict):
    """A question worth asking next, how many open answers it is expected to settle, and how it can be answered."""

    fact: str
    settles: float
    question: WordsOut
    answers: AnswersOut
    boxes: list[BoxOut]
    otherwise: list[OtherwiseOut]
    sensitive: bool


class ListedOut(_Strict):
    """A programme that is named but not recommended: already received, or its window has closed."""

    programme: str
    title: WordsOut


class HeldOut(ListedOut):
    """A programme the person receives; the notice says that it has ended or soon will, and what follows."""

    notice: WordsOut | None


class AlternativeOut(ListedOut):
    """A programme that cannot be held with one the person holds: told, never offered."""

    answer: Literal["yes", "unknown"]
    instead_of: list[str]
    value: dict[str, Any] | None
    notice: WordsOut


class OtherApplicantOut(ListedOut):
    """A programme that follows something that happened to the person, for another kind of applicant than asked."""

    applicants: list[Literal["citizen", "small_business", "organisation"]]
    event: str
    on: Day
    notice: WordsOut


class UpcomingOut(ListedOut):
    """A programme the rules exclude today and will not after a birthday: from when, and since when one may apply."""

    answer: Literal["yes", "unknown"]
    on: Day
    opens: Day
    state: Literal["open", "upcoming"]
    text: WordsOut


class KnownFromOut(_Strict):
    """From which event a fact is known, on which day, and until when; or which events did not happen since a day."""

    events: list[str]
    on: Day
    until: Day | None
    happened: bool


class ClosedWindowOut(ListedOut):
    """A programme whose window has closed; without a day where it was open while something was so."""

    closed: Day | None


class ModelOut(BaseModel):
    """The model that estimated the probabilities."""

    model_config = ConfigDict(extra="allow")
    kind: str


class RecommendationsOut(_Strict):
    """The answer: the first k of `total` recommendable programmes, and everything that was left out, by name."""

    as_of: Day
    total: int
    recommendations: list[RecommendationOut]
    bundles: list[BundleOut]
    already: list[HeldOut]
    alternatives: list[AlternativeOut]
    other_applicants: list[OtherApplicantOut]
    not_asked: dict[str, int]
    upcoming: list[UpcomingOut]
    known_from: dict[str, KnownFromOut]
    closed: list[ClosedWindowOut]
    ask_next: list[AskOut]
    model: ModelOut | None
    stopped: Annotated[
        list[str] | None, Field(description="What an operator switched off: programme:ID, model:NAME, region:CODE.")
    ] = None
    not_read: Annotated[
        list[str] | None, Field(description="Purposes without a live basis, for which nothing was read.")
    ] = None
    decision_id: Annotated[str | None, Field(description="Under which id it is on record, or was asked to be.")] = None
    decision: Annotated[
        dict[str, Any] | None, Field(description="What it was computed from, where `record` asks for it.")
    ] = None


class ProblemItem(_Strict):
    """One thing wrong with the request."""

    pointer: str
    detail: str


class ProblemDocument(_Strict):
    """RFC 9457; no part of the request is ever repeated in it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemItem] | None = None


class Alive(_Strict):
    """The process runs."""

    status: Literal["ok"]


class Readiness(_Strict):
    """Whether requests should be sent here, check by check, and what does not hold though answers are given."""

    ready: bool
    checks: dict[str, bool]
    degraded: list[str]
