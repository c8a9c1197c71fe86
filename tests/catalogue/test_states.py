"""What the shipped declaration makes of lives: states are counted, not toggled, and what lapses is asked again."""

from __future__ import annotations

import functools
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

from composition.reading import read_catalogue, read_declaration, read_messages, read_regions
from features.declaration.declaration import Declaration
from features.log.event import Event
from features.log.history import history_of
from features.snapshot import Snapshot, snapshots
from recommender.rules.compiled import compile_catalogue
from recommender.rules.verdict import judge


@functools.cache
def declared() -> Declaration:
    return read_declaration()


def happened(place: int, kind: str, day: str, data: dict[str, object]) -> Event:
    when = int(datetime.fromisoformat(f"{day}T12:00:00+09:00").timestamp())
    return Event(str(place), "registry", "p", kind, when, when + 3600, data)


def life(*events: tuple[str, str, dict[str, object]], on: str = "2026-11-28", receives=()) -> Snapshot:
    """The person `p` of whom (type, day, payload) is known at the end of a day."""
    log = [happened(place, *event) for place, event in enumerate(events)]
    t = declared().zone.end_of_day(date.fromisoformat(on))
    history = history_of(log, declared())
    return snapshots(declared(), history, history.rows_of(["p"]), np.array([t]), tuple(receives)).row(0)


def said(snapshot: Snapshot, fact: str) -> object:
    return declared().facts[fact].decode(snapshot.value(fact))


STATED = "fact.stated"
CASES = yaml.load((Path(__file__).parent / "states.yaml").read_bytes(), yaml.CSafeLoader)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_events_make_of_facts_what_a_clerk_would_know(case):
    known = life(*case["events"])
    wanted = {name: None if value == "unknown" else value for name, value in case["facts"].items()}
    assert {name: said(known, name) for name in wanted} == wanted


def test_a_move_within_the_city_brings_no_moving_costs():
    catalogue = read_catalogue(None, declared(), read_regions())
    told = {"region": "41570", "receives.kr.livelihood-benefit": True, "resident_since": "2019-03-02"}
    moved, answers = ("life.moved", "2026-06-01", {"region": "41570"}), []
    for before in ("41570", "11440"):
        known = life((STATED, "2025-01-01", told | {"region": before}), moved, receives=catalogue.receives)
        compiled = compile_catalogue(catalogue, known.columns, declared(), read_regions(), known.today()).explaining(
            read_messages()
        )
        answers.append(judge(compiled, known).explain(catalogue.index["kr.gimpo-moving-cost"]).answer.name)
    assert answers == ["NO", "YES"]
