"""Sentence: one statement read: what kind of statement it is, what it asks, and how those below it stand together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from recommender.reading import sentence_words as words_of
from recommender.reading.field_text import FieldText
from recommender.reading.logic import EVERYONE, all_of
from recommender.reading.phrase import BracketPhrase, Phrase, PhraseReader
from recommender.reading.phrase_item import PhraseHead
from recommender.reading.scanner import Scanned, scan
from recommender.reading.target_group import GroupVocabulary
from recommender.rules.clause import Clause, Not

__all__ = ["DEEPEST_BRACKET", "Sentence", "SentenceKind", "SentenceReader"]

DEEPEST_BRACKET = 8
"""The words of a bracket that stands within so many others are not read."""


class SentenceKind(Enum):
    """What a statement does."""

    CRITERION = auto()
    EXCLUSION = auto()
    PRIORITY = auto()
    PROCEDURE = auto()
    LABEL = auto()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A statement read.

    Attributes:
        mode: "all" or "any" where it says how those below it stand together.
        labelled: it stands behind the name of a criterion ("age: ...").
        must: it ends as a demand, not as a noun.
        tier: it stands behind another label, the name of one of several benefits or of a group.
        everybody: it says in so many words that it is for everybody.
    """

    kind: SentenceKind
    phrase: Phrase
    start: int
    end: int
    mode: str = ""
    labelled: bool = False
    must: bool = False
    tier: bool = False
    everybody: bool = False

    @property
    def only_figures(self) -> bool:
        """Whether it states a figure and names nobody."""
        return self.phrase.figures and not self.phrase.groups and not self.labelled and not self.phrase.residence

    @property
    def names_people(self) -> bool:
        """Whether it names people by more than what everybody on a list may be."""
        spoken = self.phrase.groups
        asking = (one for one in spoken if one.people and not one.trait and not one.vague)
        return (self.phrase.ages and not self.phrase.residence) or any(one.clause != EVERYONE for one in asking)


@dataclass
class SentenceReader:
    """Reads statements of one field; what notes define of vague words is given in `defined`."""

    text: FieldText
    vocabulary: GroupVocabulary
    places: Sequence[str]
    defined: dict[str, Clause] = field(default_factory=dict)
    _depth: int = 0

    def sentence(self, start: int, end: int, bullet: str) -> Sentence:
        """Read the statement from `start` to before `end`."""
        plain = self.text.plain
        words = plain[start:end]
        if words_of.SAME.fullmatch(words.strip()):
            return Sentence(SentenceKind.LABEL, Phrase(quiet=True), start, end)
        label, begin = self._label(start, end, bullet)
        name = re.sub(r"\s", "", label)
        rest = plain[begin:end].strip()
        mode = "any" if words_of.ANY.search(words) else "all" if words_of.ALL.search(words) else ""
        if name and words_of.EXCLUSION.search(name):
            return Sentence(SentenceKind.EXCLUSION, self.phrase(begin, end), start, end)
        if not rest:
            return self._heading(name, start, end, mode)
        if name and (words_of.PRIORITY.search(name) or words_of.PRICED.fullmatch(name)):
            return Sentence(SentenceKind.PRIORITY, Phrase(quiet=True), start, end)
        if name and words_of.BODIES.fullmatch(name):
            return Sentence(SentenceKind.PROCEDURE, Phrase(quiet=True), start, end)
        if (
            bullet == "note"
            and (not name or words_of.ASIDE.fullmatch(name))
            and words_of.NOTE_PROCEDURE.search(rest)
            and not words_of.EXCLUSION.search(rest)
            and not words_of.RESTRICTS.search(rest)
        ):
            return Sentence(SentenceKind.PROCEDURE, Phrase(quiet=True), start, end, mode)
        if name and words_of.PROCEDURE.fullmatch(name):
            return self._procedure(begin, start, end)
        if words_of.PAPERS.fullmatch(rest) and not _asks(self.phrase(begin, end)):
            return Sentence(SentenceKind.PROCEDURE, Phrase(quiet=True), start, end)
        if words_of.DEADLINE.fullmatch(rest) and not name:
            return Sentence(SentenceKind.PROCEDURE, Phrase(quiet=True), start, end)
        if words_of.PRIORITY.search(rest) and not name:
            return Sentence(SentenceKind.PRIORITY, Phrase(quiet=True), start, end)
        tail = words_of.EXCLUDED_TAIL.search(plain[begin:end])
        if tail and plain.count("(", begin, begin + tail.start()) == plain.count(")", begin, begin + tail.start()):
            but = words_of.BUT.match(plain, begin, end)
            shut_out = self.phrase(but.end() if but else begin, begin + tail.start())
            return Sentence(SentenceKind.EXCLUSION, shut_out, start, end)
        return self._criterion(name, begin, start, end, mode)

    def _procedure(self, begin: int, start: int, end: int) -> Sentence:
        """A step of the procedure asks nothing; one that speaks of people may, and is not read."""
        spoken = self.phrase(begin, end)
        if spoken.ages or any(group.people and not group.trait for group in spoken.groups):
            return Sentence(SentenceKind.CRITERION, Phrase(whole=False, unread=spoken.unread), start, end, must=True)
        return Sentence(SentenceKind.PROCEDURE, Phrase(quiet=True), start, end)

    def _criterion(self, name: str, begin: int, start: int, end: int, mode: str) -> Sentence:
        begin, end = self._core(begin, end)
        phrase = self.phrase(begin, end)
        labelled = bool(name and (words_of.CRITERION.fullmatch(name) or words_of.THING.fullmatch(name)))
        tier = bool(name) and not labelled and not words_of.TARGET.fullmatch(name)
        if not name and words_of.TARIFF.fullmatch(self.text.plain[begin:end].strip()) and not _asks(phrase):
            return Sentence(SentenceKind.LABEL, Phrase(quiet=True), start, end, mode)
        points = mode or words_of.POINTS.search(self.text.plain, begin, end)
        if points and not (phrase.unread or phrase.groups or phrase.figures):
            phrase = replace(phrase, whole=True, quiet=True)
        if tier:
            phrase = self._of_tier(phrase, start, begin)
        said = self.text.plain[begin:end]
        must = bool(words_of.MUST.search(said)) and not words_of.CHEAPER.search(said)
        everybody = words_of.EVERYBODY.search(said) is not None
        return Sentence(SentenceKind.CRITERION, phrase, start, end, mode, labelled, must, tier, everybody)

    def _core(self, begin: int, end: int) -> tuple[int, int]:
        """Return a statement's words without a leading "but" and without what is given at its end."""
        plain = self.text.plain
        but = words_of.BUT.match(plain, begin, end)
        begin = but.end() if but else begin
        given = words_of.GIVEN_TAIL.search(plain[begin:end])
        if given is None or not plain[begin : begin + given.start()].strip():
            return begin, end
        cut = begin + min(at for name in given.groupdict() if (at := given.start(name)) >= 0)
        return begin, cut

    def _of_tier(self, phrase: Phrase, start: int, begin: int) -> Phrase:
        """Read what stands behind a label of its own: the group that the label names is asked too."""
        label = self.phrase(start, begin)
        if label.whole and label.groups:
            clause = all_of([label.clause, phrase.clause])
            return replace(phrase, clause=clause, groups=(*label.groups, *phrase.groups), quiet=False)
        name = self.text.plain[start:begin].strip(" :()<>[]")
        benefit = words_of.BENEFIT.fullmatch(name) is not None and bool(phrase.groups or phrase.ages)
        return replace(phrase, whole=phrase.whole and (label.quiet or benefit))

    def _heading(self, name: str, start: int, end: int, mode: str) -> Sentence:
        if words_of.PRIORITY.search(name):
            return Sentence(SentenceKind.PRIORITY, Phrase(quiet=True), start, end)
        if words_of.PROCEDURE.fullmatch(name):
            return Sentence(SentenceKind.PROCEDURE, Phrase(quiet=True), start, end)
        criterion = bool(words_of.CRITERION.fullmatch(name) or words_of.THING.fullmatch(name))
        if criterion or mode or not name or words_of.TARGET.fullmatch(name):
            return Sentence(SentenceKind.LABEL, Phrase(quiet=True), start, end, mode, criterion)
        return Sentence(SentenceKind.CRITERION, self.phrase(start, end), start, end, tier=True)

    def _label(self, start: int, end: int, bullet: str) -> tuple[str, int]:
        """Return the label a statement stands behind ("" for none) and where its words begin."""
        plain = self.text.plain
        found = words_of.LABEL.match(plain, start, end)
        if found is None and plain[start:end].lstrip().startswith(("(", "<", "[")):
            pattern = words_of.BRACKET_LABEL if bullet != "heading" else words_of.HEADING
            found = pattern.match(plain, start, end) or words_of.HEADING.match(plain, start, end)
        if found is not None:
            said = next((words for words in found.groupdict().values() if words), "")
            return said, found.end()
        bare = re.sub(r"\s|[<>\[\]()]", "", plain[start:end])
        if (
            words_of.TARGET.fullmatch(bare)
            or words_of.THING.fullmatch(bare)
            or words_of.CRITERION.fullmatch(bare)
            or words_of.PROCEDURE.fullmatch(bare)
            or words_of.SHUT_OUT.fullmatch(bare)
        ):
            return bare, end
        return "", start

    def phrase(self, start: int, end: int) -> Phrase:
        """Return what the words from `start` to before `end` ask."""
        return self._read(scan(self.text.plain, start, end, self.vocabulary, self.places))

    def _read(self, scanned: Scanned) -> Phrase:
        spans = {span.start - 1: span for span in scanned.brackets}

        def bracket(at: int) -> BracketPhrase:
            if self._depth >= DEEPEST_BRACKET:
                return BracketPhrase(Phrase(whole=False, head=PhraseHead.UNREAD, unread="("))
            self._depth += 1
            try:
                return self._bracket(spans[at].start, spans[at].end)
            finally:
                self._depth -= 1

        return PhraseReader(self.text.source, bracket, self.defined).read(scanned.lexemes)

    def _bracket(self, start: int, end: int) -> BracketPhrase:
        """Read the words in a bracket: a gloss, a wider or narrower group, an exclusion, or a condition."""
        plain = self.text.plain
        said = re.sub(r"\s", "", plain[start:end])
        if words_of.GLOSS.fullmatch(said) or said.endswith("우선"):
            return BracketPhrase(Phrase(quiet=True), ignored=True)
        if "포함" in said:
            widened = re.sub(r"[을를도]?포함.*$", "", said)
            companion = widened.startswith(words_of.WIDENING) or widened.endswith(words_of.COMPANION)
            return BracketPhrase(self.phrase(start, plain.find("포함", start, end)), ignored=companion, widens=True)
        tail = words_of.EXCLUDED_TAIL.search(plain[start:end])
        if tail is not None:
            return self._shut_out(start, end, start + tail.start())
        phrase = self.phrase(start, end)
        narrows = words_of.NARROWS.search(said) is not None
        nobody = phrase.head == PhraseHead.PERSON and not phrase.groups and not phrase.figures
        return BracketPhrase(phrase, ignored=phrase.whole and (phrase.quiet or nobody) and not narrows, narrows=narrows)

    def _shut_out(self, start: int, end: int, tail: int) -> BracketPhrase:
        """Read a bracket that ends in "excluded"; before a stroke stands what narrows a group that stays."""
        slash = self.text.plain.rfind("/", start, end)
        if slash > 0:
            return self._bracket(start, slash)
        phrase = self.phrase(start, tail)
        named = bool(phrase.groups or phrase.figures)
        turned = replace(phrase, clause=Not(phrase.clause), whole=phrase.whole and named)
        return BracketPhrase(turned, excludes=True)


def _asks(phrase: Phrase) -> bool:
    """Whether words name people or state a figure."""
    return phrase.figures or any(group.people for group in phrase.groups)
