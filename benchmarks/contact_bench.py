"""What few contacts bring: the contact policy day by day, beside whoever knew everything beforehand.

Each instance is one person for half a year: offers become known at random days, some with a window that closes, and
bring random sums (log-normal). At most two messages in a month, three programmes each. What an offer brings falls with
the day it leaves (`recommender.contact.contact_plan.worth_after`). The hindsight optimum is an integer programme over
all days, with the same value and the same limits; it needs no break of the frequency and has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, lil_array

from features.calendar import DAY_SECONDS, Zone, anniversary
from recommender.changes.offer_state import OfferState, WindowState
from recommender.contact.contact_decision import ContactSituation, decide
from recommender.contact.contact_plan import worth_after
from recommender.contact.contact_policy import PUSH, Channel, ContactPolicy, Purpose
from recommender.contact.contact_record import SENT, Choices, Contact, ContactRecord, PastOffer
from recommender.contact.due_offer import DueOffer, terms_of
from recommender.rules.clause import Answer
from recommender.text import Text

INSTANCES, SEED, DAYS, FIRST = 40, 314, 180, 20_454
READY, ROOM, CONTACTS = 14, 3, 2
GREEDY, ARRIVAL, HINDSIGHT = "what brings most, at once", "in the order of arrival", "hindsight optimum"
POLICY: Final = ContactPolicy(
    {"notice": Purpose("notice", Text(en="Notice"), "application", Text(en="a law"))},
    {"webhook": Channel("webhook", PUSH, "notice", needs_choice=True, sensitive=False)},
    breaks=0,
    urgent_days=READY,
)
_ZONE: Final = Zone("UTC")


@dataclass(frozen=True)
class Arrival:
    """An offer: when it becomes known, when its window closes, what it brings in good time."""

    name: str
    known: int
    closes: int | None
    gain: int

    def worth(self, day: int) -> float:
        """What it brings when it leaves on a day."""
        if self.closes is None:
            return worth_after(self.gain, None, day - self.known, READY)
        return worth_after(self.gain, self.closes - self.known, day - self.known, READY)


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` takes what is being done."""
    return run(progress=progress)


def run(instances: int = INSTANCES, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Return the document of `proffer bench contact`: the share, in percent, of what could be brought in hindsight."""
    rng, taken, rows = np.random.default_rng(SEED), 0.0, []
    for instance in range(instances):
        progress(f"person {instance + 1} of {instances}")
        arrivals = _arrivals(rng)
        begun = time.process_time()
        ours = _ours(arrivals)
        taken += time.process_time() - begun
        simple = [_simple(arrivals, by_gain=by_gain) for by_gain in (True, False)]
        rows.append([ours, *simple, _best(arrivals)])
    table = np.array(rows)
    parts = (100 * table.sum(axis=0) / table[:, 3].sum()).tolist()
    shares = dict(zip(("ours", GREEDY, ARRIVAL, HINDSIGHT), parts, strict=True))
    peers = {name: share for name, share in shares.items() if name != "ours"}
    least = round(100 * float((table[:, 0] / table[:, 3]).min()), 1)
    return {
        "name": "contact",
        "work": f"the contacts of {instances} people in {DAYS} days",
        "unit": "% of the hindsight optimum",
        "ours": shares["ours"],
        "peers": peers,
        "ratio": {name: shares["ours"] / share for name, share in peers.items()},
        "equal_results": max(shares.values()) <= 100 + 1e-6,
        "details": [{"least share of a person": least, "ms of CPU a day": round(1e3 * taken / instances / DAYS, 2)}],
    }


def _arrivals(rng: np.random.Generator) -> list[Arrival]:
    """Some offers that are there at first, about five every two months later, and now and then a life event of many."""
    days = [0] * int(rng.integers(3, 12)) + sorted(rng.integers(1, DAYS - 20, int(rng.poisson(15))).tolist())
    days += [int(rng.integers(1, DAYS - 20))] * int(rng.integers(0, 7))
    found = []
    for place, day in enumerate(days):
        closes = None if rng.random() < 0.5 else day + int(rng.integers(10, 120))
        found.append(Arrival(f"p{place:02}", day, closes, round(float(rng.lognormal(13, 1.2)))))
    return found


def _ours(arrivals: Sequence[Arrival]) -> float:
    """What the policy brings, deciding each day with what is known then."""
    record = ContactRecord(choices=Choices(frozenset({"notice", "notice:webhook"})))
    left, total = {one.name: one for one in arrivals}, 0.0
    for day in range(DAYS):
        now = (FIRST + day) * DAY_SECONDS + DAY_SECONDS // 2
        known = [one for one in left.values() if one.known <= day and (one.closes is None or one.closes >= day)]
        states = {one.name: _state(one) for one in known}
        due = [
            DueOffer(
                one.name, terms_of(states[one.name]), "yes", one.gain, None if one.closes is None else one.closes - day
            )
            for one in known
        ]
        message = decide(POLICY, ContactSituation(now, _ZONE, due, {one.name: "" for one in known}, record)).message
        if message is None:
            continue
        total += sum(left.pop(one.programme).worth(day) for one in message.offers)
        sent = [PastOffer(one.programme, SENT, now, one.terms) for one in message.offers]
        record = replace(record, offers=(*record.offers, *sent), contacts=(*record.contacts, Contact(now)))
    return total


def _state(one: Arrival) -> OfferState:
    closes = None if one.closes is None else FIRST + one.closes
    return OfferState(
        Answer.YES, WindowState("open", None, closes, None), (one.gain, one.gain), held=False, apart=False
    )


def _simple(arrivals: Sequence[Arrival], *, by_gain: bool) -> float:
    """What is brought by whoever sends three whenever a contact is left: those that bring most, or the earliest."""
    left, made, total = {one.name: one for one in arrivals}, list[int](), 0.0
    for day in range(DAYS):
        known = [one for one in left.values() if one.known <= day and (one.closes is None or one.closes >= day)]
        month = [at for at in made if anniversary(FIRST + at, 1) > FIRST + day]
        if not known or len(month) >= CONTACTS:
            continue
        known.sort(key=lambda one: -one.gain if by_gain else one.known)
        made.append(day)
        total += sum(left.pop(one.name).worth(day) for one in known[:ROOM])
    return total


def _best(arrivals: Sequence[Arrival]) -> float:
    """What could have been brought, by an integer programme: offers that leave on days, messages that leave on days."""
    ends = [DAYS if one.closes is None else min(DAYS, one.closes + 1) for one in arrivals]
    chosen = [(i, day) for i, one in enumerate(arrivals) for day in range(one.known, ends[i])]
    gains = np.array([-arrivals[i].worth(day) for i, day in chosen] + [0.0] * DAYS)
    found = milp(
        gains, constraints=_limits(chosen, len(arrivals)), integrality=np.ones(gains.size), bounds=Bounds(0, 1)
    )
    return -float(found.fun)


def _limits(chosen: Sequence[tuple[int, int]], offers: int) -> LinearConstraint:
    """Each offer once, three of them in a message, two messages in any month."""
    messages = len(chosen)
    table = lil_array((offers + 2 * DAYS, messages + DAYS))
    for at, (offer, day) in enumerate(chosen):
        table[offer, at] = table[offers + day, at] = 1
    for day in range(DAYS):
        table[offers + day, messages + day] = -ROOM
        for other in range(day, DAYS):
            if FIRST + other < anniversary(FIRST + day, 1):
                table[offers + DAYS + day, messages + other] = 1
    most = np.array([1.0] * offers + [0.0] * DAYS + [float(CONTACTS)] * DAYS)
    return LinearConstraint(csr_array(table), ub=most)
