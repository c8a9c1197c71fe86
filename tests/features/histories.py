"""A small declaration that uses every kind of column, and random histories of it, for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace

import yaml
from hypothesis import strategies as st

from features.declaration import Declaration, declare
from features.event import Event, rfc3339

EVENTS = """
zone: America/New_York
epoch: 2000-01-01
types:
  life.born: {complete_from: 2000-01-01, subject: parent, roles: [child, parent], fields: {born_on: {type: date}}}
  life.moved: {complete_from: 2000-01-01, fields: {region: {type: region}}}
  life.worked: {complete_from: 2000-01-01, fields: {pay: {type: integer, low: -50, high: 1000}, level: {type: enum, values: [low, high]}, fit: {type: boolean}}}
  life.rested: {complete_from: 2023-06-01, roles: [friend]}
  life.ill: {complete_from: never}
  benefit.granted: {complete_from: 2000-01-01, fields: {programme: {type: identifier}}}
  benefit.ended: {complete_from: never, fields: {programme: {type: identifier}}}
"""

FACTS = """
facts:
  birth_date: {type: date, low: 1900-01-01, high: 2100-12-31, purpose: ranking}
  age: {type: integer, purpose: ranking, derived: {years_since: birth_date}}
  next_birthday: {type: integer, purpose: ranking, derived: {time_until: birth_date, plus: P23Y5M3D, unit: months}}
  children: {type: dates, low: 1900-01-01, high: 2100-12-31, purpose: ranking, adds: [{event: life.born, role: parent, field: born_on}]}
  births: {type: dates, low: 1900-01-01, high: 2100-12-31, purpose: ranking, adds: [{event: life.worked, where: {fit: true}}, {event: life.ill}]}
  rests: {type: dates, purpose: ranking, adds: [{event: life.moved}, {event: life.rested}]}
  children_count: {type: integer, purpose: ranking, derived: {count_of: children}}
  youngest: {type: integer, purpose: ranking, derived: {months_since: children, which: latest}}
  eldest: {type: integer, purpose: ranking, derived: {days_since: children, which: earliest}}
  child_ages: {type: ages, purpose: ranking, derived: {ages_of: children}}
  births_count: {type: integer, purpose: ranking, derived: {count_of: births}}
  last_rest: {type: integer, purpose: ranking, derived: {days_since: rests}}
  work_days: {type: dates, purpose: ranking, adds: [{event: life.worked}]}
  work_ages: {type: ages, purpose: ranking, derived: {ages_of: work_days}}
  rest_ages: {type: ages, purpose: ranking, derived: {ages_of: rests}}
  region: {type: region, purpose: ranking, states: [{event: life.moved, gives: {field: region}}]}
  level: {type: enum, values: [low, high], purpose: ranking, states: [{event: life.worked, gives: {field: level}}, {event: life.ill, gives: low, for: P1M, then: high}]}
  pay: {type: integer, low: -50, high: 1000, purpose: ranking, states: [{event: life.worked, where: {level: high}, gives: {field: pay}}]}
  mover: {type: boolean, purpose: ranking, states: [{event: life.moved, gives: true, for: P1M, then: false}]}
  parent: {type: boolean, purpose: ranking, states: [{event: life.born, role: parent, gives: true}]}
  tired: {type: boolean, purpose: ranking, states: [{event: life.worked, gives: true, for: P10D, then: false}, {event: life.rested, role: subject, gives: false}, {event: life.ill, gives: false, for: P3D, then: true}]}
  able: {type: boolean, purpose: ranking, states: [{event: life.worked, gives: {field: fit}}]}
  rich: {type: boolean, purpose: ranking, states: [{event: life.ill, gives: false}]}
  quiet: {type: boolean, purpose: ranking}
"""

FEATURES = """
features:
  worked: {count: life.worked, window: P1M}
  rested_3m: {count: life.rested, window: P3M}
  worked_ever: {count: life.worked}
  born_ever: {count: life.born, role: child}
  high_90d: {count: life.worked, where: {level: high}, window: P90D}
  paid: {sum: life.worked, field: pay, window: P2M}
  paid_ever: {sum: life.worked, field: pay}
  last_pay: {last: life.worked, field: pay}
  last_region: {last: life.moved, field: region, window: P40D}
  since_move: {time_since: life.moved, unit: days}
  since_any: {time_since: [life.worked, life.ill], unit: months}
  since_rest: {time_since: life.rested, role: friend, unit: years, window: P2Y}
  levels: {distinct: life.worked, field: level, window: P3M}
  regions: {distinct: life.moved, field: region}
  pays: {distinct: life.worked, field: pay, window: P1Y}
  work_then_move: {sequence: [life.worked, life.moved], within: P10D, window: P6M}
  move_move: {sequence: [life.moved, life.moved, life.worked], within: P5M}
  spell_mover: {spell: mover, unit: days}
  spell_level: {spell: level, unit: months}
  spell_region: {spell: region, unit: days}
  spell_tired: {spell: tired, unit: days}
  until_30: {time_until: birth_date, plus: P30Y, unit: days}
  since_birth: {months_since: birth_date}
"""


def small_declaration(events: str = EVENTS, facts: str = FACTS, features: str = FEATURES) -> Declaration:
    return declare(*(yaml.load(text, yaml.CSafeLoader) for text in (events, facts, features)))


DECLARATION = small_declaration()
PROGRAMMES = ("a.one", "b.two")
PEOPLE = ("ann", "bob", "cy")
START = DECLARATION.zone.end_of_day(__import__("datetime").date(2023, 2, 20))
SPAN = 400 * 86_400

_days = (st.sampled_from([0, 20, 21, 48, 49, 79]) | st.integers(0, 400)).map(lambda day: START + day * 86_400)
# Few distinct instants, so that ties are common; offsets around local midnights and the hours that clocks change in.
_instants = st.builds(
    lambda day, offset: day + offset,
    _days,
    st.sampled_from([-7200, -3600, -1, 0, 1, 3600, 5400, 6 * 3600 + 1800, 43_200]),
)
_dates = st.sampled_from(["2000-02-29", "2022-01-31", "2022-12-31", "2023-01-01", "1950-03-01", "2004-02-29"])
_regions = st.sampled_from(["11", "11440", "26"])


def _some(**fields):
    return st.fixed_dictionaries({}, optional=fields)


_work = _some(pay=st.integers(-50, 1000) | st.just(7), level=st.sampled_from(["low", "high"]), fit=st.booleans())
_stated = _some(
    birth_date=_dates, children=st.lists(_dates, max_size=3), births=st.lists(_dates, max_size=1),
    region=_regions, level=st.sampled_from(["low", "high"]), pay=st.integers(-50, 1000), mover=st.booleans(),
    tired=st.booleans(), parent=st.booleans(), rich=st.booleans(), quiet=st.booleans(),
    **{"receives.a.one": st.booleans(), "receives.b.two": st.booleans()},
)  # fmt: skip
_programme = st.fixed_dictionaries({"programme": st.sampled_from(PROGRAMMES)})
BODIES = {
    "life.born": _some(born_on=_dates),
    "life.moved": _some(region=_regions),
    "life.worked": _work,
    "life.rested": st.just({}),
    "life.ill": st.just({}),
    "benefit.granted": _programme,
    "benefit.ended": _programme,
    "fact.stated": _stated,
}
_ROLES = {"life.born": ["child", "parent"], "life.rested": ["friend"]}


@st.composite
def happenings(draw, number: int = 0) -> Event:
    name = draw(st.sampled_from(sorted(BODIES)))
    subject = draw(st.sampled_from(("ann", "ann", "ann", *PEOPLE)))
    about = {}
    if name in _ROLES:
        others = draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True))
        about = {other: draw(st.sampled_from(_ROLES[name])) for other in others}
    time = draw(_instants)
    recorded = time + draw(st.sampled_from([0, 0, 1, 86_400, 40 * 86_400]))
    source = draw(st.sampled_from(["s1", "s2"]))
    return Event(str(number), source, subject, name, time, recorded, draw(BODIES[name]), tuple(about.items()))


@st.composite
def actions(draw, targets: list[Event], number: int) -> Event:
    target = draw(st.sampled_from(targets))
    subject = target.subject if draw(st.integers(0, 9)) else draw(st.sampled_from(PEOPLE))
    time = draw(_instants)
    data: dict[str, object] = {"source": target.source, "id": target.id}
    kind = draw(st.sampled_from(["event.corrected", "event.corrected", "event.retracted"]))
    if kind == "event.corrected":
        if draw(st.booleans()):
            data["time"] = rfc3339(min(draw(_instants), time))
        if "time" not in data or draw(st.booleans()):
            data["data"] = draw(
                BODIES.get(target.type, st.just({"source": "s1", "id": "0"})) | st.just({"nonsense": 1})
            )
    return Event(f"c{number}", "s1", subject, kind, time, time + draw(st.sampled_from([0, 86_400])), data)


@st.composite
def histories(draw, least: int = 0, most: int = 20) -> list[Event]:
    """Events of three people, some of them corrected or retracted, corrections among those too."""
    size = draw(st.integers(least, most) | st.integers(most // 2, most))
    events = [draw(happenings(number)) for number in range(size)]
    for number in range(draw(st.integers(0, 4)) if events else 0):
        events.append(draw(actions(events, number)))
    return events


instants = st.builds(
    lambda instant, days, more: instant + days * 86_400 + more,
    _instants, st.sampled_from([0, 1, 28, 100, 300]), st.sampled_from([0, 1, 3600]),
)  # fmt: skip


def rerecorded(event: Event, later: int) -> Event:
    return replace(event, recorded=event.recorded + later)
