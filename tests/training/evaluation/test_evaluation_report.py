"""Reports, promotion and pictures say what the figures say."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from training.evaluation.evaluation import ColdStart, Observed, RankingResult
from training.evaluation.evaluation_report import Report
from training.evaluation.pictures import reliability_picture, standing_picture
from training.measures import Reliability

CURVE = Reliability(np.array([0.1, 0.3]), np.array([0.12, 0.28]), np.array([10, 10]))


def standing(value):
    return RankingResult(np.array([0, 1]), np.array([value, value]))


def report(ours=0.9, popularity=0.8, reachable=0.95, loss=0.4):
    orders = {"popularity": standing(popularity), "lightgbm": standing(ours), "reachable": standing(reachable)}
    return Report(orders, [], Observed(loss, 0.5, CURVE), 2, 6, (ColdStart("toy.a", 2, 0.88, 0.9),))


BLIND = Report({}, [], Observed(0.4, 0.5, CURVE), 2, 6)


def test_a_report_is_a_document_of_plain_figures():
    document = json.loads(json.dumps(report().to_document(), allow_nan=False))
    assert document["metrics"]["ndcg@5"] == pytest.approx({"popularity": 0.8, "lightgbm": 0.9, "reachable": 0.95})
    assert document["gap_closed"] == pytest.approx(2 / 3)
    assert document["cold_start"][0]["kept"] == pytest.approx(0.88 / 0.9)
    assert document["reliability"]["calibration_error"] == pytest.approx(0.02)


def test_a_report_gives_its_tables_as_frames():
    grouped = replace(
        report(), groups=[{"group": "age 65+", "people": 7, "ndcg@5": {"lightgbm": 0.9}, "gap_closed": 0.5}]
    )
    frames = grouped.frames()
    assert frames["orders"].set_index("order")["ndcg@5"].to_dict() == pytest.approx(report().means)
    assert frames["groups"].to_dict("records") == [
        {"group": "age 65+", "people": 7, "gap_closed": 0.5, "ndcg@5 lightgbm": 0.9}
    ]
    assert frames["reliability"]["predicted"].tolist() == CURVE.predicted.tolist()
    assert frames["cold_start"]["programme"].tolist() == ["toy.a"]
    assert [len(frame) for frame in BLIND.frames().values()] == [0, 0, len(CURVE.rows), 0]


def test_where_nobody_knows_the_truth_there_is_no_ndcg():
    assert BLIND.to_document()["metrics"] == {"ndcg@5": {}}
    assert BLIND.gap_closed is None
    assert set(BLIND.metrics()) == {"held_out_log_loss", "held_out_calibration_error"}


def test_tracked_figures_are_all_on_the_allow_list():
    from training.tracking import METRICS

    assert set(report().metrics()) <= set(METRICS)


@pytest.mark.slow
def test_pictures_are_png():
    for picture in (
        reliability_picture(CURVE),
        standing_picture({name: one.values for name, one in report().standings.items()}),
    ):
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 10_000
