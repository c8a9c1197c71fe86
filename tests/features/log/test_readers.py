"""Every reader of the log passes one suite: features, occurrences, interactions, consents, households, life stories."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from features.log.consents import consents
from features.log.history import history_of
from features.log.households import households
from features.log.interactions import KINDS, interactions
from features.log.row_encoder import TOLD
from features.log.versions import events_as_held
from features.snapshot import snapshots
from features.value import identifier_code
from tests.features.log.reader_suite import (
    DAY,
    DECLARATION,
    LATE,
    START,
    HistoryReaderSuite,
    LogReaderSuite,
    RelationReaderSuite,
    action,
    happened,
    retraction,
)

PEOPLE = ("c0000001", "c0000002", "c0000003")
AN_HOUR = {"time": START + 3600, "recorded": START + 3600}


def columns(history, t, names):
    found = snapshots(DECLARATION, history, history.rows_of(PEOPLE), np.full(len(PEOPLE), t))
    return [found.column(name).tolist() for name in names]


class TestFeatures(HistoryReaderSuite):
    event = happened("1", "life.moved", {"region": "11440"})
    other = replace(happened("2", "life.moved", {"region": "11110"}), **AN_HOUR)
    fixed: ClassVar = {"region": "26110"}
    fixed_again: ClassVar = {"region": "41111"}

    def read(self, history, t):
        return columns(history, t, ("region",))


class TestFeaturesOfRelatives(RelationReaderSuite):
    event = happened("1", "life.child_born", {})
    other = replace(happened("2", "life.child_born", {}), **AN_HOUR)
    fixed: ClassVar = {"about": [{"person": "c0000002", "role": "parent"}]}
    fixed_again: ClassVar = {"about": [{"person": "c0000003", "role": "parent"}]}

    def as_corrected(self, data):
        about = tuple((one["person"], one["role"]) for one in data["about"])
        return replace(self.event, data={}, about=about)

    def seen(self, events, t=LATE):
        return columns(history_of(events, DECLARATION), t, ("days_since_birth_of_child",))


class TestInteractions(HistoryReaderSuite):
    event = happened(
        "1", "benefit.shown", {"programme": "kr.a", "position": 1, "channel": "web", "propensity": 500_000}
    )
    other = replace(happened("2", "benefit.applied", {"programme": "kr.a"}), **AN_HOUR)
    fixed: ClassVar = {"programme": "kr.b", "position": 2, "channel": "app"}
    fixed_again: ClassVar = {"programme": "kr.c"}

    def read(self, history, t):
        found = interactions(history, t)
        who = [history.people[person] for person in found.person.tolist()]
        kinds = [KINDS[kind] for kind in found.kind.tolist()]
        places = [str(place) for place in zip(*(getattr(found, name).tolist() for name in TOLD), strict=True)]
        return list(zip(who, kinds, found.programme.tolist(), found.time.tolist(), places, strict=True))

    def test_each_is_told_by_its_kind_programme_time_place_and_channel(self):
        assert self.seen([self.event, self.other]) == [
            ("c0000001", "benefit.shown", identifier_code("kr.a"), START, "(1.0, 0.0, 500000.0)"),
            ("c0000001", "benefit.applied", identifier_code("kr.a"), START + 3600, "(nan, nan, nan)"),
        ]

    def test_a_frame_has_a_row_each_with_what_is_not_said_missing(self):
        history = history_of([self.event, self.other], DECLARATION)
        frame = interactions(history).frame(history.people)
        assert frame["person"].tolist() == ["c0000001"] * 2
        assert frame["kind"].tolist() == ["benefit.shown", "benefit.applied"]
        assert frame["programme"].tolist() == [identifier_code("kr.a")] * 2
        assert [moment.timestamp() for moment in frame["time"]] == [START, START + 3600]
        assert (str(frame["position"].dtype), frame["position"][0], frame["position"].isna()[1]) == ("Int64", 1, True)
        assert interactions(history).frame()["person"].tolist() == [0, 0]

    def test_one_that_no_longer_says_of_which_programme_is_left_out(self):
        assert self.seen([self.event, action(self.event, 10, "fix", data={"position": 3})]) == []

    def test_labels_agree_with_features_on_who_applied(self):
        """A retraction that was taken back: the person has applied, for features and for labels."""
        gone = retraction(self.other, 10, "gone")
        history = history_of([self.event, self.other, gone, retraction(gone, 20, "back")], DECLARATION)
        applied = [row for row in self.read(history, LATE) if row[1] == "benefit.applied"]
        assert len(applied) == columns(history, LATE, ("applied_12m",))[0][0] == 1


class TestConsents(HistoryReaderSuite):
    event = happened("1", "consent.given", {"purpose": "offers"})
    other = replace(happened("2", "consent.withdrawn", {"purpose": "offers"}), **AN_HOUR)
    fixed: ClassVar = {"purpose": "research"}
    fixed_again: ClassVar = {"purpose": "statistics"}

    def read(self, history, t):
        found = consents(history, t)
        return [
            {history.people[place] for place in np.flatnonzero(found.agreeing(purpose, silent=False)).tolist()}
            for purpose in ("offers", "research", "statistics")
        ]

    def test_the_last_statement_counts_by_the_instant_and_not_by_its_text(self):
        """Given at 10:00+09:00 and withdrawn at 02:00Z, an hour later, although its text sorts before."""
        assert self.seen([self.event, self.other]) == [set(), set(), set()]

    def test_a_withdrawal_counts_whatever_became_of_it(self):
        gone = retraction(self.other, 10, "gone")
        moved = action(self.other, 10, "earlier", time="2024-04-01T00:00:00Z")
        for amended in ([gone], [moved], [action(self.other, 10, "else", data={"purpose": "research"})]):
            assert self.seen([self.event, self.other, *amended])[0] == set()

    def test_a_withdrawal_by_another_person_is_theirs_alone(self):
        assert self.seen([self.event, replace(self.other, subject="c0000002")])[0] == {"c0000001"}


class TestHouseholds(RelationReaderSuite):
    """Every version counts here: features of an earlier instant have read it."""

    event = replace(happened("1", "life.child_born", {}), source="registry/families")
    other = replace(happened("2", "life.married", {}, about=(("c0000003", "spouse"),)), source=event.source, **AN_HOUR)
    fixed: ClassVar = {"about": [{"person": "c0000002", "role": "parent"}]}
    fixed_again: ClassVar = {"about": [{"person": "c0000003", "role": "parent"}]}

    def as_corrected(self, data):
        about = tuple((one["person"], one["role"]) for one in data["about"])
        return replace(self.event, data={}, about=about)

    def seen(self, events, t=LATE):
        history = history_of([event for event in events if event.recorded < t], DECLARATION)
        place = dict(zip(history.people, households(history).tolist(), strict=True))
        return {
            (one, other) for one in place for other in place if one < other and place[one] == place[other]
        }  # fmt: skip

    def test_the_reader_sees_the_event_and_tells_its_payloads_apart(self):
        assert self.seen([self.event]) == self.seen([]) == set()
        assert self.seen([self.as_corrected(self.fixed)]) == {("c0000001", "c0000002")}
        assert self.seen([self.as_corrected(self.fixed_again)]) == {("c0000001", "c0000003")}

    def test_of_two_corrections_the_later_one_holds(self):
        """Both count: the features of the time between them have read the first."""
        first = action(self.event, 10, "fix", data=self.fixed)
        second = action(self.event, 20, "fix again", data=self.fixed_again)
        assert self.seen([self.event, second, first]) == {
            ("c0000001", "c0000002"), ("c0000001", "c0000003"), ("c0000002", "c0000003")
        }  # fmt: skip

    def test_a_correction_of_a_correction_corrects_the_event(self):
        first = action(self.event, 10, "fix", data=self.fixed)
        body = {"source": self.event.source, "id": self.event.id, "data": self.fixed_again}
        assert len(self.seen([self.event, first, action(first, 20, "fix the fix", data=body)])) == 3

    def test_a_retracted_correction_does_not_act(self):
        """Until it was retracted it did."""
        first = action(self.event, 10, "fix", data=self.fixed)
        assert self.seen([self.event, first, retraction(first, 20, "undo")]) == {("c0000001", "c0000002")}

    def test_what_was_retracted_is_not_seen(self):
        """It was seen until then."""
        married = self.other
        assert self.seen([married, retraction(married, 10, "gone")]) == self.seen([married]) != set()


class TestEventsAsHeld(LogReaderSuite):
    event = happened("1", "life.job_started", {"monthly_pay": 1_000_000})
    other = replace(happened("2", "life.job_lost", {"voluntary": True}), **AN_HOUR)
    fixed: ClassVar = {"monthly_pay": 2_000_000}
    fixed_again: ClassVar = {"monthly_pay": 3_000_000}

    def seen(self, events, t=LATE):
        held = events_as_held(events, DECLARATION, t)
        return sorted((first.id, now.type, now.time, now.payload, now.about) for first, now in held)

    def test_what_is_corrected_to_a_time_at_or_after_the_instant_has_not_happened_then(self):
        event = replace(self.event, recorded=START + 50 * DAY)
        later = action(event, 60, "fix", time="2024-06-15T00:00:00Z")
        assert self.seen([event, later], START + 61 * DAY) != []
        assert self.seen([replace(event, time=START), later], START + 60 * DAY) == self.seen([event], START + 60 * DAY)
