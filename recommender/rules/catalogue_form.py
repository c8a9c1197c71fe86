"""Catalogue form: a checked catalogue as JSON that is read back without being checked, each value written once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import Any as Json
from typing import Final

import msgspec

from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import (
    Advisory,
    All,
    Any,
    Clause,
    Compare,
    MemberCount,
    MemberTest,
    NoData,
    Not,
    Operand,
    Source,
    UnreadText,
)
from recommender.rules.payment import AgeSpan, Payment, Tiers
from recommender.rules.programme import Programme, Provider, Validity
from recommender.rules.window_rule import WindowRule
from recommender.rules.worth import Value
from recommender.text import Text

__all__ = ["catalogue_from_json", "catalogue_to_json"]

_KINDS: Final = {
    All: "all", Any: "any", Not: "not", Advisory: "advisory", Compare: "compare", NoData: "no_data",
    MemberCount: "members", UnreadText: "unread_text",
}  # fmt: skip
_GROUPS: Final[dict[str, type[All | Any]]] = {"all": All, "any": Any}
_WRAPPERS: Final[dict[str, type[Not | Advisory]]] = {"not": Not, "advisory": Advisory}


def catalogue_to_json(catalogue: Catalogue) -> bytes:
    """Return a catalogue as JSON: tables of its values, each a row that names the rows of what it is made of.

    Raises:
        ValueError: a text in it has no UTF-8.
    """
    writer = _Writer()
    rows = [writer.programme(programme) for programme in catalogue.texts]
    document = {**writer.tables, "programmes": rows}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def catalogue_from_json(content: bytes) -> Catalogue:
    """Return the catalogue that `catalogue_to_json` wrote; clauses that were one object are one again.

    Raises:
        ValueError: the content is not of this form.
    """
    try:
        document = msgspec.json.decode(content)
        texts = [Text.of(words) for words in document["texts"]]
        read = _Reader(texts, [_source(texts, *row) for row in document["sources"]])
        for row in document["clauses"]:
            read.clause(*row)
        read.providers = [Provider(name, texts[title], level) for name, title, level in document["providers"]]
        read.windows = [_window(row, texts) for row in document["windows"]]
        read.values = [
            Value(
                tuple([read.part(part) for part in parts]), currency, gives, _at(texts, text), adds, decimals=decimals,
                back=None if back is None else read.windows[back],
            )
            for parts, currency, gives, text, adds, decimals, back in document["values"]
        ]  # fmt: skip
        return Catalogue.of([read.programme(row) for row in document["programmes"]])
    except (AttributeError, KeyError, TypeError, IndexError, ValueError) as failure:
        raise ValueError("the content is not a catalogue") from failure


def _source(
    texts: Sequence[Text], url: str | None, checked: int | None, text: int | None, field: str | None, span: Json
) -> Source:
    return Source(url, checked, _at(texts, text), field, None if span is None else (span[0], span[1]))


def _window(row: Sequence[Json], texts: Sequence[Text]) -> WindowRule:
    kind, opens, closes, after, within, text, during, anchor, count_from, before, wait, back, *seasons = row
    months, days, yearly, funds, occasion = seasons
    return WindowRule(
        kind, opens, closes, tuple(after), within, _at(texts, text), during, anchor, count_from, before, wait, back,
        tuple(months), days and tuple(days), yearly and tuple([tuple(one) for one in yearly]), funds, occasion,
    )  # fmt: skip


def _at(texts: Sequence[Text], place: int | None) -> Text | None:
    return None if place is None else texts[place]


class _Writer:
    """The tables while they grow; equal values are one row, and so is a clause that is one object."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Json]] = {
            name: [] for name in ("texts", "sources", "providers", "values", "windows", "clauses")
        }
        self._places: dict[object, int] = {}

    def _row(self, table: str, key: object, row: Callable[[], Json]) -> int:
        place = self._places.get((table, key))
        if place is None:
            made = row()  # the rows of its parts come before it
            place = self._places[table, key] = len(self.tables[table])
            self.tables[table].append(made)
        return place

    def text(self, text: Text | None) -> int | None:
        return None if text is None else self._row("texts", text, lambda: dict(text.pairs))

    def source(self, source: Source | None) -> int | None:
        if source is None:
            return None
        return self._row("sources", source, lambda: [
            source.url, source.checked, self.text(source.text), source.field, source.span
        ])  # fmt: skip

    def clause(self, clause: Clause) -> int:
        return self._row("clauses", id(clause), lambda: self._clause(clause))

    def _clause(self, clause: Clause) -> list[Json]:
        why = self.text(clause.why) if isinstance(clause.why, Text) else clause.why
        return [_KINDS[type(clause)], self._content(clause), why, self.source(clause.source), clause.axis]

    def _content(self, clause: Clause) -> Json:
        if isinstance(clause, (All, Any)):
            return [self.clause(part) for part in clause.of]
        if isinstance(clause, (Not, Advisory)):
            return self.clause(clause.of)
        if isinstance(clause, UnreadText):
            return [clause.field, clause.span, clause.words]
        if isinstance(clause, MemberCount):
            return [clause.relations, [[test.of, test.op, test.operand] for test in clause.tests], clause.count]
        return clause.reason if isinstance(clause, NoData) else [clause.fact, clause.op, clause.operand, clause.also]

    def part(self, part: Payment | Tiers) -> list[Json]:
        """One payment, or the list of those of which one is given."""
        if isinstance(part, Tiers):
            return [[self.part(tier) for tier in part.of]]
        base = part.base if isinstance(part.base, str | None) else [self.text(part.base)]
        return [
            part.low, part.high, part.period, part.per, part.percent, base, part.nth,
            None if part.age is None else astuple(part.age), None if part.when is None else self.clause(part.when),
            part.days_a_week, part.times, part.lasts, part.gives, self.source(part.source),
        ]  # fmt: skip

    def programme(self, one: Programme) -> list[Json]:
        provider, value = one.provider, one.value
        return [
            one.id, self.text(one.title),
            self._row("providers", provider, lambda: [provider.id, self.text(provider.name), provider.level]),
            one.category, one.form, {kind: self.clause(clause) for kind, clause in one.who.items()},
            self._row("values", (value, value.back), lambda: [
                [self.part(part) for part in value.parts], value.currency, value.gives, self.text(value.text),
                value.adds, value.decimals, None if value.back is None else self._window(value.back),
            ]),
            [self._window(window) for window in one.windows],
            one.delivery, [self.text(text) for text in one.documents], one.excludes, one.grants, one.effort_minutes,
            astuple(one.valid), self.source(one.source), one.verified, self.text(one.summary), one.views,
            self.text(one.how), self.text(one.contact), one.triggers, one.beneficiary,
            one.ended, one.formerly, one.succeeds, one.renews,
        ]  # fmt: skip

    def _window(self, one: WindowRule) -> int:
        return self._row("windows", one, lambda: [
            one.kind, one.opens, one.closes, one.after, one.within, self.text(one.text), one.during, one.anchor,
            one.count_from, one.opens_before, one.opens_after, one.retroactive, one.months, one.days, one.yearly,
            one.funds, one.occasion,
        ])  # fmt: skip


class _Reader:
    """The values of the tables, in the order of their rows."""

    def __init__(self, texts: list[Text], sources: list[Source]) -> None:
        self.texts, self.sources, self.clauses = texts, sources, list[Clause]()
        self.providers, self.values, self.windows = list[Provider](), list[Value](), list[WindowRule]()

    def clause(self, kind: str, content: Json, why: int | str | None, source: int | None, axis: str | None) -> None:
        said = self.texts[why] if isinstance(why, int) else why
        notes: dict[str, Json] = {
            "why": said, "source": None if source is None else self.sources[source], "axis": axis
        }  # fmt: skip
        self.clauses.append(self._clause(kind, content, notes))

    def _clause(self, kind: str, content: Json, notes: dict[str, Json]) -> Clause:
        if kind in _GROUPS:
            return _GROUPS[kind](tuple([self.clauses[part] for part in content]), **notes)
        if kind in _WRAPPERS:
            return _WRAPPERS[kind](self.clauses[content], **notes)
        if kind == "no_data":
            return NoData(content, **notes)
        if kind == "members":
            relations, tests, count = content
            asked = tuple([MemberTest(*test) for test in tests])
            return MemberCount(tuple(relations), asked, tuple([(op, bound) for op, bound in count]), **notes)
        if kind == "unread_text":
            field, (first, last), words = content
            return UnreadText(field, (first, last), words, **notes)
        fact, op, operand, also = content
        return Compare(fact, op, _operand(operand), tuple((word, _operand(value)) for word, value in also), **notes)

    def part(self, row: Sequence[Json]) -> Payment | Tiers:
        return Tiers(tuple([self.payment(tier) for tier in row[0]])) if len(row) == 1 else self.payment(row)

    def payment(self, row: Sequence[Json]) -> Payment:
        low, high, period, per, percent, base, nth, age, when, days, times, lasts, gives, source = row
        span = None
        if age is not None:
            of, least, below, (first, last) = age
            span = AgeSpan(of, least, below, (first, last))
        return Payment(
            low, high, period, per, percent, self.texts[base[0]] if isinstance(base, list) else base,
            None if nth is None else (nth[0], nth[1]), span,
            None if when is None else self.clauses[when], days, times, lasts, gives,
            None if source is None else self.sources[source],
        )  # fmt: skip

    def programme(self, row: Sequence[Json]) -> Programme:
        (
            name, title, provider, category, form, who, value, windows, delivery, documents, excludes, grants, effort,
            valid, source, verified, summary, views, how, contact, triggers, beneficiary, ended, *names,
        ) = row  # fmt: skip
        texts, clauses = self.texts, self.clauses
        return Programme(
            name, texts[title], self.providers[provider], category, tuple(form),
            {kind: clauses[place] for kind, place in who.items()}, self.values[value],
            tuple([self.windows[place] for place in windows]), delivery,
            tuple([texts[place] for place in documents]), tuple(excludes), tuple(grants), effort, Validity(*valid),
            self.sources[source],
            verified, _at(texts, summary), views, _at(texts, how), _at(texts, contact), tuple(triggers), beneficiary,
            ended, *(tuple(ids) for ids in names),
        )  # fmt: skip


def _operand(value: Json) -> Operand:
    return tuple(value) if isinstance(value, list) else value
