"""A small deployment for tests: a store, an engine of a few programmes, a policy, and people to whom things happen."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from features.log.event_parser import parse_event
from recommender.contact.contact_policy import parse_contact_policy
from serving.proactive.look_outcome import OutcomeMaker
from serving.proactive.offer_book import OfferBook
from serving.proactive.offer_identity import OfferIdentity
from serving.proactive.offer_look import Watch
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.store_access import Stores
from serving.proactive.work_list import WorkList
from serving.records import store
from serving.records.decision import Recorder
from serving.records.decision_log import DecisionLog
from serving.records.switched_off import Stop, Stops
from tests.recommender.contact.policies import DOCUMENT, NOTICE

DAY = 86_400
NOW = 1_793_500_000 // DAY * DAY + 3 * 3600  # noon of 1 November 2026 in Seoul
POLICY = parse_contact_policy(
    {
        **DOCUMENT,
        "channels": {**DOCUMENT["channels"], "caseworker": {"mode": "push", "purpose": NOTICE, "sensitive": True}},
    },
    ("en",),
)
WEBHOOK = (NOTICE, f"{NOTICE}:webhook")


@dataclass
class Deployment:
    """One store with what works it off; `now` moves as tests say."""

    database: object
    engine: object
    now: int = NOW
    policy: object = POLICY
    count: int = field(default=0)
    stopped: set = field(default_factory=set)
    """Programmes, or pairs of a kind and a name."""
    holdout: object = None

    @property
    def stores(self):
        return Stores(lambda: store.reading(self.database), lambda: store.writing(self.database))

    @property
    def worker(self):
        off = [("programme", one) if isinstance(one, str) else one for one in sorted(self.stopped, key=str)]
        watch = Watch(self.engine, self.policy, stops=Stops(tuple(Stop(*one, "kim", "it is wrong", "") for one in off)),
                      holdout=self.holdout)  # fmt: skip
        return OfferWorker(self.stores, OutcomeMaker(watch, OfferIdentity(bytes(32)), Recorder(self.engine)))

    def event(self, who, kind, data=None, ago=3600, name=None, about=()):
        self.count += 1
        at = self.now - ago
        document = {
            "specversion": "1.0", "id": name or f"{who}-{self.count}", "source": "registry/births", "subject": who,
            "type": kind, "time": written(at), "recordedtime": written(at), "data": dict(data or {}),
        }  # fmt: skip
        if about:
            document["data"]["about"] = list(about)
        return parse_event(document, self.engine.declaration)

    def tell(self, *events):
        with store.writing(self.database) as opened:
            opened.log.append(events)

    def settle(self, who, *consents, **facts):
        """Somebody of whom facts are known, who agreed to be written to."""
        said = [self.event(who, "consent.given", {"purpose": one}) for one in consents]
        self.tell(self.event(who, "fact.stated", {"birth_date": "1993-04-02", "sex": "male", **facts}), *said)

    def step(self, after=0):
        self.now += after
        return self.worker.step(self.now)

    @contextmanager
    def opened(self):
        with store.reading(self.database) as opened:
            yield opened

    def offers(self, who):
        with self.opened() as opened:
            return OfferBook(opened.connection).on_book(who).offers

    def states(self, who):
        return {one.programme: one.state for one in self.offers(who)}

    def decision(self, who):
        """The only decision on record about somebody."""
        with self.opened() as opened:
            (id_,) = DecisionLog(opened.connection).ids_of(who)
            return DecisionLog(opened.connection).find(id_).decision

    def work(self, ask):
        with self.opened() as opened:
            return ask(WorkList(opened.connection))


def written(second):
    from features.log.event import rfc3339

    return rfc3339(second)


def born(deployment, who, child="kid"):
    about = [{"person": child, "role": "child"}]
    return deployment.event(who, "life.child_born", about=about)


__all__ = ["DAY", "NOW", "POLICY", "WEBHOOK", "Deployment", "born", "replace"]
