"""A folder of synthetic people as a whole: its bytes, its stamp, and what its log may and may not say."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from data.synthetic.dials import worlds
from data.synthetic.stamp import code_hash
from data.synthetic.truth import held_out
from data.synthetic.world import blocks
from features.calendar import day_of
from features.log.columnar import read_segments
from features.log.event_parser import parse_event
from features.problem import Rejected
from features.snapshot import snapshots
from recommender.rules.compiled import compile_catalogue
from tests.synthetic.conftest import Folder

pytestmark = pytest.mark.slow

END = int(datetime.fromisoformat("2025-01-01T00:00:00+09:00").timestamp())


def bytes_of(path):
    return {str(f.relative_to(path)): f.read_bytes() for f in sorted(path.rglob("*")) if f.is_file()}


def seconds(column):
    return column.cast(pa.timestamp("s", "UTC")).cast(pa.int64()).to_numpy()


def test_the_same_seed_gives_the_same_bytes_however_many_processes_share_the_work(folder, make, tmp_path):
    make(tmp_path / "again", ndjson=True, processes=2)
    assert bytes_of(tmp_path / "again") == bytes_of(folder.path)


def test_another_seed_gives_other_people(make, tmp_path):
    for seed in (6, 7):
        make(tmp_path / str(seed), seed=seed, citizens=30, months=1, pilot=50)
    one, other = bytes_of(tmp_path / "6"), bytes_of(tmp_path / "7")
    assert one["events.parquet"] != other["events.parquet"]
    assert one["truth/takeup.parquet"] != other["truth/takeup.parquet"]


def test_more_citizens_leave_the_earlier_blocks_as_they_were(folder, make, tmp_path):
    make(tmp_path / "fewer", citizens=300)
    fewer = pyarrow.parquet.read_table(tmp_path / "fewer" / "events.parquet")
    assert fewer.equals(folder.events.slice(0, len(fewer)))


def test_a_folder_is_made_again_in_place_without_leaving_old_files(make, tmp_path):
    make(tmp_path / "people", citizens=30, months=1, pilot=50, ndjson=True)
    make(tmp_path / "people", citizens=30, months=1, pilot=50)
    assert set(bytes_of(tmp_path / "people")) == {
        "events.parquet",
        "catalogue.jsonl",
        "stamp.json",
        "truth/takeup.parquet",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["people"]


def test_the_stamp_names_its_seed_its_code_and_every_file(folder, material):
    stamp = json.loads((folder.path / "stamp.json").read_text())
    assert stamp == folder.stamp
    assert (stamp["kind"], stamp["seed"], stamp["citizens"]) == ("synthetic", 5, 600)
    assert (stamp["start"], stamp["end"]) == ("2023-11-01", "2024-12-31")
    assert stamp["code_hash"] == code_hash()
    assert stamp["catalogue_hash"] == material.catalogue.hash
    files = bytes_of(folder.path)
    assert set(stamp["files"]) == set(files) - {"stamp.json"}
    assert all(hashlib.sha256(files[name]).hexdigest() == digest for name, digest in stamp["files"].items())


def test_every_event_is_one_the_declaration_allows(folder, material):
    lines = (folder.path / "events.ndjson").read_text().splitlines()
    assert len(lines) == len(folder.events)
    for line in lines[:: max(len(lines) // 4000, 1)]:
        parse_event(json.loads(line), material.declaration, now=END)


def test_nothing_is_recorded_before_it_happened_or_after_the_last_day(folder):
    happened, recorded = seconds(folder.events["time"]), seconds(folder.events["recordedtime"])
    assert (happened <= recorded).all()
    assert recorded.max() < END


def test_an_id_is_given_twice_only_to_the_same_event(folder):
    rows = folder.events.select(["source", "id", "subject", "type", "time", "data"]).to_pylist()
    bodies = {}
    for row in rows:
        bodies.setdefault((row["source"], row["id"]), set()).add(json.dumps(row, default=str))
    assert max(len(body) for body in bodies.values()) == 1
    assert len(bodies) < len(rows)  # some are sent twice


def test_the_log_corrects_and_retracts_what_it_names(folder):
    events = folder.events
    keys = set(zip(events["source"].to_pylist(), events["id"].to_pylist(), strict=True))
    acts = events.filter(pc.is_in(events["type"], value_set=pa.array(["event.corrected", "event.retracted"])))
    named = [json.loads(text) for text in acts["data"].to_pylist()]
    assert named
    assert all((one["source"], one["id"]) in keys for one in named)


def test_nobody_takes_up_what_the_rules_exclude(folder, material):
    events = folder.events
    applied = events.filter(pc.equal(events["type"], "benefit.applied"))
    segments = read_segments(folder.path / "events.parquet", material.declaration)
    t = seconds(applied["time"])
    at = snapshots(
        material.declaration, segments, segments.rows_of(applied["subject"].to_pylist()), t, material.catalogue.receives
    )
    programmes = [material.catalogue.index[json.loads(text)["programme"]] for text in applied["data"].to_pylist()]
    assert len(programmes) > 300
    for row in range(0, len(programmes), 30):
        programme = programmes[row]
        day = material.declaration.zone.today(int(t[row]))
        assert _answers(material, at, day)[row, programme] > 0


def _answers(material, at, day, cache={}):  # noqa: B006 - one compilation a day
    if day not in cache:
        compiled = compile_catalogue(material.catalogue, at.columns, material.declaration, material.regions, day)
        cache[day] = compiled.answers(at.values, members=at.members)
    return cache[day]


def test_what_is_granted_was_applied_for_and_decided_later(folder):
    events = folder.events
    asked = {}
    for kind in ("benefit.applied", "benefit.granted", "benefit.refused", "benefit.declined"):
        rows = events.filter(pc.equal(events["type"], kind))
        pairs = zip(rows["subject"].to_pylist(), rows["data"].to_pylist(), seconds(rows["time"]).tolist(), strict=True)
        for person, text, when in pairs:
            asked.setdefault((person, json.loads(text)["programme"]), {}).setdefault(kind, []).append(when)
    for kinds in asked.values():
        decided = sorted(when for end in ("granted", "refused", "declined") for when in kinds.get(f"benefit.{end}", []))
        assert len(decided) <= len(kinds["benefit.applied"])
        assert all(a < d for a, d in zip(sorted(kinds["benefit.applied"]), decided, strict=False))


def test_the_truth_is_told_of_held_out_people_only_and_never_in_the_log(folder):
    people = set(folder.truth["person"].to_pylist())
    assert people
    assert all(held_out(person) for person in people)
    told = set(folder.events.column_names) | {
        key for text in folder.events["data"].to_pylist() for key in json.loads(text)
    }
    assert not told & {"probability", "reachable", "unasked", "eligible", "truth", "appeal", "latent", "heard"}


def test_the_truth_holds_what_an_offer_brings_and_what_comes_without_one(folder):
    truth = folder.truth.to_pandas()
    assert (truth["unasked"] <= truth["probability"]).all()
    assert (truth["unasked"] > 0).any()
    assert truth["reachable"].mean() == pytest.approx(truth["probability"].mean(), abs=0.01)
    assert truth["unasked_reachable"].mean() == pytest.approx(truth["unasked"].mean(), abs=0.005)


def test_some_apply_for_what_they_were_never_shown(folder):
    events = folder.events.to_pandas()
    programme = events["data"].map(lambda text: json.loads(text).get("programme"))
    pairs = {kind: set(zip(events["subject"][events["type"] == kind], programme[events["type"] == kind], strict=True))
             for kind in ("benefit.shown", "benefit.applied")}  # fmt: skip
    assert pairs["benefit.applied"] - pairs["benefit.shown"]


@pytest.mark.parametrize("name", ["confounded", "new", "unasked"])
def test_a_named_world_is_made_alike_by_any_number_of_processes(make, tmp_path, name):
    for processes in (1, 2):
        make(tmp_path / str(processes), world=name, citizens=120, block=60, months=8, pilot=150, processes=processes)
    assert bytes_of(tmp_path / "1") == bytes_of(tmp_path / "2")
    assert json.loads((tmp_path / "1" / "stamp.json").read_text())["world"] == name


@pytest.mark.slow
def test_a_lot_orders_the_first_places_of_half_of_the_lists_of_one_world_and_says_with_what_chance(make, tmp_path):
    make(tmp_path / "people", world="drawn", months=8, pilot=150)
    events = Folder(tmp_path / "people", {}).events
    shown = events.filter(pc.equal(events["type"], "benefit.shown")).to_pandas()
    rows = shown.join(shown.pop("data").map(json.loads).apply(pd.Series))
    lists = rows.groupby(["subject", "time"])
    drawn = rows[rows["propensity"].notna()]
    assert 0.3 < drawn.groupby(["subject", "time"]).ngroups / lists.ngroups < 0.6
    assert drawn["position"].max() == 3
    assert set(drawn["propensity"]) <= {500_000, 333_333}
    first = rows[rows["position"] == 1]
    assert set(first["propensity"].dropna()) == {500_000, 333_333}


@pytest.mark.soak
@pytest.mark.parametrize("name", worlds())
def test_every_named_world_can_be_made(make, tmp_path, name):
    make(tmp_path / "people", world=name, citizens=60, block=60, months=8, pilot=100)
    truth = Folder(tmp_path / "people", {}).truth.to_pandas()
    assert (truth["unasked"] <= truth["probability"]).all()


def test_the_truth_covers_exactly_what_the_rules_do_not_exclude_at_the_end(folder, material):
    table, end = folder.truth, END
    people = sorted(set(table["person"].to_pylist()))
    segments = read_segments(folder.path / "events.parquet", material.declaration)
    at = snapshots(
        material.declaration, segments, segments.rows_of(people), np.full(len(people), end), material.catalogue.receives
    )
    day = day_of(date(2024, 12, 31))
    answers = compile_catalogue(material.catalogue, at.columns, material.declaration, material.regions, day).answers(
        at.values, members=at.members
    )
    row, programme = np.nonzero(answers > 0)
    expected = {(people[i], material.catalogue.programmes[j].id) for i, j in zip(row, programme, strict=True)}
    assert set(zip(table["person"].to_pylist(), table["programme"].to_pylist(), strict=True)) == expected


def test_people_are_shown_lists_by_every_channel_and_have_full_lives(folder):
    events = folder.events
    shown = [json.loads(t) for t in events.filter(pc.equal(events["type"], "benefit.shown"))["data"].to_pylist()]
    assert {one["channel"] for one in shown} == {"web", "app", "kiosk", "letter", "caseworker"}
    assert min(one["position"] for one in shown) == 1
    assert 15 < len(events) / 600 < 50


def test_blocks_cover_every_citizen_once():
    made = blocks(1001, 250)
    assert [block.first for block in made] == [0, 250, 500, 750, 1000]
    assert sum(block.citizens for block in made) == 1001


@pytest.mark.parametrize("citizens", [1, 2, 7])
def test_a_handful_of_people_is_a_world_too(make, tmp_path, citizens):
    make(tmp_path / "few", citizens=citizens, months=1, pilot=50)
    events = pyarrow.parquet.read_table(tmp_path / "few" / "events.parquet")
    assert len(set(events["subject"].to_pylist())) == citizens


def test_a_failed_run_leaves_nothing_behind(make, tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise Rejected([])

    monkeypatch.setattr("data.synthetic.world.truth", refuse)
    with pytest.raises(Rejected):
        make(tmp_path / "people", citizens=10, months=1, pilot=50)
    assert list(tmp_path.iterdir()) == []
