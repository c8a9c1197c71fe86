"""The service reads the holdout: it delays a contact and nothing else, with the chance on record, and then ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from recommender.contact.holdout import HoldoutPolicy
from recommender.offers.exploration import CERTAIN
from serving.proactive.offer_book import OfferBook
from serving.proactive.work_list import WorkList
from serving.records import store
from serving.records.decision_log import DecisionLog
from serving.records.explanation import explained
from serving.records.replay import replayed
from serving.records.service_tables import MESSAGES
from tests.recommender.catalogues import document
from tests.serving.conftest import engine_of_few
from tests.serving.proactive.deployments import DAY, NOW, POLICY, WEBHOOK, Deployment, born
from tests.serving.records.databases import InAFile, OnAServer

BABY = {"fact": "youngest_child_months", "below": 24}
WINDOW = {"after": "life.child_born", "within": "P2Y"}


def benefit(name, **more):
    return document(name, BABY, **{"category": "pregnancy-birth", "window": WINDOW, **more})


CARD = benefit("t.card")
TODAY = NOW // DAY
SPAN = HoldoutPolicy("autumn", 100, TODAY - 7, TODAY + 30, "Decision 2026-12 of the board", ("kim", "park"))


def drawing(drawn, *others):
    """The policy under a name that draws one person and none of the others."""
    names = (f"autumn-{at}" for at in range(10_000))
    policies = (replace(SPAN, name=name) for name in names)
    return next(one for one in policies if one.draws(drawn) and not any(map(one.draws, others)))


HOLDOUT = drawing("ann", "bob")


@pytest.fixture(scope="module")
def one_card():
    return engine_of_few([CARD])


def said(town, who):
    """The decisions on record about somebody, the earliest first."""
    with town.opened() as opened:
        log = DecisionLog(opened.connection)
        found = [log.find(name) for name in log.ids_of(who)]
    return sorted(found, key=lambda one: one.decision.document["said"]["at"])


def left(town, who):
    with town.opened() as opened:
        return opened.connection.execute(sa.select(MESSAGES.c.id).where(MESSAGES.c.citizen == who)).scalars().all()


class HeldOutContract:
    """What holds on every database; a class that inherits it gives the `database`."""

    def town(self, database, engine, holdout=HOLDOUT, policy=POLICY, people=("ann", "bob")):
        found = Deployment(database, engine, holdout=holdout, policy=policy)
        for name in people:
            found.settle(name, *WEBHOOK)
            found.tell(born(found, name, f"{name}s-child"))
        return found

    def test_who_is_drawn_waits_on_record_and_who_is_not_is_contacted_both_with_the_chance_of_it(
        self, database, one_card
    ):
        town = self.town(database, one_card)
        assert town.step().messages == 1
        (held,), (sent,) = town.offers("ann"), town.offers("bob")
        assert (held.state, held.reason, sent.state, left(town, "ann")) == ("due", "held_out", "sent", [])
        drawn = {name: said(town, name)[0].decision.document["said"]["holdout"] for name in ("ann", "bob")}
        assert (held.decision, sent.decision) == (said(town, "ann")[0].id, said(town, "bob")[0].id)
        assert drawn["ann"]["contacts"] == [
            {"programme": "t.card", "waits": True, "why": "held_out", "propensity": 100_000}
        ]
        assert drawn["bob"]["contacts"] == [
            {"programme": "t.card", "waits": False, "why": "not_drawn", "propensity": 900_000}
        ]
        assert (drawn["ann"]["signed_by"], drawn["ann"]["legal_basis"]) == (["kim", "park"], HOLDOUT.legal_basis)
        assert all(replayed(said(town, name)[0].decision, one_card).outcome == "same" for name in drawn)

    def test_everybody_who_was_held_out_is_contacted_at_the_end_of_the_span_with_no_new_event(self, database, one_card):
        town = self.town(database, one_card)
        town.step()
        town.step(after=(HOLDOUT.last - TODAY) * DAY)  # noon of the last day
        assert (left(town, "ann"), [one.reason for one in town.offers("ann")]) == ([], ["held_out"])
        town.step(after=12 * 3600)  # the first second of the day after: quiet hours
        assert [one.reason for one in town.offers("ann")] == ["quiet_hours"]
        town.step(after=8 * 3600)
        assert (town.states("ann"), len(left(town, "ann"))) == ({"t.card": "sent"}, 1)
        assert len(said(town, "ann")) == 2  # that it waits was written once, however often it was looked at

    def test_the_listing_is_that_of_everybody_else(self, database, one_card):
        town = self.town(database, one_card)
        events = {}
        with town.opened() as opened:
            events = {name: list(opened.log.events([name])) for name in ("ann", "bob")}
            book = OfferBook(opened.connection).on_book("ann")
        looks = town.worker.looks(events, town.now, dict.fromkeys(events, book))
        listed = {name: [one.programme for one in look.decision.listed["app"]] for name, look in looks.items()}
        assert listed == {"ann": ["t.card"], "bob": ["t.card"]}
        assert [one.programme.id for one in looks["ann"].found.shown] == ["t.card"]
        assert (looks["ann"].decision.message, looks["bob"].decision.message is None) == (None, False)

    @pytest.mark.parametrize(
        ("programme", "why"),
        [
            (benefit("t.card", category="livelihood"), "subsistence_or_safety"),
            (benefit("t.card", category="safety"), "subsistence_or_safety"),
            (benefit("t.card", window={"kind": "dated", "until": "2026-11-20"}), "window_closes"),
            (benefit("t.card", window={"kind": "dated", "until": "2026-12-10"}), "window_closes"),  # no time to apply
            (
                benefit("t.card", window={"kind": "dated", "until": "2027-03-31", "while_funds_last": True}),
                "window_closes",
            ),
            (benefit("t.card", window={**WINDOW, "retroactive": "P20D"}), "window_closes"),  # what is paid back is lost
        ],
        ids=["subsistence", "safety", "closes", "closes soon after", "while funds last", "paid back"],
    )
    def test_what_cannot_wait_does_not_though_its_person_is_drawn(self, database, programme, why):
        town = self.town(database, engine_of_few([programme]), people=("ann",))
        assert town.step().messages == 1
        (told,) = said(town, "ann")[0].decision.document["said"]["holdout"]["contacts"]
        assert told == {"programme": "t.card", "waits": False, "why": why, "propensity": CERTAIN}

    def test_what_the_country_or_the_signers_except_does_not_wait(self, database, one_card):
        town = self.town(
            database, one_card, policy=replace(POLICY, undelayed_programmes=frozenset({"t.card"})), people=("ann",)
        )
        assert town.step().messages == 1
        town = self.town(
            database, one_card, holdout=replace(drawing("cyd"), never=frozenset({"t.card"})), people=["cyd"]
        )
        assert town.step().messages == 1

    @pytest.mark.parametrize(("first", "last"), [(TODAY + 1, TODAY + 20), (TODAY - 20, TODAY - 1)])
    def test_nothing_waits_outside_the_span(self, database, one_card, first, last):
        town = self.town(database, one_card, holdout=replace(HOLDOUT, first=first, last=last), people=("ann",))
        assert town.step().messages == 1

    def test_without_a_holdout_nothing_is_left_to_chance_or_said_of_it(self, database, one_card):
        town = self.town(database, one_card, holdout=None)
        assert town.step().messages == 2
        assert "holdout" not in said(town, "ann")[0].decision.document["said"]

    def test_whoever_put_something_off_is_reminded(self, database, one_card):
        town = self.town(database, one_card, holdout=None, people=("ann",))
        town.step()
        with store.writing(database) as opened:
            book = OfferBook(opened.connection)
            (sent,) = book.on_book("ann").offers
            book.put([replace(sent, state="snoozed", until=town.now + 2 * DAY)])
            WorkList(opened.connection).look_again({"ann": town.now + 2 * DAY})
        town.holdout = HOLDOUT
        assert town.step(after=2 * DAY).messages == 1
        (told,) = said(town, "ann")[-1].decision.document["said"]["holdout"]["contacts"]
        assert (told["why"], told["propensity"]) == ("put_off", CERTAIN)

    def test_the_person_reads_that_a_lot_said_so_why_and_that_they_can_apply(self, database, one_card):
        town = self.town(database, one_card)
        town.step()
        told = explained(said(town, "ann")[0], one_card, "short", POLICY)
        assert "sent" not in told
        assert [one["programme"] for one in told["programmes"]] == ["t.card"]
        words = next(text["en"] for text in told["summary"] if "drawn by lot" in text["en"])
        assert words.startswith("Until 2 December 2026, no message is sent to you about 1 programme")
        assert "100 of 1,000" in words
        assert HOLDOUT.legal_basis in words
        assert "100" in next(text["ko"] for text in told["summary"] if "무작위" in text["ko"])

    def test_whoever_waits_is_found_where_the_holdout_is_ended_early(self, database, one_card):
        town = self.town(database, one_card)
        town.step()
        with store.writing(database) as opened:
            held = OfferBook(opened.connection).held_out()
            WorkList(opened.connection).look_at(held, town.now + 60)
        town.holdout = None
        assert (held, town.step(after=60).messages, town.states("ann")) == (("ann",), 1, {"t.card": "sent"})


class TestHeldOutOnAFile(InAFile, HeldOutContract):
    pass


class TestHeldOutOnAServer(OnAServer, HeldOutContract):
    pass
