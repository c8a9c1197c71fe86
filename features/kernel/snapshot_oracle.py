"""What a snapshot is, said in plain Python straight from the definitions: what the kernel is proved against.

It reads the events themselves, one person and one instant at a time, and knows nothing of rows, tables or plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from features.calendar import Duration, completed_months, completed_years
from features.declaration.datatype import OLDEST_AGE
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import Derived, Fact, Feature, Selector
from features.kernel.chain_oracle import OracleChain
from features.kernel.history_oracle import OracleHistory
from features.kernel.members_oracle import MembersOracle
from features.log.event import Event
from features.log.statement import RECEIVES, Receipt
from features.members import WHOLE
from features.value import NONE, UNKNOWN


class OracleSnapshot(OracleHistory):
    """What is computed of one person as known at one instant."""

    def __init__(self, declaration: Declaration, events: Iterable[Event], person: str, t: int, complete: bool) -> None:
        """Keep the events that count."""
        super().__init__(declaration, events, person, t, complete)
        self.chain = OracleChain(self)
        self.members = MembersOracle(declaration, person, self.events) if declaration.household else None

    def fact(self, fact: Fact) -> int:
        """The value of a fact."""
        if fact.derived:
            return self.derived(fact.derived)
        return self.pick(fact, "latest") if fact.type == "dates" else self.chain.value(fact)

    def spell(self, feature: Feature) -> int:
        """How long the fact has had the value it has."""
        line = self.chain.timeline(self.chain.settings(self.declaration.facts[feature.of]))
        value = line[-1][1]
        if value is None or value == UNKNOWN:
            return UNKNOWN
        changes = [later for (_, before), (later, after) in pairwise(line) if before != after]
        return _length(min(changes[-1], self.today), self.today, feature.unit)

    def dates(self, fact: Fact) -> tuple[list[int], bool, bool]:
        """The dates known to be in a list, whether these are all, and whether one is known of without its date."""
        if fact.members and self.members:
            home, cells = self.members.home, self.members.cells(self.today)
            may_be = [one for one in cells if one[0] == UNKNOWN or tuple(home.relations)[one[0]] in fact.members]
            sure = [one[1] for one in may_be if one[0] != UNKNOWN and one[6] and one[1] != UNKNOWN]
            whole = all(self.members.since(name, self.today, self.complete) == WHOLE for name in fact.members)
            return sure, whole, len(sure) < len(may_be)
        restated = [(place, fact.encode_all(value)) for place, _, value in self.stated(fact.name)]
        since, found = (restated[-1][0], list(restated[-1][1])) if restated else (-1, [])
        dateless = False
        for signal in fact.adds:
            for heard in self.heard([signal]):
                if heard.place > since:
                    dateless |= heard.value == UNKNOWN
                    found.append(heard.value if signal.field else heard.day)
        return found, bool(restated) or (bool(fact.adds) and self.whole(fact.adds, None)), dateless

    def pick(self, fact: Fact, which: str) -> int:
        """One date of a list; the latest is known even of a list not all known, if all since then would be known."""
        dates, all_known, dateless = self.dates(fact)
        if dateless:
            return UNKNOWN
        if all_known:
            return (max(dates) if which == "latest" else min(dates)) if dates else NONE
        since = [self.declaration.events[signal.event].complete_from for signal in fact.adds]
        known = [day for day in since if day is not None]
        closed = self.complete and dates and known and len(known) == len(since) and max(dates) >= max(known)
        return max(dates) if closed and which == "latest" else UNKNOWN

    def derived(self, derived: Derived) -> int:
        """A column computed from a date or a list of dates."""
        fact = self.declaration.facts[derived.of]
        if derived.op in ("count_of", "ages_of"):
            dates, all_known, dateless = self.dates(fact)
            if dateless or not all_known:
                return UNKNOWN
            if derived.op == "count_of":
                return len(dates)
            ages = {min(max(completed_years(day, self.today), 0), OLDEST_AGE) for day in dates}
            return sum(2**age for age in ages) if ages else NONE
        day = self.pick(fact, derived.which) if fact.type == "dates" else self.fact(fact)
        if day in (UNKNOWN, NONE):
            return day
        day = derived.plus.after(day) if derived.plus else day
        if derived.op != "time_until":
            return _length(day, self.today, derived.op.removesuffix("_since"))
        return _length(self.today, day, derived.unit) if day >= self.today else -_length(day, self.today, derived.unit)

    def feature(self, feature: Feature) -> int:
        """The value of a feature."""
        if feature.derived:
            return self.derived(feature.derived)
        if feature.op == "spell":
            return self.spell(feature)
        since, whole = self.begins(feature.window), self.whole(feature.signals, feature.window)
        if feature.op == "sequence":
            return self.sequence(feature, since) if whole else UNKNOWN
        heard = self.heard(feature.signals, since)
        values = [one.value for one in heard]
        if feature.op in ("last", "time_since"):
            if not heard:
                return NONE if whole else UNKNOWN
            known = values[-1] != UNKNOWN and feature.op == "time_since"
            return _length(heard[-1].day, self.today, feature.unit) if known else values[-1]
        if not whole or UNKNOWN in values:
            return UNKNOWN
        return {"count": len(values), "sum": sum(values), "distinct": len(set(values))}[feature.op]

    def sequence(self, feature: Feature, since: int) -> int:
        """How many last steps complete the sequence: every step after the one before, all of it within the length."""
        steps = [self.heard([signal], since) for signal in feature.signals]
        if any(one.value == UNKNOWN for step in steps for one in step):
            return UNKNOWN
        within = feature.within or Duration()
        chains = [(first.wall, first.place) for first in steps[0]]
        for step in steps[1:]:
            chains = [
                (begun, one.place)
                for one in step
                for begun in {
                    begun for begun, place in chains if place < one.place and begun >= within.back_from(one.wall)
                }
            ]
        return len({place for _, place in chains})

    def receives(self, programme: Receipt) -> int:
        """Whether the person receives a programme, by any of its ids."""
        ids = (programme,) if isinstance(programme, str) else programme
        found = [(place, int(bool(value))) for one in ids for place, _, value in self.stated(RECEIVES + one)]
        for name, given in (("benefit.granted", 1), ("benefit.held", 1), ("benefit.ended", 0)):
            for place, (event, _) in enumerate(self.events):
                if event.type == name and event.data.get("programme") in ids:
                    found.append((place, given))
        granted = self.declaration.events.get("benefit.granted")
        lifelong = granted and self.whole([Selector("benefit.granted")], None)
        return max(found)[1] if found else 0 if lifelong else UNKNOWN


def snapshot(
    declaration: Declaration,
    events: Iterable[Event],
    person: str,
    t: int,
    receives: Sequence[Receipt] = (),
    complete: bool = True,
) -> tuple[int, ...]:
    """Return the columns of one person at one instant: facts, features, then receipts, as the kernel computes them.

    Args:
        declaration: what to compute.
        events: everybody's, in any order, each any number of times.
        person: whose.
        t: a UTC second; only what happened and was recorded before counts.
        receives: programme ids.
        complete: False where nothing is complete.
    """
    life = OracleSnapshot(declaration, list(events), person, t, complete)
    facts = [life.fact(fact) for fact in declaration.facts.values()]
    features = [life.feature(feature) for feature in declaration.features.values()]
    return (*facts, *features, *(life.receives(programme) for programme in receives))


def _length(start: int, end: int, unit: str) -> int:
    lengths: Mapping[str, int] = {
        "days": end - start, "months": completed_months(start, end), "years": completed_years(start, end)
    }  # fmt: skip
    return lengths[unit]
