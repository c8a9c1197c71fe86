"""The offer desk: what one citizen is offered now, and what becomes of it when they decline it or put it off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from features.calendar import DAY_SECONDS
from features.log.event import Event, rfc3339
from recommender.contact.contact_policy import PULL
from recommender.contact.contact_record import ALIVE, DECLINED, SNOOZED, WITHDRAWN
from serving.http.problem_documents import NOT_FOUND, OFFER_SETTLED, UNPROCESSABLE, ProblemItemValue, RefusedError
from serving.http.record_desk import OpenableStore, available
from serving.proactive.message_body import offer_json
from serving.proactive.offer_book import KeptOffer, OfferBook
from serving.proactive.offer_look import OfferLook
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.person_choices import DECLINE
from serving.proactive.work_list import OWN_SOURCE, WorkList
from serving.records.store import ServiceStore

__all__ = ["OfferDesk"]

_NOBODY: Final = "There is no such offer, or the token is not for reading it."
_LATER: Final = "The offers cannot be read now; ask again."
_RECENT_DAYS: Final = 90
"""So long an offer that was taken back is told."""


class OfferDesk:
    """Reads and answers the offers of one store."""

    def __init__(self, home: OpenableStore, worker: Callable[[], OfferWorker]) -> None:
        """Nothing is opened yet; `worker` looks at people with the engine of the moment."""
        self._home = home
        self._worker = worker

    def offers(self, citizen: str, channel: str | None, now: int, *, acting: bool = False) -> Mapping[str, Any]:
        """What a citizen is offered through a channel that they look at themselves, and what was taken back lately.

        Every rule holds as of now: what they agreed to, what they hold, what they declined. To whoever is `acting` for
        them nothing is told that is sensitive, or rests on a sensitive fact, or of what was taken back.

        Raises:
            RefusedError: 404, nothing is known of them; 422, there is no such channel; 503.
        """
        worker, channel = self._worker(), self._channel(channel)
        with available(_LATER):
            if not self._home.has_events:
                raise RefusedError(NOT_FOUND, _NOBODY)
            with self._home.store() as store:
                look = self._looked(store, worker, citizen, now, acting)
        offers = [] if look is None else list(_listed(look, worker, channel, acting))
        withdrawn = [] if look is None or acting else list(_taken_back(look))
        return {"channel": channel, "offers": offers, "withdrawn": withdrawn}

    def decline(self, citizen: str, offer: str, now: int, *, acting: bool = False) -> Mapping[str, Any]:
        """Decline an offer: it is on the log, and the programme is offered again only once it changed.

        Raises:
            RefusedError: 404, there is no such offer of theirs; 409, it does not stand any more; 503.
        """
        with self._answering() as store:
            found = self._standing(store, citizen, offer, now, acting)
            if found.state == DECLINED:
                return _answer(found)
            done = replace(found, state=DECLINED, changed=now, until=None, reason="")
            OfferBook(store.connection).put([done])
            known = self._worker().watch.engine.declaration.events
            if DECLINE in known:
                told = {"programme": found.programme} if "programme" in known[DECLINE].fields else {}
                store.log.append([Event(f"{offer}:declined", OWN_SOURCE, citizen, DECLINE, now, now, told)])
            return _answer(done)

    def snooze(self, citizen: str, offer: str, until: int, now: int, *, acting: bool = False) -> Mapping[str, Any]:
        """Put an offer off until a local day begins: it leaves again after that, if it stands then.

        Raises:
            RefusedError: 404; 409, it does not stand or was declined; 422, the day is past or too far; 503.
        """
        worker = self._worker()
        zone = worker.watch.engine.declaration.zone
        today = zone.local_seconds(now) // DAY_SECONDS
        if not today < until <= worker.watch.policy.longest_snooze.after(today):
            item = ProblemItemValue("/until", "a day after today, at most as far as the contact policy allows")
            raise RefusedError(UNPROCESSABLE, "The offer cannot be put off until then.", [item])
        with self._answering() as store:
            found = self._standing(store, citizen, offer, now, acting)
            if found.state == DECLINED:
                raise RefusedError(OFFER_SETTLED, "The offer was declined.")
            second = now + until * DAY_SECONDS - zone.local_seconds(now)
            done = replace(found, state=SNOOZED, changed=now, until=second, reason="")
            OfferBook(store.connection).put([done])
            WorkList(store.connection).look_again({citizen: now})  # from which follows when it may leave again
            return _answer(done)

    def _channel(self, named: str | None) -> str:
        channels = [name for name, one in self._worker().watch.policy.channels.items() if one.mode == PULL]
        if named is None and channels:
            return channels[0]
        if named not in channels:
            item = ProblemItemValue("/channel", f"one of {', '.join(channels)}")
            raise RefusedError(UNPROCESSABLE, "There is no such channel to look at.", [item])
        return str(named)

    @contextmanager
    def _answering(self) -> Iterator[ServiceStore]:
        with available("The answer cannot be written now; send it again."):
            if not self._home.has_events:
                raise RefusedError(NOT_FOUND, _NOBODY)
            with self._home.store_to_write() as store:
                yield store

    def _looked(
        self, store: ServiceStore, worker: OfferWorker, citizen: str, now: int, acting: bool
    ) -> OfferLook | None:
        """Look at somebody; None where they may not be judged now."""
        events = list(store.log.events([citizen]))
        book = OfferBook(store.connection).on_book(citizen)
        if not events:
            raise RefusedError(NOT_FOUND, _NOBODY)
        hidden = worker.watch.engine.declaration.sensitive_facts if acting else ()
        return worker.watch.look(events, citizen, now, book, hidden)

    def _standing(self, store: ServiceStore, citizen: str, offer: str, now: int, acting: bool) -> KeptOffer:
        """An offer of a citizen that can be answered: on the book, or due and about to be.

        Whoever is `acting` for them answers only what they are told of, whatever else is on the book.
        """
        worker = self._worker()
        found = None if acting else OfferBook(store.connection).find(offer)
        if found is None:
            look = self._looked(store, worker, citizen, now, acting)
            due = [] if look is None else [one for one in look.situation.due if not (acting and one.sensitive)]
            rows = [] if look is None else [worker.maker.row(look, one) for one in due]
            found = next((one for one in rows if one.id == offer), None)
        if found is None or found.citizen != citizen:
            raise RefusedError(NOT_FOUND, _NOBODY)
        if found.state not in (*ALIVE, DECLINED):
            raise RefusedError(OFFER_SETTLED, "The offer was taken back, or is over.")
        return found


def _listed(look: OfferLook, worker: OfferWorker, channel: str, acting: bool) -> Iterator[dict[str, Any]]:
    by_id = {one.programme.id: one for one in look.found.shown}
    for due in look.decision.listed.get(channel, ()):
        if acting and due.sensitive:
            continue
        row = worker.maker.row(look, due)
        told = offer_json(due, row.id, by_id[due.programme])
        decision = None if acting else row.decision or None  # which only the person may read
        yield {**told, "state": row.state, "made": rfc3339(row.made), "decision_id": decision}


def _taken_back(look: OfferLook) -> Iterator[dict[str, Any]]:
    since = look.now - _RECENT_DAYS * DAY_SECONDS
    for one in look.book.offers:
        if one.state == WITHDRAWN and one.message and one.changed >= since:
            yield {"id": one.id, "programme": one.programme, "reason": one.reason, "changed": rfc3339(one.changed)}


def _answer(offer: KeptOffer) -> dict[str, Any]:
    until = None if offer.until is None else rfc3339(offer.until)
    return {"id": offer.id, "state": offer.state, "changed": rfc3339(offer.changed), "until": until}
