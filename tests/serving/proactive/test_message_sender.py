"""Messages leave at least once under one id, are tried for days, and stop where the person or the receiver says so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from features.log.database import Database
from serving.proactive.message_sender import MessageSender, Sent, WebhookReceiver
from serving.proactive.offer_book import OfferBook
from serving.proactive.outbox import LEASE, RETRIES, Outbox, retry_after
from serving.proactive.webhook_post import Posted
from serving.proactive.webhook_signature import Verifier, parse_keys
from serving.proactive.work_list import WorkList
from serving.records import store
from tests.recommender.contact.policies import NOTICE
from tests.serving.proactive.deployments import DAY, POLICY, WEBHOOK, Deployment, born
from tests.serving.proactive.test_webhook import SECRET


@dataclass
class FakeReceiver:
    """Keeps what it is sent; answers what it is told, and accepts after that."""

    answers: list = field(default_factory=list)
    got: list = field(default_factory=list)

    def send(self, headers, body):
        self.got.append((headers, body))
        answer = self.answers.pop(0) if self.answers else Posted(200)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def town(tmp_path, real_engine):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    town = Deployment(database, real_engine)
    town.settle("ann", *WEBHOOK)
    town.tell(born(town, "ann"))
    town.step()
    yield town
    database.close()


def sender(town, *answers, name="here"):
    receiver = WebhookReceiver(FakeReceiver(list(answers)), parse_keys(SECRET, "keys"), name)
    return MessageSender(town.stores, lambda: town.worker.watch, receiver, Random(1))


def waiting(town):
    """When the only message is tried next."""
    with town.opened() as opened:
        message = next(each.message for each in town.offers("ann") if each.programme == "t.baby")
        found = Outbox(opened.connection).find(message) if message else None
    return town.now if found is None else found.next


def got(one):
    return [headers["webhook-id"] for headers, _ in one.receiver.post.got]


def test_a_message_is_sent_once_signed_and_its_offers_are_delivered_and_on_the_log_as_shown(town):
    one = sender(town)
    assert one.step(town.now + 1) == Sent(delivered=1)
    assert one.step(town.now + LEASE + 1) == Sent()
    headers, body = one.receiver.post.got[0]
    assert Verifier.of([SECRET]).accepts(headers, body, town.now + 1)
    assert town.states("ann")["t.baby"] == "delivered"
    with town.opened() as opened:
        shown = [event for event in opened.log.events(["ann"]) if event.type == "benefit.shown"]
    assert [event.data["programme"] for event in shown] == ["t.baby"]
    assert town.step(after=60).people == 0  # what was shown changes nothing that is due


def test_a_failed_try_is_made_again_later_and_later_for_days_and_then_the_offers_are_due_again(town):
    one = sender(town, *[Posted(500, "status 500")] * 20)
    begun, ended = town.now, 0
    while not ended:
        ended = one.step(town.now).ended
        town.now = waiting(town)
    assert len(set(got(one))) == 1
    assert len(got(one)) == len(RETRIES) + 1
    assert 2 * DAY < town.now - begun < 5 * DAY
    row = next(each for each in town.offers("ann") if each.programme == "t.baby")
    assert (row.state, row.reason) == ("due", "no_channel")
    with town.opened() as opened:
        assert OfferBook(opened.connection).on_book("ann").contacts == ()


def test_a_sender_that_is_killed_after_sending_sends_again_under_the_same_id(town):
    one = sender(town, OSError("killed"))
    with pytest.raises(OSError, match="killed"):
        one.step(town.now)
    other = sender(town)
    assert other.step(town.now + LEASE - 1) == Sent()  # whoever took it may still be at it
    assert other.step(town.now + LEASE) == Sent(delivered=1)
    assert got(one) == got(other)


def test_two_senders_do_not_send_the_same_message_at_once(town):
    other = sender(town)

    class Meanwhile(FakeReceiver):
        def send(self, headers, body):
            assert other.step(town.now) == Sent()
            return super().send(headers, body)

    one = sender(town)
    one = replace(one, receiver=replace(one.receiver, post=Meanwhile()))
    assert one.step(town.now) == Sent(delivered=1)


def test_a_receiver_that_is_gone_gets_no_more_until_there_is_another(town):
    one = sender(town, Posted(410, "status 410"))
    assert one.step(town.now) == Sent(put_off=1)
    assert one.step(town.now + DAY) == Sent()
    assert sender(town).step(town.now + 2 * DAY) == Sent()
    assert sender(town, name="another address").step(town.now + 2 * DAY) == Sent(delivered=1)


def test_a_receiver_that_asks_for_time_is_left_alone(town):
    one = sender(town, Posted(429, "status 429", wait=3_000))
    one.step(town.now)
    assert one.step(town.now + 2_999) == Sent()
    assert one.step(town.now + 3_000) == Sent(delivered=1)


@pytest.mark.parametrize("purpose", [NOTICE, f"{NOTICE}:webhook", "eligibility"])
def test_what_the_person_takes_back_before_it_leaves_does_not_leave(town, purpose):
    town.now += 60
    town.tell(town.event("ann", "consent.withdrawn", {"purpose": purpose}, ago=1))
    one = sender(town)
    assert one.step(town.now) == Sent(ended=1)
    assert one.receiver.post.got == []
    assert town.states("ann")["t.baby"] == "due"


def test_a_sensitive_programme_does_not_leave_once_its_channel_is_taken_back(tmp_path, real_engine):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    chosen = f"{NOTICE}:webhook:t.baby"
    town = Deployment(database, real_engine, policy=replace(POLICY, sensitive_programmes=frozenset({"t.baby"})))
    town.settle("ann", *WEBHOOK, chosen)
    town.tell(born(town, "ann"))
    assert town.step().messages == 1
    town.now += 60
    town.tell(town.event("ann", "consent.withdrawn", {"purpose": chosen}, ago=1))
    one = sender(town)
    assert one.step(town.now) == Sent(ended=1)
    database.close()


def put(town, state, **more):
    """What the desk writes where the person answers."""
    with town.stores.writing() as opened:
        row = next(one for one in town.offers("ann") if one.programme == "t.baby")
        OfferBook(opened.connection).put([replace(row, state=state, changed=town.now, **more)])


MEANWHILE = {
    "declined at the desk": lambda town: put(town, "declined"),
    "put off": lambda town: put(town, "snoozed", until=town.now + DAY),
    "withdrawn": lambda town: put(town, "withdrawn", reason="excluded"),
    "over": lambda town: put(town, "expired", reason="closed"),
    "declined in the log": lambda town: town.tell(town.event("ann", "benefit.declined", {"programme": "t.baby"}, 1)),
    "received": lambda town: town.tell(town.event("ann", "benefit.granted", {"programme": "t.baby"}, 1)),
    "stopped": lambda town: town.stopped.add("t.baby"),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_an_offer_that_no_longer_stands_does_not_leave_at_the_first_try_nor_at_a_later_one(town, what):
    one = sender(town, Posted(500, "status 500"))
    assert one.step(town.now) == Sent(put_off=1)
    town.now += 60
    MEANWHILE[what](town)
    assert one.step(town.now) == Sent(ended=1)
    assert len(got(one)) == 1


def test_each_message_of_a_batch_is_asked_about_just_before_its_own_try(town):
    town.settle("bob", *WEBHOOK)
    town.tell(born(town, "bob", "kid of bob"))
    town.step()

    class Meanwhile(FakeReceiver):
        def send(self, headers, body):
            for who in {"ann", "bob"} - {json.loads(body)["citizen"]}:
                town.tell(town.event(who, "consent.withdrawn", {"purpose": NOTICE}, ago=0))
            return super().send(headers, body)

    one = sender(town)
    one = replace(one, receiver=replace(one.receiver, post=Meanwhile()))
    assert one.step(town.now) == Sent(delivered=1, ended=1)


def test_a_later_try_waits_for_quiet_hours_to_end_and_that_is_no_try(town):
    one = sender(town, Posted(500, "status 500"))
    one.step(town.now)
    assert one.step(town.now + 10 * 3600) == Sent(put_off=1)  # 22:00
    assert (len(got(one)), waiting(town)) == (1, town.now + 20 * 3600)  # 08:00
    with town.opened() as opened:
        (row,) = Outbox(opened.connection).waiting_in("webhook")
    assert row.attempts == 1
    assert one.step(town.now + 20 * 3600) == Sent(delivered=1)


def test_what_is_taken_back_at_night_is_said_in_the_morning(town):
    one = sender(town)
    assert one.step(town.now) == Sent(delivered=1)
    with town.opened() as opened:
        birth = next(event for event in opened.log.events(["ann"]) if event.type == "life.child_born")
    town.now += 10 * 3600  # 22:00
    town.tell(town.event("ann", "event.retracted", {"source": birth.source, "id": birth.id}, ago=60))
    assert town.step().messages == 1
    one.step(town.now)
    one.step(town.now + 10 * 3600 - 1)
    assert len(got(one)) == 1
    assert one.step(town.now + 10 * 3600) == Sent(delivered=1)


def test_of_whoever_is_erased_while_a_message_is_asked_about_nothing_is_written(town, monkeypatch):
    monkeypatch.setattr(store.ServiceStore, "erased", lambda _, people: frozenset(people))
    town.now += 60
    put(town, "declined")
    with town.stores.writing() as opened:
        WorkList(opened.connection).look_again({"ann": None})
    assert sender(town).step(town.now) == Sent(ended=1)
    assert town.work(lambda work: work.due(town.now, 9)) == ()


def test_what_was_refused_leaves_once_the_person_agrees_again(town):
    town.now += 60
    town.tell(town.event("ann", "consent.withdrawn", {"purpose": NOTICE}, ago=1))
    one = sender(town)
    assert one.step(town.now) == Sent(ended=1)
    town.step(after=60)
    town.tell(town.event("ann", "consent.given", {"purpose": NOTICE}, ago=1))
    assert town.step(after=60).messages == 1
    assert one.step(town.now) == Sent(delivered=1)


@pytest.mark.parametrize(("taken_back", "count"), [((), 1), (("t.baby",), 0), (("sensitive",), 0)])
def test_an_offer_of_a_sensitive_programme_is_taken_back_only_through_a_channel_still_chosen_for_it(
    tmp_path, real_engine, taken_back, count
):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    town = Deployment(database, real_engine, policy=replace(POLICY, sensitive_programmes=frozenset({"t.baby"})))
    town.settle("ann", *WEBHOOK, f"{NOTICE}:webhook:sensitive")
    birth = born(town, "ann")
    town.tell(birth)
    town.step()
    one = sender(town)
    assert one.step(town.now) == Sent(delivered=1)
    town.now += 600
    for name in taken_back:
        town.tell(town.event("ann", "consent.withdrawn", {"purpose": f"{NOTICE}:webhook:{name}"}, ago=61))
    town.tell(town.event("ann", "event.retracted", {"source": birth.source, "id": birth.id}, ago=60))
    assert town.step().messages == count
    assert town.states("ann")["t.baby"] == "withdrawn"
    if count:  # and what is taken back once the message waits
        town.now += 60
        town.tell(town.event("ann", "consent.withdrawn", {"purpose": f"{NOTICE}:webhook:sensitive"}, ago=1))
        assert one.step(town.now) == Sent(ended=1)
    database.close()


def test_what_cannot_be_written_is_sent_again(town, monkeypatch):
    one = sender(town)
    with monkeypatch.context() as broken:
        broken.setattr(Outbox, "delivered", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            one.step(town.now)
    assert one.step(town.now + LEASE) == Sent(delivered=1)
    assert len(set(got(one))) == 1
    with store.reading(town.database) as opened:
        assert Outbox(opened.connection).counts() == {("webhook", "delivered"): 1}


def test_tries_spread_by_a_fifth_and_end():
    rng = Random(7)
    waits = [retry_after(1, 0, rng) for _ in range(50)]
    assert len(set(waits)) > 30
    assert all(240 <= one <= 360 for one in waits)
    assert retry_after(0, 999, rng) == 999
    assert retry_after(len(RETRIES), 0, rng) is None


def test_the_line_for_a_locked_screen_names_no_programme(town):
    one = sender(town)
    one.step(town.now)
    body = json.loads(one.receiver.post.got[0][1])
    assert body["preview"]["en"] == "There is 1 offer of support for you."
    assert len(one.receiver.post.got[0][1]) < 20_000
