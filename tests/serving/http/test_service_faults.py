"""Faults of a running service (docs/operation.md has its promises): killed, full, gone, and a clock set back.

Each row is tried on SQLite, and on PostgreSQL where a server can be had.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from composition.workspace import DATABASE_URL, Workspace
from features.log.event_log import EventLog
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.event_wire import BATCH
from serving.http.log_desk import LogDesk
from tests.examples import examples
from tests.serving.http.test_events import event, held

ROOT = Path(__file__).parents[3]
PATIENCE = 600
KILLS = min(examples(100).max_examples, 1_000)
NOW = 1_800_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path, monkeypatch):
    if request.param == "postgresql":
        monkeypatch.setenv(DATABASE_URL, request.getfixturevalue("postgresql"))
    return Workspace(tmp_path / "home", patience=5)


def post(call, *events):
    return call("POST", "/v1/events", {"content-type": BATCH}, content=json.dumps(list(events)).encode())


@pytest.fixture
def call(real_engine, answers, caller_of, home):
    return caller_of(
        create_app(answers, Authentication(dev=True), lambda: NOW, log=LogDesk(real_engine.declaration, home))
    )


def test_what_was_acknowledged_is_there_after_a_clock_was_set_back(real_engine, answers, caller_of, home):
    clock = [NOW]
    desk = LogDesk(real_engine.declaration, home)
    call = caller_of(create_app(answers, Authentication(dev=True), lambda: clock[0], log=desk))
    for number, second in enumerate((NOW, NOW - 86_400, NOW + 86_400)):
        clock[0] = second
        sent = event(str(number))
        assert [one["outcome"] for one in post(call, sent).json()["results"]] == ["accepted"]
        assert [one["outcome"] for one in post(call, sent).json()["results"]] == ["duplicate"]
    assert [name for name, _ in held(home)] == ["0", "1", "2"]


def test_a_log_that_another_holds_is_503_and_what_is_sent_again_is_written_once(real_engine, answers, caller_of, home):
    desk = LogDesk(real_engine.declaration, Workspace(home.path, patience=0))
    call = caller_of(create_app(answers, Authentication(dev=True), lambda: NOW, log=desk))
    post(call, event("first"))
    with home.log_to_write():
        refused = post(call, event("second"))
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert [one["outcome"] for one in post(call, event("second")).json()["results"]] == ["accepted"]
    assert [name for name, _ in held(home)] == ["first", "second"]


def test_a_disk_that_is_full_is_503_nothing_is_half_written_and_it_recovers_by_itself(call, home):
    if home.on_server:
        pytest.skip("a server's disk cannot be filled from here")
    assert post(call, event("first")).status_code == 200
    pages = sqlite3.connect(home.path / "events.db").execute("PRAGMA page_count").fetchone()[0]
    full = [True]

    def limited(connection, *_):
        connection.execute(f"PRAGMA max_page_count = {pages + 1 if full[0] else 2**30}")

    sa.event.listen(sa.pool.Pool, "checkout", limited)
    try:
        many = [event(f"m{number}", data={"region": "11440"}) for number in range(900)]
        answer = post(call, *many)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:proffer:problem:log-unavailable")
        assert answer.headers["retry-after"]
        assert [name for name, _ in held(home)] == ["first"]
        assert call("GET", "/readyz").status_code == 200
        full[0] = False
        again = post(call, *many)
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", limited)
    assert {one["outcome"] for one in again.json()["results"]} == {"accepted"}
    assert len(held(home)) == 901


def test_a_log_that_is_gone_and_back_is_used_again(call, home, tmp_path):
    if home.on_server:
        pytest.skip("the server's log is not a file of the home")
    assert post(call, event("first")).status_code == 200
    (home.path / "events.db").rename(tmp_path / "away")
    (home.path / "events.db").mkdir()
    assert post(call, event("second")).status_code == 503
    (home.path / "events.db").rmdir()
    (tmp_path / "away").rename(home.path / "events.db")
    assert post(call, event("second")).status_code == 200
    assert [name for name, _ in held(home)] == ["first", "second"]


class Service:
    """`proffer serve` with two workers, some of which are killed while events are sent."""

    def __init__(self, home, workers=2):
        words = ("--dev", "--port", "0", "--quota", "0", "--home", str(home.path), "--workers", str(workers))
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen([sys.executable, "-m", "proffer", "serve", *words], env=environment, text=True,
                                        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)  # fmt: skip
        self.url = next(found.group() for line in self.process.stderr if (found := re.search(r"http://\S+", line)))
        self.reader = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.reader.start()

    def workers(self):
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in found]

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()


def killed(home, kills, seed):
    """Send events while workers are killed at random moments; what was acknowledged, and what was ever sent.

    Before each kill something was acknowledged since the last: a busy machine takes longer, and is tried as much.
    """
    rng, service = random.Random(seed), Service(home)
    acknowledged, sent, number, over = set(), set(), 0, threading.Event()

    def kill():
        try:
            for _ in range(kills):
                before, patience = len(acknowledged), time.monotonic() + PATIENCE
                while len(acknowledged) == before and time.monotonic() < patience:
                    time.sleep(0.005)
                time.sleep(rng.uniform(0, 0.3))
                while not (pids := service.workers()):
                    time.sleep(0.005)
                os.kill(rng.choice(pids), signal.SIGKILL)
        finally:
            over.set()

    killer = threading.Thread(target=kill)
    killer.start()
    with httpx.Client(timeout=30) as client:
        while not over.is_set():
            names = [f"{number}.{place}" for place in range(rng.randint(1, 40))]
            number += 1
            sent.update(names)
            try:
                answer = client.post(f"{service.url}/v1/events", headers={"content-type": BATCH},
                                     content=json.dumps([event(name) for name in names]))  # fmt: skip
            except httpx.HTTPError:
                time.sleep(0.02)
                continue
            if answer.status_code == 200:
                assert {one["outcome"] for one in answer.json()["results"]} == {"accepted"}
                acknowledged.update(names)
    killer.join()
    service.stop()
    return acknowledged, sent


def seen_after(home, kills, seed=7):
    acknowledged, sent = killed(home, kills, seed)
    with home.log() as log:
        assert isinstance(log, EventLog)
        names = [one.id for one in log.events()]
    assert len(acknowledged) > 0
    assert len(names) == len(set(names))  # each once
    assert acknowledged <= set(names) <= sent
    batches = {}
    for name in sent:
        batches.setdefault(name.partition(".")[0], set()).add(name)
    for batch in batches.values():  # a batch is there whole or not at all
        assert batch <= set(names) or not batch & set(names)
    return len(acknowledged)


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_every_acknowledged_event_is_there_once_however_often_workers_are_killed(home):
    seen_after(home, KILLS)
