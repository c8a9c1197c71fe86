"""A fair share: who sends much waits for itself, who has left is not worked for, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.fair_share import LEFT, PARTY, CallerLeftError, WorkerPool
from serving.http.problem_documents import RefusedError
from serving.http.quota import SLOTS, Quota


class Crowd:
    """Requests of several parties that wait for one thread, which is taken until `open`."""

    def __init__(self, waiting=64, patience=60.0):
        self.gate = threading.Event()
        self.pool = WorkerPool(1, waiting, patience=patience)
        self.done = []

    async def begin(self):
        self.first = asyncio.create_task(self.pool.run(self.gate.wait))
        await asyncio.sleep(0)

    async def ask(self, party, left=None):
        PARTY.set(party)
        LEFT.set(left)
        await self.pool.run(lambda: self.done.append(party))

    async def all_ask(self, parties):
        tasks = [asyncio.create_task(self.ask(party)) for party in parties]
        await asyncio.sleep(0.01)
        return tasks

    async def finish(self, tasks):
        self.gate.set()
        await self.first
        return await asyncio.gather(*tasks, return_exceptions=True)


def test_parties_are_served_in_turn_however_much_one_of_them_sent():
    async def crowd():
        many = Crowd()
        await many.begin()
        tasks = await many.all_ask("aaaaaabcb")
        await many.finish(tasks)
        return "".join(many.done)

    assert asyncio.run(crowd()) == "abcabaaaa"


def test_when_all_places_are_taken_the_newest_of_the_longest_queue_gives_way():
    async def crowd():
        many = Crowd(waiting=4)
        await many.begin()
        tasks = await many.all_ask("aaaaab")
        found = await many.finish(tasks)
        return "".join(many.done), [isinstance(one, RefusedError) for one in found]

    assert asyncio.run(crowd()) == ("abaa", [False, False, False, True, True, False])


@given(st.text("abcd", max_size=40))
def test_nobody_is_behind_another_by_more_than_its_turn_and_the_bound_holds(parties):
    async def crowd():
        many = Crowd(waiting=8)
        await many.begin()
        tasks = await many.all_ask(parties)
        assert many.pool.waiting <= 8
        found = await many.finish(tasks)
        assert many.pool.waiting == many.pool._busy == 0
        return many.done, sum(isinstance(one, RefusedError) for one in found)

    done, refused = asyncio.run(crowd())
    assert len(done) + refused == len(parties)
    assert len(done) == min(8, len(parties))
    for party in set(parties):  # everybody has its share of the places, or all it asked for
        assert done.count(party) >= min(parties.count(party), 8 // len(set(parties)))
        first = done.index(party)
        assert first < len(set(parties))


def test_who_has_left_is_not_worked_for():
    async def crowd():
        many, leaves = Crowd(), asyncio.Event()
        await many.begin()
        task = asyncio.create_task(many.ask("gone", leaves.wait))
        stays = asyncio.create_task(many.ask("stays"))
        await asyncio.sleep(0.01)
        leaves.set()
        await asyncio.sleep(0.01)
        with pytest.raises(CallerLeftError):
            await task
        await many.finish([stays])
        return many.done

    assert asyncio.run(crowd()) == ["stays"]


def test_nobody_waits_longer_than_the_deadline():
    async def crowd():
        many = Crowd(patience=0.01)
        await many.begin()
        with pytest.raises(RefusedError) as refusal:
            await many.ask("a")
        await many.finish([])
        return refusal.value.kind.status, many.done

    assert asyncio.run(crowd()) == (503, [])


def test_a_wait_that_is_cancelled_leaves_no_place_taken():
    async def crowd():
        many = Crowd()
        await many.begin()
        (task,) = await many.all_ask("a")
        task.cancel()
        await asyncio.sleep(0.01)
        assert many.pool.waiting == 0
        await many.finish([])
        await many.ask("b")
        return many.done

    assert asyncio.run(crowd()) == ["b"]


def test_a_quota_lets_a_burst_through_and_then_its_rate_for_each_party_apart():
    clock = [0.0]
    quota = Quota(10, 20, lambda: clock[0])
    assert [quota.seconds("a") for _ in range(25)] == [0] * 20 + [1] * 5
    assert quota.seconds("b") == 0
    clock[0] = 0.5
    assert [quota.seconds("a") for _ in range(7)] == [0] * 5 + [1] * 2
    clock[0] = 1_000.0
    assert [quota.seconds("a") for _ in range(21)] == [0] * 20 + [1]


def test_many_parties_do_not_take_the_table_of_one_that_is_limited():
    clock = [0.0]
    quota = Quota(1, 5, lambda: clock[0])
    assert [quota.seconds("busy") for _ in range(6)] == [0] * 5 + [1]
    for number in range(SLOTS // 2):
        quota.seconds(f"p{number}")
    assert quota.seconds("busy") == 1


def test_a_caller_over_its_quota_is_told_when_to_come_back(answers, caller_of):
    call = caller_of(create_app(answers, Authentication(dev=True, quota=Quota(1, 2, lambda: 0.0)), lambda: 0))
    found = [call.post(b'{"facts": {}}') for _ in range(3)]
    assert [one.status_code for one in found] == [200, 200, 429]
    assert found[2].headers["retry-after"] == "1"
    assert found[2].headers["ratelimit-policy"] == '"default";q=1;w=1'
    assert found[2].json()["type"] == "urn:proffer:problem:too-many-requests"
