"""Criteria: what the fields of a record ask of a person together, with the words that were not read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from recommender.reading import sentence_words as words_of
from recommender.reading.field_text import FieldText
from recommender.reading.logic import EVERYONE, agreed_within, all_of, any_of, softened, undecided
from recommender.reading.phrase import Phrase
from recommender.reading.phrase_item import PhraseHead
from recommender.reading.raised_child import with_raised
from recommender.reading.scanner import scan
from recommender.reading.sentence import Sentence, SentenceKind, SentenceReader
from recommender.reading.sentence_doubt import doubted
from recommender.reading.target_group import GroupVocabulary, TargetGroup
from recommender.reading.text_statement import TextStatement, statements
from recommender.rules.clause import Clause, Compare, Not, UnreadText, compares

__all__ = ["UNREAD_REASONS", "Criteria", "CriteriaReader", "Unread"]

UNREAD_REASONS: Final = ("noun", "list", "condition", "exclusion", "nothing")
"""Why a statement was not read whole: its last noun is not known; one of several nouns is not; a condition on a known
group is not; whom it shuts out is not; nothing in it is known."""

_NATIONAL: Final = Compare("citizen_of_korea", "is", True)
_SEVERAL: Final = 2


class Unread(NamedTuple):
    """One statement that was not read whole: why not, in a word, its clause, and the pattern of what was not known."""

    reason: str
    clause: UnreadText
    pattern: str


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a text asks: its clause, and what of it was not read (each with its reason).

    `whole` says that every demand was read into clauses, of alternatives one at least; then alone may a yes follow.
    """

    clause: Clause
    whole: bool
    unread: tuple[Unread, ...] = ()
    groups: tuple[TargetGroup, ...] = ()
    sentences: int = 0


@dataclass(frozen=True, slots=True)
class _Node:
    """A statement with what it and everything below it ask; `people`: it, or what a heading stands over, names some."""

    sentence: Sentence
    clause: Clause
    whole: bool
    condition: bool
    silent: bool
    mode: str = ""
    people: bool = False


@dataclass
class CriteriaReader:
    """Reads one field; `fees` says that it lists who pays less, so that residents are one alternative."""

    vocabulary: GroupVocabulary
    places: Sequence[str] = ()
    fees: bool = False
    _unread: list[Unread] = field(default_factory=list)
    _groups: list[TargetGroup] = field(default_factory=list)
    _count: int = 0
    _open: bool = False
    """A note says that others may be taken for eligible."""

    def read(self, name: str, raw: str) -> Criteria:
        """Return what a field, by its name and its raw words, asks."""
        text = FieldText.of(name, raw)
        self._unread, self._groups, self._count, self._open = [], [], 0, False
        reader = SentenceReader(text, self.vocabulary, self.places)
        found = statements(text.plain)
        self._define(found, reader)
        nodes = [self._node(statement, reader) for statement in found]
        clause, whole = self._siblings(nodes, "")
        asks = any(not node.silent for node in nodes)
        clause = softened(clause) if self._open else clause
        return Criteria(with_raised(clause), whole and asks, tuple(self._unread), tuple(self._groups), self._count)

    def titled(self, title: str) -> Clause | None:
        """Return what the groups in a title ask, one being enough; None where it names nobody."""
        plain = FieldText.of("", title).plain
        scanned = scan(plain, 0, len(plain), self.vocabulary, self.places)
        groups = [one.group for one in scanned.lexemes if one.group is not None and one.group.people]
        asking = [group.clause for group in groups if group.clause != EVERYONE]
        return with_raised(any_of(asking)) if asking else None

    def _define(self, found: Sequence[TextStatement], reader: SentenceReader) -> None:
        """Read the notes that say what a vague word means ("* the poor: on benefits, ...")."""
        for statement in (one for top in found for one in top.walk()):
            words = reader.text.plain[statement.start : statement.end]
            label, colon, _ = words.partition(":")
            named = self._labelled(words)
            if named is None or not named.vague or not colon:
                continue
            phrase = reader.phrase(statement.start + len(label) + 1, statement.end)
            if phrase.whole and phrase.groups:
                reader.defined[named.name] = phrase.clause

    def _labelled(self, words: str) -> TargetGroup | None:
        """Return the group whose word is all that stands before a colon."""
        return self.vocabulary.groups.get(re.sub(r"\s", "", words.partition(":")[0]).strip("<>[]()'"))

    def _node(self, statement: TextStatement, reader: SentenceReader) -> _Node:
        sentence = reader.sentence(statement.start, statement.end, statement.bullet)
        self._count += 1
        self._groups += sentence.phrase.groups
        if sentence.kind in (SentenceKind.PRIORITY, SentenceKind.PROCEDURE):
            return _Node(sentence, EVERYONE, True, False, True)
        if sentence.kind == SentenceKind.EXCLUSION:
            return self._exclusion(sentence, statement, reader)
        sentence = _as_heading(sentence, statement, reader)
        own = sentence.phrase
        clause, whole = self._own(sentence, reader.text)
        below = [self._node(inner, reader) for inner in statement.below]
        if words_of.DISCRETION.search(reader.text.plain, statement.start, statement.end):
            below = [replace(node, clause=softened(node.clause)) for node in below]  # they are of the whole list
        if any(not node.silent for node in below):
            clause, whole = self._parent(sentence, clause, whole, below)
        mode = sentence.mode if own.quiet else ""
        for note in statement.notes:
            extra = self._note(note, reader)
            mode = mode or extra.sentence.mode
            clause, whole = all_of([clause, extra.clause]), whole and extra.whole
        silent = own.quiet and not own.groups and all(node.silent for node in below) and clause == EVERYONE
        people = sentence.names_people or (own.quiet and any(node.people for node in below))
        return _Node(sentence, clause, whole, self._condition(sentence), silent, mode, people)

    def _own(self, sentence: Sentence, text: FieldText) -> tuple[Clause, bool]:
        phrase = sentence.phrase
        besides = words_of.DISCRETION.search(text.plain, sentence.start, sentence.end)
        asked = softened(phrase.clause) if besides else phrase.clause  # whoever else may be taken for eligible
        asked = doubted(text.plain[sentence.start : sentence.end], asked)
        if phrase.whole:
            return asked, True
        unread = _unread(text, sentence.start, sentence.end)
        self._unread.append(Unread(phrase.why_unread, unread, phrase.unread))
        return all_of([asked, unread]), False

    def _parent(self, sentence: Sentence, clause: Clause, whole: bool, below: Sequence[_Node]) -> tuple[Clause, bool]:
        """A parent holds with what is below it; a list that only explains a group named above does not exclude."""
        own = sentence.phrase
        inner, inner_whole = self._siblings(below, sentence.mode)
        if own.only_vague and inner_whole and any(node.sentence.phrase.groups for node in below):
            return inner, whole  # what is below defines it
        names = bool(own.groups) and not sentence.mode
        if names and not all(node.condition or node.silent for node in below):
            inner = softened(inner)
        return all_of([clause, inner]), whole and inner_whole

    def _note(self, note: TextStatement, reader: SentenceReader) -> _Node:
        sentence = reader.sentence(note.start, note.end, "note")
        self._count += 1
        if sentence.kind == SentenceKind.EXCLUSION:
            return self._exclusion(sentence, note, reader)
        self._open |= words_of.DISCRETION.search(reader.text.plain, note.start, note.end) is not None
        if sentence.kind != SentenceKind.CRITERION or sentence.phrase.quiet:
            return _Node(sentence, EVERYONE, True, False, True)
        words = reader.text.plain[note.start : note.end]
        named = self._labelled(words)
        if named is not None and named.name in reader.defined:
            return _Node(sentence, EVERYONE, True, False, True)
        if words.lstrip().startswith("외국인"):
            clause = any_of([_NATIONAL, sentence.phrase.clause, _unread(reader.text, note.start, note.end)])
            return _Node(sentence, clause, True, True, False)  # it is about foreigners alone
        clause, whole = self._own(sentence, reader.text)
        return _Node(sentence, softened(clause), whole, True, False)

    def _exclusion(self, sentence: Sentence, statement: TextStatement, reader: SentenceReader) -> _Node:
        """Who is shut out: persons of groups that facts know; everything else is unread."""
        parts = [sentence.phrase] + [reader.phrase(one.start, one.end) for one in _below(statement)]
        spoken = [part for part in parts if not part.quiet]
        whole = all(part.whole and (part.groups or part.figures) for part in spoken)
        if whole and spoken:
            return _Node(sentence, Not(any_of(part.clause for part in spoken)), True, True, False)
        if not spoken:
            return _Node(sentence, EVERYONE, True, False, True)
        end = max([sentence.end, *(one.end for one in _below(statement))])
        unread = _unread(reader.text, sentence.start, end)
        known: Clause = unread
        if all(part.clause != EVERYONE for part in spoken):
            shut_out = any_of(part.clause if part.whole else all_of([part.clause, unread]) for part in spoken)
            known = Not(shut_out)
        self._unread.append(Unread("exclusion", unread, next((part.unread for part in spoken if part.unread), "")))
        return _Node(sentence, known, False, True, False)

    def _condition(self, sentence: Sentence) -> bool:
        """Whether a statement is a condition that is demanded beside its siblings, not one alternative of them."""
        phrase = sentence.phrase
        if sentence.labelled:
            return True
        if self.fees:
            return False
        lives = phrase.residence and not phrase.groups and phrase.head != PhraseHead.UNREAD and not phrase.ages
        traits = phrase.whole and bool(phrase.groups) and not phrase.ages and all(one.trait for one in phrase.groups)
        return lives or traits or (sentence.must and not phrase.groups and not sentence.tier)

    def _siblings(self, nodes: Sequence[_Node], mode: str) -> tuple[Clause, bool]:
        """Put statements of one level together: as they say, else conditions all, groups one, the rest both ways."""
        spoken = [node for node in nodes if not node.silent]
        shut_out = [node for node in spoken if node.sentence.kind == SentenceKind.EXCLUSION]
        spoken = [node for node in spoken if node.sentence.kind != SentenceKind.EXCLUSION]
        whole = all(node.whole for node in nodes)
        if not spoken:
            return all_of(node.clause for node in shut_out), whole
        own_mode = mode or next((node.mode for node in spoken if node.mode), "")
        if own_mode == "all":
            clause = all_of(node.clause for node in spoken)
        elif own_mode == "any":
            clause, whole = any_of(node.clause for node in spoken), _one_read(spoken, shut_out)
        else:
            tiers = _tiers(spoken)
            demanded = [node for node in spoken if node.condition and node not in tiers]
            others = [node for node in spoken if node not in demanded]
            if not whole and _alternatives(others, self.fees):
                beside, whole = any_of(node.clause for node in others), _one_read(others, [*demanded, *shut_out])
            else:
                beside = _beside(demanded, others) if others else EVERYONE
            clause = all_of([*(node.clause for node in demanded), beside])
        return all_of([clause, *(node.clause for node in shut_out)]), whole


def _as_heading(sentence: Sentence, statement: TextStatement, reader: SentenceReader) -> Sentence:
    """Take a line that only names a benefit, with lines below it, for their heading: it is one of several benefits."""
    words = reader.text.plain[statement.start : statement.end].strip()
    own = sentence.phrase
    names = own.groups or own.figures or own.whole or own.residence or not own.unread
    if names or not statement.below or not words_of.BENEFIT_HEADING.fullmatch(words):
        return sentence
    return replace(sentence, phrase=Phrase(quiet=True), tier=True)


def _alternatives(nodes: Sequence[_Node], fees: bool) -> bool:
    """Whether lines, some of them not read, are surely alternatives: each names people, and none is a demand.

    Where it is listed who pays less, a line may also name an event or a paper that nothing here knows.
    """
    if any(node.sentence.labelled or node.mode for node in nodes):
        return False
    named = [node for node in nodes if node.people]
    others = [node for node in nodes if node not in named and not node.whole]
    if any(node.sentence.must for node in others):
        return False
    if all(node.sentence.tier for node in nodes):
        return len(nodes) >= _SEVERAL  # each is of its own benefit
    if fees:
        return len(named) >= _SEVERAL
    return len(named) >= _SEVERAL and not others and not any(node.sentence.must for node in named)


def _one_read(alternatives: Sequence[_Node], beside: Sequence[_Node]) -> bool:
    """Whether one alternative may grant: what of the others was not read is asked by them alone."""
    return any(node.whole for node in alternatives) and all(node.whole for node in beside)


def _tiers(nodes: Sequence[_Node]) -> list[_Node]:
    """Lines that state a figure of one kind and name nobody, where there are several: each is of its own case.

    Two ages are not an age that nobody has, and two income limits are two rates.
    """
    plain = [node for node in nodes if node.sentence.only_figures]
    asked = [{compare.fact for compare in compares(node.clause)} for node in plain]
    return [
        node for node, facts in zip(plain, asked, strict=True) if sum(not facts.isdisjoint(one) for one in asked) > 1
    ]


def _beside(demanded: Sequence[_Node], others: Sequence[_Node]) -> Clause:
    """What a list asks beside its conditions; where it is for everybody, tiers of what it costs shut out nobody."""
    everybody = any(node.sentence.phrase.groups and not node.sentence.labelled for node in demanded)
    tiers = all(node.sentence.tier for node in others)
    open_to_all = any(node.sentence.everybody for node in demanded)
    return softened(_either(others)) if open_to_all or (everybody and tiers) else _either(others)


def _either(nodes: Sequence[_Node]) -> Clause:
    """Alternatives where each names somebody; where a line is only a figure, both readings must agree."""
    if len(nodes) == 1:
        return nodes[0].clause
    one = any_of(node.clause for node in nodes)
    if all(_names(node) for node in nodes):
        return one
    if _tiers(nodes):  # nobody is of two ages
        return undecided(one)
    return agreed_within(all_of(node.clause for node in nodes), one)


def _names(node: _Node) -> bool:
    phrase = node.sentence.phrase
    if phrase.ages and phrase.head == PhraseHead.PERSON:
        return True
    return (bool(phrase.groups) and phrase.head != PhraseHead.UNREAD) or node.sentence.tier


def _below(statement: TextStatement) -> Iterator[TextStatement]:
    for inner in (*statement.below, *statement.notes):
        yield from inner.walk()


def _unread(text: FieldText, start: int, end: int) -> UnreadText:
    first, last = text.trimmed(start, end)
    return UnreadText(text.field, (first, last), text.text[first:last])
