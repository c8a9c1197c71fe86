"""Reach pages: an agency moves the bounds of a rule and sees whom it reaches; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from features.problem import Rejected
from recommender.reach.rule_bound import RuleBound, bounds_of, with_bounds
from recommender.rules.catalogue import Catalogue
from recommender.rules.contradiction import contradictions
from recommender.rules.estimate import ANYBODY, estimated
from recommender.rules.region import region_number
from rendering import reach_page
from rendering.reach_page import ReachShown, Slider
from serving.http.problem_documents import RefusedError
from serving.pages.page_frame import PageFrame, PageShown, Visit
from serving.pages.page_role import AGENCY

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.engine import Engine
    from recommender.reach.census import Census
    from recommender.rules.programme import Programme
    from rendering.voice import Voice
    from serving.http.reach_desk import ReachDesk

__all__ = ["add_reach_pages"]

MOST_RULES: Final = 300
"""So many programmes can be chosen from; the page of any other leads here."""
_FEWEST: Final = 100
"""A slider goes at least so far, where anybody's value does."""
_LONGEST: Final = 12
PAID: Final = ("gift",)
"""What of a programme's worth is paid from a budget, and not a loan or a price that is lower."""
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ReachPages:
    """The pages.

    Attributes:
        desk: counts rules.
        facts: those that a draft begins with, whole numbers.
        counted: how many each programme of a catalogue reaches as it is in force, over the people of a moment.
    """

    desk: ReachDesk
    facts: Sequence[str]
    counted: dict[tuple[Census, str, str], int | None] = field(default_factory=dict)

    def page(self, visit: Visit) -> PageShown:
        """A rule with its bounds, and whom it reaches."""
        try:
            census = self.desk.census()
        except RefusedError as refusal:
            busy = refusal.kind.status != 404
            view = reach_page.nobody_view(busy=busy, voice=visit.voice)
            return PageShown(reach_page.NOBODY, view, refusal.kind.status)
        engine = self.desk.engine()
        catalogue = engine.catalogue.on(census.people.day)
        programme = catalogue.by_id.get(visit.query.get("rule", ""))
        rule = MovedRule.of(programme, self.facts, census, engine.declaration, visit.query)
        sliders = list(rule.sliders(engine.declaration, visit.voice))
        shown = replace(self._counted(rule, census, visit), rules=rules_of(catalogue, programme), sliders=sliders)
        return PageShown(reach_page.TEMPLATE, reach_page.view(shown, visit.voice))

    def _counted(self, rule: MovedRule, census: Census, visit: Visit) -> ReachShown:
        chosen = "" if rule.programme is None else rule.programme.id
        amount = "".join(filter(str.isascii, filter(str.isdigit, visit.query.get("amount", ""))))[:_LONGEST]
        blank = ReachShown((), chosen, (), None, amount=amount)
        try:
            moved = self.desk.read({"who": rule.clause()})
            found = self.desk.reach(moved, quick="quick" in visit.query)
            told = self.desk.told(moved, found, ("province", "region", "group"))
        except Rejected:
            return replace(blank, refusals=[visit.voice.say("agency.reach.refused")], moved=rule.moved(visit.query))
        engine, place = self.desk.engine(), visit.query.get("place", "")
        places = [(one["region"], visit.voice.read(one["name"])) for one in told["provinces"] if one["region"]]
        place = place if any(code == place for code, _ in places) else ""
        districts = districts_of(told["regions"], place, engine, census.people.day) if place else []
        told = {**told, "apart": found.apart, "regions": districts}
        impossible = any(True for _ in contradictions(Catalogue((moved,)), engine.declaration, {}))
        cost = self._cost(rule.programme, told["total"]["yes"], amount, visit)
        before = None if rule.programme is None else self._before(rule.programme, census)
        return replace(blank, told=told, before=before, places=places, place=place, impossible=impossible, cost=cost)

    def _before(self, programme: Programme, census: Census) -> int | None:
        """How many a programme reaches as its rule is; None where that cannot be counted."""
        key = census, self.desk.engine().catalogue.hash, programme.id
        if key not in self.counted:
            try:
                found = self.desk.reach(self.desk.read({"who": programme.to_document()["who"]}))
                self.counted[key] = int(found.total[0])
            except Rejected:
                self.counted[key] = None
        return self.counted[key]

    def _cost(
        self, programme: Programme | None, reached: int | None, amount: str, visit: Visit
    ) -> tuple[str, str] | None:
        """What everybody who is reached is paid in a year, from and to, as text; None where no sum is known."""
        engine = self.desk.engine()
        currency = engine.declaration.country.currency
        each = (int(amount) * 10**currency.decimals,) * 2 if amount else _stated(programme, visit.now)
        if each is None or reached is None:
            return None
        least, most = (engine.messages.money(reached * one, currency).to_document() for one in each)
        return visit.voice.read(least), visit.voice.read(most)


def _stated(programme: Programme | None, now: int) -> tuple[int, int] | None:
    """The least and the most that a programme pays somebody in a year, in minor units; None where it does not say."""
    found = None if programme is None else estimated(programme.value, ANYBODY, now)
    if found is None or not found.stated or found.high is None or found.gives not in PAID:
        return None
    return found.low, found.high


@dataclass(frozen=True)
class MovedRule:
    """A rule and its bounds as somebody moved them.

    Attributes:
        programme: whose rule; None for a draft, in which a bound at either end is left out.
        who: the rule as it is written.
        bounds: those that can be moved, each with its field of the form.
        at: where each stands now.
        ends: between which values each can be moved, and at which alone; none where at all.
    """

    programme: Programme | None
    who: Any
    bounds: Mapping[str, RuleBound]
    at: Mapping[str, int]
    ends: Mapping[str, tuple[int, int, Sequence[int]]]

    @classmethod
    def of(
        cls, programme: Programme | None, facts: Sequence[str], census: Census, declaration: Declaration,
        asked: Mapping[str, str],
    ) -> MovedRule:  # fmt: skip
        """The rule of a programme, or a draft of some facts, with the bounds that are asked for."""
        if programme is not None:
            who = programme.to_document()["who"]
        else:
            spans = {fact: span for fact in facts if (span := _span(census, fact))[1] > 0}
            who = {"all": [{"fact": fact, op: end} for fact, span in spans.items()
                           for op, end in zip(("at_least", "at_most"), span, strict=True)]}  # fmt: skip
        bounds = {f"b{number}": one for number, one in enumerate(bounds_of(who, declaration))}
        ends = {name: _ends(census, one, whole=programme is not None) for name, one in bounds.items()}
        at = {name: _moved(asked.get(name, ""), one.value, ends[name]) for name, one in bounds.items()}
        return cls(programme, who, bounds, at, ends)

    def clause(self) -> Any:
        """The rule as it stands now."""
        if self.programme is not None:
            return with_bounds(self.who, {one.path: self.at[name] for name, one in self.bounds.items()})
        parts = [
            {"fact": one.fact, one.op: self.at[name]}
            for name, one in self.bounds.items()
            if self.at[name] != self.ends[name][0 if one.op == "at_least" else 1]
        ]
        return {"all": parts}

    def moved(self, asked: Mapping[str, str]) -> bool:
        """Whether a bound stands elsewhere than the programme has it, though nobody asked for that."""
        return self.programme is not None and any(
            name not in asked and self.at[name] != one.value for name, one in self.bounds.items()
        )

    def sliders(self, declaration: Declaration, voice: Voice) -> Iterator[Slider]:
        """Its bounds, in the order in which they are written."""
        for name, one in self.bounds.items():
            fact, (low, high, choices) = declaration.facts[one.fact], self.ends[name]
            before, _, after = (voice.read(fact.format) if fact.format else "{}").partition("{}")
            yield Slider(name, one.op, fact.label, self.at[name], low, high, choices, before, after)


def _span(census: Census, fact: str) -> tuple[int, int]:
    """From nought to the greatest value that anybody has."""
    values = census.people.planes.columns[fact].values
    known = values[values >= 0]
    return 0, int(known[-1]) if len(known) else 0


def _ends(census: Census, bound: RuleBound, *, whole: bool) -> tuple[int, int, Sequence[int]]:
    """How far a bound can be moved, and the values it can take where the people are not told apart at others."""
    low, high = _span(census, bound.fact)
    edges = census.edges(bound.fact)
    if edges:
        after = [high - 1 for _, high in pairwise(edges)]
        choices = list(edges) if bound.op in ("at_least", "below") else [*after, edges[-1]] if not whole else after
        return choices[0], choices[-1], choices
    far = min(high, max(2 * bound.value, _FEWEST)) if whole else min(high, 4 * _FEWEST)
    return min(low, bound.value), max(far, bound.value) if whole else far, ()


def _moved(asked: str, value: int, ends: tuple[int, int, Sequence[int]]) -> int:
    """Where a bound stands: as asked, as near as it can be moved to."""
    low, high, choices = ends
    given = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST else value
    nearest = min(choices, key=lambda one: abs(one - given)) if choices else given
    return min(max(nearest, low), high)


def rules_of(catalogue: Catalogue, chosen: Programme | None) -> list[tuple[str, Any]]:
    """The programmes for people, by id, and the one that is chosen."""
    found = [one for one in catalogue.programmes if "citizen" in one.who][:MOST_RULES]
    found += [chosen] if chosen is not None and chosen not in found else []
    return [(one.id, one.title.to_document()) for one in found]


def districts_of(rows: Sequence[Mapping[str, Any]], place: str, engine: Engine, day: int) -> list[Mapping[str, Any]]:
    """The rows of the districts that lie in a province on a day."""
    codes = [(row, region_number(row["region"])) for row in rows if row["region"]]
    around = region_number(place)
    return [row for row, code in codes if code is not None and engine.regions.largest(code, day) == around]


def add_reach_pages(frame: PageFrame, desk: ReachDesk, facts: Sequence[str]) -> None:
    """Add the pages; a draft begins with bounds of `facts`."""
    frame.shows(reach_page.PATH, AGENCY, ReachPages(desk, facts).page, "agency.reach.name")
