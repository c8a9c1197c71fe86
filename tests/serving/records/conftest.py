"""Lives to decide on, the shipped engine that decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from composition import reading
from composition.engines import EngineSettings, build_engine
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import date_of
from features.log.files import read_events
from tests.touched_lives import lives_of


@pytest.fixture(scope="session")
def shipped():
    """An engine over the shipped catalogue, ordering by the rules."""
    return build_engine(EngineSettings())


@pytest.fixture(scope="session")
def lives(made_once, shipped):
    """The events of each of 40 synthetic people, by name; and the day after the last of them."""

    def make(folder):
        order = PopulationOrder(5, 40, 14, pilot=100)
        synthesise(order, reading.read_definitions(), folder, ndjson=True)

    events = list(read_events(made_once("lives", make) / "events.ndjson", shipped.declaration))
    last = max(event.recorded for event in events)
    return lives_of(events), date_of(shipped.declaration.zone.today(last + 1)) + timedelta(days=1)
