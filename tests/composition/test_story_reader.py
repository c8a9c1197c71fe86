"""The story reads the log as every other reader does."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from composition import story
from tests.features.log.reader_suite import DECLARATION, LATE, START, LogReaderSuite, happened


class TestTurnsOfALife(LogReaderSuite):
    event = happened("1", "life.moved", {"region": "11440"})
    other = replace(happened("2", "life.job_lost", {"voluntary": False}), time=START + 3600, recorded=START + 3600)
    fixed: ClassVar = {"region": "26110"}
    fixed_again: ClassVar = {"region": "41111"}

    def seen(self, events, t=LATE):
        known = [event for event in events if event.recorded < t]
        return [(day, turn.type, turn.payload) for day, turn in story.turns(known, "c0000001", START, DECLARATION)]
