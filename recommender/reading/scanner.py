"""Scanner: a statement's words as lexemes; every word is either known to its last letter or unread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from recommender.reading.figure import figure_at
from recommender.reading.function_word import AFTER, ALONE, PUNCTUATION
from recommender.reading.lexeme import Lexeme, LexemeKind
from recommender.reading.squeezed_text import BracketSpan, SqueezedText, squeezed
from recommender.reading.target_group import GroupVocabulary, TargetGroup

__all__ = ["Scanned", "scan", "scan_parts"]

_LONGEST_AFTER: Final = max(map(len, AFTER))
_LONGEST_ALONE: Final = max(map(len, ALONE))
_LONGEST_WORD: Final = 120
"""A longer run of letters without a blank is not cut: nobody writes one, and it would be cut in too many ways."""
_SHORTEST_FRONT: Final = 2
"""A compound has at least so many letters before the word it ends in: 이상인 does not end in 상인 (a merchant)."""
_RESIDENTS: Final = "주민"
_HERE: Final = ("관내외", "관내", "내", "소재", "")
_LAW: Final = re.compile(r"「[^」]{2,60}」")
_LAW_TAIL: Final = re.compile(
    r"(?:에관한)?(?:법률?|조례)?(?:시행령|시행규칙)?(?:\[[^\]]*\])?"
    r"(?:제?\d+조(?:의\d+)?|제\d+항|제\d+호(?:의\d+)?|[가-하]목|각호(?:의어느하나)?|각목|부터|까지|및|또는|,|·|의|규정|별표\d*|및동법|동법|시행령|같은법|제\d+)*"
    r"(?:에따라|에따른|에의한|에의하여|에의거|에의해|에해당하는|에서정한|에서정하는|에정한|에근거하여|상의?|의적용을받는|에명시된|에해당되는|에규정된|에규정한|을적용받는|의)?"
)
_RESIDENCE: Final = re.compile(
    r"(?:주민등록표?|주민등록|주소지?|실거주|실제거주|거소신고|체류지등록|체류지|등록기준지|거주지|거주(?!자|민|외국인|시설|요건|기준)|전입신고일|주민등록지)"
)
_DENIES: Final = "비미무불탈반준舊구前"
"""A word that begins so is not a kind of what its end names."""
_ENDS_BEFORE: Final = re.compile(r"[가-힣]")
_NIEUN: Final = 4
_COLUMN: Final = 28


@dataclass(frozen=True, slots=True)
class Scanned:
    """A statement's lexemes and, in order, the brackets that its BRACKET lexemes stand for."""

    lexemes: tuple[Lexeme, ...]
    brackets: tuple[BracketSpan, ...]


def scan(plain: str, start: int, end: int, vocabulary: GroupVocabulary, places: Sequence[str]) -> Scanned:
    """Cut the words from `start` to before `end` into lexemes; `places` are the names of where the service is."""
    text = squeezed(plain, start, end)
    return Scanned(tuple(_Scan(text, vocabulary, tuple(places)).lexemes()), text.brackets)


def scan_parts(
    plain: str, start: int, end: int, vocabulary: GroupVocabulary, places: Sequence[str]
) -> Iterator[tuple[int, int, tuple[Lexeme, ...]]]:
    """Yield where some words begin and end and their lexemes, then the same of each bracket among them."""
    scanned = scan(plain, start, end, vocabulary, places)
    yield start, end, scanned.lexemes
    for span in scanned.brackets:
        yield span.start, span.end, scan(plain, span.start, span.end, vocabulary, places).lexemes


Candidate = tuple[int, Lexeme]
"""What may stand at a place, after where it ends."""


@dataclass
class _Scan:
    text: SqueezedText
    vocabulary: GroupVocabulary
    places: tuple[str, ...]
    _rests: dict[int, tuple[list[Lexeme], int] | None] = field(default_factory=dict)

    def lexemes(self) -> Iterator[Lexeme]:
        """Yield the lexemes, word by word: a word that is not known to its end is unread."""
        i = 0
        while i < len(self.text.letters):
            stop = self.text.edge_after(i)
            found = self._word(i) if stop - i <= _LONGEST_WORD else None
            if found is None:
                yield from self._unknown(i, stop)
                i = stop
            else:
                yield from found[0]
                i = found[1]

    def _word(self, i: int) -> tuple[list[Lexeme], int] | None:
        """Return lexemes from i to the end of some word, None where the letters there are not known to a word's end."""
        for stop, lexeme in self._candidates(i, True):
            rest = self._rest(stop)
            if rest is not None:
                return [lexeme, *rest[0]], rest[1]
        return None

    def _rest(self, i: int) -> tuple[list[Lexeme], int] | None:
        """Return what follows a known piece up to the end of the word it stands in."""
        if self.text.edges[i]:
            return [], i
        if i not in self._rests:
            self._rests[i] = None
            for stop, lexeme in self._candidates(i, False):
                rest = self._rest(stop)
                if rest is not None:
                    self._rests[i] = [lexeme, *rest[0]], rest[1]
                    break
        return self._rests[i]

    def _candidates(self, i: int, begins: bool) -> Iterator[Candidate]:
        """Yield what may stand at a place, the likelier first; `begins`: a word begins there."""
        letters = self.text.letters
        letter = letters[i]
        if letter in PUNCTUATION and letter != "「":
            yield self._made(PUNCTUATION[letter], i, i + 1)
            return
        if begins:
            yield from self._listed(ALONE, _LONGEST_ALONE, i, True)
            yield from self._laws(i)
        figure = figure_at(letters, i)
        if figure is not None:
            stop, lexeme = self._made(figure.kind, i, figure.end)
            yield stop, replace(lexeme, clause=figure.clause)
        found = _RESIDENCE.match(letters, i)
        if found is not None:
            yield self._made(LexemeKind.RESIDENCE, i, found.end())
        listed = self.vocabulary.by_letter.get(letter, ())
        known = [(i + len(word), named) for word, named in listed if letters.startswith(word, i)]
        known = [(stop, named) for stop, named in known if self._may_end(i, stop)]
        places = list(self._places(i))
        longest = known[0][0] if known else i
        yield from (place for place in places if place[0] > longest)  # 고령군 is a county, 고령 old age
        yield from (self._named(named, i, stop) for stop, named in known)
        yield from (place for place in places if place[0] <= longest)
        if not begins:
            yield from self._listed(AFTER, _LONGEST_AFTER, i, False)

    def _may_end(self, i: int, stop: int) -> bool:
        """Whether a word of the vocabulary may end at a place: one with a blank needs a word's end or a particle."""
        edges = self.text.edges
        if edges[stop] or not any(edges[i + 1 : stop]):
            return True
        kinds = (AFTER.get(self.text.letters[stop : stop + length]) for length in range(1, _LONGEST_AFTER + 1))
        return any(kind not in (None, LexemeKind.ETC) for kind in kinds)

    def _listed(self, words: Mapping[str, LexemeKind], longest: int, i: int, alone: bool) -> Iterator[Candidate]:
        """Yield the function words that stand at a place, longest first."""
        for length in range(min(longest, len(self.text.letters) - i), 0, -1):
            kind = words.get(self.text.letters[i : i + length])
            if kind is not None and (not alone or self.text.edges[i + length]):
                yield self._made(kind, i, i + length)

    def _places(self, i: int) -> Iterator[Candidate]:
        """Yield the place the service is for, and its people (강동구민)."""
        for place in self.places:
            if self.text.letters.startswith(place, i):
                stop = i + len(place)
                resident = self.vocabulary.groups.get(_RESIDENTS)
                if self.text.letters.startswith("민", stop) and resident is not None:
                    yield self._named(resident, i, stop + 1)
                for tail in _HERE:
                    if self.text.letters.startswith(tail, stop):
                        yield self._made(LexemeKind.PLACE, i, stop + len(tail))

    def _laws(self, i: int) -> Iterator[Candidate]:
        letters = self.text.letters
        found = _LAW.match(letters, i)
        named = next((name for name in self.vocabulary.written_laws if letters.startswith(name, i)), "")
        stop = found.end() if found else i + len(named)
        if stop > i:
            tail = _LAW_TAIL.match(letters, stop)
            end, lexeme = self._made(LexemeKind.LAW, i, tail.end() if tail else stop)
            yield end, replace(lexeme, group=self.vocabulary.of_law(letters[i:stop]))

    def _named(self, named: TargetGroup | str, i: int, stop: int) -> Candidate:
        if isinstance(named, str):
            return self._made(LexemeKind.PERSON if named == "person" else LexemeKind.NEUTRAL, i, stop)
        lexeme = self._made(LexemeKind.GROUP, i, stop)[1]
        return stop, replace(lexeme, group=named)

    def _made(self, kind: LexemeKind, i: int, stop: int) -> Candidate:
        at = self.text.at
        return stop, Lexeme(kind, at[i], at[stop - 1] + 1, self.text.letters[i:stop])

    def _unknown(self, i: int, stop: int) -> Iterator[Lexeme]:
        """Yield a word that is not known: unread, but for a group that its last letters name."""
        compound = stop - i <= _LONGEST_WORD and self.text.letters[i] not in _DENIES
        for cut in range(i + _SHORTEST_FRONT, stop) if compound else ():
            for word, named in self.vocabulary.by_letter.get(self.text.letters[cut], ()):
                if isinstance(named, str) or not named.heads(word) or not self.text.letters.startswith(word, cut):
                    continue
                rest = self._rest(cut + len(word))
                if rest is not None and rest[1] == stop:
                    yield replace(self._made(LexemeKind.UNREAD, i, cut)[1], joins="part")
                    whole = self._made(LexemeKind.GROUP, i, cut + len(word))[1]
                    yield replace(whole, group=named, partial=True)
                    yield from rest[0]
                    return
        lexeme = self._made(LexemeKind.UNREAD, i, stop)[1]
        yield replace(lexeme, joins=_joins(lexeme.word))


def _joins(word: str) -> str:
    """How an unread word goes on: "and" as a verb that continues, "before" as one that describes, "object"."""
    if word.endswith(
        ("하고", "되고", "이고", "있고", "으며", "하며", "이며", "면서", "두고", "하여", "되어", "받아", "따라", "거쳐")
    ):
        return "and"
    if word.endswith(("을", "를", "에게", "에", "와", "과")):
        return "object"
    last = word[-1]
    if _ENDS_BEFORE.fullmatch(last) and (ord(last) - 0xAC00) % _COLUMN == _NIEUN:
        return "before"
    return ""
