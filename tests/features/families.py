"""A small declaration of a household and random histories of families, for the tests of members and their clauses."""

from __future__ import annotations

from datetime import date

import yaml
from hypothesis import strategies as st

from features.declaration.declaration import declare
from features.log.event import Event, rfc3339

EVENTS = {
    "zone": "Asia/Seoul",
    "epoch": date(2000, 1, 1),
    "types": {
        "life.child_born": {"subject": "parent", "roles": ["child", "parent"], "complete_from": date(2015, 1, 1)},
        "life.child_adopted": {
            "subject": "parent", "roles": ["child", "parent", "former_parent"], "complete_from": date(2016, 1, 1),
            "fields": {"born": {"type": "date"}},
        },
        "life.pregnancy_registered": {"complete_from": date(2015, 1, 1), "fields": {"due": {"type": "date"}}},
        "life.custody_given": {
            "subject": "guardian", "roles": ["child"], "complete_from": "never",
            "fields": {"born": {"type": "date"}, "relation": {"type": "enum", "values": ["foster", "grandchild"]}},
        },
        "life.custody_lost": {"subject": "guardian", "roles": ["child"], "complete_from": "never"},
        "life.moved_out": {"subject": "resident", "roles": ["member"], "complete_from": "never"},
        "life.relative_died": {"subject": "bereaved", "roles": ["deceased"], "complete_from": "never"},
        "life.married": {"roles": ["spouse"], "complete_from": date(2000, 1, 1)},
        "life.divorced": {"roles": ["spouse"], "complete_from": "never"},
    },
}  # fmt: skip
HOUSEHOLD = {
    "label": {"ko": "가족", "en": "the family"},
    "relations": {
        "child": {"label": {"ko": "자녀", "en": "child"}, "presumes": {"raises": True}},
        "foster": {"label": {"ko": "위탁아동", "en": "foster child"}},
        "grandchild": {"label": {"ko": "손자녀", "en": "grandchild"}},
        "spouse": {"label": {"ko": "배우자", "en": "spouse"}, "single": True},
        "guardian": {"label": {"ko": "보호자", "en": "guardian"}, "guards": True},
        "unborn": {"label": {"ko": "태아", "en": "unborn child"}, "expected": True, "single": True},
    },
    "events": yaml.safe_load("""
      - {event: life.child_born, role: parent, member: child, adds: child, born: happened, raises: true}
      - {event: life.child_born, role: parent, removes: unborn}
      - {event: life.child_adopted, role: parent, member: child, adds: child, born: born, raises: true}
      - {event: life.child_adopted, role: former_parent, member: child, removes: child}
      - {event: life.pregnancy_registered, adds: unborn, born: due, for: P10M}
      - {event: life.custody_given, role: guardian, member: child, adds: {field: relation}, born: born, raises: true}
      - {event: life.custody_given, role: child, member: guardian, adds: guardian}
      - {event: life.custody_lost, role: guardian, member: child, changes: any, raises: false}
      - {event: life.moved_out, role: resident, member: member, changes: any, lives_with: false, raises: unknown}
      - {event: life.relative_died, role: bereaved, member: deceased, removes: any}
      - {event: life.married, member: spouse, adds: spouse}
      - {event: life.divorced, removes: spouse}
    """),
    "groups": {"any_child": {"label": {"ko": "아동", "en": "a child"}, "relations": ["child", "foster", "grandchild"]}},
    "closed_by": [{"fact": "caretaker", "is": False, "relations": ["foster", "grandchild"]}],
}  # fmt: skip
FACTS = {
    "facts": {
        "birth_date": {
            "type": "date", "purpose": ["eligibility"],
            "states": [{"event": "life.child_born", "role": "child", "gives": {"day": "happened"}}],
        },
        "age": {"type": "integer", "purpose": ["eligibility"], "derived": {"years_since": "birth_date"}},
        "caretaker": {"type": "boolean", "purpose": ["eligibility"], "question": {"ko": "네?", "en": "Do you?"}},
        "children": {
            "type": "dates", "purpose": ["eligibility"], "members": ["child"],
            "question": {"ko": "자녀는요?", "en": "Children?"},
            "answers": [{"years_ago": [], "weight": 50}, {"years_ago": [1], "weight": 50}],
        },
        "children_count": {"type": "integer", "purpose": ["eligibility"], "derived": {"count_of": "children"}},
        "youngest_child_months": {
            "type": "integer", "purpose": ["eligibility"], "derived": {"months_since": "children", "which": "latest"},
        },
        "child_ages": {"type": "ages", "purpose": ["eligibility"], "derived": {"ages_of": "children"}},
    }
}  # fmt: skip
FAMILY = declare(EVENTS, FACTS, {"features": {}}, household=HOUSEHOLD)
PERSONS = ("ann", "bob", "k1", "k2")
BEGIN = FAMILY.zone.end_of_day(date(2020, 1, 31))

_dates = st.sampled_from(["2010-05-05", "2018-02-28", "2019-12-31", "2020-01-31", "2020-02-29"])
_ids = st.sampled_from(["k1", "k2", "bob"])


def _some(**fields):
    return st.fixed_dictionaries({}, optional=fields)


_member = st.fixed_dictionaries(
    {"relation": st.sampled_from([name for name in HOUSEHOLD["relations"] if name != "unborn"])},
    optional={
        "birth_date": _dates,
        "lives_with": st.booleans() | st.just("unknown"),
        "raises": st.booleans(),
        "disabled": st.booleans(),
    },
).map(lambda member: {**member, "raises": False} if member["relation"] == "guardian" else member)
_unborn = st.fixed_dictionaries({"relation": st.just("unborn")}, optional={"due_date": st.just("2020-08-01")})


@st.composite
def stated_households(draw) -> dict[str, object]:
    """A household as somebody may state it, each id once."""
    members = draw(st.lists(_member | _member | _unborn, max_size=3))
    names = draw(st.permutations(["k1", "k2", "bob"]))
    named = (
        [{**one, "id": name} if draw(st.booleans()) else one for one, name in zip(members, names, strict=True)]
        if len(members) == 3
        else members
    )
    return {"complete": draw(st.booleans()), "members": named}


_BODIES = {
    "life.child_born": st.just({}),
    "life.child_adopted": _some(born=_dates),
    "life.pregnancy_registered": _some(due=st.just("2020-09-01")),
    "life.custody_given": _some(born=_dates, relation=st.sampled_from(["foster", "grandchild"])),
    "life.custody_lost": st.just({}),
    "life.moved_out": st.just({}),
    "life.relative_died": st.just({}),
    "life.married": st.just({}),
    "life.divorced": st.just({}),
    "fact.stated": _some(
        children=st.lists(_dates, max_size=3), household=stated_households(), caretaker=st.booleans(), birth_date=_dates
    ),
}
_times = st.builds(
    lambda day, offset: BEGIN + day * 86_400 + offset,
    st.sampled_from([0, 0, 1, 29, 30, 60, 200, 400]),
    st.sampled_from([-3600, -1, 0, 3600]),
)


@st.composite
def _happening(draw, number: int) -> Event:
    kind = draw(st.sampled_from(["life.child_born", "life.child_adopted", "fact.stated", *_BODIES]))
    subject = draw(st.sampled_from(("ann", "ann", *PERSONS)))
    roles = EVENTS["types"].get(kind, {}).get("roles", ())
    others = draw(st.lists(st.sampled_from([one for one in PERSONS if one != subject]), max_size=3, unique=True))
    about = tuple((other, draw(st.sampled_from(roles))) for other in others) if roles else ()
    time = draw(_times)
    recorded = time + draw(st.sampled_from([0, 0, 1, 86_400, 40 * 86_400]))
    return Event(
        str(number), draw(st.sampled_from(["s1", "s2"])), subject, kind, time, recorded, draw(_BODIES[kind]), about
    )


@st.composite
def families(draw, most: int = 10) -> tuple[list[Event], int]:
    """Events of a family, some of them corrected or retracted, and an instant to ask at."""
    events = [draw(_happening(number)) for number in range(draw(st.integers(0, most)))]
    for number in range(draw(st.integers(0, 2)) if events else 0):
        target = draw(st.sampled_from(events))
        time = draw(_times)
        data: dict[str, object] = {"source": target.source, "id": target.id}
        if draw(st.booleans()) and target.type in _BODIES:
            data |= {"time": rfc3339(min(target.time - 86_400, time)), "data": draw(_BODIES[target.type])}
        kind = "event.corrected" if "time" in data else "event.retracted"
        events.append(Event(f"c{number}", "s1", target.subject, kind, time, time, data))
    return events, draw(_times) + draw(st.sampled_from([0, 1, 86_400, 320 * 86_400]))
