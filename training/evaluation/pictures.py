"""Two pictures: how far predictions can be believed, and how the ranker stands beside its baselines."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import matplotlib
from matplotlib.figure import Figure

from training.measures import Reliability

matplotlib.use("Agg")

OURS, OTHERS, BOUND = "#0b6e4f", "#8a94a0", "#c8a24a"
NAMES: Final = {
    "popularity": "Popularity\n(applications)",
    "views": "Views\n(openings)",
    "logistic": "Logistic\nregression",
    "lightgbm": "Proffer",
    "reachable": "Best reachable",
}


def reliability_picture(found: Reliability, title: str = "Can the predicted probabilities be believed?") -> bytes:
    """Observed against predicted in bins of equal numbers, with the diagonal of perfect calibration; a PNG."""
    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    axes = figure.add_subplot()
    top = 1.08 * max(found.predicted.max(initial=0.0), found.observed.max(initial=0.0), 0.01)
    axes.plot([0, top], [0, top], color=OTHERS, linestyle="--", linewidth=1, label="perfect calibration")
    label = f"held-out people, calibration error {found.error:.4f}"
    axes.plot(found.predicted, found.observed, color=OURS, marker="o", linewidth=2, label=label)
    axes.set(xlim=(0, top), ylim=(0, top), xlabel="predicted probability of applying", ylabel="share who applied")
    axes.set_title(title, loc="left")
    axes.legend(loc="upper left", frameon=False)
    return _png(figure)


def standing_picture(
    means: Mapping[str, float], title: str = "NDCG@5 on held-out people, gain = true probability"
) -> bytes:
    """One bar per order, the ranker set apart, the reachable best as the ceiling; a PNG."""
    order = [name for name in NAMES if name in means]
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.add_subplot()
    colours = [{"lightgbm": OURS, "reachable": BOUND}.get(name, OTHERS) for name in order]
    bars = axes.bar([NAMES[name] for name in order], [means[name] for name in order], color=colours, width=0.62)
    axes.bar_label(bars, [f"{means[name]:.3f}" for name in order], padding=3)
    if "reachable" in means:
        axes.axhline(means["reachable"], color=BOUND, linestyle="--", linewidth=1)
    axes.set(ylim=(0, 1.08), ylabel="NDCG@5")
    axes.set_title(title, loc="left")
    return _png(figure)


def curve_picture(points: Mapping[float, float], levels: Mapping[str, float], across: str, title: str) -> bytes:
    """NDCG@5 over something that doubles from point to point, with levels to hold it against; a PNG."""
    figure = Figure(figsize=(6.8, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(list(points), list(points.values()), color=OURS, marker="o", linewidth=2, label="private")
    for (name, level), colour in zip(levels.items(), (BOUND, OTHERS), strict=False):
        axes.axhline(level, color=colour, linestyle="--", linewidth=1, label=name)
    axes.set_xscale("log")
    axes.set_xticks(list(points), [f"{place:,.9g}" for place in points])
    axes.set_xticks([], minor=True)
    axes.set(xlabel=across, ylabel="NDCG@5")
    axes.set_title(title, loc="left")
    axes.legend(loc="lower right", frameon=False)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e3e6ea", linewidth=0.8)
        axes.set_axisbelow(True)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=140, metadata={"Software": ""})
    return out.getvalue()
