"""Report: how a ranker does on people it never learned from, as documents, tracked metrics and pictures take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from training.evaluation.drawn_values import drawn_document
from training.evaluation.evaluation import ColdStart, Observed, RankingResult
from training.measures import share_of_gap

if TYPE_CHECKING:
    import pandas as pd

    from training.evaluation.drawn_values import DrawnValue
    from training.evaluation.fairness import GroupFairness
    from training.evaluation.judged_rows import JudgedRows
    from training.evaluation.observed_orders import ObservedOrder

RANKER: Final = "lightgbm"
"""The name under which the pooled forest's order stands beside its baselines."""
PRIVATE: Final = "private"
"""The name of the order that was learned under differential privacy."""
STUDENT: Final = "student"
"""The name of the order that was learned from a private teacher."""


@dataclass(frozen=True)
class Report:
    """How a ranker does on people it never learned from.

    Attributes:
        standings: NDCG@5 by order, against the truth; empty where the truth is unknown.
        groups: the same by group of people.
        observed: predictions beside answers on held-out people's showings.
        people: how many held-out people were judged.
        pairs: how many candidates they had.
        cold_starts: programmes tried as new.
        ranker: the name of the order that is reported on.
        observed_orders: how well orders place what held-out people took up of what they were offered, by name.
        fairness: how each order serves each declared group.
        drawn: what each order would have brought where chance decided what stood where; empty where it did nowhere.
        rows: what all figures are made from.
        sections: what a page shows beside (`training.evaluation.full_report`); empty where nobody asked for it.
    """

    standings: Mapping[str, RankingResult]
    groups: list[dict[str, Any]]
    observed: Observed
    people: int
    pairs: int
    cold_starts: tuple[ColdStart, ...] = ()
    ranker: str = RANKER
    observed_orders: Mapping[str, ObservedOrder] = field(default_factory=dict)
    fairness: tuple[GroupFairness, ...] = ()
    drawn: Mapping[str, DrawnValue] = field(default_factory=dict)
    rows: JudgedRows | None = field(default=None, repr=False, compare=False)
    sections: Mapping[str, Any] = field(default_factory=dict)

    @property
    def means(self) -> dict[str, float]:
        """Mean NDCG@5 by order."""
        return {name: one.mean for name, one in self.standings.items()}

    @property
    def gap_closed(self) -> float | None:
        """The ranker's share of the way from popularity to the best reachable."""
        means = self.means
        if not means:
            return None
        return share_of_gap(means[self.ranker], means["popularity"], means["reachable"])

    def to_document(self) -> dict[str, Any]:
        """As `evaluate --json` prints it."""
        curve = self.observed.reliability
        return {
            "ranker": self.ranker,
            "metrics": {"ndcg@5": self.means},
            "gap_closed": self.gap_closed,
            "held_out": {"people": self.people, "candidates": self.pairs},
            "observed": {
                "log_loss": self.observed.log_loss,
                "base_log_loss": self.observed.base_log_loss,
                "orders": {name: one.to_document() for name, one in self.observed_orders.items()},
            },
            "reliability": {
                "calibration_error": curve.error,
                "predicted": curve.predicted.tolist(),
                "observed": curve.observed.tolist(),
                "rows": curve.rows.tolist(),
            },
            "groups": self.groups,
            "cold_start": [tried.to_document() for tried in self.cold_starts],
            "fairness": [group.to_document() for group in self.fairness],
            "drawn": drawn_document(self.rows, self.drawn),
            **self.sections,
        }

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return its tables: `orders` (NDCG@5 by order), `groups`, `reliability` and `cold_start`."""
        import pandas as pd

        curve = self.observed.reliability
        groups = [{**row, **{f"ndcg@5 {name}": mean for name, mean in row["ndcg@5"].items()}} for row in self.groups]
        return {
            "orders": pd.DataFrame({"order": list(self.means), "ndcg@5": list(self.means.values())}),
            "groups": pd.DataFrame(groups).drop(columns="ndcg@5", errors="ignore"),
            "reliability": pd.DataFrame({"predicted": curve.predicted, "observed": curve.observed, "rows": curve.rows}),
            "cold_start": pd.DataFrame([tried.to_document() for tried in self.cold_starts]),
        }

    def metrics(self) -> dict[str, float]:
        """The metrics that are tracked."""
        means = {f"ndcg@5_{name}" if name != self.ranker else "ndcg@5": value for name, value in self.means.items()}
        gap = {} if self.gap_closed is None else {"gap_closed": self.gap_closed}
        return {
            **means, **gap, "held_out_log_loss": self.observed.log_loss,
            "held_out_calibration_error": self.observed.reliability.error,
        }  # fmt: skip
