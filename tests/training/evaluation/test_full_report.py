"""The full report: figures by person with what can be told, controls that come out as they must, and a page of all."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from composition import reading
from recommender.rules.people_group import parse_groups
from rendering import evaluation_page
from rendering.page import page
from training.data.material import learning_showings
from training.evaluation.full_report import full_report, model_card
from training.evaluation.judgement import judge
from training.evaluation.person_figures import difference, person_figures
from training.rankers.forest_ranker import ForestSettings, learn

SETTINGS = ForestSettings(rounds=40, min_leaf=20, threads=1)


def test_a_person_with_many_lists_counts_once():
    lists, person = np.array([0, 0, 1, 1, 2, 2]), np.array([7, 7, 7, 7, 9, 9])
    label = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    found = person_figures(lists, person, np.array([2.0, 1, 1, 2, 2, 1]), label, sure=True)
    assert found.people.tolist() == [7, 9]
    assert found.values["mrr"].tolist() == [0.75, 1.0]
    assert found.values["recall@5"].tolist() == [1.0, 1.0]


def test_the_likeliest_stands_for_the_first_where_gains_are_chances():
    one, chance = np.zeros(3, int), np.array([0.2, 0.9, 0.1])
    found = person_figures(one, one, np.array([3.0, 2, 1]), chance, sure=False)
    assert found.values["mrr"].tolist() == [0.5]


def test_a_difference_says_better_only_beyond_chance_and_what_could_be_told():
    rng = np.random.default_rng(0)
    one, other = rng.random(400), rng.random(400)
    found = difference(one + 0.2, other)
    assert (found["says"], difference(other, one + 0.2)["says"]) == ("better", "worse")
    assert found["least"] > found["error"]
    assert difference(one, other)["says"] == "cannot_tell"
    assert difference(one[:1], other[:1])["error"] is None


def test_the_least_difference_is_found_four_times_in_five():
    rng, found = np.random.default_rng(1), 0
    for _ in range(1000):
        noise = rng.normal(0, 0.1, 200)
        least = 2.8 * 0.1 / 200**0.5
        found += difference(noise + least, np.zeros(200))["says"] == "better"
    assert 0.76 < found / 1000 < 0.84


@pytest.fixture(scope="module")
def told(material):
    rule = {"old": {"who": {"fact": "age", "at_least": 45}}, "few": {"who": {"fact": "age", "at_least": 78}}}
    grouped = replace(material, groups=parse_groups({"groups": rule}, ("groups.yaml",), material.declaration))
    log = grouped.gate.rows.open(None)
    lists = learning_showings(grouped, log, 10**9, 0)
    model = learn(lists, grouped.catalogue, SETTINGS).forest
    report = judge(grouped, log, model, lists)
    card = model_card(replace(model, manifest={"kind": "lightgbm", "spend": {"epsilon": "infinity"}}), grouped)
    return replace(report, sections={**full_report(grouped, log, lists, report, SETTINGS), "card": card})


@pytest.mark.slow
def test_the_controls_come_out_as_they_must(told):
    controls = {one["control"]: one for one in told.sections["leak_controls"]}
    assert list(controls) == ["honest", "shuffled", "planted", "shifted", "forward"]
    assert (controls["shuffled"]["held"], controls["planted"]["held"]) == (True, True)
    assert controls["planted"]["auc"] > 0.99 > controls["honest"]["auc"] > 0.6
    assert abs(controls["shuffled"]["auc"] - 0.5) < 0.1


@pytest.mark.slow
def test_every_figure_stands_beside_what_chance_explains(told):
    rows = {row["order"]: row for row in told.sections["by_truth"]}
    assert set(rows) == {"popularity", "views", "logistic", "lightgbm", "reachable"}
    beside = rows["popularity"]["ranker_is"]["ndcg@5"]
    assert beside["says"] == "better"
    assert beside["difference"] == pytest.approx(told.means["lightgbm"] - told.means["popularity"])
    assert [row["group"] for row in told.sections["by_group"]] in ([], ["old"])
    assert {one["part"] for one in told.sections["calibration_by_programme"]} <= {f"toy.p{at}" for at in range(8)}
    assert sum(one["rows"] for one in told.sections["calibration_by_month"]) <= len(told.rows.told)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ko", "en"])
def test_all_of_it_is_one_page_without_anything_from_elsewhere(told, language):
    document = json.loads(json.dumps({"model": "m1", **told.to_document()}, allow_nan=False))
    say = reading.read_messages().speaking(language)
    shown = page(evaluation_page.TEMPLATE, evaluation_page.view(document, language, say))
    assert shown.count("<svg") > 20
    assert "<script" not in shown
    assert "http" not in shown.partition("<body>")[2].replace("https://example.org", "")
    assert {"ko": "모델 카드", "en": "Model card"}[language] in shown


@pytest.mark.slow
def test_no_list_of_a_person_who_may_be_real_is_told(private_material):
    from training.evaluation.full_report import _examples

    assert _examples(private_material, None, None, "lightgbm") == []
