"""Dots with their intervals: what a chart works out of its rows, it works out once for the whole page."""

from __future__ import annotations

from rendering.dot_chart import Dot, DotChart

ROWS = (("x", (Dot(0.2, 0.1), None)), ("y", (Dot(0.4), Dot(0.8))))
CHART = DotChart("n", ("a", "b"), ROWS, ("h", "a", "b"), line=0.0)


def test_the_axis_and_the_dots_of_all_rows_are_worked_out_once():
    assert CHART.marks is CHART.marks
    assert CHART.ends is CHART.ends


def test_the_axis_has_room_beside_the_outermost_interval_and_the_line():
    assert (CHART.low, CHART.high) == ("-0.048", "0.848")
    assert [[mark.series for mark in row] for row in CHART.marks] == [[0], [0, 1]]
