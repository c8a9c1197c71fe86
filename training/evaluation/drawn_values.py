"""Drawn values: what each order would have brought where chance decided what stood where among a few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from features.problem import Rejected
from training.evaluation.promotion_gate import GateFigure, Says, drawn_says
from training.policy.off_policy import OffPolicyGain, OffPolicyValue, off_policy_gain, off_policy_value

if TYPE_CHECKING:
    from features.arrays import Float64
    from training.evaluation.judged_rows import JudgedRows
    from training.policy.logged_bandit import LoggedBandit
    from training.policy.off_policy import Method

__all__ = ["POPULAR", "DrawnValue", "drawn_document", "drawn_values"]

POPULAR: Final = "popularity"
_TOLD: Final[tuple[Method, ...]] = ("ips", "snips", "dr")


@dataclass(frozen=True)
class DrawnValue:
    """What one order would have brought: the share of drawn places of which what it puts there is taken up.

    Attributes:
        values: by each method; of fewer than `off_policy.LEAST_EFFECTIVE` effective people there are none.
        gain: how much more than popularity.
        says: whether it is not worse than popularity.
    """

    values: tuple[OffPolicyValue, ...]
    gain: OffPolicyGain
    says: Says

    @property
    def value(self) -> OffPolicyValue | None:
        """By the method of the gain, DR; None where too little is known."""
        return self.values[-1] if self.values else None

    def to_document(self) -> dict[str, Any]:
        """As `evaluate --json` prints it."""
        values = {one.method: one.to_document() for one in self.values}
        return {"values": values, "over_popularity": self.gain.to_document(), "says": self.says}


def drawn_values(rows: JudgedRows) -> dict[str, DrawnValue]:
    """By order; nothing where nothing was drawn. What steadies DR is popularity, for every order alike."""
    if not len(rows.drawn):
        return {}
    rounds = rows.drawn.bandit(rows.told.examples, rows.predicted[POPULAR])
    policies = {name: rows.drawn.policy(score) for name, score in rows.told_scores.items()}
    found = {}
    for name, policy in policies.items():
        gain = off_policy_gain(rounds, policy, policies[POPULAR])
        said = drawn_says(GateFigure(gain.value, gain.high - gain.value, gain.effective))
        found[name] = DrawnValue(_values(rounds, policy), gain, said)
    return found


def _values(rounds: LoggedBandit, policy: Float64) -> tuple[OffPolicyValue, ...]:
    try:
        return tuple(off_policy_value(rounds, policy, method) for method in _TOLD)
    except Rejected:  # too little is known of it, which the gain says
        return ()


def drawn_document(rows: JudgedRows | None, found: Mapping[str, DrawnValue]) -> dict[str, Any]:
    """As `evaluate --json` prints it under `drawn`."""
    if rows is None or not found:
        return {"draws": 0, "people": 0, "orders": {}}
    people = len(set(rows.told.examples.person[rows.drawn.rows[:, 0]].tolist()))
    orders = {name: one.to_document() for name, one in found.items()}
    return {"draws": len(set(rows.drawn.draw.tolist())), "people": people, "orders": orders}
