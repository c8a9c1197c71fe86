"""Offer worker: works off what happened: events, the people they touch, what differs for them, offers on record.

Every step is one commit: how far the log was worked off, the offers, the message they leave in and the decision behind
it are all on disk, or none is. A step that was cut short is made again, and makes the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from features.calendar import date_of
from features.log.event import Event
from features.problem import Rejected
from recommender.contact.contact_decision import HELD_OUT
from recommender.contact.contact_record import ALIVE, DUE, EXPIRED, SENT, WITHDRAWN
from recommender.contact.due_offer import DueOffer
from serving.proactive.message_body import addressed, offers_body, withdrawal_body
from serving.proactive.offer_book import (
    OFFERS_KIND,
    WITHDRAWAL_KIND,
    KeptMessage,
    KeptOffer,
    OfferBook,
    OnBook,
    latest,
)
from serving.proactive.offer_identity import OfferIdentity
from serving.proactive.offer_look import OfferLook, Watch
from serving.proactive.outbox import Outbox
from serving.proactive.person_choices import choices_of
from serving.proactive.store_access import Stores
from serving.proactive.work_list import Lag, WorkList
from serving.records.decision import Decision, Recorder
from serving.records.decision_log import DecisionLog
from serving.records.store import ServiceStore

__all__ = ["OfferWorker", "Worked"]

AT_ONCE: Final = 50
"""People looked at in one step: so long at most a step that was cut short is made again."""
_WAITING: Final = (
    HELD_OUT, "quiet_hours", "frequency", "next_message", "after_yes", "sensitive", "no_channel", "incompatible",
    "not_open",
)  # fmt: skip
"""Why something that is due does not leave: it is on the book, and whoever comes and looks may find it."""


class Worked(NamedTuple):
    """What one step did: people looked at, messages written, and what waits after it."""

    people: int
    messages: int
    lag: Lag


@dataclass(frozen=True)
class _BeforeLook:
    """What was read of one person, to be decided on."""

    citizen: str
    events: Sequence[Event]
    book: OnBook


@dataclass(frozen=True, eq=False)
class OfferWorker:
    """Works off one store.

    Attributes:
        stores: how it is opened.
        watch: who looks at people.
        ids: what names offers.
        recorder: what makes a decision of what leaves.
    """

    stores: Stores
    watch: Watch
    ids: OfferIdentity
    recorder: Recorder

    def step(self, now: int, most: int = AT_ONCE) -> Worked:
        """Work off the next events and the people due to be looked at; return what was done.

        People are looked at outside the transaction that writes, so that events come in meanwhile. Of whoever's book
        another process changed meanwhile nothing is written: they are looked at again in the next step. Of whoever was
        erased meanwhile nothing is written at all.

        Raises:
            Rejected: the store cannot be read or written now; nothing of the step was.
        """
        with self.stores.reading() as store:
            work = WorkList(store.connection)
            done, touched = work.done, work.touched(most)
            people = tuple(dict.fromkeys((*touched.people, *work.due(now, most))))
            book = OfferBook(store.connection)
            read = [_BeforeLook(one, list(store.log.events([one])), book.on_book(one)) for one in people]
        looks = [(one, self.look(one.citizen, one.events, now, one.book)) for one in read]
        with self.stores.writing() as store:
            work = WorkList(store.connection)
            if work.done != done:
                return Worked(0, 0, work.lag(now))
            messages = 0
            erased = store.erased(people)
            for one, look in ((one, look) for one, look in looks if one.citizen not in erased):
                if OfferBook(store.connection).on_book(one.citizen) == one.book:
                    messages += self._written(store, one.citizen, look)
                else:
                    work.look_again(one.citizen, now)
            work.finish(touched.upto)
            return Worked(len(people), messages, work.lag(now))

    def look(self, citizen: str, events: Sequence[Event], now: int, book: OnBook) -> OfferLook | None:
        """Look at a person; None where nobody may be written to about them, or their events cannot be read."""
        if not events or not (book.offers or self.watch.may_concern(events)):
            return None
        try:
            return self.watch.look(events, citizen, now, book)
        except Rejected:
            return None  # two sources contradict each other: whoever corrects it makes an event

    def _written(self, store: ServiceStore, citizen: str, look: OfferLook | None) -> int:
        """Write what a look decided; return how many messages leave."""
        work = WorkList(store.connection)
        if look is None:
            work.forget(citizen)
            return 0
        count = self.write(store, look)
        work.look_again(citizen, self.watch.next_look(look))
        return count

    def write(self, store: ServiceStore, look: OfferLook) -> int:
        """Write the offers, the messages and the decision of a look within a transaction; return how many messages."""
        book = OfferBook(store.connection)
        messages = [*self._offered(look), *self._taken_back(look, _marked(store, look))]
        made = ""
        held = {one.programme for one in look.decision.kept if one.reason == HELD_OUT}
        held -= {row.programme for row in look.book.offers if row.state == DUE and row.reason == HELD_OUT}
        if messages or held:  # that something begins to wait by a holdout is on record as what leaves is
            decision = self._decision(look, messages)
            DecisionLog(store.connection).write(decision, look.now)
            made = decision.id
        for message in messages:
            said = addressed({**message.body, "decision": made}, message.id, look.citizen, look.now)
            text = json.dumps(said, ensure_ascii=False, sort_keys=True)
            book.post(KeptMessage(message.id, look.citizen, message.kind, message.channel, look.now,
                                  message.urgent, text, next=look.now))  # fmt: skip
        for offer in self._offers(look, messages, made):
            book.put(offer)
        return len(messages)

    def _offered(self, look: OfferLook) -> Iterator[_Outgoing]:
        message = look.decision.message
        if message is not None:
            ids = {one.programme: look.id_of(one, self.ids) for one in message.offers}
            body = offers_body(message, ids, look.found)
            name = self.ids.message(OFFERS_KIND, (f"{one} {_put_off(look, one)}" for one in ids.values()))
            yield _Outgoing(name, OFFERS_KIND, message.channel, body, message.urgent, ids)

    def _taken_back(self, look: OfferLook, marked: Collection[str]) -> Iterator[_Outgoing]:
        """One message through each channel whose offers have to be taken back; none through one that is refused now.

        A sensitive programme (`marked`) is named only where its channel is still chosen for it.
        """
        told = [one for one in look.decision.withdrawals if one.told]
        if not told:
            return
        engine, policy, kept = self.watch.engine, self.watch.policy, latest(look.book.offers)
        choices = choices_of(look.history, look.citizen, look.now + 1, policy, marked)
        for channel in dict.fromkeys(kept[one.programme].channel for one in told):
            if channel not in policy.channels or choices.may_use(policy, channel):
                continue
            taken = [
                one
                for one in told
                if kept[one.programme].channel == channel
                and (one.programme not in marked or choices.may_carry(policy, channel, one.programme))
            ]
            if taken:
                ids = {one.programme: kept[one.programme].id for one in taken}
                body = withdrawal_body(taken, ids, marked, engine.catalogue, engine.messages)
                name = self.ids.message(WITHDRAWAL_KIND, (f"{one} {_put_off(look, one)}" for one in ids.values()))
                yield _Outgoing(name, WITHDRAWAL_KIND, channel, body, False, ids)

    def _decision(self, look: OfferLook, messages: Sequence[_Outgoing]) -> Decision:
        """The decision behind what leaves: all that was known, and why nothing else did."""
        said = {
            "at": look.now,
            "messages": [{"id": one.id, "kind": one.kind, "channel": one.channel, "urgent": one.urgent,
                          "purpose": self.watch.policy.channels[one.channel].purpose,
                          "offers": list(one.offers.values()), "programmes": list(one.offers)} for one in messages],
            "withdrawn": [list(one) for one in look.decision.withdrawals],
            "kept": [list(one) for one in look.decision.kept],
            **self._chance(look),
            **({"not_read": list(look.closed)} if look.closed else {}),
            **({"stopped": list(look.unordered)} if look.unordered else {}),
        }  # fmt: skip
        recorder = self.recorder.by_rules if look.by_rules else self.recorder
        return recorder.decide(look.person, date_of(look.found.day), None, look.citizen, "offer", said)

    def _chance(self, look: OfferLook) -> dict[str, Any]:
        """What was left to chance, and with which propensity: of what leaves, and of what waits by a holdout."""
        holdout, message = self.watch.holdout, look.decision.message
        if holdout is None:
            return {}
        names = [one.programme for one in message.offers] if message else []
        names += [one.programme for one in look.decision.kept if one.reason == HELD_OUT]
        told = ((name, look.situation.delays[name]) for name in names)
        drawn = [
            {"programme": name, "waits": one.waits, "why": one.why, "propensity": one.propensity} for name, one in told
        ]
        return {"holdout": {**holdout.to_document(), "signed_by": list(holdout.signed_by), "contacts": drawn}}

    def _offers(self, look: OfferLook, messages: Sequence[_Outgoing], decision: str) -> Iterator[KeptOffer]:
        """The rows that are new or another than on the book, those whose place is taken first."""
        before, due = latest(look.book.offers), {one.programme: one for one in look.situation.due}
        changed = {one.id: one for one in look.book.offers}
        for name, reason, _ in look.decision.withdrawals:
            state = EXPIRED if reason in ("received", "closed") else WITHDRAWN
            gone = before[name]
            changed[gone.id] = replace(gone, state=state, changed=look.now, reason=reason)
        leaving = {id_: one for one in messages if one.kind == OFFERS_KIND for id_ in one.offers.values()}
        for one in look.decision.message.offers if look.decision.message else ():
            way = leaving[look.id_of(one, self.ids)]
            row = replace(self.row(look, one), state=SENT, reason="", changed=look.now, terms=one.terms, until=None)
            changed |= _in_place(changed, replace(row, channel=way.channel, message=way.id, decision=decision))
        for kept in look.decision.kept:
            row = self.row(look, due[kept.programme])
            if kept.reason in _WAITING and row.state == DUE:
                by = decision if kept.reason == HELD_OUT and decision else row.decision
                changed |= _in_place(
                    changed, replace(row, reason=kept.reason, terms=due[kept.programme].terms, decision=by)
                )
        yield from (one for one in changed.values() if one not in look.held.offers)

    def row(self, look: OfferLook, one: DueOffer) -> KeptOffer:
        """Return the row of an offer that is due: the one on the book, or a new one."""
        id_ = look.id_of(one, self.ids)
        found = next((row for row in look.book.offers if row.id == id_), None)
        return found or KeptOffer(id_, look.citizen, one.programme, DUE, look.now, look.now, one.terms)


@dataclass(frozen=True)
class _Outgoing:
    """A message on its way into the outbox."""

    id: str
    kind: str
    channel: str
    body: dict[str, Any]
    urgent: bool
    offers: Mapping[str, str]
    """Ids by programme."""


def _marked(store: ServiceStore, look: OfferLook) -> frozenset[str]:
    """The programmes taken back that are sensitive: as their offer was marked when it left."""
    outbox, kept = Outbox(store.connection), latest(look.book.offers)
    left = [outbox.find(kept[one.programme].message) for one in look.decision.withdrawals if one.told]
    named = [one for message in left if message is not None for one in json.loads(message.body)["offers"]]
    return frozenset(one["programme"] for one in named if one.get("sensitive"))


def _put_off(look: OfferLook, offer: str) -> int:
    """Until when an offer was put off: what tells the message that reminds of it from the first."""
    return next((row.until or 0 for row in look.book.offers if row.id == offer), 0)


def _in_place(rows: dict[str, KeptOffer], row: KeptOffer) -> dict[str, KeptOffer]:
    """A row, and those of the same programme that stand for another window, which are over with it."""
    others = [one for one in rows.values() if one.programme == row.programme and one.id != row.id]
    over = [replace(one, state=EXPIRED, changed=row.changed, reason="closed") for one in others if one.state in ALIVE]
    return {one.id: one for one in (*over, row)}
