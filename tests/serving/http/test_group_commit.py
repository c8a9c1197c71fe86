"""Group commit: what waits is written together, each request learns of its own events, and a bad one stops nobody."""

from __future__ import annotations

import threading
from concurrent.futures import wait

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.log.event import Event
from serving.http import group_commit
from serving.http.group_commit import GroupCommit
from serving.http.problem_documents import LOG_UNAVAILABLE, RefusedError

PATIENCE = 60


def event(name):
    return Event(str(name), "registry", "ann", "life.moved", 0, 0)


class Journal:
    """Remembers the transactions; the first waits until `open`, and what is called bad cannot be written."""

    def __init__(self):
        self.open = threading.Event()
        self.commits = []
        self.failure = None

    def __call__(self, events):
        names = [one.id for one in events]
        self.open.wait(PATIENCE)
        if self.failure is not None:
            raise self.failure
        if "bad" in names:
            raise ArithmeticError
        seen = {name for commit in self.commits for name in commit}
        self.commits.append(names)
        return [
            "duplicate" if name in seen or name in names[:place] else "accepted" for place, name in enumerate(names)
        ]


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def writer(journal):
    return GroupCommit(journal, idle=0.05)


def test_what_comes_while_one_commit_is_made_durable_is_the_next_commit(journal, writer):
    first = writer.put([event("first")])
    others = [writer.put([event(f"{n}a"), event(f"{n}b")]) for n in range(20)]
    assert not first.done()
    journal.open.set()
    assert [one.result(PATIENCE) for one in others] == [["accepted", "accepted"]] * 20
    assert first.result(PATIENCE) == ["accepted"]
    assert len(journal.commits) <= 3
    assert sum(map(len, journal.commits)) == 41


def test_each_request_learns_of_its_own_events_in_their_order(journal, writer):
    journal.open.set()
    writer.put([event("x")]).result(PATIENCE)
    found = writer.put([event("y"), event("x"), event("y")]).result(PATIENCE)
    assert found == ["accepted", "duplicate", "duplicate"]


def test_a_request_that_cannot_be_written_stops_nobody_else(journal, writer):
    first = writer.put([event("first")])
    good, bad, also = (writer.put([event(name)]) for name in ("good", "bad", "also"))
    journal.open.set()
    assert [one.result(PATIENCE) for one in (first, good, also)] == [["accepted"]] * 3
    with pytest.raises(ArithmeticError):
        bad.result(PATIENCE)


def test_when_the_log_is_out_of_reach_everybody_is_told_and_the_next_is_tried_again(journal, writer):
    journal.failure = RefusedError(LOG_UNAVAILABLE, "full")
    waiting = [writer.put([event(n)]) for n in range(3)]
    journal.open.set()
    for one in waiting:
        with pytest.raises(RefusedError):
            one.result(PATIENCE)
    journal.failure = None
    assert writer.put([event("later")]).result(PATIENCE) == ["accepted"]


def test_a_burst_waits_and_beyond_the_bound_callers_are_told_to_come_back(journal, writer, monkeypatch):
    monkeypatch.setattr(group_commit, "MOST_WAITING", 10)
    held = [writer.put([event(n), event(-n)]) for n in range(1, 6)]
    with pytest.raises(RefusedError):
        writer.put([event("eleventh")])
    journal.open.set()
    wait(held, PATIENCE)
    assert writer.put([event("later")]).result(PATIENCE) == ["accepted"]
    assert sorted(name for commit in journal.commits for name in commit if name != "later") == sorted(
        str(n) for n in (*range(-5, 0), *range(1, 6))
    )


def test_the_thread_ends_when_nothing_comes_and_begins_again(journal, writer):
    journal.open.set()
    for round_ in range(2):
        assert writer.put([event(round_)]).result(PATIENCE) == ["accepted"]
        for thread in threading.enumerate():
            if thread.name == "group-commit":
                thread.join(PATIENCE)
        assert not any(thread.name == "group-commit" for thread in threading.enumerate())


@given(st.lists(st.integers(1, 7), min_size=1, max_size=20), st.integers(7, 20))
def test_no_transaction_is_larger_than_the_bound_and_nothing_is_lost(sizes, most):
    journal = Journal()
    before, group_commit.MOST_TOGETHER = group_commit.MOST_TOGETHER, most
    try:
        writer = GroupCommit(journal, idle=0.01)
        waiting = [writer.put([event(f"{n}.{i}") for i in range(size)]) for n, size in enumerate(sizes)]
        journal.open.set()
        assert [len(one.result(PATIENCE)) for one in waiting] == sizes
    finally:
        group_commit.MOST_TOGETHER = before
    assert all(len(commit) <= most for commit in journal.commits)
    assert sum(map(len, journal.commits)) == sum(sizes)
