"""From payloads to integers: the rows features are computed from, and the record of an interaction or a consent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from features.declaration.datatype import DataType
from features.declaration.declaration import Declaration
from features.declaration.kinship import HOUSEHOLD
from features.declaration.vocabulary import STATED, Selector
from features.log.member_rows import MemberRow, Parties, event_rows, statement_rows
from features.log.statement import RECEIVES, encode_facts, with_receipts
from features.log.versions import FOREVER
from features.value import NONE, UNKNOWN, identifier_code

RECEIVED: Final = Selector(STATED, None, "receives")
"""Stated receipts: a programme's code where it is received, the code's complement (below 0) where it is not."""

HELD: Final = {
    "benefit.granted": 1, "benefit.applied": 1, "benefit.held": 1, "benefit.ended": 0, "benefit.refused": 0,
}  # fmt: skip
"""What an event of a programme says about holding it, or having applied for it."""

INTERACTIONS: Final = (
    "benefit.shown", "benefit.opened", "benefit.applied", "benefit.granted", "benefit.refused", "benefit.declined",
    "benefit.ended", "benefit.rated", "benefit.asked", "benefit.used", "benefit.held",
)  # fmt: skip
"""What people and programmes have to do with each other."""

CONSENTS: Final = ("consent.given", "consent.withdrawn")

RECORDED: Final = (*INTERACTIONS, *CONSENTS)
"""The types of events that are also kept one by one (`features.log.history.Records`)."""

_KEY: Final = dict.fromkeys(INTERACTIONS, "programme") | dict.fromkeys(CONSENTS, "purpose")

TOLD: Final = ("position", "channel", "propensity")
"""Fields of an interaction that a record holds as they are declared."""

Record = tuple[int, ...]
"""The place in `RECORDED`, the code of the programme or purpose, and `TOLD`; `UNKNOWN` where not given."""


@lru_cache(maxsize=8)
def signals_of(declaration: Declaration) -> tuple[Selector, ...]:
    """Return everything the declared columns listen to, then stated facts and receipts, each once."""
    heard: list[Selector] = []
    for fact in declaration.facts.values():
        heard += fact.signals
    for feature in declaration.features.values():
        heard += feature.signals
    for name in HELD:
        if "programme" in (declaration.events[name].fields if name in declaration.events else ()):
            heard.append(Selector(name, None, "programme"))
    heard += [Selector(STATED, None, fact.name) for fact in declaration.facts.values() if fact.stated]
    return tuple(dict.fromkeys([*heard, RECEIVED]))


@lru_cache(maxsize=8)
def _sorted(
    declaration: Declaration,
) -> tuple[Mapping[str | None, int], Mapping[str, Sequence[tuple[int, Selector]]], frozenset[str]]:
    """What is listened to: the place of each stated fact, places by event type, and the types that are recorded."""
    signals = signals_of(declaration)
    heard: dict[str, list[tuple[int, Selector]]] = {}
    for place, signal in enumerate(signals):
        heard.setdefault(signal.event, []).append((place, signal))
    known = declaration.events
    recorded = frozenset(name for name in RECORDED if name in known and _KEY[name] in known[name].fields)
    return {signal.field: place for place, signal in enumerate(signals) if signal.event == STATED}, heard, recorded


class RowEncoder:
    """Turns the payload of one event, as one person's part in it, into (signal, value) rows.

    Attributes:
        signals: what the rows may carry.
        payloads: the rows of each payload by its code; code 0 has none.
        records: the record of an interaction or a consent, by the payload's code.
        members: what a payload says of a person's members, by its code.
        household: the types of events that say something of them.
    """

    def __init__(self, declaration: Declaration) -> None:
        """Sort what is listened to by event type."""
        self.declaration = declaration
        self.signals = signals_of(declaration)
        self.payloads: list[tuple[tuple[int, int], ...]] = [()]
        self.records: dict[int, Record] = {}
        self._stated, self._heard, self._recorded = _sorted(declaration)
        home = declaration.household
        self.members: dict[int, tuple[MemberRow, ...]] = {}
        self.household = frozenset(act.event for act in home.acts) if home else frozenset[str]()
        self._read = frozenset(self._heard) | self._recorded | self.household
        self._known: dict[object, int] = {}

    def code(self, event_type: str, role: str, data: Mapping[str, object], parties: Parties | None = None) -> int:
        """Return the place in `payloads` of the rows this makes, in signal order; equal payloads are read once.

        Args:
            event_type: what happened.
            role: the part of the person whose rows these are.
            data: the payload.
            parties: who reports it and who else is in it; None where nobody else is, and every report is another one.
        """
        if event_type not in self._read:
            return 0
        if event_type == STATED:  # hardly any two people state the same
            return self._listed(self._rows(event_type, role, data), statement_rows(self.declaration, data))
        said = parties if event_type in self.household else None
        key = (event_type, role, tuple(sorted(data.items())), said)
        known = self._known.get(key)
        if known is None:
            members = event_rows(self.declaration, event_type, role, data, parties)
            known = self._known[key] = self._listed(self._rows(event_type, role, data), members)
            if event_type in self._recorded:
                self.records[known] = self._record(event_type, data)
        return known

    def _listed(self, rows: tuple[tuple[int, int], ...], members: tuple[MemberRow, ...]) -> int:
        self.payloads.append(rows)
        if members:
            self.members[len(self.payloads) - 1] = members
        return len(self.payloads) - 1

    def _rows(self, event_type: str, role: str, data: Mapping[str, object]) -> tuple[tuple[int, int], ...]:
        if event_type == STATED:
            return tuple(sorted(self._statement(data), key=lambda row: row[0]))
        fields = self.declaration.events[event_type].fields
        found = []
        for place, signal in self._heard.get(event_type, ()):
            if signal.role in (None, role):
                value = _signal_value(signal, fields, data)
                if value is not None:
                    found.append((place, value))
        return tuple(found)

    def _statement(self, data: Mapping[str, object]) -> Iterator[tuple[int, int]]:
        """A list begins with a row of none, which empties it; receipts are sorted by the programme's code."""
        receipts = []
        for name, codes in encode_facts(with_receipts(data, self.declaration), self.declaration, FOREVER).items():
            if name == HOUSEHOLD:
                continue
            if name.startswith(RECEIVES):
                code = identifier_code(name.removeprefix(RECEIVES))
                receipts.append(code if codes[0] else ~code)
                continue
            if self.declaration.facts[name].type == "dates":
                yield self._stated[name], NONE
            for code in codes:
                yield self._stated[name], code
        yield from ((self._stated[RECEIVED.field], code) for code in sorted(receipts))

    def _record(self, event_type: str, data: Mapping[str, object]) -> Record:
        fields, key = self.declaration.events[event_type].fields, data.get(_KEY[event_type])
        told = (fields[name].encode(data[name]) if name in data else UNKNOWN for name in TOLD)
        code = identifier_code(key) if isinstance(key, str) else UNKNOWN
        return RECORDED.index(event_type), code, *told


def _signal_value(signal: Selector, fields: Mapping[str, DataType], data: Mapping[str, object]) -> int | None:
    """Return the value a payload gives a signal, None when its filter leaves it out; see `Selector`."""
    if signal.where:
        name, wanted = signal.where
        if name not in data:
            return UNKNOWN if signal.over is None else NONE
        if fields[name].encode(data[name]) != wanted:
            return None
    if signal.over is not None:
        return fields[signal.over].encode(data[signal.over]) if signal.over in data else UNKNOWN
    if signal.field is None:
        return 1
    return fields[signal.field].encode(data[signal.field]) if signal.field in data else UNKNOWN
