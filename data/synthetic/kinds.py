"""The event types this package writes (part of data/countries/kr/declaration/events.yaml)."""

from __future__ import annotations

LIFE = (
    "life.child_born",
    "life.child_adopted",
    "life.pregnancy_registered",
    "life.pregnancy_ended",
    "life.infertility_diagnosed",
    "life.married",
    "life.divorced",
    "life.widowed",
    "life.relative_died",
    "life.moved",
    "life.home_bought",
    "life.home_sold",
    "life.school_entered",
    "life.school_left",
    "life.job_started",
    "life.job_lost",
    "life.parental_leave_started",
    "life.parental_leave_ended",
    "life.retired",
    "life.business_opened",
    "life.business_closed",
    "life.farming_started",
    "life.farming_ended",
    "life.disability_registered",
    "life.illness_diagnosed",
    "life.long_term_care_graded",
    "life.income_assessed",
    "life.disaster_struck",
)
OTHER = (
    "fact.stated",
    "benefit.shown",
    "benefit.opened",
    "benefit.applied",
    "benefit.granted",
    "benefit.refused",
    "benefit.declined",
    "benefit.ended",
    "benefit.rated",
    "consent.given",
    "consent.withdrawn",
    "event.corrected",
    "event.retracted",
)
TYPES = LIFE + OTHER
TYPE = {name: number for number, name in enumerate(TYPES)}
"""The number of each event type in the arrays of this package."""

LEVELS = ("kindergarten", "elementary", "middle", "high", "university")
TRADES = ("restaurant", "manufacturing", "other")
CHANNELS = ("web", "app", "kiosk", "letter", "caseworker")

# A fact set by one of these lapses by itself, so the log keeps what happened in the year before it begins, instead of a
# statement that would never lapse.
LAPSING = {
    "gave_birth_or_adopted": ("life.child_born", "life.child_adopted"),
    "pregnant": ("life.pregnancy_registered",),
    "expecting": ("life.infertility_diagnosed",),
    "newly_moved_in": ("life.moved",),
    "job_seeker": ("life.job_lost",),
    "ill": ("life.illness_diagnosed",),
    "struggling_business": ("life.business_closed",),
    "bereaved_lately": ("life.relative_died", "life.widowed"),
    "heir_of_deceased": ("life.widowed",),
    "in_crisis": ("life.disaster_struck",),
}
KEPT_FROM_BEFORE = tuple(
    sorted({TYPE[name] for names in LAPSING.values() for name in names} | {TYPE["life.pregnancy_ended"]})
)
"""Types whose events of the year before the log begins are kept in it."""
