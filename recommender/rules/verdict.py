"""Verdict: a programme judged on a snapshot, with the clauses that decided and the facts still missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from features.arrays import Int8, Int64
from features.calendar import date_of
from features.declaration.kinship import HOUSEHOLD
from features.mapping import UNDETERMINED
from features.value import UNKNOWN
from recommender.rules.clause import (
    Advisory,
    All,
    Answer,
    Clause,
    Compare,
    MemberCount,
    NoData,
    Not,
    Source,
    UnreadText,
    compares,
    members_counted,
    source_document,
)
from recommender.rules.compiled import Compiled
from recommender.rules.missing import Judged, judged, member_judged, missing
from recommender.rules.programme import KINDS, Programme
from recommender.text import Text

if TYPE_CHECKING:
    from features.members import Members
    from features.snapshot import Snapshot

__all__ = ["CAUSES", "Reason", "Verdict", "Verdicts", "judge"]

CAUSES = ("rule", "missing_fact", "no_data", "doubtful_source", "unread_text")
"""Why an answer is what it is: a rule decided, a fact is not known, it is not published, its source is
doubtful, or words of its source were not read into clauses."""


_MOST_KEPT: Final = 100_000
"""So many explained verdicts of a day are kept at most."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One clause that decided, or keeps open, an answer.

    `facts` are those it reads and `asks` what a person can state to settle it; `why`, `axis` and `source` are the
    clause's own or those of the nearest clause around it, at last the programme's source. `advised` says that it
    stands under an advisory clause: it can speak against a programme, but cannot exclude.
    """

    cause: str
    text: Text
    facts: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    why: Text | str | None = None
    axis: str | None = None
    source: Source | None = None
    kind: str | None = None
    advised: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what `proffer eligible` and the service show: `fact` for one fact, `facts` for several."""
        shown: dict[str, Any] = {"cause": self.cause, "text": self.text.to_document()}
        if self.facts:
            shown |= {"fact": self.facts[0]} if len(self.facts) == 1 else {"facts": list(self.facts)}
        if self.asks:
            shown["asks"] = list(self.asks)
        if self.why is not None:
            shown["why"] = self.why.to_document() if isinstance(self.why, Text) else self.why
        if self.axis is not None:
            shown["axis"] = self.axis
        if self.source is not None:
            shown["source"] = source_document(self.source)
        return shown if self.kind is None else shown | {"applicant": self.kind}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one programme; UNKNOWN alone has anything `missing`, named by what a person can state."""

    programme: Programme
    answer: Answer
    because: tuple[Reason, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Verdicts:
    """Every programme of a catalogue judged on one snapshot; reasons are worked out for those asked about.

    Attributes:
        answers: int8[P] of Answer, in the catalogue's order.
        values: int64[F], the person's columns.
        applicant: bit mask of KINDS.
        members: who belongs to the person; None where nothing is known of that.
    """

    compiled: Compiled
    answers: Int8
    values: Int64
    applicant: int
    members: Members | None = None
    _judged: dict[int, Judged] = field(default_factory=dict, repr=False, compare=False)
    _answered: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        """Return how many programmes were judged."""
        return len(self.answers)

    def __iter__(self) -> Iterator[Verdict]:
        """Explain all of them, in the catalogue's order."""
        return (self.explain(i) for i in range(len(self)))

    @cached_property
    def person(self) -> dict[str, int]:
        """The person's columns by name."""
        return dict(zip(self.compiled.columns, self.values.tolist(), strict=True))

    @cached_property
    def _counts(self) -> Int64:
        assert self.members is not None
        return self.compiled.member_counts(self.values, self.members)

    def explain(self, i: int) -> Verdict:
        """Return the verdict on programme i with its reasons and missing facts."""
        pattern, kept = self._pattern(i), self.compiled.explained
        found: Verdict | None = kept.get(pattern)
        if found is None:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            found = kept[pattern] = self._explained(i)
        return found

    def _pattern(self, i: int) -> tuple[object, ...]:
        """All that the verdict on programme i rests on: people of one pattern are told the same.

        How somebody stands follows from what each comparison answers, from what is known of a fact where that leaves it
        open, and from what counting members answers, or would have to be asked for that.
        """
        (compared, counting), answered, person = self.compiled.tested(i), self._answered, self.person
        for one in compared:
            if id(one) not in answered:
                value = person.get(one.fact, UNKNOWN)
                answer = self.compiled.compare(one, value)
                answered[id(one)] = answer if answer != Answer.UNKNOWN else 4 * value + 1
        counts = [(node.answer, node.asks) for node in map(self._counted, counting)]
        return (i, int(self.answers[i]), self.applicant, *[answered[id(one)] for one in compared], *counts)

    def _counted(self, clause: MemberCount) -> Judged:
        """A clause over members, judged once for the person."""
        if self.members is None or id(clause) in self._judged:
            return judged(clause, self.compiled, self.person, self._judged)
        found = self._judged[id(clause)] = member_judged(clause, self._counts, self.compiled, self.person)
        return found

    def _explained(self, i: int) -> Verdict:
        programme = self.compiled.catalogue.programmes[i]
        answer = Answer(int(self.answers[i]))
        reasons = _Reasons(self.compiled, programme)
        lapsed = programme.is_lapsed(self.compiled.day)
        if not lapsed and not programme.valid.holds(self.compiled.day):
            return Verdict(programme, answer, (reasons.not_in_force(),), ())
        shared = self._shared(programme)
        if not shared:
            return Verdict(programme, answer, (reasons.not_for_them(),), ())
        trees = self._trees(i, shared)
        if lapsed:
            return Verdict(programme, answer, (reasons.not_known_yet(), *reasons.of_last_known(shared, trees)), ())
        lacking = self.lacking(i)
        return Verdict(programme, answer, tuple(reasons.of(shared, trees, lacking)), lacking)

    def lacking(self, i: int) -> tuple[str, ...]:
        """Return the facts a person can state that could change an open answer to programme i: without its reasons."""
        programme = self.compiled.catalogue.programmes[i]
        if int(self.answers[i]) != Answer.UNKNOWN or programme.is_lapsed(self.compiled.day):
            return ()
        trees = self._trees(i, self._shared(programme))
        return missing(trees, not programme.verified, self.compiled, self.person)

    def _shared(self, programme: Programme) -> list[str]:
        """The kinds of applicant that somebody asks as and a programme is for."""
        return [kind for k, kind in enumerate(KINDS) if self.applicant >> k & 1 and kind in programme.who]

    def _trees(self, i: int, kinds: Sequence[str]) -> list[Judged]:
        """The judged clause of programme i for each of these kinds of applicant."""
        programme = self.compiled.catalogue.programmes[i]
        for one in self.compiled.tested(i)[1]:
            self._counted(one)
        return [judged(programme.who[kind], self.compiled, self.person, self._judged) for kind in kinds]


def judge(compiled: Compiled, snapshot: Snapshot, applicant: int = 1) -> Verdicts:
    """Judge every programme on one snapshot for an applicant (bit mask of KINDS).

    Raises ValueError where the snapshot's columns are not those compiled for.
    """
    if tuple(snapshot.columns) != compiled.columns:
        raise ValueError("the snapshot has other columns than the catalogue was compiled for: compile for its columns")
    values = np.asarray(snapshot.values, dtype=np.int64).reshape(1, -1)
    answers = compiled.answers(values, applicant, snapshot.members)[0]
    return Verdicts(compiled, answers, values[0], applicant, snapshot.members)


@dataclass(frozen=True, slots=True)
class _Reasons:
    """Finds the clauses of one programme that decided an answer, and tells them."""

    compiled: Compiled
    programme: Programme

    def not_in_force(self) -> Reason:
        """Say from when, or until when, the rules are in force."""
        first, last = self.programme.valid.first, self.programme.valid.last
        if first is not None and self.compiled.day < first:
            text = self.compiled.messages.text("verdict.from", day=date_of(first))
        else:
            text = self.compiled.messages.text("verdict.until", day=date_of(last or 0))
        return Reason("rule", text, source=self.programme.source)

    def not_known_yet(self) -> Reason:
        """Say that the rules of the day are not known: the last ones known have ended, and nobody says for good."""
        day, last = date_of(self.compiled.day), date_of(self.programme.valid.last or 0)
        text = self.compiled.messages.text("verdict.not_known_yet", year=str(day.year), day=last)
        return Reason("no_data", text, source=self.programme.source)

    def of_last_known(self, kinds: Sequence[str], trees: Sequence[Judged]) -> Iterator[Reason]:
        """Yield what spoke against it, or was open, by the last rules known; it decides nothing."""
        answer = max(tree.answer for tree in trees)
        for reason in self.of(kinds, trees, tuple(self.compiled.asked_order)):
            if answer == Answer.NO:
                yield replace(reason, cause="doubtful_source", advised=True)
            elif reason.cause == "missing_fact":
                yield replace(reason, advised=True)

    def not_for_them(self) -> Reason:
        """Say which kinds of applicant the programme is for."""
        messages = self.compiled.messages
        kinds = messages.joined("verdict.kinds", [messages.text(f"verdict.kind.{kind}") for kind in self.programme.who])
        return Reason("rule", messages.text("verdict.only_for", kinds=kinds), source=self.programme.source)

    def of(self, kinds: Sequence[str], trees: Sequence[Judged], lacking: tuple[str, ...]) -> Iterator[Reason]:
        """Yield what decided: of the kinds of applicant that count, those with the deciding answer."""
        programme, answer = self.programme, max(tree.answer for tree in trees)
        if answer != Answer.YES or programme.verified:
            reasons: list[Reason] = []
            for kind, tree in zip(kinds, trees, strict=True):
                if tree.answer == answer:
                    notes = _NoteCollector(None, None, programme.source, kind if len(programme.who) > 1 else None)
                    self._deciding(tree, False, notes, reasons)
            matter = [
                one
                for one in reasons
                if one.cause != "missing_fact" or one.advised or any(name in lacking for name in one.asks)
            ]
            yield from matter or reasons
        if answer != Answer.NO and not programme.verified:
            text = self.compiled.messages.text("verdict.unverified")
            yield Reason("doubtful_source", text, source=programme.source)

    def _deciding(self, node: Judged, negated: bool, around: _NoteCollector, reasons: list[Reason]) -> None:
        """Add the reasons below a node, which stands under a NOT where `negated`."""
        clause, notes = node.clause, around.of(node.clause)
        if isinstance(clause, Compare):
            cause = "missing_fact" if node.answer == Answer.UNKNOWN else "rule"
            asks = self.compiled.asks(clause.fact) if cause == "missing_fact" else ()
            reasons.append(Reason(cause, self._text(node, negated), (clause.fact,), asks, *notes))
        elif isinstance(clause, MemberCount):
            cause = "missing_fact" if node.answer == Answer.UNKNOWN else "rule"
            reasons.append(Reason(cause, self._text(node, negated), (HOUSEHOLD,), node.asks, *notes))
        elif isinstance(clause, NoData):
            reasons.append(Reason("no_data", self._text(node, negated), (), (), *notes))
        elif isinstance(clause, UnreadText):
            own = self.compiled.declaration.country.languages[:1] or (UNDETERMINED,)
            quoted = notes.quoting(clause, Text.of({own[0]: clause.words}))
            reasons.append(Reason("unread_text", self._text(node, negated), (), (), *quoted))
        elif isinstance(clause, Not):
            self._deciding(node.parts[0], not negated, notes, reasons)
        elif isinstance(clause, Advisory):
            self._advised(node.parts[0], negated, notes, reasons)
        else:
            self._composed(node, negated, notes, reasons)

    def _advised(self, part: Judged, negated: bool, around: _NoteCollector, reasons: list[Reason]) -> None:
        around = around._replace(advised=True)
        if part.answer == Answer.NO:
            text, notes = self._text(part, negated), around.of(part.clause)
            reasons.append(Reason("doubtful_source", text, _facts(part.clause), (), *notes))
        else:
            self._deciding(part, negated, around, reasons)

    def _composed(self, node: Judged, negated: bool, notes: _NoteCollector, reasons: list[Reason]) -> None:
        """Add the parts that share the node's answer; alternatives that all failed are one reason."""
        every = isinstance(node.clause, All) != negated
        failed = node.answer == (Answer.YES if negated else Answer.NO)
        if not node.parts or (
            failed and not every and all(isinstance(part.clause, (Compare, MemberCount)) for part in node.parts)
        ):
            reasons.append(Reason("rule", self._text(node, negated), _facts(node.clause), (), *notes))
            return
        for part in node.parts:
            if part.answer == node.answer:
                self._deciding(part, negated, notes, reasons)

    def _text(self, node: Judged, negated: bool) -> Text:
        met = node.answer == (Answer.NO if negated else Answer.YES)
        return self.compiled.rule_text.clause(node.clause, negated, met)


class _NoteCollector(NamedTuple):
    """What a reason carries beside its words, in the order Reason takes it."""

    why: Text | str | None
    axis: str | None
    source: Source | None
    kind: str | None
    advised: bool = False

    def of(self, clause: Clause) -> _NoteCollector:
        """Return a clause's own notes, each taken from around it where it has none."""
        if clause.why is None and clause.axis is None and clause.source is None:
            return self
        why = self.why if clause.why is None else clause.why
        return self._replace(why=why, axis=clause.axis or self.axis, source=self._sourced(clause.source))

    def quoting(self, clause: UnreadText, words: Text) -> _NoteCollector:
        """Return these notes with the unread words and their place as the source."""
        return self._replace(source=self._sourced(Source(None, None, words, clause.field, clause.span)))

    def _sourced(self, source: Source | None) -> Source | None:
        """Return a source; a place in a field is looked up where the record around it is."""
        if source is None or source.field is None or source.url is not None or self.source is None:
            return source or self.source
        return replace(source, url=self.source.url, checked=self.source.checked)


def _facts(clause: Clause) -> tuple[str, ...]:
    facts = [compare.fact for compare in compares(clause)]
    return tuple(dict.fromkeys([*facts, *(HOUSEHOLD for _ in members_counted(clause))]))
