"""Who belongs to a person, said in plain Python from the events themselves: what the kernel of members must equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from features.calendar import DAY_SECONDS, add_months, completed_months
from features.declaration.datatype import DataType
from features.declaration.declaration import Declaration
from features.declaration.kinship import ADDS, CHANGES, DOUBTED, HAPPENED, HOUSEHOLD, TRAITS, MemberAct, Relation
from features.declaration.vocabulary import STATED
from features.log.event import Event
from features.log.member_rows import contradicted, stated_day
from features.members import OPEN, WHOLE
from features.value import UNKNOWN, identifier_code


@dataclass
class _Report:
    """What one event or statement says of one member."""

    relation: str = ""
    born: int | None = None
    traits: dict[str, bool] = field(default_factory=dict)
    doubted: tuple[str, ...] = ()
    name: str = ""
    reporter: object = None
    partner: str = ""
    presumed: bool = False
    stated: bool = False
    last: int = OPEN


@dataclass
class _Kin:
    """One member while events are read."""

    relation: str = ""
    born: int | None = None
    traits: dict[str, bool] = field(default_factory=dict)
    name: str = ""
    partner: str = ""
    certain: bool = True
    guarded: bool = False
    stale: bool = False
    reporters: list[object] = field(default_factory=list)
    last: int = OPEN


class MembersOracle:
    """The members of one person, from the events in which the person plays a part, in order."""

    def __init__(self, declaration: Declaration, person: str, events: Iterable[tuple[Event, str]]) -> None:
        """Read the events, each with the part of the person in it."""
        assert declaration.household is not None
        self.declaration, self.home, self.person = declaration, declaration.household, person
        self.kin: list[_Kin] = []
        self.whole: set[str] = set()
        for event, role in events:
            if event.type == STATED:
                self._state(event)
            else:
                for act in self.home.acts:
                    if (act.event, act.role) == (event.type, role):
                        self._act(act, event, role)

    def cells(self, today: int) -> list[tuple[int, ...]]:
        """The members on a day, as `features.members.Members` holds them."""
        found = []
        for kin in self.kin:
            if kin.last < today:
                continue
            expected = bool(kin.relation) and self.home.relations[kin.relation].expected
            born = kin.born if kin.born is not None and (expected or kin.born <= today) else None
            months = UNKNOWN if born is None or expected or born > today else completed_months(born, today)
            traits = [int(kin.traits[name]) if name in kin.traits else UNKNOWN for name in TRAITS]
            if kin.guarded and traits[1] == 1:
                traits[1] = UNKNOWN
            relation = self.home.place(kin.relation) if kin.relation else UNKNOWN
            code = identifier_code(kin.name) if kin.name else UNKNOWN
            found.append((relation, UNKNOWN if born is None else born, months, *traits, int(kin.certain), code))
        return sorted(found, key=lambda cells: (cells[1] == UNKNOWN, cells[1]))

    def since(self, relation: str, today: int, complete: bool) -> int:
        """The day since when everybody of a relation is listed who was born then or later."""
        if relation in self.whole:
            return WHOLE
        events = self.declaration.events
        adding = [
            act
            for act in self.home.acts
            if act.act == ADDS
            and relation
            in (events[act.event].fields[act.relation_field].values if act.relation_field else (act.relation,))
        ]
        days = [events[act.event].complete_from for act in adding]
        if not complete or not days or None in days:
            return OPEN
        begun = max(day for day in days if day is not None)
        lapses = [act.lapse for act in adding if act.lapse]
        if begun <= self.declaration.epoch:
            return WHOLE
        if len(lapses) < len(adding):
            return begun
        longest = max(lapses, key=lambda lapse: lapse.after(0))
        return WHOLE if begun <= add_months(today, -longest.months) - longest.days else OPEN

    def _act(self, act: MemberAct, event: Event, role: str) -> None:
        parts = [part for part in event.parts(self.declaration.events[event.type]) if part[0] != self.person]
        relation = str(event.data.get(act.relation_field, "")) if act.relation_field else act.relation
        named = [person for person, part in parts if part == act.member]
        partners = [person for person, part in parts if part == role]
        day = self.declaration.zone.local_seconds(event.time) // DAY_SECONDS
        reporter = (event.source, event.subject, event.type)
        given = dict(zip(TRAITS, act.traits, strict=True))
        traits = {name: bool(value) for name, value in given.items() if value not in (UNKNOWN, DOUBTED)}
        doubted = tuple(name for name, value in given.items() if value == DOUBTED)
        for name in named or [""]:
            report = _Report(
                relation, self._born(act, event, day), traits.copy(), doubted, name, reporter,
                partners[0] if len(partners) == 1 else "",
                last=add_months(day, act.lapse.months) + act.lapse.days if act.lapse else OPEN,
            )  # fmt: skip
            if act.act == ADDS:
                self._add(report)
            elif name or relation:
                self._change(report, removes=act.act != CHANGES)

    def _born(self, act: MemberAct, event: Event, day: int) -> int | None:
        if act.born == HAPPENED:
            return day
        if not act.born or act.born not in event.data:
            return None
        return self.declaration.events[act.event].fields[act.born].encode(event.data[act.born])

    def _state(self, event: Event) -> None:
        """A statement: whoever belongs to a list that is whole and is not named is no longer there."""
        data = event.data
        lists = {name: fact for name, fact in self.declaration.facts.items() if fact.members and name in data}
        if not (lists or HOUSEHOLD in data) or contradicted(self.declaration, data):
            return
        stated = data.get(HOUSEHOLD, {})
        assert isinstance(stated, Mapping)
        whole = set(self.home.relations) if stated.get("complete") else set()
        reports = [self._stated(member) for member in stated.get("members", ())]
        for name, fact in lists.items():
            whole |= set(fact.members)
            self._list(fact.members, fact.encode_all(data[name]), reports)
        for kin in self.kin:
            kin.stale = kin.relation in whole if kin.relation else whole == set(self.home.relations)
            kin.certain &= bool(kin.relation) or not whole
        for report in reports:
            report.reporter, report.stated = event.key, True
            self._add(report)
        self.kin = [kin for kin in self.kin if not kin.stale]
        self.whole |= whole

    def _stated(self, member: Mapping[str, object]) -> _Report:
        relation = self.home.relations[str(member["relation"])]
        dated = stated_day(relation, member)
        born = None if dated is None else DataType("date").encode(dated)
        traits = {name: value for name in TRAITS if isinstance(value := member.get(name), bool)}
        return _Report(relation.name, born, traits, name=str(member.get("id", "")))

    def _list(self, relations: Sequence[str], days: Sequence[int], reports: list[_Report]) -> None:
        left = list(days)
        for report in reports:
            if report.relation in relations and report.born in left:
                left.remove(report.born)
                report.traits = _presumed(self.home.relations[report.relation]) | report.traits
        for day in left:
            presumed = _presumed(self.home.relations[relations[0]])
            reports.append(_Report(relations[0], day, presumed, presumed=True))

    def _add(self, report: _Report) -> None:
        kin = self._known(report)
        if kin is None:
            kin = _Kin()
            doubted = [other for other in self.kin if _may_be_one(other, report)]
            if report.born is None:
                kin.certain = not doubted
            else:
                for other in doubted:
                    other.certain = False
            self.kin.append(kin)
        relation = self.home.relations.get(report.relation)
        if report.born is not None:
            agree = kin.born in (None, report.born) or report.stated or (relation is not None and relation.single)
            kin.born = report.born if agree else None
        kin.relation = report.relation or kin.relation
        kin.traits = report.traits | kin.traits if report.presumed else kin.traits | report.traits
        kin.name, kin.partner = report.name or kin.name, report.partner or kin.partner
        kin.guarded |= relation is not None and relation.guards
        kin.stale, kin.last = False, report.last
        kin.reporters.append(report.reporter)

    def _known(self, report: _Report) -> _Kin | None:
        for kin in self.kin:
            if report.name and kin.name == report.name:
                return kin
        relation = self.home.relations.get(report.relation)
        for kin in list(self.kin):
            only = relation is not None and relation.single and kin.relation == report.relation
            if only and report.name and kin.name:
                self.kin.remove(kin)
            elif only or (_may_be_one(kin, report) and report.born is not None and kin.born == report.born):
                return kin
        return None

    def _change(self, report: _Report, *, removes: bool) -> None:
        named = [kin for kin in self.kin if report.name and kin.name == report.name]
        meant = named or [
            kin
            for kin in self.kin
            if (not report.name or not kin.name)
            and (not report.relation or not kin.relation or kin.relation == report.relation)
        ]
        sure = bool(named) or (len(meant) == 1 and bool(report.relation))
        for kin in meant:
            if removes and (sure or not report.name):
                self.kin.remove(kin)
            elif removes:
                kin.certain = False
            else:
                for name, value in report.traits.items():
                    if sure:
                        kin.traits[name] = value
                    elif kin.traits.get(name) != value:
                        kin.traits.pop(name, None)
                for name in report.doubted:
                    kin.traits.pop(name, None)


def _may_be_one(kin: _Kin, report: _Report) -> bool:
    """Whether somebody new may be a member already known; no reporter reports one person twice without a name."""
    pairs: list[tuple[object, object]] = [
        (kin.relation, report.relation), (kin.name, report.name), (kin.partner, report.partner),
    ]  # fmt: skip
    alike = all(not one or not other or one == other for one, other in pairs)
    dated = kin.born is None or report.born is None or kin.born == report.born
    return alike and dated and report.reporter not in kin.reporters


def _presumed(relation: Relation) -> dict[str, bool]:
    return {} if relation.raises == UNKNOWN else {"raises": bool(relation.raises)}
