"""Catalogue change: what differs between two catalogues, in words, and which facts decide a changed programme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from features.calendar import date_of, parse_duration
from features.canonical_json import canonical_text
from features.country import Currency
from features.declaration.kinship import HOUSEHOLD
from recommender.currency import currency_of
from recommender.messages import Messages
from recommender.offers.amount_text import payment_text
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Advisory, All, Clause, clause_document, compares, members_counted
from recommender.rules.programme import KINDS, Programme
from recommender.rules.rule_text import RuleText
from recommender.rules.window_rule import WindowRule, window_document
from recommender.rules.worth import Value
from recommender.text import Text

__all__ = ["CatalogueChange", "Change", "ProgrammeChange", "catalogue_change"]

MISSING, ENDED = "missing", "ended"
"""How a programme ended: the new catalogue does not have it, or says that it ended."""

_UNREAD = ("source", "axis")
_PLACE = ("from", "to")
_LENGTHS = ("opens_before", "opens_after", "retroactive")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: the part of the programme, for which kind of applicant (None: all), and both wordings."""

    part: str
    kind: str | None = None
    old: Text | None = None
    new: Text | None = None

    def to_document(self) -> dict[str, object]:
        """The mapping it is told as; what is absent before or after is null."""
        document: dict[str, object] = {"part": self.part}
        if self.kind is not None:
            document["applicant"] = self.kind
        for name, text in (("old", self.old), ("new", self.new)):
            document[name] = None if text is None else text.to_document()
        return document


@dataclass(frozen=True, slots=True)
class ProgrammeChange:
    """A programme that changed.

    Attributes:
        id: of the programme.
        title: in the new catalogue.
        changes: in the order who, amount, window, documents, the rest.
        facts: those that decide it, before or after.
        touched: those among them that a changed clause names.
        kinds: the kinds of applicant it is for, before or after.
    """

    id: str
    title: Text
    changes: tuple[Change, ...]
    facts: tuple[str, ...]
    touched: tuple[str, ...]
    kinds: tuple[str, ...]

    def to_document(self) -> dict[str, object]:
        """The mapping it is told as."""
        return {
            "id": self.id,
            "title": self.title.to_document(),
            "changes": [change.to_document() for change in self.changes],
            "decided_by": list(self.facts),
            "touched": list(self.touched),
            "applicants": list(self.kinds),
        }


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """What differs: programmes added, ended (each with how) and changed, and how many are the same."""

    added: tuple[Programme, ...]
    ended: tuple[tuple[Programme, str], ...]
    changed: tuple[ProgrammeChange, ...]
    same: int

    def to_document(self) -> dict[str, object]:
        """The mapping it is told as."""
        return {
            "added": [{"id": one.id, "title": one.title.to_document()} for one in self.added],
            "ended": [{"id": one.id, "title": one.title.to_document(), "how": how} for one, how in self.ended],
            "changed": [one.to_document() for one in self.changed],
            "same": self.same,
        }


def catalogue_change(
    old: tuple[Catalogue, RuleText], new: tuple[Catalogue, RuleText], messages: Messages, currency: Currency
) -> CatalogueChange:
    """Compare two catalogues, each given with what puts its clauses into words; `currency` is the country's.

    Of a programme with several texts the last ones are compared. Places in a source, views, and where a text stands do
    not count; everything that changes who may have what, when and how does.
    """
    before, after = old[0].by_id, new[0].by_id
    added = tuple(one for name, one in after.items() if name not in before)
    ended = [(one, MISSING) for name, one in before.items() if name not in after]
    ended += [(one, ENDED) for name, one in after.items() if one.ended and name in before and not before[name].ended]
    telling = _Telling(messages, currency, old[1], new[1])
    both = [name for name in before if name in after]
    changed = [found for name in both if (found := telling.programme(before[name], after[name])) is not None]
    return CatalogueChange(added, tuple(ended), tuple(changed), len(both) - len(changed))


@dataclass(frozen=True, slots=True)
class _Telling:
    """Puts what changed in a programme into words."""

    messages: Messages
    currency: Currency
    old: RuleText
    new: RuleText

    def programme(self, old: Programme, new: Programme) -> ProgrammeChange | None:
        """Return what changed, None where nothing did."""
        clauses = list(self._clauses(old, new))
        changes = [change for change, _ in clauses]
        changes += [*self._value(old, new), *self._windows(old, new), *self._papers(old, new), *_rest(old, new)]
        if not changes:
            return None
        facts = {fact for one in (old, new) for clause in one.who.values() for fact in _facts(clause)}
        touched = {fact for _, named in clauses for fact in named}
        kinds = tuple(kind for kind in KINDS if kind in old.who or kind in new.who)
        return ProgrammeChange(
            new.id, new.title, tuple(changes), tuple(sorted(facts)), tuple(sorted(touched)), kinds
        )  # fmt: skip

    def _clauses(self, old: Programme, new: Programme) -> Iterator[tuple[Change, set[str]]]:
        """Yield each clause that came, went or was replaced, with the facts it names; shared facts make a pair."""
        for kind in KINDS:
            gone, come = _differing(old.who.get(kind), new.who.get(kind))
            for clause in gone:
                match = _nearest(clause, come, {_subject(one) for one in gone})
                if match is not None:
                    come.remove(match)
                yield self._replaced(kind, clause, match)
            for clause in come:
                yield self._replaced(kind, None, clause)

    def _replaced(self, kind: str, old: Clause | None, new: Clause | None) -> tuple[Change, set[str]]:
        said: list[Text | None] = []
        for clause, rules in ((old, self.old), (new, self.new)):
            words = None if clause is None else rules.clause(clause)
            advisory = words is not None and isinstance(clause, Advisory)
            said.append(self.messages.text("change.advisory", clause=words) if words and advisory else words)
        facts = {fact for one in (old, new) if one is not None for fact in _facts(one)}
        return Change("who", kind, *said), facts

    def _value(self, old: Programme, new: Programme) -> Iterator[Change]:
        before, after = ({**one.value.to_document(), "gives": one.value.given, "text": None} for one in (old, new))
        if _unsourced(before) != _unsourced(after):
            yield Change("amount", None, self._worth(old.value, self.old), self._worth(new.value, self.new))
        wording = [None if one.value.text is None else one.value.text.to_document() for one in (old, new)]
        if wording[0] != wording[1]:
            yield Change("amount_wording", None, old.value.text, new.value.text)

    def _worth(self, value: Value, rules: RuleText) -> Text:
        currency = currency_of(value.currency, self.currency)
        paid = [payment_text(one, currency, self.messages, rules.clause) for one in value.payments]
        said = self.messages.joined("rule.and", paid) if paid else self.messages.text("amount.unstated")
        if value.given == "gift" or not paid:
            return said
        return self.messages.text("change.more", first=said, second=Text.alone(f"gives {value.given}"))

    def _windows(self, old: Programme, new: Programme) -> Iterator[Change]:
        if [window_document(one) for one in old.windows] != [window_document(one) for one in new.windows]:
            sides = ((old, self.old), (new, self.new))
            said = ([self._window(window, rules) for window in one.windows] for one, rules in sides)
            yield Change("window", None, *(self.messages.joined("rule.and", texts) for texts in said))

    def _window(self, window: WindowRule, rules: RuleText) -> Text:
        """Return one window in words: its days or its kind, then the publisher's words."""
        said = self._days(window)
        for key in _LENGTHS:
            if (length := getattr(window, key)) is not None:
                second = self.messages.text(f"change.window.{key}", length=self._length(length))
                said = self.messages.text("change.more", first=said, second=second)
        if window.during is not None:
            second = self.messages.text("change.window.while", fact=rules.label(window.during))
            said = self.messages.text("change.more", first=said, second=second)
        kept = ("kind", "from", "until", "after", "within", "text", "while", *_LENGTHS)
        others = {key: value for key, value in window_document(window).items() if key not in kept}
        if others:
            told = ", ".join(f"{key} {canonical_text(value)}" for key, value in others.items())
            said = self.messages.text("change.more", first=said, second=Text.alone(told))
        if window.text is None:
            return said
        return self.messages.text("change.more", first=said, second=window.text)

    def _days(self, window: WindowRule) -> Text:
        first, last = (None if day is None else date_of(day) for day in (window.opens, window.closes))
        if first is not None and last is not None:
            return self.messages.text("change.window.between", first=first, last=last)
        if first is not None:
            return self.messages.text("change.window.from", first=first)
        if last is not None:
            return self.messages.text("change.window.until", last=last)
        if window.after and window.within is not None:
            events = Text.alone(", ".join(window.after))
            return self.messages.text("change.window.after", within=self._length(window.within), event=events)
        return self.messages.text(f"change.window.{window.kind}")

    def _length(self, duration: str) -> Text:
        length = parse_duration(duration)
        units = (("months", length.months), ("days", length.days))
        said = [self.messages.text(f"rule.date.{unit}", count=count) for unit, count in units if count]
        return self.messages.joined("rule.both", said)

    def _papers(self, old: Programme, new: Programme) -> Iterator[Change]:
        gone = [text for text in old.documents if text not in new.documents]
        come = [text for text in new.documents if text not in old.documents]
        if gone or come:
            yield Change(
                "documents", None, *(self.messages.joined("rule.and", some) if some else None for some in (gone, come))
            )


def _rest(old: Programme, new: Programme) -> Iterator[Change]:
    before, after = old.to_document(), new.to_document()
    for part in _REST:
        if before.get(part) == after.get(part):
            continue
        if part in _TEXTS:
            yield Change(part, None, getattr(old, part), getattr(new, part))
            continue
        values = (found.get(part) for found in (before, after))
        said = (value if isinstance(value, str) or value is None else canonical_text(value) for value in values)
        yield Change(part, None, *(None if words is None else Text.alone(words) for words in said))


_TEXTS = ("title", "summary", "how", "contact")
_REST = (
    "title", "valid", "ended", "verified", "delivery", "excludes", "grants", "form", "category", "beneficiary",
    "provider", "effort_minutes", "triggers", "summary", "how", "contact",
)  # fmt: skip


def _differing(old: Clause | None, new: Clause | None) -> tuple[list[Clause], list[Clause]]:
    """Return the clauses that only the old rule demands, and those that only the new one does."""
    before, after = (
        {canonical_text(_unsourced(clause_document(one))): one for one in _parted(rule)} for rule in (old, new)
    )
    gone = [clause for key, clause in before.items() if key not in after]
    return gone, [clause for key, clause in after.items() if key not in before]


def _parted(clause: Clause | None) -> Sequence[Clause]:
    if clause is None:
        return ()
    return clause.of if isinstance(clause, All) else (clause,)


def _unsourced(value: object) -> object:
    """A document without where its words stand: that a text moved changes no rule."""
    if isinstance(value, Mapping):
        unread = _PLACE if "words" in value else ()
        return {key: _unsourced(inner) for key, inner in value.items() if key not in (*_UNREAD, *unread)}
    return [_unsourced(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _nearest(clause: Clause, come: Sequence[Clause], subjects: set[object]) -> Clause | None:
    """Return the clause that took the place of one: about the same facts, or else about most of them.

    `subjects` is what all clauses that went are about: one that came and is about just that belongs to that one.
    """
    same = [one for one in come if _subject(one) == _subject(clause)]
    if same:
        return same[0]
    shared = [(len(_facts(one) & _facts(clause)), one) for one in come if _subject(one) not in subjects]
    count, best = max(shared, key=lambda one: one[0], default=(0, None))
    return best if count else None


def _subject(clause: Clause) -> object:
    """What a clause is about: the facts it names, or its own kind where it names none."""
    return frozenset(_facts(clause)) or type(clause)


def _facts(clause: Clause) -> set[str]:
    """The facts a clause names, and the household where it counts its members."""
    members = {HOUSEHOLD for _ in members_counted(clause)}
    return {compare.fact for compare in compares(clause)} | members
