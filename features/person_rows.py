"""Rows in the order of their people: those of some people, and those without what does not count."""

from __future__ import annotations

import numpy as np

from features.arrays import Bool, Int64


def rows_of(offsets: Int64, chosen: Int64) -> tuple[Int64, Int64]:
    """Return the rows of some people, one after the other, and where those of each end."""
    sizes = offsets[chosen + 1] - offsets[chosen]
    ends = np.cumsum(sizes)
    return np.arange(int(sizes.sum())) + np.repeat(offsets[chosen] - (ends - sizes), sizes), ends


def told_of(told: Int64, offsets: Int64, chosen: Int64) -> Int64:
    """Return who said what, once the rows are those of some people only: -1 for one who is not among them."""
    person = np.searchsorted(offsets, told[:, 0], side="right") - 1
    starts, place = np.zeros(len(offsets), np.int64), np.full(len(offsets), -1, np.int64)
    place[chosen] = np.arange(chosen.size)
    starts[chosen] = np.cumsum(np.diff(offsets)[chosen]) - np.diff(offsets)[chosen]
    row = told[:, 0] - offsets[person] + starts[person]
    found = np.stack((row, place[told[:, 1]]), axis=1)[place[person] >= 0]
    return found[np.argsort(found[:, 0], kind="stable")]


def counting(told: Int64, offsets: Int64, unit: Int64, kept: Bool) -> tuple[Int64, Int64, Int64]:
    """Return the rows that are left without those which somebody of another unit, or who is not kept, has said."""
    person = np.searchsorted(offsets, told[:, 0], side="right") - 1
    counts = (unit[person] == unit[told[:, 1]]) & kept[told[:, 1]]
    left = np.ones(int(offsets[-1]), np.bool_)
    left[told[~counts, 0]] = False
    before = np.concatenate(([0], np.cumsum(left))).astype(np.int64)
    return np.flatnonzero(left), before[offsets], np.stack((before[told[counts, 0]], told[counts, 1]), axis=1)
