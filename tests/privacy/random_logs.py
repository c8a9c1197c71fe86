"""Random logs for record and replay: everything that people, registries and strangers can do to a log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.log.event import Event

DAY, NOON = 86_400, 1_750_000_000
END = NOON + 160 * DAY
"""Where a run's log ends, by its own word; events of some logs are recorded later."""
REGISTRY = "registry/families"
SOURCES = (REGISTRY, REGISTRY, "citizen", "hospital")
RELATING = {
    "life.child_born": ("child", "parent"), "life.child_adopted": ("child", "parent", "former_parent"),
    "life.married": ("spouse",), "life.divorced": ("spouse",), "life.custody_given": ("child",),
    "life.member_moved_in": ("member",), "life.relative_died": ("deceased",),
}  # fmt: skip


@dataclass
class RandomLog:
    """A log that grows, event by event; `programmes` are what is shown."""

    rng: np.random.Generator
    people: tuple[str, ...]
    programmes: tuple[str, ...]
    begin: int = 0
    """The day from which on the others count."""

    def __post_init__(self) -> None:
        self.events: list[Event] = []

    def one_in(self, many: int) -> bool:
        return bool(self.rng.integers(0, many) == 0)

    def somebody(self) -> str:
        return self.people[self.rng.integers(0, len(self.people))]

    def add(self, who, kind, day, data=None, about=(), source="citizen", late=0):
        happened = NOON + (self.begin + int(day)) * DAY
        name = f"e{len(self.events)}"
        found = Event(name, source, who, kind, happened, happened + int(late) * DAY, data or {}, tuple(about))
        self.events.append(found)
        return found

    def settle(self, who: str) -> None:
        """What somebody states, agrees to, is shown and applies for."""
        rng = self.rng
        facts = {"birth_date": f"19{rng.integers(60, 99)}-01-01", "income_percent": int(rng.integers(20, 300))}
        self.add(who, "fact.stated", 0, facts, late=rng.choice([0, 0, 30]))
        if not self.one_in(5):
            self.add(who, "consent.given", 1, {"purpose": "offers"})
        if self.one_in(6):
            self.add(who, "consent.withdrawn", rng.integers(2, 200), {"purpose": "offers"})
        for day in rng.integers(10, 150, rng.integers(0, 4)):
            chosen = rng.permutation(len(self.programmes))[:3]
            for place, at in enumerate(chosen, 1):
                data = {"programme": self.programmes[at], "position": place, "channel": "web"}
                self.add(who, "benefit.shown", day, data, source="board", late=rng.choice([0, 0, 9]))
            if self.one_in(2):
                self.add(who, "benefit.applied", day + 3, {"programme": self.programmes[chosen[0]]})

    def relate(self) -> None:
        """A birth, a wedding, a new partner, by the word of a registry, of one, or of both."""
        kind = list(RELATING)[self.rng.integers(0, len(RELATING))]
        roles = RELATING[kind]
        chosen = [self.people[at] for at in self.rng.permutation(len(self.people))[: 1 + len(roles)]]
        source = str(self.rng.choice(SOURCES))
        day, late = self.rng.integers(1, 120), self.rng.choice([0, 0, 40])
        self.add(chosen[0], kind, day, {}, zip(chosen[1:], roles, strict=True), source, late)
        if self.one_in(3):
            self.add(chosen[1], "life.married", day, {}, [(chosen[0], "spouse")], "citizen")

    def act(self) -> None:
        """A correction, a retraction, or the retraction of one; now and then by a stranger."""
        target = self.events[self.rng.integers(0, len(self.events))]
        who = self.somebody() if self.one_in(3) else target.subject
        day = (target.recorded - NOON) // DAY - self.begin + self.rng.integers(0, 90)
        data = {"source": target.source, "id": target.id}
        kind = ("event.corrected", "event.retracted")[self.rng.integers(0, 2)]
        if kind == "event.corrected":
            data["data"] = self.amended(target)
        self.add(who, kind, day, data, source=str(self.rng.choice((target.source, "agency"))))

    def amended(self, target: Event) -> dict:
        roles = RELATING.get(target.type)
        if roles is None:
            return dict(target.data) if self.one_in(2) else {}
        return {"about": [{"person": self.somebody(), "role": str(self.rng.choice(roles))}]}

    def spoil(self) -> None:
        """What cannot be read, an id used twice by one or by two, and a chain of retractions."""
        which, who = self.rng.choice([0, 1, 2, 2, 3]), self.somebody()
        if which == 0:
            self.add(who, "life.job_started", 20, {"monthly_pay": "a lot"})
        if which == 1:
            for region in ("11440", "11200"):
                moved = Event("same", "citizen", who, "life.moved", NOON + DAY, NOON + DAY, {"region": region})
                self.events.append(moved)
        if which == 2:
            for one in (who, self.somebody()):
                data = {"purpose": "offers"}
                gone = Event("same", "citizen", one, "consent.withdrawn", NOON + 9 * DAY, NOON + 9 * DAY, data)
                self.events.append(gone)
        if which == 3:
            last = self.add(who, "life.moved", 3, {"region": "11440"})
            for _ in range(70):
                last = self.add(who, "event.retracted", 4, {"source": last.source, "id": last.id})


def random_log(seed: int, programmes: tuple[str, ...], people: int = 10) -> list[Event]:
    """The events of one log; the same for the same seed."""
    rng = np.random.default_rng(seed)
    log = RandomLog(rng, tuple(f"c{at}" for at in range(people)), programmes)
    for who in log.people:
        log.settle(who)
    for _ in range(rng.integers(0, people)):
        log.relate()
    for _ in range(rng.integers(0, 2 * people)):
        log.act()
    if log.one_in(2):
        log.spoil()
    if log.one_in(2):  # somebody is heard of long after: where a log ends is nobody's to say
        log.add(log.somebody(), "life.moved", 400, {"region": "11440"})
    rng.shuffle(log.events)
    return log.events


MONTH, MONTHS = 30, 13
ENDS = tuple(END + month * MONTH * DAY for month in range(MONTHS))
"""Where the logs of thirteen monthly runs end."""


def random_year(seed: int, programmes: tuple[str, ...], people: int = 14) -> list[Event]:
    """The events of thirteen months, in which people come, marry, part, have children, correct and withdraw.

    Two thirds are there at the first run; others come between runs, with or without anybody whom they belong to.
    """
    rng = np.random.default_rng(seed)
    everybody = tuple(f"c{at}" for at in range(people))
    log = RandomLog(rng, everybody[: people * 2 // 3], programmes)
    for who in log.people:
        log.settle(who)
    for month in range(MONTHS):
        log.people = everybody[: people * 2 // 3 + month * people // 3 // MONTHS + 1]
        who = log.people[-1] if month % 3 == 0 else log.somebody()
        log.settle(who)
        if month % 3 == 0:  # somebody new belongs to somebody who was there
            log.add(
                log.people[rng.integers(0, len(log.people) - 1)], "life.child_born", 1, {}, [(who, "child")], REGISTRY
            )
        for _ in range(rng.integers(0, 3)):
            log.relate()
        for _ in range(rng.integers(0, 3)):
            log.act()
        log.begin += MONTH
    if log.one_in(3):
        log.spoil()
    rng.shuffle(log.events)
    return log.events


def recorded_by(events: list[Event], end: int) -> list[Event]:
    """The log as it was at a second."""
    return [one for one in events if one.recorded < end]


def without(events: list[Event], gone: set[str]) -> list[Event]:
    """The log without all that was recorded of some people."""
    return [one for one in events if one.subject not in gone]
