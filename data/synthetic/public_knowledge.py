"""What the log makes known of people at an instant, and what the rules say to that: through features and recommender.

A block's rows become a history in memory exactly as they would be read back from the file (a test compares the two), so
that nobody is offered or refused anything on the strength of what the written log would not show.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.synthetic.event_rows import SOURCES, EventRows
from data.synthetic.kinds import TYPE, TYPES
from data.synthetic.months import day_at
from data.synthetic.registry import Names, identifiers
from features.arrays import Bool, Int8, Int64
from features.kernel.kernel import compute_all
from features.kernel.lowering import KernelPlan, lower
from features.log.event import Event
from features.log.history import SAID, History, Items, ItemTable, assembled
from features.log.member_rows import Parties, statement_rows
from features.log.row_encoder import RowEncoder, signals_of
from features.log.versions import FOREVER, actions_among, versions
from features.members import CERTAIN, LIVES, WHOLE, Members
from features.value import NONE, UNKNOWN
from recommender.rules.catalogue import Catalogue
from recommender.rules.compiled import Compiled, compile_catalogue
from recommender.rules.elapsed import clauses_on
from recommender.rules.programme import Validity
from recommender.rules.working_days import WEEKENDS_ONLY

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.region import Regions

CITIZEN = 1
"""Synthetic people ask for themselves: the applicant mask of `recommender.rules.programme.KINDS`."""
_ACTIONS = (TYPE["event.corrected"], TYPE["event.retracted"])


class PayloadReader:
    """Reads payloads into the rows of a history, each distinct one once, for all blocks of one process.

    Statements are encoded here fact by fact, each distinct value once: they were written from valid columns a moment
    ago, so nothing is checked again.
    """

    def __init__(self, declaration: Declaration) -> None:
        """Begin with nothing read."""
        self.encoder = RowEncoder(declaration)
        self._stated = {s.field: place for place, s in enumerate(signals_of(declaration)) if s.event == "fact.stated"}
        self._lists = [name for name, fact in declaration.facts.items() if fact.members]
        self._parts: dict[tuple[int, str], int] = {}
        self._values: dict[tuple[str, object], tuple[int, ...]] = {}

    def parts(self, kind: int, text: str, names: Names, people: int) -> list[tuple[int, int]]:
        """A (type, payload) as (person, payload code) of each part; the subject is person -1 and comes first."""
        known = self._parts.get((kind, text))
        if known is not None:
            return [(-1, known)]
        data: dict[str, Any] = json.loads(text)
        if "about" in data:
            return self._shared(kind, data, names, people)
        code = self._parts[kind, text] = (
            self._statement(data) if kind == TYPE["fact.stated"] else self._code(kind, data)
        )
        return [(-1, code)]

    def _code(
        self, kind: int, data: dict[str, Any], role: str | None = None, others: tuple[tuple[str, str], ...] = ()
    ) -> int:
        event_type = self.encoder.declaration.events.get(TYPES[kind])
        part = role or (event_type.subject if event_type else "subject")
        return self.encoder.code(TYPES[kind], part, data, Parties("", "", others))

    def _shared(self, kind: int, data: dict[str, Any], names: Names, people: int) -> list[tuple[int, int]]:
        about = data.pop("about")
        named = tuple((entry["person"], entry["role"]) for entry in about)
        parts = [(-1, self._code(kind, data, None, named))]
        for entry in about:
            row = int(entry["person"][1:]) - 1 - names.first
            if entry["person"].startswith("c") and 0 <= row < people:
                others = tuple(part for part in named if part[0] != entry["person"])
                parts.append((row, self._code(kind, data, entry["role"], others)))
        return parts

    def _statement(self, data: dict[str, Any]) -> int:
        rows = []
        for name, value in data.items():
            fact, place = self.encoder.declaration.facts[name], self._stated[name]
            if fact.type == "dates":
                rows += [(place, NONE), *((place, self._value(name, one)[0]) for one in value)]
            else:
                rows.append((place, self._value(name, value)[0]))
        self.encoder.payloads.append(tuple(sorted(rows, key=lambda row: row[0])))
        code = len(self.encoder.payloads) - 1
        lists = {name: data[name] for name in self._lists if name in data}
        if lists:
            self.encoder.members[code] = statement_rows(self.encoder.declaration, lists)
        return code

    def _value(self, name: str, value: object) -> tuple[int, ...]:
        known = self._values.get((name, value))
        if known is None:
            fact = self.encoder.declaration.facts[name]
            known = self._values[name, value] = fact.encode_all([value] if fact.type == "dates" else value, (name,))
        return known


def block_history(log: EventRows, names: Names, people: int, reader: PayloadReader) -> History:
    """The log of one block as a history; person i of the block is person i of the history.

    Rows that nothing corrects or retracts are read by columns, the others one by one.
    """
    log = log.take(np.unique(log.person * 2**20 + log.number, return_index=True)[1])
    action = np.isin(log.kind, _ACTIONS)
    acted = _acted_on(log, action, names)
    row = np.flatnonzero(~action & ~acted)
    coded = pc.dictionary_encode(log.data)
    pairs, places = np.unique(log.kind[row] * 2**32 + coded.indices.to_numpy()[row], return_inverse=True)
    payloads = coded.dictionary.take(pa.array(pairs % 2**32)).to_pylist()
    decoded = [
        reader.parts(kind, text, names, people) for kind, text in zip((pairs >> 32).tolist(), payloads, strict=True)
    ]
    ids = tuple(names.citizens(np.arange(people)).to_pylist())
    amended, origin = _held(log, action, acted, names, reader, ids)
    at, person, code = _of_others(decoded, places)
    part = row[np.append(np.arange(len(row)), at)]
    source, by_name = np.append(part, origin), np.argsort(np.argsort(np.array(SOURCES)))
    own = np.array([parts[0][1] for parts in decoded], np.int64)[places]
    items = Items(
        np.concatenate((log.person[row], person, amended.person)),
        np.append(log.happened[part], amended.happened),
        np.append(log.recorded[part], amended.since),
        np.append(np.full(len(part), FOREVER), amended.until),
        np.concatenate((own, code, amended.code)),
        (log.number[source], log.person[source], by_name[log.source[source]], log.recorded[source]),
        np.concatenate((np.ones(len(row), np.bool_), np.zeros(len(at), np.bool_), amended.own)),
        np.concatenate((np.stack((log.person[row[at]], person, np.full(len(at), SAID)), axis=1), amended.related)),
    )  # fmt: skip
    return assembled(ids, items, reader.encoder)


def _acted_on(log: EventRows, action: Bool, names: Names) -> Bool:
    """The rows that a correction or retraction names."""
    wanted = {json.loads(text)["id"] for text in log.data.filter(pa.array(action)).to_pylist()}
    found = pc.is_in(identifiers(log, names), value_set=pa.array(sorted(wanted), pa.string()))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_) & ~action


def _held(
    log: EventRows, action: Bool, acted: Bool, names: Names, reader: PayloadReader, people: Sequence[str]
) -> tuple[Items, Int64]:
    """What was held over time of the rows that something acts on, and the row that each item comes from."""
    declaration = reader.encoder.declaration
    actions = actions_among(_events(log.take(action), names))
    table, origin = ItemTable(reader.encoder, people), list[int]()
    for row, event in zip(np.flatnonzero(acted).tolist(), _events(log.take(acted), names), strict=True):
        for version in versions(event, actions, declaration):
            before = len(table.person)
            table.add(version, 0)
            origin += [row] * (len(table.person) - before)
    return table.items(people), np.array(origin, np.int64)


def _events(log: EventRows, names: Names) -> list[Event]:
    found = []
    ids, subjects = identifiers(log, names).to_pylist(), names.citizens(log.person).to_pylist()
    for row, (name, subject, text) in enumerate(zip(ids, subjects, log.data.to_pylist(), strict=True)):
        data = json.loads(text)
        about = tuple((entry["person"], entry["role"]) for entry in data.pop("about", ()))
        source, kind = SOURCES[log.source[row]], TYPES[log.kind[row]]
        found.append(
            Event(name, source, subject, kind, int(log.happened[row]), int(log.recorded[row]), data, about)
        )  # fmt: skip
    return found


def _of_others(decoded: list[list[tuple[int, int]]], places: Int64) -> tuple[Int64, Int64, Int64]:
    """The parts of spouses and second parents: index into the versions, person, payload code."""
    shared = np.array([len(parts) > 1 for parts in decoded], np.bool_)
    versions = np.flatnonzero(shared[places]).tolist()
    rows = [(version, *part) for version in versions for part in decoded[places[version]][1:]]
    table = np.array(rows, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


@dataclass(frozen=True)
class Rules:
    """A catalogue's rules over a declaration, compiled for the days between changes of law or of districts."""

    catalogue: Catalogue
    declaration: Declaration
    regions: Regions

    @cached_property
    def plan(self) -> KernelPlan:
        """The columns the rules are judged on, those of receipts last."""
        return lower(self.declaration, self.catalogue.receipts)

    @cached_property
    def reader(self) -> PayloadReader:
        """What reads payloads for these rules' declaration."""
        return PayloadReader(self.declaration)

    @cached_property
    def facts(self) -> frozenset[str]:
        """The names of the facts that may be stated."""
        return frozenset(name for name, fact in self.declaration.facts.items() if fact.stated)

    @cached_property
    def changes(self) -> Int64:
        """The days on which some district begins or ceases to be, ascending."""
        days = {day for region in self.regions.by_code.values() for day in (region.first, region.last + 1)}
        return np.array(sorted(days), np.int64)

    @cached_property
    def _timeless(self) -> Catalogue:
        """The catalogue as if every rule were always in force: `judge` looks at that itself, to compile seldom."""
        programmes = tuple(replace(programme, valid=Validity()) for programme in self.catalogue.programmes)
        return replace(self.catalogue, programmes=programmes)

    @cached_property
    def _daily(self) -> tuple[Int64, Catalogue]:
        """The programmes some clause of which means other days every day ("not longer ago than"): places, catalogue."""
        daily = [clauses_on(one.who, 0, WEEKENDS_ONLY) is not one.who for one in self._timeless.programmes]
        places = np.flatnonzero(daily)
        return places, replace(self._timeless, programmes=tuple(self._timeless.programmes[at] for at in places))

    @cached_property
    def _compiled(self) -> dict[tuple[str, int], Compiled]:
        return {}

    def _on(self, name: str, catalogue: Catalogue, key: int, day: int) -> Compiled:
        """A part of the catalogue compiled for a day, once for all days of the same key."""
        if (name, key) not in self._compiled:
            columns = self.plan.columns
            self._compiled[name, key] = compile_catalogue(catalogue, columns, self.declaration, self.regions, day)
        return self._compiled[name, key]

    def judge(self, values: Int64, members: Members, days: Int64, verified: bool = False) -> Int8:
        """The answer (0 no, 1 unknown, 2 yes) of every programme for each row of columns on its day: int8[m, P].

        `members` are those of the m people.

        With `verified` the rules are applied as if somebody had verified all of them, as an office does.
        """
        answers = np.empty((len(values), len(self.catalogue.programmes)), np.int8)
        periods = np.searchsorted(self.changes, days, side="right")
        for rows in _alike(periods):
            compiled = self._on("period", self._timeless, int(periods[rows[0]]), int(days[rows[0]]))
            answers[rows] = _judged(compiled, values[rows], members[rows], verified)
        places, daily = self._daily
        for rows in _alike(days) if len(places) else ():
            compiled = self._on("day", daily, int(days[rows[0]]), int(days[rows[0]]))
            answers[np.ix_(rows, places)] = _judged(compiled, values[rows], members[rows], verified)
        first, last = self._in_force
        answers[(days[:, None] < first) | (days[:, None] > last)] = 0
        return answers

    @cached_property
    def _in_force(self) -> tuple[Int64, Int64]:
        valid = [programme.valid for programme in self.catalogue.programmes]
        first = [-FOREVER if one.first is None else one.first for one in valid]
        last = [FOREVER if one.last is None else one.last for one in valid]
        return np.array(first, np.int64), np.array(last, np.int64)


def _alike(keys: Int64) -> list[Int64]:
    """The rows of each distinct key, ascending."""
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1) if len(keys) else []


def _judged(compiled: Compiled, values: Int64, members: Members, verified: bool) -> Int8:
    if verified:
        plan = compiled.plan._replace(capped=np.zeros_like(compiled.plan.capped))
        compiled = replace(compiled, plan=plan)
    return compiled.answers(np.ascontiguousarray(values), CITIZEN, members)


@dataclass(frozen=True)
class Knowledge:
    """What is known of the people of one block, and what the rules say to it."""

    rules: Rules
    history: History
    certain: bool = False
    """Whether this is an office that knows everything: what is unknown is none, and every rule counts as verified."""

    def columns(self, person: Int64, t: Int64, receives: Int64) -> Int64:
        """The columns of each person at each instant; `receives` is as `Holdings.receives` tells."""
        return self.known(person, t, receives)[0]

    def known(self, person: Int64, t: Int64, receives: Int64) -> tuple[Int64, Members]:
        """The same with the members of each person."""
        values, members = compute_all(self.rules.plan, self.history, person, t)
        receipts = len(self.rules.plan.receives)
        if receipts:
            values[:, -receipts:] = np.where(receives >= 0, receives, values[:, -receipts:])
        if self.certain:
            facts = len(self.rules.declaration.facts)
            values[:, :facts] = np.where(values[:, :facts] == UNKNOWN, NONE, values[:, :facts])
            if receipts:
                values[:, -receipts:] = np.maximum(receives, 0)
            cells = members.cells.copy()
            cells[:, LIVES:CERTAIN] = np.maximum(cells[:, LIVES:CERTAIN], 0)
            members = replace(members, cells=cells, since=np.full_like(members.since, WHOLE))
        return values, members

    def answers(self, person: Int64, t: Int64, receives: Int64) -> Int8:
        """The verdicts on each person at each instant: int8[m, P]."""
        values, members = self.known(person, t, receives)
        return self.rules.judge(values, members, day_at(t - 1), verified=self.certain)
