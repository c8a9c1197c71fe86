"""Year plan: whether all private runs that are still to come in a year fit, together, into what is left of a budget."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.amount import text_of
from privacy.accounting.mechanism import gaussian
from privacy.refusal import Exhausted
from training.evaluation.release import bundle_mechanism
from training.runs.private_run import stages

if TYPE_CHECKING:
    from privacy.accounting.mechanism import Mechanism
    from privacy.gate import BudgetAccount
    from privacy.request import RunRequest
    from training.data.material import TrainingData


@dataclass(frozen=True)
class YearPlan:
    """What a year of runs costs one unit.

    Attributes:
        runs: how many are still to come, this one among them.
        left: what is left of the budget before them.
        remaining: what would be left after all of them, composed as the ledger composes.
    """

    runs: int
    left: Decimal
    remaining: Decimal

    def to_document(self) -> dict[str, Any]:
        """As run files and `retrain --json` say it."""
        return {"runs": self.runs, "left": text_of(self.left), "remaining": text_of(self.remaining)}


def year_plan(material: TrainingData, run: RunRequest, compare: Decimal, runs: int) -> YearPlan:
    """Price so many runs, each a count where it needs one, training and one comparison, before the first is begun.

    Args:
        material: rows behind their gate; none is opened.
        run: one run as it is asked for.
        compare: what the comparison with the champion may spend each time.
        runs: how many are to come.

    Raises:
        Rejected: they cost more than is left; it says how many would fit.
    """
    account = material.gate.budget(run)
    made = stages(run)
    alike = gaussian(accountant.calibrate(made.left, run.delta, 1, 1))  # its own steps compose alike
    each = (*made.with_training(alike), bundle_mechanism(compare, run.delta))
    try:
        return YearPlan(runs, account.left_after(), account.left_after(*each * runs))
    except Exhausted as refusal:
        fit = _fit(account, each, runs)
        what = f"{runs} runs to come of this year do not fit into what is left of the budget; {fit} would"
        remedy = "Give fewer --runs, a lower --epsilon or --compare, or have two approvers raise the cap"
        raise Rejected([*refusal.problems, Problem(("--runs",), "refused", what, remedy)]) from None


def _fit(account: BudgetAccount, each: tuple[Mechanism, ...], runs: int) -> int:
    """How many runs would fit, by bisection."""
    low, high = 0, runs
    while high - low > 1:
        middle = (low + high) // 2
        try:
            account.left_after(*each * middle)
        except Exhausted:
            high = middle
        else:
            low = middle
    return low
