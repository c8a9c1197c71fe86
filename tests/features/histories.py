"""A small declaration that uses every kind of column, and random histories of it, for the tests of this folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml
from hypothesis import strategies as st

from features.declaration.declaration import declare
from features.log.event import Event, rfc3339

FOLDER = Path(__file__).parent / "declaration"
DOCUMENTS = tuple(
    yaml.load((FOLDER / f"{name}.yaml").read_text(), yaml.CSafeLoader) for name in ("events", "facts", "features")
)
DECLARATION = declare(*DOCUMENTS)
PROGRAMMES = ("a.one", "b.two")
RECEIPTS = (*PROGRAMMES, ("c.renamed", *PROGRAMMES))  # the last had both ids before
PEOPLE = ("ann", "bob", "cy")
START = DECLARATION.zone.end_of_day(date(2023, 2, 20))

_special = st.sampled_from([0, 10, 20, 21, 48, 49, 58, 79, 109])  # tens of days, months, and the clock change apart
_days = (_special | st.integers(0, 400)).map(lambda day: START + day * 86_400)
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


_desks = st.sampled_from(["d1", "d2", "d3"])
_work = _some(
    pay=st.integers(-50, 1000) | st.just(7), level=st.sampled_from(["low", "high"]), fit=st.booleans(), desk=_desks
)
_left = _some(desk=_desks, fit=st.booleans())
_stated = _some(
    birth_date=_dates, children=st.lists(_dates, max_size=3), births=st.lists(_dates, max_size=1),
    region=_regions, level=st.sampled_from(["low", "high"]), pay=st.integers(-50, 1000), mover=st.booleans(),
    tired=st.booleans(), parent=st.booleans(), rich=st.booleans(), quiet=st.booleans(),
    **{name: st.booleans() for name in ("employed", "keen", "resting", "settled", "newcomer", "weary", "seated")},
    **{"receives.a.one": st.booleans(), "receives.b.two": st.booleans()},
)  # fmt: skip


def _that_can_be(stated):
    """What is stated without what is false while another fact is as stated: nobody may say both."""
    only = {name: fact.only_while for name, fact in DECLARATION.facts.items() if fact.only_while}
    denied = {name for name, (other, value) in only.items() if stated.get(other) is (not value)}
    return {name: value for name, value in stated.items() if name not in denied or value is not True}


_programme = st.fixed_dictionaries({"programme": st.sampled_from(PROGRAMMES)})
BODIES = {
    "life.born": _some(born_on=_dates),
    "life.moved": _some(region=_regions),
    "life.worked": _work,
    "life.left": _left,
    "life.rested": st.just({}),
    "life.ill": st.just({}),
    "benefit.granted": _programme,
    "benefit.ended": _programme,
    "fact.stated": _stated.map(_that_can_be),
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


# The days after an event on which a window of the declaration that begins with it ends, or has just ended.
_LATER = (0, 0, 3, 10, 28, 30, 31, 40, 59, 61, 90, 92, 181, 300)


@st.composite
def moments(draw, events: list[Event], most: int = 3) -> list[int]:
    """Instants to ask at: many of them the very second at which something happened, was recorded or leaves a window."""
    begins = [START, *(event.time for event in events), *(event.recorded for event in events)]
    chosen = draw(st.lists(st.sampled_from(begins), min_size=1, max_size=most))
    return [begin + draw(st.sampled_from(_LATER)) * 86_400 + draw(st.sampled_from([0, 0, 1, 3600])) for begin in chosen]


@st.composite
def asked(draw, least: int = 0, most: int = 20) -> tuple[list[Event], list[int]]:
    """A history and the instants to ask at."""
    events = draw(histories(least, most))
    return events, draw(moments(events))
