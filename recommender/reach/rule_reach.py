"""Rule reach: how many people stand how to a rule (yes, likely, depends or no), by region and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Float64, Int8, Int64
from features.problem import Problem, Rejected
from recommender.reach.reach_kernel import PlaneRule, ReachTally, count_rule
from recommender.reach.reach_population import REGION, ReachPopulation
from recommender.reach.standing_pattern import Patterns, find_patterns
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import RECEIVES, compares, undecided_in
from recommender.rules.compiled import Compiled, compile_catalogue
from recommender.rules.rule_kernel import COUNT, MEMBERS, RANGE
from recommender.rules.rule_kernel import REGION as REGION_ATOM
from recommender.rules.verdict import Verdicts
from recommender.standing import LIKELY, standing

if TYPE_CHECKING:
    from recommender.messages import Messages
    from recommender.rules.programme import Programme
    from recommender.rules.region import Regions
    from recommender.rules.working_days import WorkingDays

__all__ = ["COLUMNS", "RuleReach", "answered", "compiled_rule", "quick_reach", "region_answers", "rule_reach",
           "weighed_reach"]  # fmt: skip

COLUMNS: Final = ("yes", "likely", "depends", "no")
"""What is counted, in this order: the standings."""
_PATTERNS: Final = 1 << 12
_CITIZEN: Final = 1
"""The people of a log ask as citizens: the first of KINDS."""


@dataclass(frozen=True, eq=False)
class RuleReach:
    """How many people stand how to a rule.

    Attributes:
        regions: int64[R, 4], in the order of COLUMNS, for each block of the population.
        groups: int64[G, 4], of those who belong to each group.
        region_errors: float64[R, 4], the standard error of each count; None where they are exact.
        group_errors: float64[G, 4], the same.
        apart: whether who stands likely is told apart; else all whose answer is open are counted as depends.
    """

    regions: Int64
    groups: Int64
    region_errors: Float64 | None = None
    group_errors: Float64 | None = None
    apart: bool = True

    @property
    def total(self) -> Int64:
        """Of everybody, int64[4]."""
        return np.asarray(self.regions.sum(axis=0), np.int64)

    @property
    def total_errors(self) -> Float64 | None:
        """The standard errors of everybody's counts, float64[4]."""
        if self.region_errors is None:
            return None
        return np.asarray(np.sqrt((self.region_errors**2).sum(axis=0)))


def compiled_rule(
    programme: Programme, population: ReachPopulation, regions: Regions, working_days: WorkingDays
) -> Compiled:
    """Compile one programme for a population and its day.

    Raises:
        Rejected: it asks about the receipt of a programme that the population's columns do not know.
    """
    asked = {one.fact for clause in programme.who.values() for one in compares(clause) if one.fact.startswith(RECEIVES)}
    lacking = sorted(asked - set(population.planes.columns))
    if lacking:
        remedy = "Make the columns with a catalogue in which some rule asks about it"
        raise Rejected([Problem((lacking[0],), "missing", "is not among the columns of the population", remedy)])
    names = tuple(population.planes.columns)
    rules = Catalogue((programme,))
    return compile_catalogue(rules, names, population.declaration, regions, population.day, working_days)


def answered(compiled: Compiled, population: ReachPopulation) -> ReachTally:
    """Count of whom the answer to a compiled rule is yes, and of whom it is not no, by region and group."""
    tally = ReachTally(np.zeros((len(population.people), 2), np.int64), np.zeros((len(population.groups), 2), np.int64))
    rule = _plane_rule(compiled, population)
    if rule is not None:
        count_rule(rule, population.rows, tally)
    return tally


def quick_reach(compiled: Compiled, population: ReachPopulation) -> RuleReach:
    """Count as `rule_reach` does, but that of whom the answer is open nobody is judged: all of them depend."""
    tally, (regions, groups) = answered(compiled, population), _nobody(population)
    counted = _columns(tally.regions, regions, population.people), _columns(tally.groups, groups, population.sizes)
    return RuleReach(*counted, apart=not may_be_likely(compiled))


def rule_reach(
    compiled: Compiled, population: ReachPopulation, messages: Messages, most: int | None = None
) -> RuleReach:
    """Count how everybody stands to a compiled rule.

    Args:
        compiled: the rule.
        population: everybody.
        messages: the words of reasons.
        most: patterns of answers that are judged at most; None for as many as there are.

    Raises:
        Rejected: there are more.
    """
    return weighed_reach(compiled, (population,), messages, most)[0]


def weighed_reach(
    compiled: Compiled, weighings: Sequence[ReachPopulation], messages: Messages, most: int | None
) -> list[RuleReach]:
    """Count the same people, each weighing otherwise, as `rule_reach` does: who stands likely is judged once."""
    tallies, likely = [answered(compiled, one) for one in weighings], [_nobody(one) for one in weighings]
    if may_be_likely(compiled):
        patterns = [_patterns(compiled, one, most) for one in weighings]
        places = _likely(compiled, weighings[0], messages, patterns[0])  # weights leave every pattern at its place
        likely = [(one.regions[places].sum(axis=0), one.groups[places].sum(axis=0)) for one in patterns]
    return [
        RuleReach(_columns(tally.regions, regions, one.people), _columns(tally.groups, groups, one.sizes))
        for one, tally, (regions, groups) in zip(weighings, tallies, likely, strict=True)
    ]


def may_be_likely(compiled: Compiled) -> bool:
    """Whether anybody can stand likely to a rule.

    Only words that were not read, what nobody publishes, or a text that is doubtful or over leave an answer open
    without a fact that is not known or an advice that is not met.
    """
    programme = compiled.catalogue.programmes[0]
    undecided = any(True for clause in programme.who.values() for _ in undecided_in(clause))
    return undecided or not programme.verified or programme.is_lapsed(compiled.day)


def _nobody(population: ReachPopulation) -> tuple[Int64, Int64]:
    return np.zeros(len(population.people), np.int64), np.zeros(len(population.groups), np.int64)


def _columns(counted: Int64, likely: Int64, people: Int64) -> Int64:
    yes, maybe = counted[:, 0], counted[:, 1]
    return np.stack([yes, likely, maybe - yes - likely, people - maybe], axis=1)


def _patterns(compiled: Compiled, population: ReachPopulation, most: int | None) -> Patterns:
    """Find the patterns of those whose answer is open."""
    rule, size = _plane_rule(compiled, population), _PATTERNS
    while True:
        patterns = Patterns(
            np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros((size, len(population.people)), np.int64),
            np.zeros((size, len(population.groups)), np.int64), np.zeros(1, np.int64),
        )  # fmt: skip
        if rule is None or find_patterns(rule, population.rows, patterns):
            return patterns
        if most is not None and size >= 2 * most:
            what = f"tells the people whose answer is open apart in more than {most} ways"
            raise Rejected([Problem((compiled.catalogue.programmes[0].id,), "range", what, "Ask for fewer facts")])
        size *= 4


def _likely(compiled: Compiled, population: ReachPopulation, messages: Messages, patterns: Patterns) -> list[int]:
    """The places of those patterns that stand likely."""
    explaining, likely = compiled.explaining(messages), []
    for place in np.flatnonzero(patterns.hashes).tolist():
        position = int(patterns.person[place])
        values, members = population.planes.person(position), population.members[np.array([position])]
        answers = explaining.answers(values[None, :], _CITIZEN, members)[0]
        judged = Verdicts(explaining, answers, values, _CITIZEN, members)
        if not judged.lacking(0) and standing(judged.explain(0)) == LIKELY:  # reasons in words are the dear part
            likely.append(place)
    return likely


# --- a compiled rule over planes -----------------------------------------------------------------------------------


def _plane_rule(compiled: Compiled, population: ReachPopulation) -> PlaneRule | None:
    """The rule as the kernels count it, None where it is not for people at all."""
    plan = compiled.plan
    root = int(plan.roots[0, 0])
    if root < 0:
        return None
    atoms = np.array([_atom(compiled, row, population) for row in plan.atoms.tolist()], np.int64).reshape(-1, 5)
    counts = atoms[:, 0] == COUNT
    atoms[counts, 2] = np.arange(counts.sum())
    rule = PlaneRule(
        atoms, plan.ops, plan.starts, plan.parts, root, bool(plan.capped[0]), region_answers(compiled, population),
        plan.tests, _told_apart(compiled, population), np.zeros((0, 2, 0), np.uint64),
    )  # fmt: skip
    return rule._replace(counted=population.counted.of(rule, population.rows))


def _atom(compiled: Compiled, row: list[int], population: ReachPopulation) -> tuple[int, int, int, int, int]:
    kind, place, low, high = row
    if kind == COUNT:
        return COUNT, place, 0, low, high
    if kind == REGION_ATOM:
        return REGION_ATOM, 0, 0, 0, 0
    column = population.planes.columns[compiled.columns[place]]
    if kind == MEMBERS:
        return MEMBERS, column.first, column.bits, low, 0
    first, last = np.searchsorted(column.values, low, "left"), np.searchsorted(column.values, high, "right") - 1
    return RANGE, column.first, column.bits, int(first), int(last)


def region_answers(compiled: Compiled, population: ReachPopulation) -> Int8:
    """What each comparison of regions answers in each block of people: int8[atoms, R]."""
    plan, found = compiled.plan, np.zeros((len(compiled.plan.atoms), len(population.places)), np.int8)
    values = np.zeros((len(population.places), len(compiled.columns)), np.int64)
    values[:, compiled.columns.index(REGION)] = population.places
    places = compiled.rows(values, 1).places
    for atom, (kind, column, regions, _) in enumerate(plan.atoms.tolist()):
        if kind == REGION_ATOM:
            found[atom] = plan.relations[places[:, column], regions]
    return found


def _told_apart(compiled: Compiled, population: ReachPopulation) -> Int64:
    """The planes of who is unknown in a column that says whom somebody raises or has: what people can be asked."""
    home = compiled.declaration.household
    if home is None or not len(compiled.plan.tests):
        return np.zeros(0, np.int64)
    names = {one.fact for one in home.closings} | {
        name for name, fact in compiled.declaration.facts.items() if fact.members
    }
    columns = population.planes.columns
    return np.array([columns[name].first for name in sorted(names) if name in columns], np.int64)
