"""A few lives of which much changes within a year, and the calendar of their changes by the shipped rules."""

from __future__ import annotations

from datetime import date
from functools import cache

from composition import reading
from features.calendar import day_of
from features.kernel.lowering import lower
from features.log.event_parser import parse_event
from features.log.history import history_of
from recommender.changes.change_calendar import ChangeCalendar
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_rule import turning_rules
from recommender.rules.compiled import compile_catalogue

FIRST = day_of(date(2026, 10, 20))
LIVES = {
    "mother": [
        ("fact.stated", "2026-09-01", {"birth_date": "1994-06-01", "sex": "female", "income_percent": 80}),
        ("life.moved", "2026-09-02", {"region": "11440"}),
        ("life.child_born", "2026-09-03", {}),
    ],
    "elder": [
        ("fact.stated", "2026-09-02", {"birth_date": "1961-12-05", "sex": "male", "income_percent": 45}),
        ("fact.stated", "2026-09-03", {"region": "41111"}),
        ("life.widowed", "2026-09-12", {}),
    ],
    "jobless": [
        ("fact.stated", "2026-09-02", {"birth_date": "1992-01-20", "children": ["2019-02-10", "2025-11-30"]}),
        ("life.job_lost", "2026-08-20", {"voluntary": False}),
        ("life.moved", "2026-10-19", {"region": "11440"}),
    ],
    "nobody": [("fact.stated", "2026-09-02", {"sex": "male"})],
}


def event(person, number, kind, day, data):
    document = {
        "specversion": "1.0", "id": f"{person}-{number}", "source": "registry", "subject": person, "type": kind,
        "time": f"{day}T09:00:00+09:00", "recordedtime": f"{day}T09:00:00+09:00", "data": data,
    }  # fmt: skip
    return parse_event(document, DECLARATION)


DECLARATION = reading.read_declaration()


def calendar_of(catalogue=None):
    """The calendar of these lives by a catalogue; the shipped one where none is given."""
    regions, working = reading.read_regions(), reading.read_working_days()
    catalogue = catalogue or reading.read_catalogue(None, DECLARATION, regions)
    columns = (*DECLARATION.columns, *(f"receives.{name}" for name in catalogue.receives))

    @cache
    def rules_of(day):
        return compile_catalogue(catalogue, columns, DECLARATION, regions, day, working)

    events = [event(who, i, *one) for who, life in LIVES.items() for i, one in enumerate(life)]
    turns = programme_turns(catalogue, DECLARATION, regions, working, range(FIRST + 1, FIRST + 400))
    turning = turning_rules(catalogue, lower(DECLARATION, catalogue.receipts), working)
    return ChangeCalendar(history_of(events, DECLARATION), rules_of, turning, turns)
