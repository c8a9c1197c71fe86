"""Look outcome: all that is written of one look: the messages that leave, the decision behind them, and the offers."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from features.calendar import date_of
from recommender.contact.contact_decision import HELD_OUT
from recommender.contact.contact_record import ALIVE, DUE, EXPIRED, SENT, WITHDRAWN
from serving.proactive.message_body import addressed, offers_body, withdrawal_body
from serving.proactive.offer_book import OFFERS_KIND, WITHDRAWAL_KIND, KeptMessage, KeptOffer, latest
from serving.proactive.person_choices import choices_of

if TYPE_CHECKING:
    from recommender.contact.due_offer import DueOffer
    from serving.proactive.offer_identity import OfferIdentity
    from serving.proactive.offer_look import OfferLook, Watch
    from serving.records.decision import Decision, Recorder

__all__ = ["LookOutcome", "OutcomeMaker"]

_WAITING: Final = (
    HELD_OUT, "quiet_hours", "frequency", "next_message", "after_yes", "sensitive", "no_channel", "incompatible",
    "not_open",
)  # fmt: skip
"""Why something that is due does not leave: it is on the book, and whoever comes and looks may find it."""


@dataclass(frozen=True)
class LookOutcome:
    """What is to be written of a look.

    Attributes:
        citizen: who was looked at.
        again: the UTC second of the next look; None where only an event brings one about.
        messages: what leaves.
        decision: the one behind them; None where nothing leaves.
        offers: the rows of the book that are new or another than on it, those whose place is taken first.
    """

    citizen: str
    again: int | None = None
    messages: Sequence[KeptMessage] = ()
    decision: Decision | None = None
    offers: Sequence[KeptOffer] = ()


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


@dataclass(frozen=True, eq=False)
class OutcomeMaker:
    """Makes outcomes of looks; nothing is read or written.

    Attributes:
        watch: who looked.
        ids: what names offers.
        recorder: what makes a decision of what leaves.
    """

    watch: Watch
    ids: OfferIdentity
    recorder: Recorder

    def outcome(self, look: OfferLook, marked: Collection[str]) -> LookOutcome:
        """Return what is written of a look; of what it takes back, `marked` are the programmes that are sensitive."""
        look = self._asking(look)
        messages = [*self._offered(look), *self._taken_back(look, marked)]
        held = {one.programme for one in look.decision.kept if one.reason == HELD_OUT}
        fresh = held - {row.programme for row in look.book.offers if row.state == DUE and row.reason == HELD_OUT}
        # that something begins to wait by a holdout is on record as what leaves is
        decision = self._decision(look, messages, held) if messages or fresh else None
        made = decision.id if decision else ""
        kept = [
            KeptMessage(one.id, look.citizen, one.kind, one.channel, look.now, one.urgent,
                        _text(addressed({**one.body, "decision": made}, one.id, look.citizen, look.now)), next=look.now)
            for one in messages
        ]  # fmt: skip
        offers = tuple(self._offers(look, messages, made))
        return LookOutcome(look.citizen, self.watch.next_look(look), kept, decision, offers)

    def _asking(self, look: OfferLook) -> OfferLook:
        """The look with what to ask, where a message of it asks something."""
        if look.decision.message is None or look.decision.message.asks is None:
            return look
        asks = self.watch.engine.asks(look.person, date_of(look.found.day))
        return replace(look, found=replace(look.found, asks=asks))

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

    def _decision(self, look: OfferLook, messages: Sequence[_Outgoing], held: Collection[str]) -> Decision:
        """The decision behind what leaves: all that was known, what is said of it, and why nothing else left."""
        message, offered = look.decision.message, [one for one in messages if one.kind == OFFERS_KIND]
        said = {
            "at": look.now,
            "messages": [{"id": one.id, "kind": one.kind, "channel": one.channel, "urgent": one.urgent,
                          "purpose": self.watch.policy.channels[one.channel].purpose,
                          "offers": list(one.offers.values()), "programmes": list(one.offers)} for one in messages],
            "of": sorted({*held, *(name for one in offered for name in one.offers)}),
            "asked": message.asks[0] if message is not None and message.asks else None,
            "withdrawn": [list(one) for one in look.decision.withdrawals],
            "kept": [list(one) for one in look.decision.kept],
            **self._chance(look),
            **({"not_read": list(look.closed)} if look.closed else {}),
            **({"stopped": list(look.unordered)} if look.unordered else {}),
        }  # fmt: skip
        recorder = self.recorder.by_rules if look.by_rules else self.recorder
        return recorder.written(look.person, look.found, None, look.citizen, "offer", said)

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
            if kept.reason in _WAITING:
                row = self.row(look, due[kept.programme])
                if row.state == DUE:
                    by = decision if kept.reason == HELD_OUT and decision else row.decision
                    row = replace(row, reason=kept.reason, terms=due[kept.programme].terms, decision=by)
                    changed |= _in_place(changed, row)
        held = {one.id: one for one in look.held.offers}
        yield from (one for one in changed.values() if held.get(one.id) != one)

    def row(self, look: OfferLook, one: DueOffer) -> KeptOffer:
        """Return the row of an offer that is due: the one on the book, or a new one."""
        id_ = look.id_of(one, self.ids)
        found = next((row for row in look.book.offers if row.id == id_), None)
        return found or KeptOffer(id_, look.citizen, one.programme, DUE, look.now, look.now, one.terms)


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def _put_off(look: OfferLook, offer: str) -> int:
    """Until when an offer was put off: what tells the message that reminds of it from the first."""
    return next((row.until or 0 for row in look.book.offers if row.id == offer), 0)


def _in_place(rows: dict[str, KeptOffer], row: KeptOffer) -> dict[str, KeptOffer]:
    """A row, and those of the same programme that stand for another window, which are over with it."""
    others = [one for one in rows.values() if one.programme == row.programme and one.id != row.id]
    over = [replace(one, state=EXPIRED, changed=row.changed, reason="closed") for one in others if one.state in ALIVE]
    return {one.id: one for one in (*over, row)}
