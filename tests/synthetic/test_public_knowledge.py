"""What the log makes known of synthetic people is read as every other reader reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pyarrow as pa

from data.synthetic.event_rows import SOURCE, EventRows
from data.synthetic.kinds import TYPE
from data.synthetic.public_knowledge import Knowledge, PayloadReader, Rules, block_history
from data.synthetic.registry import Names
from features.snapshot import snapshots
from tests.features.log.reader_suite import DECLARATION, LATE, START, RelationReaderSuite, happened

PEOPLE = 3


def rows_of(events):
    """Events as rows of one block, under the ids that a block gives."""
    ids = {event.key: f"{event.subject}-{number:04d}" for number, event in enumerate(events_by_key(events))}

    def renamed(data):
        inner = {key: renamed(value) if isinstance(value, dict) else value for key, value in data.items()}
        return inner | {"id": ids.get((data["source"], data["id"]), "none")} if "id" in data else inner

    def body(event):
        about = [{"person": person, "role": role} for person, role in event.about]
        return json.dumps(renamed(dict(event.data)) | ({"about": about} if about else {}))

    def column(values):
        return np.array(list(values), np.int64)

    return EventRows(
        column(int(event.subject[1:]) - 1 for event in events), column(TYPE[event.type] for event in events),
        column(SOURCE[event.source] for event in events), column(event.time for event in events),
        column(event.recorded for event in events), column(int(ids[event.key][-4:]) for event in events),
        pa.array([body(event) for event in events], pa.string()),
    )  # fmt: skip


def events_by_key(events):
    return {event.key: event for event in events}.values()


class Known(RelationReaderSuite):
    columns: ClassVar[tuple[str, ...]]

    def seen(self, events, t=LATE):
        history = block_history(rows_of(events), Names(0), PEOPLE, PayloadReader(DECLARATION))
        found = snapshots(DECLARATION, history, np.arange(PEOPLE), np.full(PEOPLE, t))
        return [found.column(name).tolist() for name in self.columns]


class TestPublicKnowledge(Known):
    columns = ("region", "days_since_marriage")
    event = happened("1", "life.moved", {"region": "11440"})
    other = replace(happened("2", "life.moved", {"region": "11110"}), time=START + 3600, recorded=START + 3600)
    fixed: ClassVar = {"region": "26110"}
    fixed_again: ClassVar = {"region": "41111"}
    test_a_correction_can_bring_in_another_person = None  # nobody else takes part in a move


class TestPublicKnowledgeOfRelatives(Known):
    columns = ("days_since_birth_of_child",)
    event = happened("1", "life.child_born", {})
    other = replace(happened("2", "life.child_born", {}), time=START + 3600, recorded=START + 3600)
    fixed: ClassVar = {"about": [{"person": "c0000002", "role": "parent"}]}
    fixed_again: ClassVar = {"about": [{"person": "c0000003", "role": "parent"}]}

    def as_corrected(self, data):
        return replace(self.event, data={}, about=tuple((one["person"], one["role"]) for one in data["about"]))


def test_a_day_is_judged_alike_whatever_days_were_judged_before(lives, small_world):
    """A rule "not longer ago than" means other days every day, so no day may be judged by the rules of another."""
    people = np.arange(200)
    nothing = np.full((len(people), len(small_world.rules.plan.receives)), -1)
    begin = lives.course.months.begin
    asked = [np.full(len(people), begin + days * 86_400) for days in (300, 120)]
    answers = []
    for order in (asked, asked[::-1]):
        rules = Rules(small_world.rules.catalogue, small_world.rules.declaration, small_world.rules.regions)
        known = Knowledge(rules, lives.known.history)
        answers.append({int(t[0]): known.answers(people, t, nothing) for t in order})
    for t in answers[0]:
        assert (answers[0][t] == answers[1][t]).all()
    assert any((answers[0][int(asked[0][0])] != answers[0][int(asked[1][0])]).any(axis=0))
