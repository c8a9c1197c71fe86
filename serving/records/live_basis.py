"""Purposes and consents: what may be read of a person now, and the person without what may not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from features.log.consents import consents
from features.mapping import MappingReader, nearest
from features.members import nobody
from features.problem import Problems, Where
from features.snapshot import Known, Snapshot
from features.value import UNKNOWN
from recommender.engine import Engine
from recommender.rules.person import Person
from recommender.text import Text, text_at

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.history import History

ELIGIBILITY: Final = "eligibility"
"""Reading facts in order to judge what a person is entitled to."""
RANKING: Final = "ranking"
"""Using a model that was learned from people to order what is offered; who objects is ordered by the rules."""
Needs = Literal["consent", "no_objection"]
_NEEDS: Final = ("consent", "no_objection")


@dataclass(frozen=True)
class DataPurpose:
    """What facts may be used for.

    Attributes:
        name: as consents name it.
        needs: `consent`, where it must have been given; `no_objection`, where a law lets facts be used until the person
            withdraws.
        facts: the facts that are read for this purpose only; empty for `eligibility` and `ranking`, which are of all.
        title: what it is, in each language.
        basis: the law, in each language.
        learning: whether training runs name it; it decides on no fact that is read for an answer.
        casework: whether caseworkers may ask for who agreed to it; nor does this.
    """

    name: str
    needs: Needs
    facts: tuple[str, ...] = ()
    title: Text | None = None
    basis: Text | None = None
    learning: bool = False
    casework: bool = False

    @property
    def of_facts(self) -> bool:
        """Whether it decides which facts are read for an answer."""
        return not (self.learning or self.casework)


@dataclass(frozen=True)
class PurposeRegister:
    """The purposes of a country; by default the two that are always there, by law until the person withdraws."""

    purposes: Mapping[str, DataPurpose] = field(
        default_factory=lambda: {name: DataPurpose(name, "no_objection") for name in (ELIGIBILITY, RANKING)}
    )

    @classmethod
    def parse(cls, document: object, declaration: Declaration, where: Where = ("purposes.yaml",)) -> PurposeRegister:
        """Read a parsed purposes.yaml.

        Raises:
            Rejected: with every problem in it.
        """
        problems = Problems()
        top = MappingReader(document, where, problems, {"purposes"}, declaration.country.languages)
        given = top.mapping("purposes").items()
        found = {**cls().purposes, **{name: _purpose(top, name, one, declaration) for name, one in given}}
        problems.raise_any()
        return cls(found)

    def closed(self, history: History, citizen: str) -> tuple[str, ...]:
        """Return the purposes without a live basis for a person, as consents are held now, whatever day is asked of."""
        live = self.live(history, citizen)
        return tuple(name for name, one in self.purposes.items() if one.of_facts and name not in live)

    def live(self, history: History, citizen: str) -> frozenset[str]:
        """Return the purposes with a live basis for a person, as consents are held now."""
        row = int(history.rows_of([citizen])[0])
        if row < 0:
            return frozenset(name for name, one in self.purposes.items() if one.needs == "no_objection")
        held = consents(history)
        return frozenset(
            name for name, one in self.purposes.items() if held.agreeing(name, one.needs == "no_objection")[row]
        )

    def casework(self, history: History, citizen: str) -> str | None:
        """Return the purpose by which a person lets caseworkers ask for them, as consents are held now, or None."""
        live = self.live(history, citizen)
        return next((name for name, one in self.purposes.items() if one.casework and name in live), None)

    def allowed(self, engine: Engine, person: Person, citizen: str) -> tuple[Engine, Person, tuple[str, ...]]:
        """Return the engine that may answer a person, the person as far as may be read, and which purposes are closed.

        Facts that somebody states with the question are read: stating them is asking for that.
        """
        history = person.known.history
        closed = () if history is None else self.closed(history, citizen)
        if RANKING in closed:
            engine = engine.by_rules
        if ELIGIBILITY in closed:
            person = unread(person, engine.declaration.facts)
        elif facts := {fact for name in closed for fact in self.purposes[name].facts}:
            person = unread(person, facts)
        return engine, person, closed


def _purpose(top: MappingReader, name: str, document: object, declaration: Declaration) -> DataPurpose:
    entry, general = top.below(document, "purposes", name), name in (ELIGIBILITY, RANKING)
    needs, facts = entry.choice("needs", _NEEDS), entry.strings("facts")
    entry.required("needs")
    for fact in facts:
        if fact not in declaration.facts:
            what = f"{fact!r} is not a fact{nearest(fact, declaration.facts)}"
            entry.wrong("facts", "unknown", what, "Name facts of facts.yaml")
    learning, casework = (entry.boolean(key, default=False) for key in ("learning", "casework"))
    if casework and (learning or general or needs == "no_objection"):
        what = "is for a purpose of its own that needs consent: nobody else lets a caseworker ask"
        entry.wrong("casework", "forbidden", what, "Set needs: consent, and leave learning out")
    if (general or learning or casework) and facts:
        what = "is not for this purpose, which is of all facts" if general else "is not for a purpose of learning"
        entry.wrong("facts", "forbidden", "is not for casework" if casework else what, "Leave it out")
    if not (general or learning or casework or facts):
        entry.wrong("facts", "missing", "names no fact", "Name the facts that are read for this purpose only")
    title, basis = text_at(entry, "title"), text_at(entry, "basis")
    entry.close()
    needed: Needs = "no_objection" if needs == "no_objection" else "consent"
    return DataPurpose(name, needed, facts, title, basis, learning, casework)


def unread(person: Person, facts: Collection[str]) -> Person:
    """Return a person of whom these facts, and all that is computed from them, are not known."""
    known, row = person.known, person.snapshot
    hidden = _with_derived(facts, row.declaration)
    whole = row.declaration.facts.keys() <= hidden
    values = row.values.copy()
    values[:, [place for place, name in enumerate(row.columns) if whole or name in hidden]] = UNKNOWN
    kin = whole or any(row.declaration.facts[name].members for name in hidden if name in row.declaration.facts)
    members = nobody(1, row.members.since.shape[1]) if kin else row.members
    snapshot = Snapshot(row.people, row.t, row.columns, values, row.features_hash, row.declaration, members)
    events = _events_of(hidden, row.declaration)
    shown = Known(
        snapshot,
        tuple(one for one in known.occurrences if not whole and one.event not in events),
        frozenset() if whole else known.holdings,
        {name: days for name, days in known.dates.items() if name not in hidden},
        known.history,
        {name: origin for name, origin in known.origins.items() if name not in hidden},
    )
    return replace(person, known=shown, held=frozenset() if whole else person.held)


def _with_derived(facts: Collection[str], declaration: Declaration) -> set[str]:
    """These facts, the facts computed from them, and the features that listen to the same events."""
    found, before = set(facts), 0
    derived = {name: one.derived.of for name, one in declaration.facts.items() if one.derived is not None}
    while len(found) > before:
        before = len(found)
        found |= {name for name, of in derived.items() if of in found}
    events = _events_of(found, declaration)
    for name, feature in declaration.features.items():
        of = {feature.of, feature.derived.of if feature.derived is not None else ""}
        if of & found or {signal.event for signal in feature.signals} & events:
            found.add(name)
    return found


def _events_of(facts: Collection[str], declaration: Declaration) -> set[str]:
    """The types of the events that only these facts listen to."""
    heard: dict[str, set[bool]] = {}
    for name, fact in declaration.facts.items():
        for signal in fact.signals:
            heard.setdefault(signal.event, set()).add(name in facts)
    return {event for event, hidden in heard.items() if hidden == {True}}
