"""A small world for training: a few programmes, a few hundred people, and a taste that is obvious by construction."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from composition.reading import read_declaration
from features.declaration.declaration import Declaration
from features.log.event import Event
from features.log.history import history_of
from privacy.data_provenance import DataKind, Provenance
from privacy.gate import Gate
from recommender.rules.catalogue import Catalogue, catalogue
from recommender.rules.region import Regions
from tests.privacy.fixed_rows import FixedRows
from training.data.examples import LearningLog
from training.data.material import TrainingData, TruthTable

PEOPLE = 240
DAYS = 240
START = datetime.date(2024, 4, 1)
CATEGORIES = ("youth", "health", "housing", "old-age")


def _programme(at: int) -> dict[str, object]:
    old = at % 2
    return {
        "id": f"toy.p{at}",
        "title": {"ko": f"{'노인 돌봄' if old else '청년 배움'} 지원 {at}", "en": f"Toy {at}"},
        "provider": {"id": "toy.office", "name": {"ko": "청", "en": "Office"}, "level": ("national", "province")[old]},
        "category": CATEGORIES[at % 4],
        "form": ("cash", "voucher")[at // 4],
        "who": {"all": [{"fact": "age", "at_least": 20, "at_most": 90}, {"fact": "income_percent", "at_most": 400}]},
        "value": {"amount": 100_000 * (at + 1), "currency": "KRW", "period": "once"},
        "window": {"kind": "open_ended"},
        "delivery": "offer",
        "documents": ["id-card"],
        "effort_minutes": 10 + at,
        "valid": {"from": "2024-01-01"},
        "source": {"url": "https://example.org", "checked": "2024-01-01", "text": "toy"},
        "verified": True,
    }


def _likes(age: int, at: int, shift: float) -> float:
    fits = (age >= 50) == bool(at % 2)
    return 1 / (1 + np.exp(-((1.2 if fits else -2.5) - 0.15 * at + shift)))


@pytest.fixture(scope="session")
def declaration() -> Declaration:
    """The declaration shipped."""
    return read_declaration()


@pytest.fixture(scope="session")
def toy_catalogue(declaration: Declaration) -> Catalogue:
    """Eight programmes: odd ones for the old, even ones for the young."""
    return catalogue([(f"p{at}", _programme(at)) for at in range(8)], declaration, Regions.parse(_REGIONS))


_SEOUL = {"code": 11, "name": {"ko": "서울", "en": "Seoul"}, "verified": True}
_REGIONS = {"regions": [_SEOUL], "agencies": [], "sources": []}


def _life(rng: np.random.Generator, person: str, age: int, zone_start: int) -> list[Event]:
    born = START.replace(year=START.year - age)
    facts = {"birth_date": born.isoformat(), "income_percent": int(rng.integers(30, 300))}
    events = [Event(f"{person}-0", "registry", person, "fact.stated", zone_start, zone_start, facts)]
    applied: set[int] = set()
    for month in range(DAYS // 30):
        when = zone_start + 86_400 * (1 + 30 * month)
        board = [at for at in rng.permutation(8)[:5].tolist() if at not in applied]
        for position, at in enumerate(board, start=1):
            payload = {"programme": f"toy.p{at}", "position": position, "channel": "web"}
            name = f"{person}-{month}-{at}"
            events.append(Event(name, "board", person, "benefit.shown", when, when, payload))
            if rng.random() < _likes(age, at, -0.4 * (position - 1)):
                applied.add(at)
                later = when + 3600 * int(rng.integers(1, 48))
                what = {"programme": f"toy.p{at}"}
                events.append(Event(f"{name}-a", "citizen", person, "benefit.applied", later, later, what))
    return events


@pytest.fixture(scope="session")
def lives(declaration: Declaration) -> tuple[list[Event], dict[str, int]]:
    """Everybody's events, and everybody's age."""
    rng = np.random.default_rng(7)
    start = declaration.zone.end_of_day(START)
    ages = {f"c{at:07d}": int(rng.integers(21, 80)) for at in range(PEOPLE)}
    return [event for person, age in ages.items() for event in _life(rng, person, age, start)], ages


@pytest.fixture(scope="session")
def material(
    declaration: Declaration, toy_catalogue: Catalogue, lives: tuple[list[Event], dict[str, int]]
) -> TrainingData:
    """The small world behind its gate, with its truth."""
    events, ages = lives
    log = LearningLog.of(history_of(events, declaration))
    end = declaration.zone.end_of_day(START + datetime.timedelta(days=DAYS + 100))
    pairs = [(person, at) for person in ages for at in range(8)]
    chance = np.array([_likes(ages[person], at, 0.0) for person, at in pairs])
    truth = TruthTable(tuple(p for p, _ in pairs), tuple(f"toy.p{at}" for _, at in pairs), chance, chance)
    gate = Gate(FixedRows(lambda _: log, len(events)), Provenance(DataKind.SYNTHETIC))
    return TrainingData(declaration, toy_catalogue, Regions.parse(_REGIONS), gate, end, truth)


@pytest.fixture(scope="session")
def private_material(material: TrainingData) -> TrainingData:
    """The same world without its stamp: nobody says that these people do not exist."""
    return replace(material, gate=replace(material.gate, provenance=Provenance.parse(None)))
