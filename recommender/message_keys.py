"""Message keys: the messages that recommendations are written with, and the placeholders of each."""

from __future__ import annotations

from typing import Final

from recommender.messages import Keys

__all__ = ["AXES", "MESSAGES", "UNITS"]

AXES: Final = ("sex", "age", "income", "person", "household", "stage", "trade", "type", "field", "region")
UNITS: Final = ("money", "days")
_WINDOWS: Final = ("open_ended", "dated", "recurring", "relative", "not_needed", "unknown")
_OPS: Final = ("below", "above", "at_most", "at_least")
_FORMS: Final = ("must", "must_not", "is", "is_not", "part", "part_not")
"""What a clause demands, that it is met, and how it reads as a part of several; each also denied."""
_KINDS: Final = {
    "value": ("label", "value"), "enum": ("label", "value"), "boolean": ("label",), "receives": ("title",),
    "region": ("places",), "question": ("question",),
}  # fmt: skip
_PERIODS: Final = ("once", "month", "year", "quarter", "half_year", "week", "day", "time", "unknown")

_RULE: Final[Keys] = {
    **{f"rule.{kind}.{form}": names for kind, names in _KINDS.items() for form in _FORMS},
    **{f"rule.{many}.{form}": ("clauses",) for many in ("all", "any") for form in ("must", "is", "part")},
    **{f"rule.number.{op}": ("value",) for op in _OPS},
    **{f"rule.date.{op}": ("value",) for op in _OPS},
    **{f"rule.unit.{unit}": ("value",) for unit in UNITS},
    **{f"rule.axis.{axis}": () for axis in AXES},
    **{f"rule.members.{kind}.{form}": ("who",) for kind in ("some", "none") for form in _FORMS},
    **{f"rule.members.count.{form}": ("who", "figure") for form in _FORMS},
    **{f"rule.member.{trait}.{so}": () for trait in ("lives_with", "raises", "disabled") for so in ("yes", "no")},
    **{f"rule.member.{of}": ("figure",) for of in ("months", "age", "turns", "born", "due", "nth")},
    "rule.member.youngest": (),
    "rule.member.anybody": (),
    "rule.member.who": ("conditions", "relations"),
    "rule.member.and": ("first", "second"),
    "rule.member.people": ("count",),
    "rule.member.in_months": ("count",),
    "rule.member.in_years": ("count",),
    "rule.member.place": ("count",),
    "rule.date.on": ("date",),
    "rule.date.within": ("value",),
    "rule.date.months": ("count",),
    "rule.date.days": ("count",),
    "rule.unit.none": ("value",),
    "rule.unit.other": ("value", "unit"),
    "rule.both": ("first", "second"),
    "rule.or": ("first", "second"),
    "rule.and": ("first", "second"),
    "rule.grouped": ("clause",),
    "rule.everyone": (),
    "rule.no_one": (),
    "rule.no_data.axis": ("axis",),
    "rule.no_data.other": ("reason",),
    "rule.no_data.why": ("why",),
    "rule.no_data.part": (),
    "rule.unread.must": ("words",),
    "rule.unread.part": ("words",),
}
_VERDICT: Final[Keys] = {
    **{f"verdict.kind.{kind}": () for kind in ("citizen", "small_business", "organisation")},
    "verdict.kinds": ("first", "second"),
    "verdict.only_for": ("kinds",),
    "verdict.from": ("day",),
    "verdict.until": ("day",),
    "verdict.unverified": (),
    "verdict.not_known_yet": ("year", "day"),
    "question.receives": ("title",),
    "question.applies": ("label",),
    "question.value": ("label",),
    "question.yes": (),
    "question.no": (),
    "question.asked": (),
    "question.declined": (),
}
_OFFER: Final[Keys] = {
    **{f"amount.{kind}.exact": ("value",) for kind in ("gift", "loan", "discount")},
    **{f"amount.{kind}.at_most": ("high",) for kind in ("gift", "loan", "discount")},
    **{f"amount.{kind}.from": ("low",) for kind in ("gift", "loan", "discount")},
    **{f"amount.{kind}.range": ("low", "high") for kind in ("gift", "loan", "discount")},
    "amount.none": (),
    "amount.unstated": (),
    "amount.depends": (),
    "amount.each": ("each",),
    "amount.some": (),
    "amount.percent": ("percent",),
    "amount.percent_limited": ("percent", "each"),
    **{f"amount.period.{period}": ("each",) for period in _PERIODS},
    **{f"amount.per.{per}": ("each",) for per in ("child", "household", "other")},
    "amount.times": ("each", "times"),
    "amount.total": ("each", "total"),
    "amount.span.from": ("low",),
    "amount.span.at_most": ("high",),
    "amount.span.range": ("low", "high"),
    "amount.count.unknown": (),
    "amount.count.exact": ("count",),
    "amount.count.range": ("low", "high"),
    "time.hours": ("hours",),
    "time.minutes": ("minutes",),
    "time.hours_and_minutes": ("hours", "minutes"),
    "reason.likelihood": ("percent",),
    "reason.two": ("first", "second"),
    "reason.certainty": (),
    "reason.doubt": (),
    "reason.last_day": (),
    "reason.days_left": ("days",),
    "reason.unlocks": ("count",),
    "reason.effort": ("time",),
    "ahead.from": ("day",),
    "ahead.now": ("day",),
    "ahead.before": ("day", "opens"),
    "ahead.not_known_yet": ("day", "year", "last"),
    "ahead.unknown": (),
    "beside.choose": ("title", "held"),
    "beside.worth": ("title", "amount"),
    "beside.succeeds": ("old",),
    "beside.renews": ("old",),
    "beside.ended": ("day",),
    "beside.ends": ("day",),
    "beside.followed": ("title",),
    "beside.other_applicant": ("kinds",),
    "window.ask": ("date",),
    "window.closed": ("date",),
    "window.opens": ("date",),
    "window.closes": ("date", "days"),
    "window.last_day": ("date",),
    "window.always": (),
    "window.not_needed": (),
    "window.now": (),
    "window.waits": (),
    "window.recurs": ("first", "last"),
    "window.paid_back": ("date",),
    "window.funds": (),
    "window.published": ("wording",),
    "window.notice": ("wording",),
}
_CHANGE: Final[Keys] = {
    "change.advisory": ("clause",),
    "change.more": ("first", "second"),
    "change.window.between": ("first", "last"),
    "change.window.from": ("first",),
    "change.window.until": ("last",),
    "change.window.after": ("within", "event"),
    **{f"change.window.{key}": ("length",) for key in ("opens_before", "opens_after", "retroactive")},
    "change.window.while": ("fact",),
    **{f"change.window.{kind}": () for kind in _WINDOWS},
}
MESSAGES: Final[Keys] = {**_RULE, **_VERDICT, **_OFFER, **_CHANGE}
