"""Census: people over whom rules may be counted by whoever may ask, and what counting them gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from recommender.reach.rule_reach import RuleReach, compiled_rule, quick_reach, rule_reach

if TYPE_CHECKING:
    from recommender.messages import Messages
    from recommender.reach.reach_population import ReachPopulation
    from recommender.rules.programme import Programme
    from recommender.rules.region import Regions
    from recommender.rules.working_days import WorkingDays

__all__ = ["MOST_PATTERNS", "Census", "CountTerms", "ExactCensus"]

MOST_PATTERNS: Final = 4096
"""In more ways than this no rule that somebody sends may tell people apart: each is judged with its reasons."""


@dataclass(frozen=True)
class CountTerms:
    """What a rule is read by, beside the declaration.

    Attributes:
        regions: the table of places.
        working_days: by which periods are counted.
        messages: the words of reasons, from which it follows who stands likely.
    """

    regions: Regions
    working_days: WorkingDays
    messages: Messages


class Census(Protocol):
    """People over whom rules are counted."""

    @property
    def kind(self) -> str:
        """Who they are: `synthetic` people, or real ones by a table with noise (`noised`)."""
        ...

    @property
    def people(self) -> ReachPopulation:
        """Their day, the places they live in and the groups that are told apart."""
        ...

    def edges(self, fact: str) -> tuple[int, ...]:
        """The least values of the spans of a fact that are told apart; none where every value is."""
        ...

    def reach(self, rule: Programme, terms: CountTerms, *, quick: bool = False) -> RuleReach:
        """Count how they stand to a rule; where it is to be quick, likely need not be told from depends.

        Raises:
            Rejected: the rule asks what is not known of them, or tells them apart in too many ways.
        """
        ...


@dataclass(frozen=True, eq=False)
class ExactCensus:
    """People each counted as they are: some who do not exist, or those of whoever counts.

    Attributes:
        people: everybody.
        kind: who they are.
        most: ways in which a rule may tell people apart whose answer is open; None for as many as there are.
    """

    people: ReachPopulation
    kind: str = "synthetic"
    most: int | None = MOST_PATTERNS

    def edges(self, fact: str) -> tuple[int, ...]:  # noqa: ARG002 - as of every census
        """Every value is told apart."""
        return ()

    def reach(self, rule: Programme, terms: CountTerms, *, quick: bool = False) -> RuleReach:
        """Count how everybody stands to a rule."""
        compiled = compiled_rule(rule, self.people, terms.regions, terms.working_days)
        if quick:
            return quick_reach(compiled, self.people)
        return rule_reach(compiled, self.people, terms.messages, self.most)
