"""Workers and senders that are killed at random moments: every offer is on record once, and none is lost."""

from __future__ import annotations

import os
import signal
import time
from random import Random

import pytest
import sqlalchemy as sa

from features.log.database import Database
from serving.proactive.message_sender import MessageSender, WebhookReceiver
from serving.proactive.outbox import LEASE
from serving.proactive.webhook_post import Posted
from serving.proactive.webhook_signature import parse_keys
from serving.records.service_tables import MESSAGES, OFFERS
from tests.examples import examples
from tests.serving.proactive.deployments import WEBHOOK, Deployment, born
from tests.serving.proactive.test_webhook import SECRET

PEOPLE = [f"p{number:02}" for number in range(12)]
KILLS = examples(12).max_examples


class Written:
    """A receiver that keeps the ids of what it is sent in a file."""

    def __init__(self, file):
        self.file = file

    def send(self, headers, _body):
        with self.file.open("a") as out:
            out.write(headers["webhook-id"] + "\n")
        return Posted(200)


def working(url, engine, now, file):
    """Work off and send, a few at a time, until nothing is left or the process is killed."""
    town = Deployment(Database(url), engine, now)
    receiver = WebhookReceiver(Written(file), parse_keys(SECRET, "keys"), "here")
    sender = MessageSender(town.stores, lambda: town.worker.watch, receiver, Random(1))
    while True:
        done, sent = town.worker.step(town.now, most=3), sender.step(town.now, most=2)
        if not (done.people or done.lag.events or any(sent)):
            break
    town.database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    server = request.param == "postgresql"
    return request.getfixturevalue("postgresql") if server else f"sqlite:///{tmp_path}/events.db"


@pytest.fixture
def town(url, real_engine):
    town = Deployment(Database(url), real_engine)
    for who in PEOPLE:
        town.settle(who, *WEBHOOK)
        town.tell(born(town, who, f"{who}-child"))
    yield town
    town.database.close()


def read(town, table):
    with town.opened() as opened:
        return opened.connection.execute(sa.select(table)).all()


@pytest.mark.slow
def test_of_workers_killed_at_random_moments_every_offer_is_once_and_delivered(town, url, tmp_path):
    rng, file = Random(5), tmp_path / "got"
    town.worker  # noqa: B018 - compiled once, before processes are made of this one
    killed = 0
    for round_ in range(KILLS):
        town.database.close()
        child = os.fork()
        if not child:
            try:
                working(url, town.engine, town.now + round_ * LEASE, file)
            finally:
                os._exit(0)
        time.sleep(rng.uniform(0.01, 0.35))
        os.kill(child, signal.SIGKILL)
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert killed > 0
    working(url, town.engine, town.now + KILLS * LEASE, file)
    offers = [row for row in read(town, OFFERS) if row.programme == "t.baby"]
    assert sorted(row.citizen for row in offers) == PEOPLE
    assert {row.state for row in offers} == {"delivered"}
    messages = read(town, MESSAGES)
    assert sorted(row.citizen for row in messages) == PEOPLE
    assert {row.id for row in messages} == set(file.read_text().split())  # some more than once, none not at all
