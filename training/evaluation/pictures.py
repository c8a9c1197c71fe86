"""Two pictures: how far predictions can be believed, and how the ranker stands beside its baselines."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from features.arrays import Float64, Int64
from training.measures import Reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

matplotlib.use("Agg")

OURS, OTHERS, BOUND = "#0b6e4f", "#8a94a0", "#c8a24a"
NAMES: Final = {
    "popularity": "Popularity\n(applications)",
    "views": "Views\n(openings)",
    "logistic": "Logistic\nregression",
    "lightgbm": "Proffer",
    "reachable": "Best reachable",
}


_FINE: Final = 0.05  # a picture up to this probability has decimals on its axes


def reliability_picture(found: Reliability, title: str = "Can the predicted chance of applying be believed?") -> bytes:
    """Observed against predicted in bins of equal numbers, each with its 95 % interval (Wilson 1927); a PNG.

    On the diagonal, what was predicted is what happened.
    """
    figure = Figure(figsize=(6.4, 5.8), layout="constrained")
    axes = figure.add_subplot()
    low, high = _wilson(found.observed, found.rows)
    top = 1.08 * max(found.predicted.max(initial=0.0), high.max(initial=0.0), 0.01)
    axes.plot([0, top], [0, top], color=OTHERS, linestyle="--", linewidth=1, label="what was predicted happened")
    label = f"people held out (mean distance from the line {100 * found.error:.2g} %)"
    around = np.maximum([found.observed - low, high - found.observed], 0.0)
    axes.errorbar(
        found.predicted,
        found.observed,
        around,
        color=OURS,
        marker="o",
        linewidth=2,
        elinewidth=1,
        capsize=3,
        label=label,
    )
    axes.set(xlim=(0, top), ylim=(0, top), xlabel="predicted chance of applying", ylabel="share who applied")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0 if top > _FINE else 1))
    rows = int(found.rows.sum())
    each = f", about {round(rows / len(found.rows)):,} a point" if len(found.rows) else ""
    _titled(axes, title, f"{rows:,} showings{each}; bars: 95 % interval")
    axes.legend(loc="upper left", frameon=False)
    return _png(figure)


def standing_picture(
    lists: Mapping[str, Float64], title: str = "How well does each order put the likeliest programmes first?"
) -> bytes:
    """One point per order with the 95 % interval of its mean, on an axis that shows the difference; a PNG.

    `lists` holds the NDCG@5 of each person's list, by order.

    The ranker is set apart, and the best reachable is the line that nothing can pass.
    """
    order = [name for name in NAMES if name in lists][::-1]
    mean = {name: float(lists[name].mean()) if lists[name].size else float("nan") for name in order}
    half = {name: _half_interval(lists[name]) for name in order}
    figure = Figure(figsize=(7.2, 1.6 + 0.62 * max(len(order), 1)), layout="constrained")
    axes = figure.add_subplot()
    for place, name in enumerate(order):
        colour = {"lightgbm": OURS, "reachable": BOUND}.get(name, OTHERS)
        axes.errorbar(mean[name], place, xerr=half[name], color=colour, marker="o", markersize=8, capsize=4)
        axes.annotate(
            f"{mean[name]:.3f}",
            (mean[name], place),
            (0, 9),
            textcoords="offset points",
            ha="center",
            color="#333333",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    if "reachable" in mean:
        axes.axvline(mean["reachable"], color=BOUND, linestyle="--", linewidth=1, zorder=0)
    axes.set(xlim=_around(mean, half), ylim=(-0.6, len(order) - 0.3))
    axes.set_yticks(range(len(order)), [NAMES[name].replace("\n", " ") for name in order])
    axes.set_xlabel("NDCG@5: 1 is the best order there is. The axis does not begin at 0")
    people = max((len(lists[name]) for name in order), default=0)
    _titled(axes, title, f"{people:,} people held out; bars: 95 % interval of the mean")
    return _png(figure, across=True)


def _around(mean: Mapping[str, float], half: Mapping[str, float]) -> tuple[float, float]:
    """The ends of an axis on which every mean and its interval lies, and little else."""
    ends = [one + side * half[name] for name, one in mean.items() for side in (-1, 1)] or [0.0, 1.0]
    room = 0.08 * (max(ends) - min(ends)) + 0.002
    return min(ends) - room, max(ends) + room


def _half_interval(values: Float64) -> float:
    """Half the 95 % interval of a mean; 0 where one value or none is known."""
    return 1.96 * float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0


def _wilson(share: Float64, rows: Int64) -> tuple[Float64, Float64]:
    """The 95 % interval of a share of so many rows (Wilson 1927), which stays within 0 and 1."""
    z2, count = 1.96**2, np.maximum(rows, 1)
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = 1.96 * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return middle - half, middle + half


def _titled(axes: Axes, title: str, counts: str) -> None:
    """A title that asks what the picture answers, and below it of how many people or rows."""
    axes.set_title(f"{title}\n", loc="left", fontsize=12)
    axes.text(0, 1.02, counts, transform=axes.transAxes, color="#555555", fontsize=9)


def curve_picture(
    points: Mapping[float, float],
    levels: Mapping[str, float],
    across: str,
    title: str,
    beside: Mapping[str, Mapping[float, float]] | None = None,
) -> bytes:
    """NDCG@5 over something that doubles from point to point, with what to hold it against; a PNG.

    Args:
        points: the curve.
        levels: what holds for every point of it, by name.
        across: what the points are of.
        title: what the picture answers.
        beside: points of others over the same, by name; too few to join by lines.
    """
    figure = Figure(figsize=(6.8, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(list(points), list(points.values()), color=OURS, marker="o", linewidth=2, label="private")
    for (name, level), colour in zip(levels.items(), (BOUND, OTHERS), strict=False):
        axes.axhline(level, color=colour, linestyle="--", linewidth=1, label=name)
    for (name, other), colour in zip((beside or {}).items(), (BOUND, OTHERS), strict=False):
        axes.plot(list(other), list(other.values()), color=colour, marker="s", linestyle="none", label=name)
    axes.set_xscale("log")
    axes.set_xticks(list(points), [f"{place:,.9g}" for place in points])
    axes.set_xticks([], minor=True)
    axes.set(xlabel=across, ylabel="NDCG@5")
    axes.set_title(title, loc="left")
    axes.legend(loc="lower right", frameon=False)
    return _png(figure)


def _png(figure: Figure, across: bool = False) -> bytes:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="x" if across else "y", color="#e3e6ea", linewidth=0.8)
        axes.set_axisbelow(True)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=140, metadata={"Software": ""})
    return out.getvalue()
