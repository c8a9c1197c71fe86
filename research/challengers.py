"""The register of private learners: by name, and which of them is for which rows; decided on public ground."""

from __future__ import annotations

import importlib
from decimal import Decimal
from typing import Any, Final, Literal

from features.problem import Problem, Rejected
from privacy.accounting import accountant

Kind = Literal["lists", "pointwise"]
"""Rows that are showings of lists, ordered against each other; or rows that are judged one by one."""

DEFAULT: Final = "bilinear"
LEARNERS: Final = {
    "bilinear": ("training.rankers.private_bilinear", "PrivateBilinear"),
    "boosted": ("research.boosted", "BoostedTrees"),
    "logistic": ("research.logistic", "LogisticBins"),
    "towers": ("research.towers", "TwoTowers"),
}
"""Name -> module and class; a module is loaded when its learner is asked for."""


def learner(name: str) -> type[Any]:
    """The estimator class of a private learner.

    >>> learner("boosted").__name__
    'BoostedTrees'

    Raises:
        Rejected: there is no such learner.
    """
    if name not in LEARNERS:
        remedy = f"Use one of: {', '.join(LEARNERS)}"
        raise Rejected([Problem(("learner",), "unknown", f"{name!r} is no private learner", remedy)])
    module, found = LEARNERS[name]
    chosen: type[Any] = getattr(importlib.import_module(module), found)
    return chosen


def choice(kind: Kind, units: int) -> str:
    """The learner that is shipped for such rows and so many units; see docs/challengers.md for the measurements.

    It depends on nothing but the kind of the rows and the public number of units.

    >>> choice("lists", 1_000_000), choice("pointwise", 30_000)
    ('bilinear', 'boosted')

    Raises:
        Rejected: there is no person.
    """
    if units < 1:
        raise Rejected([Problem(("units",), "range", f"{units} is not at least 1", "State how many units there are")])
    return DEFAULT if kind == "lists" else "boosted"


def sigma_for(name: str, epsilon: Decimal, delta: Decimal, **settings: Any) -> Decimal:
    """The least noise multiplier at which a learner, so set, costs no more than epsilon by either accountant.

    Args:
        name: of a learner of single rows.
        epsilon: what a fit may cost, at `delta`.
        delta: see `privacy.accounting.accountant.calibrate`.
        settings: constructor arguments; those that say how many releases there are, and on whom, count.

    Raises:
        Rejected: no noise is enough, or the learner says nothing of its releases before it has a plan.
    """
    if name == DEFAULT:
        raise Rejected(
            [
                Problem(
                    ("learner",),
                    "forbidden",
                    "bilinear learns by a plan",
                    "Ask training.rankers.schedules for its noise",
                )
            ]
        )
    run = learner(name)(**settings).schedule
    return accountant.calibrate(epsilon, delta, run.q, run.steps)
