"""Draws how a ranked sweep grows with people: `python draw_nation.py`, of the points in nation.csv beside it.

A point is the CPU of all processes, start included, when so many files of 32,768 people were whole.
"""

import csv
from itertools import groupby
from pathlib import Path

import matplotlib.pyplot as plt

HERE = Path(__file__).parent


def main() -> None:
    """Write the picture beside this file."""
    with (HERE / "nation.csv").open(encoding="utf-8", newline="") as file:
        points = list(csv.DictReader(file))
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for run, rows in groupby(points, key=lambda point: point["run"]):
        curve = [(int(row["people"]), float(row["cpu_s"])) for row in rows]
        axes.loglog([people for people, _ in curve], [spent for _, spent in curve], marker="o", markersize=3, label=run)
    axes.set(xlabel="people", ylabel="seconds of CPU", title="The first ten offers of each, files to files")
    axes.legend(loc="upper left")
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(HERE / "nation.png", dpi=140, metadata={"Software": ""}, bbox_inches="tight")


if __name__ == "__main__":
    main()
