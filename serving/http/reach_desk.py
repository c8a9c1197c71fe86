"""The reach desk: how many people a draft rule reaches, by the engine and over the people of the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from features.calendar import date_of
from features.problem import Problem, Rejected
from recommender.engine import Engine
from recommender.reach.census import Census, CountTerms
from recommender.reach.draft_rule import doubts, parse_draft
from recommender.reach.noised_census import TABLE
from recommender.reach.reach_document import document
from recommender.reach.rule_reach import RuleReach
from recommender.rules.programme import KINDS
from serving.http import problem_documents as problems
from serving.http.event_words import pointer_into
from serving.http.problem_documents import ProblemItemValue, RefusedError

if TYPE_CHECKING:
    from recommender.rules.programme import Programme

__all__ = ["ReachDesk", "pointed"]

RULE: Final = "rule"
_MOST_ITEMS: Final = 20
_WORDS: Final = frozenset(
    {
        RULE, "who", *KINDS, "all", "any", "not", "advisory", "no_data", "unread_text", "members", "fact", "is", "in",
        "at_least", "at_most", "below", "above", "within", "some", "none", "value", "amount", "window", "valid", "from",
        "until", "title", "provider", "category", "form", "source", "excludes", "grants", "id",
    }
)  # fmt: skip
"""Keys that pointers may name; a pointer ends above any other, since it may be anything that somebody wrote."""
_EXPECTED: Final[Mapping[str, str]] = {
    "fact": "a fact that is declared (GET /v1/facts)",
    "unknown": "names that are declared, and keys of a programme (docs/programmes.md)",
    "missing": "everything that a rule needs, of things that are known of these people",
    "range": "a rule that fewer facts decide, and values within their bounds",
}
"""What is expected where something is wrong: at a key of this name, or where the wrong is of this code."""
_OTHERWISE: Final = "a rule as it is written in a catalogue (docs/programmes.md)"


class ReachDesk:
    """Counts draft rules; may be shared by threads."""

    def __init__(self, engine: Callable[[], Engine], census: Callable[[], Census]) -> None:
        """Nothing is counted yet; `census` raises RefusedError where there is nobody to count over."""
        self.engine, self.census = engine, census

    def count(self, rule: Mapping[str, Any], by: Sequence[str]) -> Mapping[str, Any]:
        """How everybody stands to a rule, as JSON.

        Raises:
            RefusedError: 422, the rule cannot be read or counted; or there is nobody to count over.
        """
        try:
            programme = self.read(rule)
            return self.told(programme, self.reach(programme), by)
        except Rejected as refusal:
            items = dict.fromkeys(map(pointed, refusal.problems))
            raise RefusedError(
                problems.UNPROCESSABLE, "The rule cannot be counted as it stands.", list(items)[:_MOST_ITEMS]
            ) from None

    def told(self, programme: Programme, found: RuleReach, by: Sequence[str]) -> dict[str, Any]:
        """What was counted, as JSON; raises RefusedError where there is nobody."""
        engine, census = self.engine(), self.census()
        day = census.people.day
        return {
            "rule": programme.id,
            "as_of": date_of(day).isoformat(),
            "population": census.kind,
            "doubts": list(doubts(programme, engine.declaration, day)),
            **document(found, census.people, engine.regions, by),
        }

    def read(self, rule: Mapping[str, Any]) -> Programme:
        """Read a rule; raises Rejected with everything that is wrong in it."""
        engine = self.engine()
        return parse_draft(rule, (RULE,), engine.declaration, engine.regions)

    def reach(self, rule: Programme, *, quick: bool = False) -> RuleReach:
        """Count a rule; raises Rejected where it asks what is not known, and RefusedError where there is nobody."""
        engine = self.engine()
        terms = CountTerms(engine.regions, engine.working_days, engine.messages)
        return self.census().reach(rule, terms, quick=quick)


def pointed(problem: Problem) -> ProblemItemValue:
    """Where something is wrong and what is expected there, in words of this service alone."""
    if problem.path[0] == TABLE:
        return ProblemItemValue(f"/{RULE}", problem.remedy)
    pointer = pointer_into(problem.path, _WORDS) or f"/{RULE}"
    expected = _EXPECTED.get(str(problem.path[-1]), _EXPECTED.get(problem.code, _OTHERWISE))
    return ProblemItemValue(pointer, expected)
