"""Message sender: takes messages out of the outbox and sends them; at least once, and under one id each time.

A message is sent outside any transaction and marked after that: a sender that is killed in between sends it again,
under the same id, and the receiver drops it. Before each try the person is looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple, Protocol

from features.declaration.declaration import Declaration
from features.log.event import Event
from recommender.contact.contact_record import utc_of
from serving.proactive.leave_check import may_leave, refuse
from serving.proactive.offer_book import FAILED, OFFERS_KIND, KeptMessage
from serving.proactive.offer_look import Watch
from serving.proactive.outbox import Outbox, retry_after
from serving.proactive.store_access import Stores
from serving.proactive.webhook_post import Posted
from serving.proactive.webhook_signature import WebhookKeys
from serving.proactive.work_list import OWN_SOURCE

__all__ = ["MessageSender", "Sent", "WebhookReceiver", "shown"]

AT_ONCE: Final = 20
WEBHOOK: Final = "webhook"
SHOWN: Final = "benefit.shown"


class Receiver(Protocol):
    """Where messages are sent."""

    def send(self, headers: Mapping[str, str], body: bytes) -> Posted:
        """Send once; whatever goes wrong is said, never raised."""
        ...


class Sent(NamedTuple):
    """What one step did: messages delivered, put off, and ended without being delivered."""

    delivered: int = 0
    put_off: int = 0
    ended: int = 0


@dataclass(frozen=True, eq=False)
class WebhookReceiver:
    """The receiver of a deployment's webhook.

    Attributes:
        post: sends to it.
        keys: what messages are signed with.
        name: a hash of its address, under which is remembered that it wants no more.
    """

    post: Receiver
    keys: WebhookKeys
    name: str


@dataclass(frozen=True, eq=False)
class MessageSender:
    """Sends what is due through the webhook.

    Attributes:
        stores: how the store is opened.
        watch: gives who looks at people at the moment of a try.
        receiver: where it goes.
        rng: what spreads the tries.
    """

    stores: Stores
    watch: Callable[[], Watch]
    receiver: WebhookReceiver
    rng: Random

    def step(self, now: int, most: int = AT_ONCE) -> Sent:
        """Send the messages that are due, at most so many; nothing while the receiver wants no more.

        Raises:
            Rejected: the store cannot be read or written now.
        """
        with self.stores.writing() as store:
            outbox = Outbox(store.connection)
            if outbox.is_closed(self.receiver.name):
                return Sent()
            taken = outbox.take([WEBHOOK], now, most)
        done = [self._tried(one, now) for one in taken]
        return Sent(done.count("delivered"), done.count("put_off"), done.count("ended"))

    def _tried(self, message: KeptMessage, now: int) -> str:
        """Send one message where it may leave now; within quiet hours it waits, and that is no try."""
        watch = self.watch()
        zone = watch.engine.declaration.zone
        quiet = watch.policy.quiet_until(zone.local_seconds(now))
        if quiet is not None:
            with self.stores.writing() as store:
                Outbox(store.connection).wait(message, utc_of(quiet, now, zone))
            return "put_off"
        if may_leave(self.stores, message, now, watch):
            return self._sent(message, now, watch.engine.declaration)
        with self.stores.writing() as store:
            refuse(store, message, now)
        return "ended"

    def _sent(self, message: KeptMessage, now: int, declaration: Declaration) -> str:
        """Send one message and write what came of it."""
        body = message.body.encode()
        found = self.receiver.post.send(self.receiver.keys.headers(message.id, now, body), body)
        with self.stores.writing() as store:
            outbox = Outbox(store.connection)
            if found.is_accepted:
                outbox.delivered(message, now)
                store.log.append(shown(message, now, declaration))
                return "delivered"
            if found.is_gone:
                outbox.close_receiver(self.receiver.name, now)
                outbox.put_off(message, now, found.detail)
                return "put_off"
            wait = retry_after(message.attempts, found.wait, self.rng)
            if wait is None:
                outbox.end(message, FAILED, now, found.detail)
                return "ended"
            outbox.put_off(message, now + wait, found.detail)
            return "put_off"


def shown(message: KeptMessage, now: int, declaration: Declaration) -> Iterator[Event]:
    """Yield the events that say what a message showed, where the declaration knows such events.

    Their ids follow from the offers and the message, so that what is delivered twice is shown once.
    """
    known = declaration.events.get(SHOWN)
    if message.kind != OFFERS_KIND or known is None:
        return
    channel = known.fields.get("channel")
    named = {"channel": message.channel} if channel and message.channel in channel.values else {}
    for place, one in enumerate(json.loads(message.body)["offers"], start=1):
        data: dict[str, object] = {"programme": one["programme"], "position": place, **named}
        told = {name: value for name, value in data.items() if name in known.fields}
        yield Event(f"{one['id']}:{message.id}", OWN_SOURCE, message.citizen, SHOWN, now, now, told)
