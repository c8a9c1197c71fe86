"""What happens becomes offers on record: once, in one commit with their message and decision, under ids that stay."""

from __future__ import annotations

import json
import shutil
from copy import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import sqlalchemy as sa

from features.log.event_log import EventLog
from features.log.tombstones import ErasureKey
from recommender.contact.contact_record import PastOffer
from recommender.contact.due_offer import Terms
from recommender.offers.batch import Ranker
from recommender.ranking.scorer import Scores
from serving.proactive.offer_book import KeptOffer, OfferBook
from serving.proactive.offer_identity import OfferIdentity
from serving.proactive.offer_look import reconciled
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.outbox import Outbox
from serving.proactive.store_access import Stores
from serving.proactive.work_list import WorkList, WorkPart
from serving.records import store
from serving.records.decision_log import DecisionLog
from serving.records.erasure import erase, knows
from serving.records.replay import replayed
from serving.records.service_tables import DECISIONS, MESSAGES, METADATA
from tests.recommender.contact.policies import NOTICE
from tests.serving.proactive.deployments import DAY, WEBHOOK, Deployment, born
from tests.serving.records.databases import InAFile, OnAServer


class Certain:
    """A model that finds everything equally likely to be taken up."""

    def score(self, _people, _attributes, pairs):
        return Scores(np.zeros(len(pairs)), np.full(len(pairs), 0.5))


@pytest.fixture(scope="module")
def learned(real_engine):
    engine = copy(real_engine)
    engine.ranker = Ranker(
        scorer=Certain(), attributes=object(), model={"kind": "certain", "name": "m1"}, fingerprint="f"
    )
    return engine


def messages(deployment):
    with deployment.opened() as opened:
        return opened.connection.execute(sa.select(MESSAGES).order_by(MESSAGES.c.made, MESSAGES.c.id)).all()


class WorkerContract:
    """What holds on every database; a class that inherits it gives the `database`."""

    @pytest.fixture
    def town(self, database, real_engine):
        return Deployment(database, real_engine)

    def test_an_event_becomes_an_offer_a_message_and_a_decision(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        done = town.step()
        assert (done.messages, done.lag.events) == (1, 0)
        sent = next(one for one in town.offers("ann") if one.programme == "t.baby")
        assert (sent.state, sent.channel) == ("sent", "webhook")
        message = messages(town)[0]
        body = json.loads(message.body)
        assert (message.id, body["id"], body["citizen"]) == (sent.message, sent.message, "ann")
        assert [one["id"] for one in body["offers"]] == [sent.id]
        with town.opened() as opened:
            kept = DecisionLog(opened.connection).find(sent.decision)
        assert (kept.decision.kind, body["decision"]) == ("offer", sent.decision)
        assert kept.decision.document["said"]["messages"][0]["offers"] == [sent.id]

    def test_what_was_worked_off_is_not_worked_off_again(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step()
        before = (town.offers("ann"), messages(town))
        for _ in range(3):
            assert town.step(after=60).messages == 0
        assert (town.offers("ann"), messages(town)) == before

    def test_a_step_that_is_cut_short_leaves_nothing_and_is_made_again_with_the_same_ids(self, town, monkeypatch):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        with monkeypatch.context() as broken:
            broken.setattr(OfferBook, "put", stopping)
            with pytest.raises(OSError, match="stopped"):
                town.step()
        assert (town.offers("ann"), messages(town), town.work(lambda work: work.done)) == ((), [], 0)
        town.step(after=5)
        assert [one.id for one in town.offers("ann") if one.state == "sent"] == [expected("ann", town)]

    def test_nothing_leaves_to_whoever_did_not_apply_or_took_it_back(self, town):
        town.settle("bob")
        town.settle("cyd", *WEBHOOK)
        town.tell(
            town.event("cyd", "consent.withdrawn", {"purpose": NOTICE}, ago=60), born(town, "bob"), born(town, "cyd")
        )
        assert town.step().messages == 0
        assert (town.offers("bob"), town.offers("cyd")) == ((), ())

    def test_nobody_is_judged_who_withdrew_that_and_what_they_were_offered_stays_as_it_was(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step()
        town.now += 600
        town.tell(town.event("ann", "consent.withdrawn", {"purpose": "eligibility"}, ago=60))
        assert town.step().messages == 0
        assert town.states("ann") == {"t.baby": "sent"}

    def test_what_is_declined_in_the_log_is_declined_in_the_book_and_not_offered_again(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step()
        town.now += 600
        town.tell(town.event("ann", "benefit.declined", {"programme": "t.baby"}, ago=60))
        town.step()
        assert town.states("ann")["t.baby"] == "declined"
        assert town.step(after=40 * DAY).messages == 0

    @pytest.mark.parametrize(("dated", "recorded"), [(300, 300), (5400, 5400), (20 * DAY, 300)])
    def test_a_decline_dated_before_the_delivery_or_the_offer_itself_holds(self, town, dated, recorded):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step()
        town.now += 600
        with store.writing(town.database) as opened:
            outbox = Outbox(opened.connection)
            outbox.delivered(outbox.waiting_in("webhook")[0], town.now - 60)
        word = town.event("ann", "benefit.declined", {"programme": "t.baby"}, ago=recorded)
        town.tell(replace(word, time=town.now - dated))
        town.step()
        assert town.states("ann")["t.baby"] == "declined"
        assert town.step(after=40 * DAY).messages == 0
        assert town.states("ann")["t.baby"] == "declined"

    @pytest.mark.parametrize("off", [("region", "11"), ("model", "m1"), ("model", "all")])
    def test_where_a_model_is_switched_off_rules_order_what_leaves_and_the_record_says_so(self, database, learned, off):
        town = Deployment(database, learned)
        for name, region in (("ann", "11440"), ("bob", "26110")):
            town.settle(name, *WEBHOOK, sex="female", region=region)
            town.tell(born(town, name, f"{name}s-child"))
        town.stopped.add(off)
        town.step()
        found = {name: town.decision(name) for name in ("ann", "bob")}
        assert (found["ann"].document["basis"]["model"], found["ann"].answer["model"]) == (None, None)
        assert found["ann"].document["said"]["stopped"] == [":".join(off)]
        assert replayed(found["ann"], learned.by_rules, found["ann"].id).outcome == "same"
        elsewhere = off[0] == "region"  # bob does not live there
        assert (found["bob"].answer["model"] is not None) is elsewhere
        assert ("stopped" in found["bob"].document["said"]) is not elsewhere
        assert replayed(found["bob"], learned if elsewhere else learned.by_rules).outcome == "same"

    def test_the_record_of_an_offer_holds_what_was_sent_alone_and_is_made_again(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step()
        found, (sent,) = town.decision("ann"), messages(town)
        body = json.loads(sent.body)
        named = {one["programme"] for one in body["offers"]}
        assert {one["programme"] for one in found.answer["recommendations"]} == named
        assert named < {one["programme"] for one in found.document["order"]}
        asked = [] if body["question"] is None else [body["question"]]
        assert found.answer["ask_next"] == asked
        assert replayed(found, town.engine, found.id).outcome == "same"

    def test_an_offer_whose_reason_is_corrected_away_is_withdrawn_saying_so(self, town):
        town.settle("ann", *WEBHOOK)
        birth = born(town, "ann")
        town.tell(birth)
        town.step()
        town.now += 600
        said = {"source": birth.source, "id": birth.id}
        town.tell(town.event("ann", "event.retracted", said, ago=60))
        assert town.step().messages == 1
        gone = next(one for one in town.offers("ann") if one.programme == "t.baby")
        assert (gone.state, gone.reason) == ("withdrawn", "depends")  # of a birth nothing is known any more
        body = json.loads(messages(town)[-1].body)
        assert (body["kind"], [one["id"] for one in body["offers"]]) == ("withdrawal", [gone.id])
        assert "corrected" in body["offers"][0]["text"]["en"]

    def test_an_offer_of_what_is_received_meanwhile_is_over_without_a_message(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step()
        town.now += 600
        town.tell(town.event("ann", "benefit.granted", {"programme": "t.baby"}, ago=60))
        town.step()
        assert [json.loads(one.body)["kind"] for one in messages(town)] == [
            "offers",
            "offers",
        ]  # the second: what follows
        assert (town.states("ann")["t.baby"], town.states("ann")["t.after"]) == ("expired", "sent")

    def test_what_is_due_and_may_not_leave_is_on_the_book_with_its_reason_and_leaves_later(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step(after=10 * 3600)  # 22:00
        due = next(one for one in town.offers("ann") if one.programme == "t.baby")
        assert (due.state, due.reason, messages(town)) == ("due", "quiet_hours", [])
        town.step(after=9 * 3600)
        assert messages(town) == []
        town.step(after=3600)
        sent = next(one for one in town.offers("ann") if one.programme == "t.baby")
        assert (sent.state, sent.id, sent.made) == ("sent", due.id, due.made)

    def test_a_window_that_opens_with_no_event_is_looked_at_on_its_day(self, town):
        town.settle("eve", *WEBHOOK, birth_date="2007-11-20", sex="female")  # 19 on 20 November 2026
        assert town.step().messages == 0
        assert town.step(after=18 * DAY).messages == 0
        assert town.step(after=DAY).messages == 1
        assert town.states("eve")["t.women"] == "sent"

    def test_a_restored_backup_makes_the_same_ids(self, town):
        town.settle("ann", *WEBHOOK)
        birth = born(town, "ann")
        town.tell(birth)
        town.step()
        known = {one.id for one in town.offers("ann")}
        with store.writing(town.database) as opened:
            for table in METADATA.sorted_tables:
                opened.connection.execute(sa.delete(table))
        town.step(after=3600)
        assert {one.id for one in town.offers("ann")} == known
        assert len(messages(town)) == 1

    def test_of_whoever_was_changed_meanwhile_nothing_is_written_and_they_are_looked_at_again(self, town, monkeypatch):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        worker = town.worker
        looked = worker.looks

        def meanwhile(*lives):
            monkeypatch.undo()
            Deployment(town.database, town.engine, town.now).step()
            return looked(*lives)

        monkeypatch.setattr(type(worker), "looks", lambda _, *lives: meanwhile(*lives))
        assert worker.step(town.now).people == 0
        assert len(messages(town)) == 1

    def test_what_waits_is_told(self, town):
        town.settle("ann", *WEBHOOK)
        lag = town.work(lambda work: work.lag(town.now))
        assert lag == (3, 3600, 0)
        town.step()
        assert town.work(lambda work: work.lag(town.now)) == (0, 0, 0)
        assert town.work(lambda work: work.lag(town.now + 70 * DAY)).looks == 1

    def test_whoever_is_to_be_looked_at_is_unless_the_log_does_not_know_them(self, town):
        town.settle("ann", *WEBHOOK)
        town.settle("bob", *WEBHOOK)
        town.step()
        assert town.step() == (0, 0, (0, 0, 0))
        with town.stores.writing() as opened:
            work = WorkList(opened.connection)
            assert work.look_at(["ann", "stranger", *(f"nobody-{n}" for n in range(900)), "bob"], town.now) == 2
            assert work.look_at(["ann"], town.now + DAY) == 1  # not later than she is due
        assert town.work(lambda work: work.due(town.now, 9)) == ("ann", "bob")
        assert town.step().people == 2
        with town.stores.writing() as opened:
            assert WorkList(opened.connection).look_at([], town.now) == 0

    def test_several_processes_share_the_people_who_are_due(self, town):
        people = ("ann", "bob", "cyd", "dan", "eve")
        for who in people:
            town.settle(who, *WEBHOOK)
            town.tell(born(town, who))
        parts = [replace(town.worker, part=WorkPart(place, 2)) for place in (1, 2)]
        assert parts[1].step(town.now) == (0, 0, (20, 3600, 0))  # what happened is the first part's
        assert parts[0].step(town.now).people == 6  # the child, too
        with town.stores.writing() as opened:
            WorkList(opened.connection).look_at(people, town.now)
        read = town.work(lambda work: [work.due(town.now, 9, one.part) for one in parts])
        assert sorted((*read[0], *read[1])) == list(people)
        assert all(read)
        assert [one.step(town.now).people for one in parts] == [len(one) for one in read]
        assert town.work(lambda work: work.due(town.now, 9)) == ()

    def test_of_many_events_so_many_are_worked_off_at_once(self, town):
        for who in ("ann", "bob", "cyd"):
            town.settle(who, *WEBHOOK)
            town.tell(born(town, who))
        assert [town.worker.step(town.now, most=4).lag.events for _ in range(3)] == [8, 4, 0]
        assert {who: town.states(who)["t.baby"] for who in ("ann", "bob", "cyd")} == dict.fromkeys(
            ("ann", "bob", "cyd"), "sent"
        )

    def test_somebody_whose_events_contradict_each_other_stops_nobody_else(self, town, monkeypatch):
        town.settle("ann", *WEBHOOK)
        town.settle("bob", *WEBHOOK)
        birth = born(town, "ann")
        town.tell(born(town, "bob"), birth)
        read = EventLog.lives

        def contradicting(log, people):
            lives = read(log, people)
            return lives | {"ann": [*lives["ann"], replace(birth, time=birth.time - DAY)]}

        monkeypatch.setattr(EventLog, "lives", contradicting)
        assert town.step().messages == 1
        assert town.states("bob")["t.baby"] == "sent"

    def test_many_are_looked_at_together_as_each_is_alone(self, database, learned):
        town = Deployment(database, learned)
        for name, region in (("ann", "11440"), ("bob", "26110"), ("cyd", "11440"), ("dan", "26110")):
            town.settle(name, *WEBHOOK, sex="female", region=region)
            town.tell(born(town, name, "kid"), town.event(name, "life.moved", {"region": "41110"}, ago=DAY))
        town.tell(
            town.event("cyd", "consent.withdrawn", {"purpose": "ranking"}),
            town.event("dan", "consent.withdrawn", {"purpose": "eligibility"}),
        )
        worker = town.worker
        with town.opened() as opened:
            people = ("ann", "bob", "cyd", "dan")
            lives, books = opened.log.lives(people), OfferBook(opened.connection).on_books(people)
        together = worker.looks(lives, town.now, books)
        assert {one for one, look in together.items() if look is None} == {"dan"}
        for one in ("ann", "bob", "cyd"):
            alone = worker.watch.look(lives[one], one, town.now, books[one])
            made = [worker.maker.outcome(look, ()) for look in (alone, together[one])]
            assert made[0] == made[1]
            assert made[0].messages

    def test_a_person_who_is_erased_has_no_offer_left(self, town):
        town.settle("ann", *WEBHOOK)
        town.tell(born(town, "ann"))
        town.step()
        with store.writing(town.database) as opened:
            gone = erase(opened, "ann", ErasureKey(bytes(32), lambda: "somebody"))
        assert {"offers", "messages", "looks", "decisions"} <= set(gone.records)
        assert town.step(after=90 * DAY).messages == 0
        assert (town.offers("ann"), messages(town)) == ((), [])

    def test_of_a_person_who_is_erased_while_they_are_looked_at_nothing_is_written(self, town, monkeypatch):
        key = ErasureKey(bytes(32), lambda: "somebody")
        for name in ("ann", "bob"):
            town.settle(name, *WEBHOOK)
            town.tell(born(town, name))
        looking = OfferWorker.looks

        def erasing(worker, *lives):
            found = looking(worker, *lives)
            with store.writing(town.database) as opened:
                erase(opened, "ann", key)
            return found

        guard = SimpleNamespace(lists=lambda _: True, key=lambda: key)
        monkeypatch.setattr(OfferWorker, "looks", erasing)
        monkeypatch.setattr(Deployment, "stores", Stores(
            lambda: store.reading(town.database, guard), lambda: store.writing(town.database, guard)
        ))  # fmt: skip
        assert town.step().messages == 1
        with town.opened() as opened:
            assert not knows(opened, "ann")
            assert knows(opened, "bob")


def stopping(*_):
    raise OSError("the machine stopped")


def expected(who, town):
    window = next(one.terms.window for one in town.offers(who) if one.programme == "t.baby")
    return OfferIdentity(bytes(32)).offer(who, "t.baby", window, "")


class TestWorkerOnAFile(InAFile, WorkerContract):
    def test_yesterdays_backup_makes_the_ids_of_today_again(self, town, tmp_path):
        town.settle("ann", *WEBHOOK)
        town.step()
        file, copy = tmp_path / "events.db", tmp_path / "backup.db"
        town.database.close()
        shutil.copy(file, copy)
        birth = born(town, "ann")
        town.tell(birth)
        town.step(after=3600)
        today = town.offers("ann")
        town.database.close()
        shutil.copy(copy, file)
        town.tell(birth)
        town.step(after=3600)
        assert [one.id for one in town.offers("ann")] == [one.id for one in today]
        assert [one.message for one in town.offers("ann")] == [one.message for one in today]


class TestWorkerOnAServer(OnAServer, WorkerContract):
    pass


def kept(made, state="sent", low=100, opens=None):
    return KeptOffer(f"off_{made}", "ann", "p", state, made, made, Terms(2, opens, None, low, low))


@pytest.mark.parametrize(
    ("said", "before", "expected"),
    [
        (50, [], "declined"),  # of a clock that is behind, or a word that came late
        (150, [], "declined"),
        (50, [kept(10, "declined")], "declined"),  # another offer was declined before
        (50, [kept(50, "declined")], "sent"),  # the word was of another offer, which stood then
        (50, [kept(60, "expired")], "declined"),
    ],
)
def test_a_word_declines_the_offer_that_stands_unless_another_one_answers_to_it(real_engine, said, before, expected):
    found = reconciled([*before, kept(100)], {"p": PastOffer("p", "declined", said)}, 10, real_engine.declaration.zone)
    assert found[-1].state == expected
    assert found[:-1] == tuple(before)


def test_a_word_from_before_the_window_opened_declines_no_offer_of_that_window(real_engine):
    zone, word = real_engine.declaration.zone, {"p": PastOffer("p", "declined", 10 * DAY)}
    states = [reconciled([kept(20 * DAY, opens=day)], word, 10, zone)[0].state for day in (9, 10, 11)]
    assert states == ["declined", "declined", "sent"]


def test_a_key_that_could_be_guessed_names_no_offer():
    with pytest.raises(ValueError, match="32 are needed"):
        OfferIdentity(b"short")


def test_an_offer_of_another_person_window_or_round_has_another_id():
    ids = OfferIdentity(bytes(32))
    base = ("ann", "p", (1, 2), "")
    others = [("bob", "p", (1, 2), ""), ("ann", "q", (1, 2), ""), ("ann", "p", (1, 3), ""), ("ann", "p", (1, 2), "x")]
    assert len({ids.offer(*one) for one in (base, *others)}) == 5
    assert replace(ids, key=bytes(31) + b"1").offer(*base) != ids.offer(*base)
    assert DECISIONS.name == "decisions"
