"""Progress of the synthetic world: every person is told once, and in many steps while the work goes on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from data.synthetic.block_progress import BlockProgress
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise


@given(st.integers(1, 10_000), st.integers(1, 60), st.integers(1, 40))
def test_every_person_of_a_block_is_told_once(citizens, months, rounds):
    heard = []
    made = BlockProgress(citizens, heard.append)
    for month in range(months):
        made.lived(month + 1, months)
    for turn in range(rounds):
        made.noticed(turn + 1, rounds)
    made.whole()
    assert sum(heard) == citizens
    assert min(heard) > 0


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_processes_report_while_they_work(tmp_path, processes):
    order, heard = PopulationOrder(1, 200, 12, pilot=100, block=100), []
    made = tmp_path / "people"
    synthesise(order, reading.read_definitions(), made, processes=processes, progress=heard.append)
    assert sum(heard) == 200
    assert len(heard) > 20
    assert json.loads((tmp_path / "people" / "stamp.json").read_text())["citizens"] == 200
