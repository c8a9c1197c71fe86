"""Phrase: lexemes put together as a clause: items that are alternatives, conditions that are demanded together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from recommender.reading.lexeme import Lexeme, LexemeKind
from recommender.reading.logic import EVERYONE, all_of, any_of, softened, undecided
from recommender.reading.phrase_cut import (
    cases_dropped,
    days_dropped,
    examples_cut,
    families_joined,
    following,
    in_object,
    items_of,
    lasting,
    preceding,
    raised,
    segments_of,
    spans_cut,
    trails_off,
)
from recommender.reading.phrase_item import PhraseHead, PhraseItem, alternatives, folded, listed
from recommender.reading.shared_noun import (
    RELATIVES,
    births_softened,
    bound_by_noun,
    keeps_another,
    of_another,
    speaks_of_the_dead,
)
from recommender.reading.target_group import TargetGroup
from recommender.rules.clause import Clause, Compare, NoData, Not, Source

__all__ = ["BracketPhrase", "Phrase", "PhraseReader"]

K = LexemeKind
_QUIET: Final = (K.NEUTRAL, K.ETC, K.PLACE)
_JOINTS: Final = (K.SUBJECT, K.OBJECT, K.OF)
_DENIALS: Final = frozenset(
    (
        *("이아닌", "가아닌", "아닌", "아니고", "이없는", "가없는", "없는", "없고", "이없고", "가없고", "하지않는"),
        *("하지않은", "되지않은", "되지않는", "않은", "않는", "에해당하지않는", "에해당하지아니하는", "해당하지않는"),
        *("받지않는", "받지않은", "받지않고있는"),
    )
)
"""What turns round the one noun before it: those who are not, those without."""
_DEATH: Final = ("사망", "사망시", "사망자", "사망한경우", "사망한자", "사망한")
_WISHES: Final = ("희망", "신청", "원하는", "이용희망", "참여희망", "지원희망")
_RECIPIENT: Final = ("수급자", "수급권자", "수급", "기초생활")
_BORN: Final = ("출생아", "신생아", "영아", "자녀", "출생자")
_VERB_ENDS: Final = ("고", "는", "은", "한", "된", "인", "여", "해", "중", "둔")
_PERSONLIKE: Final = (
    *("자", "인", "생", "민", "가정", "가구", "세대", "아동", "가족", "청년", "어르신", "대상", "사람", "분"),
    *("원", "사", "가", "단", "회", "층", "시설", "센터"),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """What some words ask: `whole` where every word was read; `head` is their last noun.

    Attributes:
        groups: the groups named, for brackets and notes that define or narrow them.
        quiet: they ask nothing and name nobody (a place, a date, a law).
        residence: they speak of where somebody is registered.
        figures: they state an age, an income or a length; `ages`: an age among them.
        unread: the first word that was not read.
    """

    clause: Clause = EVERYONE
    whole: bool = True
    head: PhraseHead = PhraseHead.NONE
    groups: tuple[TargetGroup, ...] = ()
    quiet: bool = False
    residence: bool = False
    figures: bool = False
    ages: bool = False
    unread: str = ""

    @property
    def only_vague(self) -> bool:
        """Whether it names one vague group and nothing else."""
        if len(self.groups) != 1 or not self.groups[0].vague or not self.whole:
            return False
        return replace(self.clause, source=None) == self.groups[0].clause

    @property
    def why_unread(self) -> str:
        """Why it was not read whole, in a word of UNREAD_REASONS."""
        if self.head == PhraseHead.UNREAD:
            return "list" if self.groups else "noun"
        return "condition" if self.groups or self.figures else "nothing"


@dataclass(frozen=True, slots=True)
class BracketPhrase:
    """What a bracket asks and how it stands to what is before it: it widens, narrows or shuts out, or says nothing."""

    phrase: Phrase
    ignored: bool = False
    widens: bool = False
    excludes: bool = False
    narrows: bool = False

    @property
    def only_kin(self) -> bool:
        """Whether it only lists relatives, as members of a household are listed."""
        groups = self.phrase.groups
        return bool(groups) and all(one.kind == "child" or one.name in ("부부", "유족·친족") for one in groups)


@dataclass(frozen=True)
class PhraseReader:
    """Reads lexemes of one field; `source` quotes a span, `bracket` reads the words in the bracket at a place.

    `defined` are the vague groups that a note of the text defines, by name.
    """

    source: Callable[[int, int], Source]
    bracket: Callable[[int], BracketPhrase]
    defined: Mapping[str, Clause]

    def read(self, lexemes: Sequence[Lexeme]) -> Phrase:
        """Return what the lexemes of a statement, or of a bracket, ask together."""
        lexemes = families_joined(cases_dropped(days_dropped(spans_cut(lasting(births_softened(lexemes))))))
        segments = [segment for part in segments_of(lexemes) if (segment := self._segment(part)) is not None]
        if not segments:
            return Phrase(quiet=True)
        return Phrase(
            all_of(segment.clause for segment in segments),
            all(segment.whole for segment in segments),
            segments[-1].head,
            tuple(group for segment in segments for group in segment.groups),
            quiet=all(segment.quiet for segment in segments),
            residence=any(segment.residence for segment in segments),
            figures=any(segment.figures for segment in segments),
            ages=any(segment.ages for segment in segments),
            unread=next((one.word for one in lexemes if one.kind is K.UNREAD), ""),
        )

    def _segment(self, lexemes: Sequence[Lexeme]) -> Phrase | None:
        cut = examples_cut(lexemes)
        if cut is not None:
            return self._summed(self._segment(lexemes[:cut]), self._segment(lexemes[cut + 1 :]))
        commas = any(one.kind is K.OR and one.word in (",", ";") for one in lexemes)
        parts = list(items_of(lexemes))
        read = [item for part in parts if (item := self._item(part)) is not None]
        items = _anybody(_families(folded(read)))
        if not items:
            return None
        whole = any(item.for_all for item in items) or all(item.whole and not item.nobody for item in items)
        if not whole and listed(lexemes, items):
            whole = True
            for item in items:
                item.guard()
        clause = undecided(alternatives(items, commas)) if bound_by_noun(parts) else alternatives(items, commas)
        return Phrase(
            _and_so_on(items, clause) if trails_off(lexemes) else clause,
            whole,
            items[-1].head,
            tuple(group for item in items for group in item.groups),
            quiet=whole and all(item.bare and not item.clauses for item in items),
            residence=any(item.residence for item in items),
            figures=any(item.figures for item in items),
            ages=any(item.own_age for item in items),
        )

    def _summed(self, examples: Phrase | None, named: Phrase | None) -> Phrase | None:
        """Read "A, B and other X": they are examples of X; where X is vague, they are what it means at least."""
        if examples is None or named is None:
            return named or examples
        vague = bool(named.groups) and all(group.vague for group in named.groups)
        both = all_of([named.clause, softened(examples.clause)])
        clause = any_of([examples.clause, named.clause]) if vague else both
        groups = (*named.groups, *examples.groups)
        return replace(named, clause=clause, whole=named.whole and examples.whole, groups=groups, quiet=False)

    def _item(self, lexemes: Sequence[Lexeme]) -> PhraseItem | None:
        if not lexemes:
            return None
        item = PhraseItem()
        for i, lexeme in enumerate(lexemes):
            if lexeme.kind not in _QUIET:
                self._take(lexeme, lexemes, i, item)
        if item.groups and item.groups[-1].kind == "occasion" and item.head == PhraseHead.GROUP and not item.turned:
            item.whole = True  # which card, which course: it is unknown all the same
        if speaks_of_the_dead(lexemes):
            item.clauses.append(NoData("가족의 사망"))
        return item

    def _take(self, lexeme: Lexeme, lexemes: Sequence[Lexeme], i: int, item: PhraseItem) -> None:
        kind = lexeme.kind
        if kind is K.GROUP and lexeme.group is not None:
            self._group(lexeme.group, lexemes, i, item)
        elif kind is K.PERSON:
            item.head = PhraseHead.PERSON
            item.wishing |= lexeme.word.startswith(_WISHES)
            item.individual = lexeme.word == "개인"
        elif kind in (K.AGE, K.CONDITION):
            if of_another(lexemes, i):
                item.unread()
            elif not in_object(lexemes, i):
                item.figures.append(self._cited(lexeme, lexeme.clause))
                item.own_age |= kind is K.AGE
        elif kind is K.DURATION:
            self._duration(lexeme, lexemes, item)
        elif kind is K.RESIDENCE:
            item.residence = True
            item.head = PhraseHead.NONE if item.head == PhraseHead.UNREAD else item.head
        elif kind is K.LAW:
            self._law(lexeme, following(lexemes, i), item)
        elif kind is K.NOT:
            _turn(lexemes, i, item)
        elif kind is K.BRACKET:
            before = preceding(lexemes, i)
            if before is not None and before.group is not None and before.group.kind == "body" and not item.groups:
                return  # which bodies: they were no group of people
            _bracketed(self.bracket(lexeme.start), item)
        elif kind is K.UNREAD:
            item.unread(PhraseHead.UNREAD)
            item.personlike = lexeme.word.endswith(_PERSONLIKE) and not lexeme.joins

    def _law(self, lexeme: Lexeme, follows: Lexeme | None, item: PhraseItem) -> None:
        """Those under a law are whom it is about; beside a named group the law asks nothing more."""
        if follows is not None and follows.kind is not K.PERSON:
            return
        if lexeme.group is None:
            item.unread()
        else:
            self._belongs(lexeme, lexeme.group, item)

    def _group(self, group: TargetGroup, lexemes: Sequence[Lexeme], i: int, item: PhraseItem) -> None:
        lexeme, before = lexemes[i], preceding(lexemes, i)
        if lexeme.word in _RECIPIENT and before is not None and before.kind is K.UNREAD and before.joins != "before":
            item.unread(PhraseHead.UNREAD)  # who receives something that was not read
            item.personlike = True
        elif self._is_relative(lexeme, before, item):
            self._relative(lexeme, item)
        elif group.kind == "body" and any(one.kind not in (*_QUIET, K.BRACKET, K.SUBJECT) for one in lexemes[i + 1 :]):
            item.unread()  # a body that somebody works or learns at
        elif (
            (in_object(lexemes, i) and not raised(lexemes, i))
            or _described(lexemes, i)
            or keeps_another(lexeme, before)
        ):
            item.unread(PhraseHead.UNREAD)
        else:
            item.kin |= lexeme.word in RELATIVES
            self._belongs(lexeme, group, item)
            if speaks_of_the_dead(lexemes[:i]):
                self._relative(lexeme, item)

    def _is_relative(self, lexeme: Lexeme, before: Lexeme | None, item: PhraseItem) -> bool:
        if before is None or before.kind is not K.GROUP or not item.groups:
            return False
        died = lexeme.word in _DEATH and item.groups[-1].family is not None
        return died or lexeme.word in RELATIVES

    def _belongs(self, lexeme: Lexeme, group: TargetGroup, item: PhraseItem) -> None:
        clause = self.defined.get(group.name, group.clause) if group.vague else group.clause
        if group.with_age is not None and item.own_age:
            clause = group.with_age
        item.clauses.append(self._cited(lexeme, clause))
        item.groups.append(group)
        item.whole &= not lexeme.partial
        item.head = PhraseHead.BODY if group.kind == "body" else PhraseHead.GROUP

    def _relative(self, lexeme: Lexeme, item: PhraseItem) -> None:
        """Family of the group before: of a home it is a member; of a person it is somebody else."""
        group = item.groups[-1]
        item.head = PhraseHead.GROUP
        if group.kind == "person" and group.clause != EVERYONE:
            item.clauses[-1] = self._cited(lexeme, group.kin)
            item.groups[-1] = replace(group, kind="household")

    def _duration(self, lexeme: Lexeme, lexemes: Sequence[Lexeme], item: PhraseItem) -> None:
        """A duration counts where it is one of residence; elsewhere it is unread."""
        lives = any(one.kind is K.RESIDENCE for one in lexemes)
        elsewhere = any(one.word.startswith(("타", "다른")) for one in lexemes if one.kind is K.UNREAD)
        moved = any(one.group is not None and one.group.name == "전입자" for one in lexemes)
        if lives and lexeme.clause is not None and not elsewhere and not moved:
            item.figures.append(self._cited(lexeme, _childs_too(lexemes, lexeme.clause)))
        else:
            item.whole = False

    def _cited(self, lexeme: Lexeme, clause: Clause | None) -> Clause:
        assert clause is not None  # the scanner gives one to every age, condition and group
        return replace(clause, source=self.source(lexeme.start, lexeme.end))


def _childs_too(lexemes: Sequence[Lexeme], lived: Clause) -> Clause:
    """A length of residence asked of the child as well is not settled for one that is younger than it."""
    born = any(one.kind is K.CONDITION and one.word.startswith(_BORN) for one in lexemes)
    if not born or not isinstance(lived, Compare):
        return lived
    old_enough = Compare("youngest_child_months", lived.op, lived.operand)
    return all_of([lived, any_of([old_enough, NoData("자녀의 거주 기간")])])


def _families(items: list[PhraseItem]) -> list[PhraseItem]:
    """Give "and their family", an item by itself, the family of the groups named before it."""
    named: list[TargetGroup] = []
    home: Clause | None = None
    occasion = False
    for item in items:
        own = [group for group in item.groups if group.kind in ("person", "household") and group.clause != EVERYONE]
        relative = item.kin and not own
        if relative and home is not None:
            item.figures, item.clauses = [], [home]  # a member of that home
        elif relative and named:
            item.clauses = [any_of(group.kin for group in dict.fromkeys(named))]
        elif relative and occasion:
            item.clauses = [NoData("가족")]  # of whoever did or holds what is named before
        named += [group for group in own if group.kind == "person"]
        if not item.kin and item.groups and item.groups[-1].kind == "child":
            home = item.clause  # whoever cares for such a child is of its home
        occasion = bool(item.groups) and item.groups[-1].kind == "occasion" and not own
        if own:
            home = item.clause if own[-1].kind == "household" else None
    return items


def _anybody(items: list[PhraseItem]) -> list[PhraseItem]:
    """Take "individuals" beside bodies for everybody: it tells them from bodies and asks nothing of them."""
    alone = [item for item in items if item.individual and item.whole and item.nobody]
    others = [item for item in items if item not in alone]
    if len(alone) == 1 and others and all(item.whole and item.head == PhraseHead.BODY for item in others):
        alone[0].head = PhraseHead.GROUP
    return items


def _and_so_on(items: Sequence[PhraseItem], listed: Clause) -> Clause:
    """Add whom a list means besides where all its groups are examples of the same people."""
    besides = [group.and_so_on for item in items for group in item.groups]
    if not besides or any(one is None for one in besides):
        return listed
    others = any_of(one for one in besides if one is not None)
    return any_of([listed, all_of([*items[0].figures, others])])


def _turn(lexemes: Sequence[Lexeme], i: int, item: PhraseItem) -> None:
    """Forget what a "not" turns round; one that belongs to an unread verb turns nothing that was read."""
    before = preceding(lexemes, i)
    named = [one for one in lexemes[:i] if one.kind not in _QUIET and one.kind not in _JOINTS]
    item.turned = True
    sure = len(named) == 1 and item.whole and len(item.clauses) == 1 and lexemes[i].word in _DENIALS
    if sure and not item.figures and item.groups[0].kind != "occasion":
        item.clauses[:] = [Not(item.clauses[0])]
        item.groups.clear()
        item.figures[:], item.clauses[:] = item.clauses[:], []
        item.head = PhraseHead.PERSON
        return
    item.whole = False
    if before is None or before.kind is not K.UNREAD:
        item.forget()


def _described(lexemes: Sequence[Lexeme], i: int) -> bool:
    """Whether a group stands before unread words that it only describes: those of whom they speak are not its own."""
    follows = following(lexemes, i)
    if follows is None or follows.kind is not K.UNREAD or lexemes[i].word.endswith(_VERB_ENDS):
        return False
    joint = lexemes[i + 1]
    joins = joint.kind in (K.NEUTRAL, K.SUBJECT, K.ETC, K.AND)
    return not joins or joint.word in ("에", "에서", "으로", "로")


def _bracketed(inner: BracketPhrase, item: PhraseItem) -> None:
    """Let a bracket narrow, widen or define what stands before it."""
    phrase = inner.phrase
    if inner.ignored or (inner.only_kin and not item.groups and not inner.excludes):
        return
    item.whole &= phrase.whole
    if inner.widens:
        item.whole &= bool(phrase.groups)
        if phrase.groups:
            item.clauses[:] = [any_of([all_of(item.clauses), phrase.clause])]
    elif not phrase.whole and (inner.excludes or not phrase.groups):
        return
    elif not inner.excludes and item.groups and item.groups[-1].vague and item.clauses and phrase.groups:
        item.clauses[-1] = phrase.clause
    elif not inner.excludes and phrase.figures and not phrase.groups:
        item.figures.append(phrase.clause)
    elif not inner.excludes and item.groups and phrase.groups and not inner.narrows:
        item.clauses.append(any_of([phrase.clause, NoData(item.groups[-1].name)]))
    else:
        item.clauses.append(phrase.clause)
