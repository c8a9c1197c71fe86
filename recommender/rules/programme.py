"""Programme: one benefit as its publisher describes it, who may have it, and where that is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from recommender.rules.clause import Clause, Source, clause_document, source_document
from recommender.rules.payment import gives_of
from recommender.rules.window_rule import WindowRule, days_document, window_document
from recommender.rules.worth import Value
from recommender.text import Text

__all__ = [
    "BENEFICIARIES",
    "CATEGORIES",
    "DELIVERIES",
    "FORMS",
    "KINDS",
    "Programme",
    "Provider",
    "Validity",
    "kinds_mask",
]

KINDS = ("citizen", "small_business", "organisation")
"""Who may ask; bit i of an applicant mask is KINDS[i]."""
CATEGORIES = (
    "pregnancy-birth", "childcare-education", "youth", "work-startup", "housing", "livelihood", "health",
    "protection-care", "old-age", "bereavement", "culture-environment", "safety", "agriculture",
)  # fmt: skip
FORMS = (
    "cash", "in_kind", "voucher", "service", "medical", "loan", "tax_relief", "scholarship", "insurance", "facility",
    "education", "counselling", "other",
)  # fmt: skip
DELIVERIES = ("offer", "auto_grant")
BENEFICIARIES = ("citizen", "child", "household")


@dataclass(frozen=True, slots=True)
class Provider:
    """Who pays: an id, a name, and a level such as national, province or municipality."""

    id: str
    name: Text
    level: str


@dataclass(frozen=True, slots=True)
class Validity:
    """The days on which the rules are in force, both included; None is without end."""

    first: int | None = None
    last: int | None = None

    def holds(self, day: int) -> bool:
        """Tell whether the rules are in force on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Programme:
    """One benefit by one of its texts; see DESIGN's YAML.

    `who` maps each kind of applicant it is for to what it demands of them; `ended` says that no text follows `valid`;
    `formerly` are ids the same benefit had before, `succeeds` are others whose place it takes, and of those it `renews`
    it is the next period.
    """

    id: str
    title: Text
    provider: Provider
    category: str
    form: tuple[str, ...]
    who: Mapping[str, Clause]
    value: Value
    windows: tuple[WindowRule, ...]
    delivery: str
    documents: tuple[Text, ...]
    excludes: tuple[str, ...]
    grants: tuple[str, ...]
    effort_minutes: int | None
    valid: Validity
    source: Source
    verified: bool
    summary: Text | None = None
    views: int | None = None
    how: Text | None = None
    contact: Text | None = None
    triggers: tuple[str, ...] = ()
    beneficiary: str = "citizen"
    ended: bool = False
    formerly: tuple[str, ...] = ()
    succeeds: tuple[str, ...] = ()
    renews: tuple[str, ...] = ()

    def is_lapsed(self, day: int) -> bool:
        """Tell whether the last text is over on a day and nobody says that the benefit is: then nothing is known."""
        return not self.ended and self.valid.last is not None and day > self.valid.last

    @cached_property
    def kinds(self) -> int:
        """The bit mask of the kinds of applicant it is for."""
        return kinds_mask(self.who)

    def __post_init__(self) -> None:
        """Let the value know what is given where it does not say: the form tells."""
        object.__setattr__(self, "value", replace(self.value, by_form=gives_of(self.form)))

    @cached_property
    def window_events(self) -> tuple[str, ...]:
        """The events its windows run from, each once."""
        return tuple(dict.fromkeys(event for window in self.windows for event in window.after))

    @property
    def closes(self) -> int | None:
        """The last day of its dated windows (since 1970-01-01), None where one of them has no such day."""
        days = [window.closes for window in self.windows]
        return None if None in days else max(day for day in days if day is not None)

    def to_document(self) -> dict[str, object]:
        """Return the mapping it is written as; reading that again gives an equal programme."""
        return _document(self)


def kinds_mask(kinds: Iterable[str]) -> int:
    """Return the bit mask of an iterable of kinds of applicant.

    >>> kinds_mask(["citizen", "organisation"])
    5
    """
    return sum(1 << KINDS.index(kind) for kind in set(kinds))


def _document(programme: Programme) -> dict[str, object]:
    provider, windows = programme.provider, [window_document(window) for window in programme.windows]
    document: dict[str, object] = {
        "id": programme.id,
        "title": programme.title.to_document(),
        "provider": {"id": provider.id, "name": provider.name.to_document(), "level": provider.level},
        "category": programme.category,
        "form": list(programme.form),
        "who": {kind: clause_document(clause) for kind, clause in programme.who.items()},
        "value": programme.value.to_document(),
        "window": windows[0] if len(windows) == 1 else windows,
        "delivery": programme.delivery,
        "documents": [text.brief() for text in programme.documents],
        "excludes": list(programme.excludes),
        "grants": list(programme.grants),
        "effort_minutes": programme.effort_minutes,
        "valid": days_document(programme.valid.first, programme.valid.last),
        "source": source_document(programme.source),
        "verified": programme.verified,
    }
    for key in ("summary", "how", "contact"):
        text = getattr(programme, key)
        document[key] = None if text is None else text.to_document()
    document |= {key: list(getattr(programme, key)) for key in ("formerly", "succeeds", "renews")}
    if programme.ended:
        document["ended"] = True
    document |= {"views": programme.views, "triggers": list(programme.triggers), "beneficiary": programme.beneficiary}
    return {key: value for key, value in document.items() if value is not None and value not in ([], {})} | {
        "source": document["source"]
    }
