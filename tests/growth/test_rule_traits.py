"""What is counted of programmes: their forms and bounds, and nothing that only one publisher could have written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from composition import reading
from composition.settings import SHIPPED
from data.growth.rule_mix import RuleMix
from data.growth.rule_traits import PART, WHOLE, traits
from proffer import cli

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("PROFFER_SHARED_DATA", ROOT.parent / "shared" / "data")) / "gov24"


@pytest.fixture(scope="module")
def programmes():
    return reading.read_definitions().catalogue.programmes


def test_no_name_or_text_of_a_programme_is_counted(programmes):
    for programme in programmes:
        told = json.dumps(list(traits(programme)), ensure_ascii=False)
        words = [
            programme.title,
            programme.provider.name,
            *programme.documents,
            programme.summary,
            programme.source.text,
        ]
        for text in (one for one in words if one is not None):
            assert not any(len(said) > 2 and said in told for _, said in text.pairs), programme.id
        assert programme.id not in told


def test_a_programme_is_counted_once_in_each_table_that_every_one_has(programmes):
    mix = RuleMix.counted(len(programmes), (one for programme in programmes for one in traits(programme)))
    for table in ("category", "level", "whole", "kinds", "form", "delivery", "documents", "views", "window", "leaves"):
        assert sum(mix.outcomes(table, "?").values()) == len(programmes), table


def test_flags_are_counted_apart_from_words_and_only_where_words_were_not_read(programmes):
    of = {programme.id: list(traits(programme)) for programme in programmes}
    for programme in programmes:
        flags = [one for one in of[programme.id] if one[0] == "axis"]
        assert bool(flags) == (not programme.verified)
        assert ("whole", programme.category, WHOLE if programme.verified else PART) in of[programme.id]


def test_the_shape_of_a_rule_is_what_it_is(programmes):
    (icheon,) = [one for one in programmes if one.id == "kr.icheon-disability-allowance"]
    counted = RuleMix.counted(1, traits(icheon)).counts
    assert counted["region"] == {"municipality": {"fact": 1}}
    assert counted["leaves"] == {WHOLE: {"5": 1}}
    assert counted["joined"] == {"root": {"all": 1}, "all": {"any": 1}}
    assert counted["parts"] == {"all": {"4": 1}, "any": {"2": 1}}
    assert counted["fact"]["livelihood"]['{"at_least":18,"fact":"age"}'] == 1
    assert counted["sum"] == {"amount": {"20000": 1}}


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real rows are not beside this checkout")
def test_the_shipped_mix_is_what_the_real_rows_give(tmp_path):
    files = [f"--{name}={REAL / file}" for name, file in (
        ("list", "serviceList.json"), ("detail", "serviceDetail.json"), ("conditions", "supportConditions.json"),
    )]  # fmt: skip
    rows, mix = tmp_path / "rows.jsonl", tmp_path / "mix.json"
    assert cli.main(["catalogue", "import", "gov24", *files, "--out", str(rows)]) == 0
    assert cli.main(["catalogue", "mix", str(rows), "--out", str(mix)]) == 0
    assert mix.read_bytes() == SHIPPED.rule_mix.read_bytes()
