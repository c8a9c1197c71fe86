"""Leave check: whether a message that waits may still leave, by all that stands at the moment of the try."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.problem import Rejected
from recommender.contact.contact_record import ALIVE
from serving.proactive.offer_book import OFFERS_KIND, REFUSED, KeptMessage, OfferBook
from serving.proactive.outbox import Outbox
from serving.proactive.person_choices import choices_of
from serving.proactive.work_list import WorkList

if TYPE_CHECKING:
    from serving.proactive.offer_look import OfferLook, Watch
    from serving.proactive.store_access import Stores
    from serving.records.store import ServiceStore

__all__ = ["may_leave", "refuse"]


def may_leave(stores: Stores, message: KeptMessage, now: int, watch: Watch) -> bool:
    """Whether every offer in a message still stands, and the person still agrees to the channel for all it names.

    The person is looked at again, as the offer worker looks, outside any transaction that writes. Whoever may not be
    judged now, or of whom two sources contradict each other, is sent nothing.
    """
    with stores.reading() as store:
        events = list(store.log.events([message.citizen]))
        book = OfferBook(store.connection).on_book(message.citizen)
    try:
        look = watch.look(events, message.citizen, now, book) if events else None
    except Rejected:
        look = None
    named = json.loads(message.body)["offers"]
    if look is None or message.channel not in watch.policy.channels:
        return False
    sensitive = {one["programme"] for one in named if one.get("sensitive")}
    choices = choices_of(look.history, message.citizen, now + 1, watch.policy, sorted(sensitive))
    agreed = choices.may_use(watch.policy, message.channel) is None and all(
        choices.may_carry(watch.policy, message.channel, name) for name in sensitive
    )
    return agreed and (message.kind != OFFERS_KIND or _all_stand(message, named, look))


def refuse(store: ServiceStore, message: KeptMessage, now: int) -> None:
    """End a message that may not leave; the person is looked at again, so that what still stands leaves in another."""
    Outbox(store.connection).end(message, REFUSED, now, "what it says no longer stands, or is not agreed to")
    if not store.erased([message.citizen]):  # of whoever was erased meanwhile nothing is written
        WorkList(store.connection).look_again({message.citizen: now})


def _all_stand(message: KeptMessage, named: list[dict[str, Any]], look: OfferLook) -> bool:
    """Whether each offer named is on the book as left in this message, and stands offered by the rules of now.

    What was declined, put off, stopped, excluded, received or closed has another reason than `offered`.
    """
    offered = {one.programme for one in look.decision.kept if one.reason == "offered"}
    mine = {
        one.id: one.programme for one in look.book.offers if one.message == message.id and one.state in ALIVE
    }  # fmt: skip
    return all(mine.get(one["id"]) in offered for one in named)
