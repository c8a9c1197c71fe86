"""Offer worker: works off what happened: events, the people they touch, what differs for them, offers on record.

Every step is one commit: how far the log was worked off, the offers, the message they leave in and the decision behind
it are all on disk, or none is. A step that was cut short is made again, and makes the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from features.log.event import Event
from serving.proactive.look_outcome import LookOutcome, OutcomeMaker
from serving.proactive.offer_book import OfferBook, OnBook, latest
from serving.proactive.offer_look import OfferLook, Watch
from serving.proactive.outbox import Outbox
from serving.proactive.store_access import Stores
from serving.proactive.work_list import WHOLE, Lag, Touched, WorkList, WorkPart
from serving.records.decision_log import DecisionLog
from serving.records.store import ServiceStore

__all__ = ["OfferWorker", "Worked"]

AT_ONCE: Final = 500
"""Events worked off, and people looked at to whom nothing happened, in one step.

What is worked out once for all people of a step takes less of each, the more they are; a step that was cut short is
made again, and what happens meanwhile waits for its end."""


class Worked(NamedTuple):
    """What one step did: people looked at, messages written, and what waits after it."""

    people: int
    messages: int
    lag: Lag


@dataclass(frozen=True, eq=False)
class OfferWorker:
    """Works off one store.

    Attributes:
        stores: how it is opened.
        maker: what makes of a look all that is written of it.
        part: whom of those to whom nothing happened it looks at, where several processes share them.
    """

    stores: Stores
    maker: OutcomeMaker
    part: WorkPart = WHOLE

    @property
    def watch(self) -> Watch:
        """Who looks at people."""
        return self.maker.watch

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
            done = work.done
            touched = work.touched(most) if self.part.place == 1 else Touched((), done)
            people = tuple(dict.fromkeys((*touched.people, *work.due(now, most, self.part))))
            lives, books = store.log.lives(people), OfferBook(store.connection).on_books(people)
        looks = self.looks(lives, now, books)
        made = self._outcomes(looks)
        with self.stores.writing() as store:
            work = WorkList(store.connection)
            if self.part.place == 1 and work.done != done:
                return Worked(0, 0, work.lag(now))
            erased, held = store.erased(people), OfferBook(store.connection).on_books(people)
            changed = {one for one in people if held[one] != books[one] and one not in erased}
            written = [made[one] for one in people if one not in erased and one not in changed]
            _write(store, written, now)
            work.look_again({one.citizen: one.again for one in written} | dict.fromkeys(changed, now))
            if self.part.place == 1:
                work.finish(touched.upto)
            return Worked(len(people), sum(len(one.messages) for one in written), work.lag(now))

    def looks(
        self, lives: Mapping[str, Sequence[Event]], now: int, books: Mapping[str, OnBook]
    ) -> dict[str, OfferLook | None]:
        """Look at people; None where nobody may be written to about somebody, or their events cannot be read.

        Where two sources contradict each other, whoever corrects that makes an event.
        """
        may = {one: life for one, life in lives.items() if life and (books[one].offers or self.watch.may_concern(life))}
        found = self.watch.looks(may, now, books) if may else {}
        return {one: found.get(one) for one in lives}

    def _outcomes(self, looks: Mapping[str, OfferLook | None]) -> dict[str, LookOutcome]:
        """What is to be written of looks; nothing yet is."""
        marked = self._marked([look for look in looks.values() if look is not None])
        return {
            citizen: LookOutcome(citizen) if look is None else self.maker.outcome(look, marked.get(citizen, ()))
            for citizen, look in looks.items()
        }

    def _marked(self, looks: Sequence[OfferLook]) -> dict[str, frozenset[str]]:
        """By person, the programmes taken back that are sensitive: as their offer was marked when it left."""
        left = {
            look.citizen: [latest(look.book.offers)[one.programme].message for one in told]
            for look in looks
            if (told := [one for one in look.decision.withdrawals if one.told])
        }
        if not left:
            return {}
        with self.stores.reading() as store:
            outbox = Outbox(store.connection)
            found = {citizen: [outbox.find(name) for name in names] for citizen, names in left.items()}
        named = {
            citizen: [one for message in messages if message is not None for one in json.loads(message.body)["offers"]]
            for citizen, messages in found.items()
        }
        return {
            citizen: frozenset(one["programme"] for one in offers if one.get("sensitive"))
            for citizen, offers in named.items()
        }


def _write(store: ServiceStore, outcomes: Sequence[LookOutcome], now: int) -> None:
    """Write the decisions, messages and offers of some looks within a transaction."""
    book = OfferBook(store.connection)
    DecisionLog(store.connection).write_all([one.decision for one in outcomes if one.decision is not None], now)
    book.post([message for one in outcomes for message in one.messages])
    book.put([offer for one in outcomes for offer in one.offers])
