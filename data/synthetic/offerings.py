"""Programmes as the simulated people see them: how much, how hard, how embarrassing, and for which moments.

Only what the publisher says is read. The numbers here are the simulator's own; no ranker shares them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.synthetic.take_up_kinds import kind_of
from features.arrays import Bool, Float64, Int64

if TYPE_CHECKING:
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.programme import Programme

MOMENTS: dict[str, tuple[str, ...]] = {
    "child": ("life.child_born", "life.child_adopted", "life.pregnancy_registered", "life.infertility_diagnosed"),
    "couple": ("life.married", "life.divorced"),
    "loss": ("life.widowed", "life.relative_died"),
    "home": ("life.moved", "life.home_bought", "life.home_sold"),
    "work": ("life.job_lost", "life.job_started", "life.retired", "life.parental_leave_started"),
    "trade": ("life.business_opened", "life.business_closed", "life.farming_started"),
    "health": ("life.illness_diagnosed", "life.disability_registered", "life.long_term_care_graded"),
    "hardship": (
        "life.disaster_struck",
        "life.job_lost",
        "life.business_closed",
        "life.widowed",
        "life.illness_diagnosed",
    ),
    "school": ("life.school_entered", "life.school_left"),
}
"""Moments of life, and the events that make one."""

_BY_CATEGORY = {
    "pregnancy-birth": "child",
    "childcare-education": "child",
    "youth": "school",
    "work-startup": "work",
    "housing": "home",
    "livelihood": "hardship",
    "health": "health",
    "protection-care": "health",
    "old-age": "loss",
    "bereavement": "loss",
    "agriculture": "trade",
}
_A_YEAR = {
    "once": 1.0,
    "month": 12.0,
    "year": 1.0,
    "week": 52.0,
    "day": 200.0,
    "quarter": 4.0,
    "semester": 2.0,
    "term": 2.0,
}
_SHAME = {"livelihood": 0.75, "protection-care": 0.55, "bereavement": 0.3, "work-startup": 0.3}
_SHAMEFUL = ("저소득", "수급", "위기", "긴급", "한부모", "차상위", "생계", "무료", "취약")
_BARE = {"cash": 1.0, "scholarship": 0.9, "voucher": 0.8, "tax_relief": 0.7, "medical": 0.6, "in_kind": 0.5,
"insurance": 0.4,
         "service": 0.4, "facility": 0.3, "education": 0.25, "counselling": 0.1, "loan": 0.15}  # fmt: skip
_GRAMS = 64


@dataclass(frozen=True)
class Offerings:
    """The programmes of one catalogue in its order, each quality scaled to 0..1.

    `names` and `qualities` (P x Q) are what take-up may depend on; `moments` (P x M) says which moments of life a
    programme is about; `words` (P x 64, unit rows) its title and purpose; `firsts` and `lasts` the days its rules are
    in force.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    qualities: Float64
    categories: Int64
    forms: Int64
    moments: Bool
    words: Float64
    amounts: Int64
    """Won to be granted, -1 where the publisher gives none."""
    repeats: Bool
    excludes: Bool
    """P x P: cannot be received together."""
    firsts: Int64
    lasts: Int64
    rates: Float64
    """The published take-up of those entitled, of each programme's kind."""

    def __len__(self) -> int:
        """How many programmes."""
        return len(self.ids)

    def aired(self, first: int, last: int) -> Float64:
        """The share of the days from `first` to `last` on which each programme's rules are in force."""
        days = np.minimum(self.lasts, last) - np.maximum(self.firsts, first) + 1
        return np.asarray(np.clip(days, 0, None) / (last - first + 1))

    def in_force(self, days: Int64) -> Bool:
        """Which programmes' rules are in force, and shown, on each day: m x P."""
        return np.asarray((self.firsts <= days[:, None]) & (days[:, None] <= self.lasts), np.bool_)

    def quality(self, name: str) -> Float64:
        """One quality of every programme."""
        return self.qualities[:, self.names.index(name)]


def _size(programme: Programme) -> float:
    amount = programme.value.amount
    if amount is None or amount <= 0:
        return np.nan
    return float(np.clip((np.log10(amount * _A_YEAR.get(programme.value.period, 1.0)) - 4.5) / 3.0, 0, 1))


def _effort(programme: Programme) -> float:
    if programme.delivery == "auto_grant":
        return 0.05
    return (
        np.nan if programme.effort_minutes is None else float(np.clip(np.log2(1 + programme.effort_minutes) / 8, 0, 1))
    )


def _shame(programme: Programme) -> float:
    words = sum(word in programme.title.own for word in _SHAMEFUL)
    return min(_SHAME.get(programme.category, 0.1) + 0.2 * words, 1.0)


def _plain(programme: Programme) -> float:
    return float(np.mean([_BARE.get(form, 0.3) for form in programme.form]))


def _papers(programme: Programme) -> float:
    return min(len(programme.documents) / 6, 1.0)


_HURRIES = {"relative": 0.9, "dated": 0.8, "recurring": 0.5, "open_ended": 0.2, "not_needed": 0.0}


def _hurry(programme: Programme) -> float:
    return max(_HURRIES.get(window.kind, 0.4) for window in programme.windows)


def _local(programme: Programme) -> float:
    return float(programme.provider.level != "national")


def _for_family(programme: Programme) -> float:
    return float(programme.beneficiary != "citizen")


_QUALITIES = {"size": _size, "effort": _effort, "shame": _shame, "plain": _plain, "papers": _papers, "hurry": _hurry,
              "local": _local, "for_family": _for_family}  # fmt: skip


def _grams(text: str) -> Float64:
    row = np.zeros(_GRAMS)
    for word in text.split():
        for at in range(max(len(word) - 1, 1)):
            digest = hashlib.blake2b(word[at : at + 2].encode(), digest_size=4).digest()
            row[int.from_bytes(digest, "big") % _GRAMS] += 1
    return row / max(float(np.linalg.norm(row)), 1e-9)


def _moments(programme: Programme) -> Bool:
    events = {*programme.triggers, *programme.window_events}
    about = [bool(events & set(types)) for types in MOMENTS.values()]
    if not any(about):
        about = [name == _BY_CATEGORY.get(programme.category) for name in MOMENTS]
    return np.array(about, np.bool_)


def _filled(column: Float64) -> Float64:
    """What no publisher says is taken to be middling."""
    middle = float(np.nanmedian(column)) if np.isfinite(column).any() else 0.5
    return np.where(np.isfinite(column), column, middle)


def _codes(names: Sequence[str]) -> Int64:
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)


def offerings(catalogue: Catalogue) -> Offerings:
    """What simulated people see of a catalogue."""
    programmes = catalogue.programmes
    place = {programme.id: i for i, programme in enumerate(programmes)}
    excludes = np.zeros((len(programmes), len(programmes)), np.bool_)
    for programme in programmes:
        for other in programme.excludes:
            if other in place:
                excludes[place[programme.id], place[other]] = excludes[place[other], place[programme.id]] = True
    valid = [(programme.valid.first, programme.valid.last) for programme in programmes]
    return Offerings(
        ids=tuple(programme.id for programme in programmes),
        names=tuple(_QUALITIES),
        qualities=np.column_stack(
            [_filled(np.array([f(p) for p in programmes], np.float64)) for f in _QUALITIES.values()]
        ),
        categories=_codes([programme.category for programme in programmes]),
        forms=_codes([programme.form[0] for programme in programmes]),
        moments=np.array([_moments(programme) for programme in programmes]),
        words=np.array([_grams(f"{p.title.own} {p.summary.own if p.summary else ''}") for p in programmes]),
        amounts=np.array([-1 if p.value.amount is None else p.value.amount for p in programmes], np.int64),
        repeats=np.array([p.value.period != "once" for p in programmes], np.bool_),
        excludes=excludes,
        firsts=np.array([-(2**40) if first is None else first for first, _ in valid], np.int64),
        lasts=np.array([2**40 if last is None else last for _, last in valid], np.int64),
        rates=np.array([kind_of(programme).rate for programme in programmes], np.float64),
    )
