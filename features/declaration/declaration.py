"""The declaration of a deployment: what can happen, what can be known, what is computed, and the hash of all that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType

from features.calendar import Zone
from features.canonical_json import canonical_text
from features.country import NO_COUNTRY, Country
from features.declaration.conflict import Incompatibility, read_conflicts, read_receipts
from features.declaration.datatype import DataType
from features.declaration.fact_wording import read_groups
from features.declaration.given import read_given
from features.declaration.grammar import read_facts, read_features, read_types
from features.declaration.kinship import HOUSEHOLD, Household, read_household
from features.declaration.vocabulary import STATED, EventType, Fact, Feature
from features.mapping import MappingReader
from features.problem import Problems

__all__ = ["Declaration", "EventType", "Fact", "Feature", "declare"]

_WORDING = ("title", "label", "format", "value_labels", "question", "answers", "answers_from", "share",
            "sensitive", "ask_with", "given", "source", "bins")  # fmt: skip
_PAST = ("years_since", "months_since", "days_since", "ages_of")


@dataclass(frozen=True, eq=False)  # compared by identity, so that what is lowered from one can be kept beside it
class Declaration:
    """One deployment's vocabulary.

    Attributes:
        zone: where its days begin.
        epoch: the local day before which nothing happened; complete from here is complete for a lifetime.
        events: the event types, by name.
        facts: the facts in file order, by name.
        features: the features in file order, by name.
        hash: SHA-256, in hex, of what all this means; labels, questions, priors and bins are not part of it.
        groups: the question over each group of boxes (`Fact.ask_with`), in each language.
        country: the country it is made for: its languages, its currency, the form of its region codes.
        household: how people may belong to a person, None where nothing is said of that.
        registries: the sources whose word alone makes two people one privacy unit, or lets one act for the other.
        conflicts: values of facts that are not stated together; a check, and no part of the meaning.
        receipts: the programme whose receipt a boolean fact says too, by the fact's name: one of them stated is both.
    """

    zone: Zone
    epoch: int
    events: Mapping[str, EventType]
    facts: Mapping[str, Fact]
    features: Mapping[str, Feature]
    hash: str
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    country: Country = NO_COUNTRY
    household: Household | None = None
    registries: tuple[str, ...] = ()
    conflicts: tuple[Incompatibility, ...] = ()
    receipts: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of a snapshot's columns: facts, then features, in file order."""
        return (*self.facts, *self.features)

    @cached_property
    def sensitive_facts(self) -> frozenset[str]:
        """The names of the facts that are marked sensitive."""
        return frozenset(name for name, fact in self.facts.items() if fact.sensitive)

    def index(self, name: str) -> int:
        """Return the place of a column; raises KeyError when there is none of that name."""
        try:
            return self.columns.index(name)
        except ValueError:
            raise KeyError(name) from None

    def kind(self, name: str) -> DataType:
        """Return the kind of a column; raises KeyError when there is none of that name."""
        return self.facts[name].kind if name in self.facts else self.features[name].kind


def declare(
    events: object, facts: object, features: object, country: Country = NO_COUNTRY, household: object = None
) -> Declaration:
    """Return the declaration that three parsed YAML documents make for a country, whose zone theirs may override.

    A fourth may say who belongs to a person.

    Raises:
        Rejected: with every problem in all of them.
    """
    problems = Problems()
    top = MappingReader(events, ("events.yaml",), problems, {"zone", "epoch", "types", "registries"})
    zone, epoch = _begins(top, country)
    languages, registries = country.languages, top.strings("registries")
    types = read_types(top.mapping("types"), ("events.yaml", "types"), problems, languages)
    types.setdefault(STATED, EventType(STATED))
    top_facts = MappingReader(facts, ("facts.yaml",), problems, {"facts", "groups", "conflicts", "receipts"}, languages)
    read = read_facts(top_facts.mapping("facts"), ("facts.yaml", "facts"), types, problems, languages)
    read = read_given(top_facts.mapping("facts"), read, problems)
    groups, conflicts = read_groups(top_facts, read), read_conflicts(top_facts, read)
    receipts = read_receipts(top_facts, read)
    top_features = MappingReader(features, ("features.yaml",), problems, {"features"})
    computed = read_features(top_features.mapping("features"), ("features.yaml", "features"), types, read, problems)
    home = None if household is None else read_household(household, (types, read), problems, languages)
    _check_members(read, home, problems)
    problems.raise_any()
    viewed = _related(_viewed(read, home, types), computed)
    made = Declaration(
        zone, epoch, types, viewed, computed, "", groups, country, home, registries, conflicts, receipts
    )  # fmt: skip
    made = _assembled(made)
    return _with_region_codes(made, country.region_code)


def _begins(top: MappingReader, country: Country) -> tuple[Zone, int]:
    """Where the days begin, and the local day before which nothing happened."""
    zone = country.zone or Zone("UTC")
    if top.has("zone") or country.zone is None:
        with top.problems.gathered():
            zone = Zone(str(top.doc.get("zone", "")))
    epoch = top.day("epoch")
    if epoch is None and not top.has("epoch"):
        top.wrong("epoch", "missing", "is missing", "Write the day before which nothing happened, such as 1900-01-01")
    return zone, epoch or 0


def _with_region_codes(made: Declaration, form: str) -> Declaration:
    """Return the declaration with regions whose codes have a form; it is a check, and no part of the meaning."""

    def formed(kind: DataType) -> DataType:
        return replace(kind, form=form) if kind.type == "region" else kind

    facts = {name: replace(fact, kind=formed(fact.kind)) for name, fact in made.facts.items()}
    events = {
        name: replace(event, fields={field: formed(kind) for field, kind in event.fields.items()})
        for name, event in made.events.items()
    }
    return replace(made, events=MappingProxyType(events), facts=MappingProxyType(facts))


def _check_members(facts: Mapping[str, Fact], household: Household | None, problems: Problems) -> None:
    known = household.relations if household else {}
    for name, fact in facts.items():
        if set(fact.members) - set(known):
            remedy = f"Use some of {', '.join(known)}" if known else "Add household.yaml to the declaration"
            problems.add(("facts.yaml", "facts", name, "members"), "unknown", "are not relations", remedy)
    if household and HOUSEHOLD in facts:
        remedy = "Give the fact another name"
        problems.add(("facts.yaml", "facts", HOUSEHOLD), "duplicate", "is the name of the list of members", remedy)


def _viewed(facts: Mapping[str, Fact], household: Household | None, types: Mapping[str, EventType]) -> dict[str, Fact]:
    """Note at each list of members which events add to it."""
    if household is None:
        return {**facts}
    return {
        name: replace(fact, adds=household.adds(fact.members, types)) if fact.members else fact
        for name, fact in facts.items()
    }


def _related(facts: Mapping[str, Fact], features: Mapping[str, Feature]) -> dict[str, Fact]:
    """Note at each fact what it asks for, and whether time is counted since it."""
    columns: list[Fact | Feature] = [*facts.values(), *features.values()]
    derived = [column.derived for column in columns if column.derived]
    past = {one.of for one in derived if one.op in _PAST}
    past |= {name for name, fact in facts.items() if any(signal.field is None for signal in fact.adds)}
    return {
        name: replace(fact, asks=(fact.derived.of if fact.derived else name,), past=name in past)
        for name, fact in facts.items()
    }


def _assembled(made: Declaration) -> Declaration:
    """The declaration with its hash, and nothing in it that can be changed."""
    meaning: dict[str, object] = {
        "zone": made.zone.name,
        "epoch": made.epoch,
        "events": {name: _meaning(event) for name, event in made.events.items()},
        "facts": [_meaning(fact) for fact in made.facts.values()],
        "features": [_meaning(feature) for feature in made.features.values()],
    }
    if made.household:
        meaning["household"] = made.household.meaning()
    if made.registries:
        meaning["registries"] = sorted(made.registries)
    if made.receipts:
        meaning["receipts"] = dict(made.receipts)
    digest = sha256(canonical_text(meaning, ascii_only=True).encode()).hexdigest()
    return replace(
        made, events=MappingProxyType({**made.events}), facts=MappingProxyType({**made.facts}),
        features=MappingProxyType({**made.features}), hash=digest,
    )  # fmt: skip


def _meaning(word: EventType | Fact | Feature) -> dict[str, object]:
    found = {key: value for key, value in asdict(word).items() if key not in _WORDING}
    for kind in (found.get("kind"), *dict(found.get("fields", {})).values()):
        if kind is not None:
            kind.pop("form")
    if not found.get("apart", True):  # said by few declarations: the others keep their hash
        del found["apart"]
    return found
