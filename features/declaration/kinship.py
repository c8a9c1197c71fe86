"""Kinship: how people may be related to a person, and which events say who belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from features.calendar import Duration
from features.declaration.given import read_condition
from features.declaration.vocabulary import Circumstance, EventType, Fact, Selector
from features.mapping import MappingReader
from features.problem import Problems
from features.value import UNKNOWN

HOUSEHOLD: Final = "household"
"""The fact that lists a person's members."""

ADDS, CHANGES, REMOVES = "adds", "changes", "removes"
HAPPENED: Final = "happened"
"""Where a date is the day of the event."""

MOST_RELATIONS: Final = 60
TRAITS: Final = ("lives_with", "raises", "disabled")
"""What may be true of a member, in the order in which their cells hold it."""
DOUBTED: Final = 2
"""What a change says of a trait that is no longer known."""
_WORDS: Final = ("label", "question", "born", "youngest")
"""What is said of a relation for people, or to check what they state: no column follows from it."""
LATER, EARLIER = "later", "earlier"


@dataclass(frozen=True)
class Relation:
    """What somebody is to a person.

    Attributes:
        label: its name in each language.
        expected: not born yet; the date of such a member is the day on which the birth is expected.
        guards: over the person, who cannot at once raise them.
        single: a person has at most one at a time.
        born: `LATER` than the person, `EARLIER`, or empty where either may be.
        youngest: the least age, in years, of a person who has such a member, and of such a member.
        raises: whether members of a short list (`children: [...]`) are raised by the person: 0, 1 or `UNKNOWN`.
    """

    name: str
    label: Mapping[str, str] = field(default_factory=dict)
    expected: bool = False
    guards: bool = False
    single: bool = False
    raises: int = UNKNOWN
    born: str = ""
    youngest: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class RelationGroup:
    """Several relations under one name, by which rules may ask for all of them and texts may call them."""

    relations: tuple[str, ...]
    label: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MemberAct:
    """What an event says of a person's members.

    Attributes:
        event: the type of event.
        role: the part that the person plays in it.
        member: the part of those it concerns; empty where it names nobody.
        act: adds, changes or removes.
        relation: what they are to the person; empty where that is not said.
        relation_field: the field that says what they are.
        born: `happened`, or the field with their date; empty where the date is not said.
        traits: lives_with, raises and disabled: 0, 1, `DOUBTED`, or `UNKNOWN` where nothing is said of it.
        lapse: how long it holds.
    """

    event: str
    role: str
    member: str = ""
    act: str = ADDS
    relation: str = ""
    relation_field: str = ""
    born: str = ""
    traits: tuple[int, int, int] = (UNKNOWN, UNKNOWN, UNKNOWN)
    lapse: Duration | None = None


@dataclass(frozen=True)
class Closing:
    """A fact whose value says that the person raises nobody of some relations who is not listed."""

    fact: str
    value: int
    relations: tuple[str, ...]


@dataclass(frozen=True)
class Denial:
    """A fact whose value says that there is no member of such traits, of some relations or (named none) of any.

    With `beside` it says so only of a person of whom these are known to hold.
    """

    fact: str
    value: int
    relations: tuple[str, ...] = ()
    traits: tuple[int, int, int] = (UNKNOWN, UNKNOWN, UNKNOWN)
    beside: tuple[Circumstance, ...] = ()


@dataclass(frozen=True)
class Household:
    """How people may belong to a person.

    Attributes:
        relations: by name, in file order.
        acts: what events say.
        closings: what stated facts close.
        groups: several relations under one name.
        label: the list in a sentence, in each language.
        question: how to ask for it, in each language.
        denials: what stated facts deny; like `birth` and `size` it only checks what people state.
        birth: the fact that holds the person's own day of birth; empty where none does.
        size: the fact that holds how many live together, the person included; empty where none does.
    """

    relations: Mapping[str, Relation]
    acts: tuple[MemberAct, ...] = ()
    closings: tuple[Closing, ...] = ()
    label: Mapping[str, str] = field(default_factory=dict)
    question: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, RelationGroup] = field(default_factory=dict)
    denials: tuple[Denial, ...] = ()
    birth: str = ""
    size: str = ""

    def place(self, relation: str) -> int:
        """Return the place of a relation; raises KeyError when there is none of that name."""
        try:
            return tuple(self.relations).index(relation)
        except ValueError:
            raise KeyError(relation) from None

    def mask(self, relations: tuple[str, ...]) -> int:
        """Return the bits of some relations."""
        return sum(1 << self.place(name) for name in relations)

    @property
    def born(self) -> tuple[str, ...]:
        """The relations of people who are there, rather than expected."""
        return tuple(name for name, one in self.relations.items() if not one.expected)

    def ungrouped(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return relations, each once, where some of the names are groups of them."""
        each = (self.groups[name].relations if name in self.groups else (name,) for name in names)
        return tuple(dict.fromkeys(relation for relations in each for relation in relations))

    def adding(self, relation: str, events: Mapping[str, EventType]) -> tuple[MemberAct, ...]:
        """Return what may add a member of a relation."""
        return tuple(
            act
            for act in self.acts
            if act.act == ADDS
            and (
                relation == act.relation
                or (act.relation_field and relation in events[act.event].fields[act.relation_field].values)
            )
        )

    def adds(self, relations: tuple[str, ...], events: Mapping[str, EventType]) -> tuple[Selector, ...]:
        """Return the signals that add a date to the list of some relations."""
        acts = [act for relation in relations for act in self.adding(relation, events)]
        found = [Selector(act.event, act.role, None if act.born in ("", HAPPENED) else act.born) for act in acts]
        return tuple(dict.fromkeys(found))

    def meaning(self) -> dict[str, object]:
        """Return what the declaration's hash covers."""
        return {
            "relations": [
                {key: value for key, value in asdict(one).items() if key not in _WORDS}
                for one in self.relations.values()
            ],
            "acts": [asdict(act) for act in self.acts],
            "closings": [asdict(closing) for closing in self.closings],
        }


def read_household(
    doc: object,
    words: tuple[Mapping[str, EventType], Mapping[str, Fact]],
    problems: Problems,
    languages: tuple[str, ...] = (),
) -> Household:
    """Read `household.yaml`, given the event types and the facts it names; its words are in `languages`."""
    (events, facts), keys = words, set(_HOUSEHOLD_KEYS)
    top = MappingReader(doc, ("household.yaml",), problems, keys, languages)
    relations = {
        name: _relation(name, MappingReader(body, top.at("relations", name), problems, _RELATION_KEYS, languages))
        for name, body in top.mapping("relations").items()
    }
    if not 0 < len(relations) <= MOST_RELATIONS:
        top.wrong("relations", "range", f"are {len(relations)}", f"Declare from 1 to {MOST_RELATIONS} relations")
    acts = [
        _act(MappingReader(body, top.at("events", i), problems, _ACT_KEYS), relations, events)
        for i, body in enumerate(top.items("events"))
    ]
    closings = [
        _closing(MappingReader(body, top.at("closed_by", i), problems, {"fact", "is", "relations"}), relations, facts)
        for i, body in enumerate(top.items("closed_by"))
    ]
    denials = [
        _denial(MappingReader(body, top.at("denied_by", i), problems, _DENIAL_KEYS), relations, facts)
        for i, body in enumerate(top.items("denied_by"))
    ]
    own = MappingReader(top.mapping("person"), top.at("person"), problems, {"birth", "size"})
    birth, size = (_own_fact(own, key, kind, facts) for key, kind in (("birth", "date"), ("size", "integer")))
    return Household(
        relations, tuple(filter(None, acts)), tuple(filter(None, closings)), top.words("label") or {},
        top.words("question") or {}, _groups(top, relations, languages), tuple(filter(None, denials)), birth, size,
    )  # fmt: skip


_HOUSEHOLD_KEYS: Final = ("label", "question", "person", "relations", "groups", "events", "closed_by", "denied_by")
_RELATION_KEYS: Final = {"label", "expected", "guards", "single", "presumes", "born", "youngest"}
_DENIAL_KEYS: Final = {"fact", "is", "relations", "beside", *TRAITS}
_ACT_KEYS: Final = {"event", "role", "member", ADDS, CHANGES, REMOVES, "born", "for", *TRAITS}


def _relation(name: str, entry: MappingReader) -> Relation:
    presumes = MappingReader(entry.mapping("presumes"), entry.at("presumes"), entry.problems, {"raises"})
    youngest = MappingReader(entry.mapping("youngest"), entry.at("youngest"), entry.problems, {"person", "member"})
    return Relation(
        name, entry.words("label") or {}, entry.boolean("expected", False), entry.boolean("guards", False),
        entry.boolean("single", False), _trait(presumes, "raises"), entry.choice("born", (LATER, EARLIER)) or "",
        (youngest.integer("person", low=0) or 0, youngest.integer("member", low=0) or 0),
    )  # fmt: skip


def _groups(
    top: MappingReader, relations: Mapping[str, Relation], languages: tuple[str, ...]
) -> dict[str, RelationGroup]:
    groups, keys = {}, {"label", "relations"}
    for name, body in top.mapping("groups").items():
        if name in relations:
            top.wrong(("groups", name), "duplicate", "is the name of a relation", "Give the group another name")
        entry = MappingReader(body, top.at("groups", name), top.problems, keys, languages)
        groups[name] = _group(entry, relations)
    return groups


def _group(entry: MappingReader, relations: Mapping[str, Relation]) -> RelationGroup:
    names = entry.names("relations")
    if not names or set(names) - set(relations):
        entry.wrong("relations", "unknown", "are not relations", f"Use some of {', '.join(relations)}")
        return RelationGroup(())
    return RelationGroup(names, entry.words("label") or {})


def _trait(entry: MappingReader, key: str) -> int:
    if entry.doc.get(key) == "unknown" and entry.has(CHANGES):
        return DOUBTED
    return int(entry.boolean(key, False)) if entry.has(key) else UNKNOWN


def _act(entry: MappingReader, relations: Mapping[str, Relation], events: Mapping[str, EventType]) -> MemberAct | None:
    event = events.get(str(entry.doc.get("event", "")))
    if event is None:
        entry.wrong("event", "unknown", f"names {entry.doc.get('event')!r}", "Name an event type of events.yaml")
        return None
    before = len(entry.problems.found)
    said = [act for act in (ADDS, CHANGES, REMOVES) if entry.has(act)]
    if len(said) != 1:
        entry.wrong((), "invalid", f"has {len(said)} of adds, changes, removes", "Say one of them")
    role = entry.choice("role", event.parts) or event.subject
    member = entry.choice("member", event.parts) or ""
    relation, relation_field = _related(entry, said[0] if said else ADDS, relations, event)
    born = entry.string("born") or ""
    if born and born != HAPPENED and (born not in event.fields or event.fields[born].type != "date"):
        entry.wrong("born", "unknown", f"{born!r} is not a date of {event.name}", "Name a date field, or happened")
    traits = _trait(entry, "lives_with"), _trait(entry, "raises"), _trait(entry, "disabled")
    lapse = entry.duration("for")
    if len(entry.problems.found) > before:
        return None
    return MemberAct(event.name, role, member, said[0], relation, relation_field, born, traits, lapse)


def _related(entry: MappingReader, act: str, relations: Mapping[str, Relation], event: EventType) -> tuple[str, str]:
    """What an event says that its members are: a relation, the field that says it, or (any) nothing."""
    said = entry.doc.get(act)
    if isinstance(said, Mapping) and set(said) == {"field"}:
        named = event.fields.get(str(said["field"]))
        if named is None or named.type != "enum" or not set(named.values) <= set(relations):
            entry.wrong(act, "unknown", "is not a field whose values are relations", "Name an enum field of relations")
            return "", ""
        return "", str(said["field"])
    if said == "any" and act != ADDS:
        return "", ""
    if not isinstance(said, str) or said not in relations:
        entry.wrong(act, "unknown", f"{said!r} is not a relation", f"Use one of {', '.join(relations)}")
        return "", ""
    return said, ""


def _closing(entry: MappingReader, relations: Mapping[str, Relation], facts: Mapping[str, Fact]) -> Closing | None:
    fact = facts.get(str(entry.doc.get("fact", "")))
    names = entry.names("relations")
    if fact is None or fact.type != "boolean":
        entry.wrong("fact", "unknown", f"{entry.doc.get('fact')!r} is not a boolean fact", "Name one of facts.yaml")
        return None
    if not names or set(names) - set(relations):
        entry.wrong("relations", "unknown", "are not relations", f"Use some of {', '.join(relations)}")
        return None
    return Closing(fact.name, int(entry.boolean("is", False)), names)


def _denial(entry: MappingReader, relations: Mapping[str, Relation], facts: Mapping[str, Fact]) -> Denial | None:
    fact, names = facts.get(str(entry.doc.get("fact", ""))), entry.names("relations")
    if fact is None or fact.type != "boolean":
        entry.wrong("fact", "unknown", f"{entry.doc.get('fact')!r} is not a boolean fact", "Name one of facts.yaml")
        return None
    if set(names) - set(relations):
        entry.wrong("relations", "unknown", "are not relations", f"Use some of {', '.join(relations)}")
        return None
    traits = _trait(entry, "lives_with"), _trait(entry, "raises"), _trait(entry, "disabled")
    conditions = entry.mapping("beside")
    beside = [read_condition(name, said, entry.at("beside", name), facts, entry.problems)
              for name, said in conditions.items()]  # fmt: skip
    return Denial(fact.name, int(entry.boolean("is", False)), names, traits, tuple(filter(None, beside)))


def _own_fact(entry: MappingReader, key: str, kind: str, facts: Mapping[str, Fact]) -> str:
    name = entry.string(key) or ""
    if name and (name not in facts or facts[name].type != kind or facts[name].derived):
        entry.wrong(key, "unknown", f"{name!r} is not a fact of type {kind}", "Name one that can be stated")
    return name
