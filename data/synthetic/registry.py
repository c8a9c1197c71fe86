"""What the registries record of lives: statements at the start, delays, corrected mistakes, and what stays unknown.

`recorded` is the log as an office sees it; `as_it_was` the same lives with everything stated and nothing late or wrong.
The second one decides who is truly eligible, and is never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.synthetic import payload
from data.synthetic.event_rows import SOURCE, SOURCES, EventRows, rows, together
from data.synthetic.kinds import KEPT_FROM_BEFORE, LAPSING, LEVELS, LIFE, TRADES, TYPE
from data.synthetic.life_events import Course, LifeEvents, RestatedFacts
from data.synthetic.months import second_of
from data.synthetic.payload import Texts
from data.synthetic.random_streams import RandomStreams, chosen
from data.synthetic.rates import Rates
from data.synthetic.residents import NOT_BORN
from features.arrays import Bool, Int64
from features.calendar import DAY_SECONDS
from features.value import UNKNOWN

_KEPT_MONTHS = {"gave_birth_or_adopted": 12, "pregnant": 10, "expecting": 24, "newly_moved_in": 12, "job_seeker": 12}
_KEPT_MONTHS |= {"ill": 24, "struggling_business": 12, "bereaved_lately": 12, "in_crisis": 6, "heir_of_deceased": 12}
STATEMENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("registry/residents", ("birth_date",)),
    ("registry/residents", ("sex", "citizen_of_korea", "region")),
    (
        "registry/residents",
        ("household_size", "single_person_household", "single_parent_or_grandparent", "many_children",
        "extended_family",
         "newly_moved_in", "minor_caretaker"),
    ),
    ("registry/families", ("children",)),
    (
        "registry/families",
        ("married", "widowed", "multicultural_family", "bereaved_lately", "gave_birth_or_adopted",
         "heir_of_deceased"),
    ),
    (
        "registry/insurance",
        ("worker", "job_seeker", "lost_job_involuntarily", "employment_insured", "on_parental_leave",
        "elementary_student",
         "middle_student", "high_student", "university_student"),
    ),
    ("registry/insurance", ("annual_pay_won", "insured_days")),
    (
        "registry/welfare",
        ("disabled", "severely_disabled", "veteran", "basic_livelihood_recipient", "near_poverty",
        "north_korean_defector",
         "left_care", "military_discharged", "care_grade", "care_graded", "in_crisis", "violence_victim", "ill",
         "pregnant",
         "expecting",
         "cognitive_decline", "occupational_pension", "infertility_diagnosed", "directed_training"),
    ),
    ("registry/homes", ("home_owner", "no_home", "renter", "monthly_rent_won", "rent_deposit_won")),
    ("registry/tax", ("income_percent",)),
    ("registry/tax", ("assets_won",)),
    ("registry/welfare", ("recognised_income_percent",)),
    ("registry/welfare", ("pension_income_won",)),
    (
        "registry/tax",
        ("in_business", "founding", "struggling_business", "restaurant", "manufacturer", "other_trade",
        "farmer", "fisher",
         "livestock_farmer", "forester"),
    ),
)  # fmt: skip
"""Which registry states what at the start; what takes many values is apart, so that equal statements are common."""

_SOURCE_OF = {
    "registry/families": ("child_born", "child_adopted", "married", "divorced", "widowed", "relative_died"),
    "registry/residents": ("moved",),
    "registry/insurance": ("job_started", "job_lost", "parental_leave_started", "parental_leave_ended", "retired"),
    "registry/homes": ("home_bought", "home_sold"),
    "registry/schools": ("school_entered", "school_left"),
    "registry/tax": ("business_opened", "business_closed", "farming_started", "farming_ended"),
    "registry/welfare": ("disability_registered", "long_term_care_graded", "income_assessed", "disaster_struck"),
    "registry/health": ("pregnancy_registered", "pregnancy_ended", "infertility_diagnosed", "illness_diagnosed"),
}
_SOURCES_BY_KIND = np.zeros(len(LIFE), np.int64)
for _source, _names in _SOURCE_OF.items():
    _SOURCES_BY_KIND[[TYPE[f"life.{_name}"] for _name in _names]] = SOURCE[_source]

_FIELDS: dict[str, tuple[str, payload.Render]] = {
    "life.child_adopted": ("born", payload.iso_date),
    "life.moved": ("region", payload.region),
    "life.school_entered": ("level", payload.choice(LEVELS)),
    "life.school_left": ("level", payload.choice(LEVELS)),
    "life.job_started": ("monthly_pay", str),
    "life.job_lost": ("voluntary", payload.boolean),
    "life.business_opened": ("trade", payload.choice(TRADES)),
    "life.disability_registered": ("severe", payload.boolean),
    "life.long_term_care_graded": ("grade", str),
    "life.income_assessed": ("percent", str),
}
_NUMBERS = ("household_size", "income_percent", "assets_won", "monthly_rent_won", "rent_deposit_won",
"annual_pay_won", "insured_days",
            "care_grade", "recognised_income_percent", "pension_income_won")  # fmt: skip
_RENDER = dict.fromkeys(_NUMBERS, str) | {
    "birth_date": payload.iso_date,
    "region": payload.region,
    "sex": payload.choice(("male", "female")),
}
_MISTAKEN = (
    "life.moved",
    "life.job_started",
    "life.job_lost",
    "life.home_bought",
    "life.relative_died",
    "life.illness_diagnosed",
)
_PHANTOM = ("life.relative_died", "life.job_lost", "life.disaster_struck", "life.illness_diagnosed")


@dataclass(frozen=True)
class Names:
    """How rows of a block become identifiers: the number of its first citizen."""

    first: int

    def citizens(self, rows_: Int64) -> Texts:
        """Identifiers of citizens: c0000001 and on."""
        return payload.numbered("c", rows_ + self.first + 1, 7)

    def children(self, numbers: Int64) -> Texts:
        """Identifiers of children that are no citizens: k0000001 and on."""
        return payload.numbered("k", numbers + self.first + 1, 7)


def _lapsing_now(course: Course) -> dict[str, Bool]:
    """Which lapsing facts are true at the start because of an event of the year before that has not lapsed yet."""
    now = {}
    for name, types in LAPSING.items():
        since = second_of(course.months.first_day - int(_KEPT_MONTHS[name] * 30.4))
        before = course.events.of(*types)
        recent = (before.when < course.months.begin) & (before.when >= since)
        people = [before.person[recent]]
        if name == "gave_birth_or_adopted":
            fathers = before.other[recent]
            people.append(fathers[fathers >= 0])
        flags = np.zeros(len(course), np.bool_)
        flags[np.concatenate(people)] = True
        now[name] = flags
    ended = course.facts["pregnant"] == 0
    now["pregnant"] &= ~ended
    now["job_seeker"] &= course.facts["job_seeker"] == 1
    return now


def stated_at_start(course: Course) -> dict[str, Int64]:
    """The facts stated at the start by name, `UNKNOWN` where an event of the year before says it instead."""
    facts = dict(course.facts)
    for name, lapsing in _lapsing_now(course).items():
        value = facts.get(name, np.zeros(len(course), np.int64))
        facts[name] = np.where(lapsing, UNKNOWN, value)
    begin = course.months.begin
    leave = np.zeros(len(course), np.int64)
    for kind, on in (("life.parental_leave_started", 1), ("life.parental_leave_ended", 0)):
        events = course.events.of(kind)
        leave[events.person[events.when < begin]] = on
    facts["on_parental_leave"] = leave
    facts["care_graded"] = (facts["care_grade"] > 0).astype(np.int64)
    facts["care_grade"] = np.where(facts["care_grade"] == 0, UNKNOWN, facts["care_grade"])
    return facts


def hidden(rates: Rates, chance: RandomStreams, name: str, people: int) -> Bool:
    """Whom the registry does not know a fact of at the start."""
    rng = chance.stream(f"hidden {name}")
    return np.asarray(rng.random(people) < rates.hidden.get(name, 0.0), np.bool_)


def _statement(course: Course, source: str, place: int, facts: Mapping[str, Texts]) -> EventRows:
    """One statement about everybody, an hour apart from the next registry's, on the first day."""
    when = np.full(len(course), course.months.begin + 3600 * place + 60)
    return rows("fact.stated", source, np.arange(len(course)), when, when, payload.json_object(facts))


def statements(course: Course, rates: Rates | None, chance: RandomStreams, declared: frozenset[str]) -> EventRows:
    """What the registries state on the first day of the declared facts; with `rates`, hidden ones are left out."""
    facts = stated_at_start(course)
    parts = []
    for place, (source, names) in enumerate(STATEMENTS):
        written = {}
        for name in (name for name in names if name in declared):
            keep = np.ones(len(course), np.bool_) if rates is None else ~hidden(rates, chance, name, len(course))
            if name == "children":
                lists = payload.dates(course.children, NOT_BORN)
                written[name] = _only(lists, keep)
            else:
                written[name] = payload.texts(np.where(keep, facts[name], UNKNOWN), _RENDER.get(name, payload.boolean))
        if written:
            parts.append(_statement(course, source, place, written))
    said = together(parts)
    return said.take(~np.asarray(pc.equal(said.data, "{}").to_numpy(zero_copy_only=False), np.bool_))


def _only(column: Texts, keep: Bool) -> Texts:
    return column.take(pa.array(np.where(keep, np.arange(len(keep)), 0), mask=~keep))


def life_payloads(events: LifeEvents, names: Names) -> Texts:
    """The payload's text of each life event, with everybody it is about."""
    texts = pa.array(["{}"] * len(events), pa.string())
    for kind in np.unique(events.kind):
        rows_ = np.flatnonzero(events.kind == kind)
        fields = _payload(LIFE[kind], events.take(rows_), names)
        if fields:
            mask = np.zeros(len(events), np.bool_)
            mask[rows_] = True
            texts = pc.replace_with_mask(texts, pa.array(mask), payload.json_object(fields))
    return texts


def _payload(kind: str, events: LifeEvents, names: Names) -> dict[str, Texts]:
    fields = {}
    if kind in _FIELDS:
        name, render = _FIELDS[kind]
        fields[name] = payload.texts(events.value, render)
    if kind in ("life.child_born", "life.child_adopted"):
        child = payload.wrapped('{"person":"', names.children(events.child), '","role":"child"}')
        fields["about"] = payload.wrapped("[", payload.joined([child, _about(events.other, "parent", names)], ","), "]")
    elif kind in ("life.married", "life.divorced"):
        fields["about"] = payload.wrapped("[", _about(events.other, "spouse", names), "]")
    return fields


def _about(other: Int64, role: str, names: Names) -> Texts:
    people = names.citizens(np.maximum(other, 0))
    return _only(payload.wrapped('{"person":"', people, f'","role":"{role}"}}'), other >= 0)


def _logged(course: Course) -> LifeEvents:
    """The events the log holds: all since it began, and before it those that still say something."""
    events = course.events
    return events.take((events.when >= course.months.begin) | np.isin(events.kind, KEPT_FROM_BEFORE))


def _delays(rates: Rates, rng: np.random.Generator, kind: Int64) -> Int64:
    seconds = np.zeros(len(kind), np.int64)
    for number in np.unique(kind):
        rows_ = np.flatnonzero(kind == number)
        delay = rates.delay(LIFE[number])
        days = delay.median * rng.lognormal(0.0, delay.spread, len(rows_))
        days = np.where(chosen(rng, rows_, delay.late), rng.uniform(60, 240, len(rows_)), days)
        seconds[rows_] = np.asarray(days * DAY_SECONDS, np.int64)
    return seconds


def _restated(course: Course, declared: frozenset[str], delay: np.random.Generator | None) -> list[EventRows]:
    """What registries state again, all of one registry and one set of facts at once."""
    alike: dict[tuple[str, ...], list[RestatedFacts]] = {}
    for said in course.restated:
        alike.setdefault((said.source, *(name for name in said.facts if name in declared)), []).append(said)
    return [_stated_anew(course, *key, group=group, delay=delay) for key, group in alike.items() if key[1:]]


def _stated_anew(
    course: Course, source: str, *facts: str, group: list[RestatedFacts], delay: np.random.Generator | None
) -> EventRows:
    person, when = (np.concatenate([getattr(said, name) for said in group]) for name in ("person", "when"))
    kept = (when >= course.months.begin) & (when < course.months.end) & (when <= course.died[person])
    person, when, fields = person[kept], when[kept], {}
    for name in facts:
        values = np.concatenate([said.facts[name] for said in group])[kept]
        fields[name] = payload.texts(values, _RENDER.get(name, payload.boolean))
    late = np.zeros(len(when), np.int64) if delay is None else delay.integers(600, 20 * DAY_SECONDS, len(when))
    return rows("fact.stated", source, person, when, when + late, payload.json_object(fields))


def as_it_was(course: Course, names: Names, declared: frozenset[str]) -> EventRows:
    """The log of somebody who knows everything at once."""
    events = _logged(course)
    happened = rows(
        events.kind,
        _SOURCES_BY_KIND[events.kind],
        events.person,
        events.when,
        events.when,
        life_payloads(events, names),
    )
    said = statements(course, None, RandomStreams(0), declared)
    return (
        together([said, happened, *_restated(course, declared, None)])
        .in_order()
        .numbered_from(np.zeros(len(course), np.int64))
    )


def recorded(course: Course, rates: Rates, chance: RandomStreams, names: Names, declared: frozenset[str]) -> EventRows:
    """The log: what the registries know and when they came to know it, until the last day."""
    rng = chance.stream("registry")
    events = _logged(course)
    seen = events.when + _delays(rates, rng, events.kind)
    life = rows(
        events.kind, _SOURCES_BY_KIND[events.kind], events.person, events.when, seen, life_payloads(events, names)
    )
    parts = [
        statements(course, rates, chance, declared),
        life,
        *_restated(course, declared, rng),
        _phantoms(course, rates, rng),
    ]
    log = together(parts)
    log = log.take(log.recorded < course.months.end).in_order().numbered_from(np.zeros(len(course), np.int64))
    log, corrections = _mistakes(log, rates, rng, names, course.months.end)
    repeated = log.take(chosen(rng, log.person, rates.errors["duplicated"]))
    more = (
        together([corrections, _retractions(log, rng, names, course.months.end)])
        .in_order()
        .numbered_from(log.counts(len(course)))
    )
    return together([log, more, repeated])


def _phantoms(course: Course, rates: Rates, rng: np.random.Generator) -> EventRows:
    """Records of what never happened to that person; a source of their own marks them."""
    events = _logged(course)
    count = int(rng.binomial(len(events), rates.errors["retracted"]))
    person = rng.integers(0, len(course), count)
    happened = rng.integers(course.months.begin + 7 * DAY_SECONDS, course.months.end, count)
    alive = happened < course.died[person]
    person, happened = person[alive], happened[alive]
    kind = np.array([TYPE[name] for name in _PHANTOM])[rng.integers(0, len(_PHANTOM), len(person))]
    values = LifeEvents(
        kind, person, happened, np.zeros(len(person), np.int64), np.full(len(person), -1), np.full(len(person), -1)
    )
    seen = happened + rng.integers(3600, 10 * DAY_SECONDS, len(person))
    return rows(kind, np.full(len(person), _MISTAKER), person, happened, seen, life_payloads(values, Names(0)))


_MISTAKER = SOURCE["agency"]


def _reference(wrong: EventRows, names: Names, extra: Mapping[str, Texts]) -> Texts:
    """Payloads naming the source and id of other rows."""
    source = payload.quoted(payload.texts(wrong.source, SOURCES.__getitem__))
    return payload.json_object({"source": source, "id": payload.quoted(identifiers(wrong, names)), **extra})


def identifiers(log: EventRows, names: Names) -> Texts:
    """The id of each row: the person and the row's number."""
    return payload.joined([names.citizens(log.person), payload.numbered("-", log.number, 4)])


def _mistakes(
    log: EventRows, rates: Rates, rng: np.random.Generator, names: Names, end: int
) -> tuple[EventRows, EventRows]:
    """Some life events are first recorded as if weeks earlier; a correction then gives the right time."""
    can = np.isin(log.kind, [TYPE[name] for name in _MISTAKEN]) & (log.source != _MISTAKER)
    picked = np.flatnonzero(
        can & chosen(rng, log.person, rates.errors["corrected"] / max(float(can.mean()), 1e-9) * 0.3)
    )
    right = log.take(picked)
    fixed = right.recorded + rng.integers(DAY_SECONDS, 45 * DAY_SECONDS, len(right))
    inside = fixed < end
    picked, right, fixed = picked[inside], right.take(inside), fixed[inside]
    happened = log.happened.copy()
    happened[picked] -= rng.integers(2, 40, len(picked)) * DAY_SECONDS
    text = _reference(right, names, {"time": payload.quoted(payload.rfc3339(right.happened))})
    return replace(log, happened=happened), rows("event.corrected", right.source, right.person, fixed, fixed, text)


def _retractions(log: EventRows, rng: np.random.Generator, names: Names, end: int) -> EventRows:
    """What never happened is taken back within two months, or is still believed at the end."""
    wrong = log.take((log.source == _MISTAKER) & (log.kind < len(LIFE)))
    when = wrong.recorded + rng.integers(DAY_SECONDS, 60 * DAY_SECONDS, len(wrong))
    wrong, when = wrong.take(when < end), when[when < end]
    return rows("event.retracted", wrong.source, wrong.person, when, when, _reference(wrong, names, {}))
