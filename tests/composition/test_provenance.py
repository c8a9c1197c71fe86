"""A stamp that says its rows are synthetic counts only where the rows can be made again."""

from __future__ import annotations

import hashlib
import json
import shutil

import pyarrow as pa
import pyarrow.parquet
import pytest

from composition import provenance, reading
from composition.sources import TrainingSource, read_training_data
from composition.workspace import Workspace
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import blocks, synthesise
from features.problem import Rejected
from privacy.data_provenance import DataKind
from privacy.request import Request
from privacy.spend import Spend
from proffer import cli

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world") / "people"
    declaration, regions = reading.read_declaration(), reading.read_regions()
    shipped = reading.read_catalogue(None, declaration, regions)
    synthesise(PopulationOrder(5, 60, 6), (declaration, shipped, regions), folder)
    return folder, declaration, shipped, regions


@pytest.fixture
def people(world, tmp_path):
    folder = tmp_path / "people"
    shutil.copytree(world[0], folder)
    return folder


@pytest.fixture(autouse=True)
def another_process(monkeypatch):
    """Nothing was made by this process yet."""
    monkeypatch.setattr(provenance, "_made", set())


def verify(folder, world):
    _, declaration, shipped, regions = world
    definitions = reading.Definitions(declaration, shipped, regions)
    return provenance.verified(provenance.Stamp.read(folder), definitions, lambda _: None)


def restamp(folder, **changes):
    """Do what somebody would who wants other people to pass for synthetic: write a stamp that fits the files."""
    stamp = json.loads((folder / "stamp.json").read_text())
    stamp["files"]["events.parquet"] = hashlib.sha256((folder / "events.parquet").read_bytes()).hexdigest()
    (folder / "stamp.json").write_text(json.dumps({**stamp, **changes}))


def rewrite(folder, change):
    table = pyarrow.parquet.read_table(folder / "events.parquet")
    changed = change(table)
    pyarrow.parquet.write_table(changed, folder / "events.parquet", row_group_size=max(len(changed), 1))
    restamp(folder)


def test_rows_that_the_seed_reproduces_are_verified_and_not_made_again_by_the_same_process(world, people, monkeypatch):
    assert verify(people, world).kind is DataKind.SYNTHETIC
    monkeypatch.setattr(provenance, "_reproduced", lambda *_: pytest.fail("they were made again"))
    assert verify(people, world).kind is DataKind.SYNTHETIC


def test_no_file_in_the_home_makes_people_who_may_be_real_synthetic(people, tmp_path):
    """Whoever may write to the home writes everything there that ever said a stamp was verified."""
    rewrite(people, another_life)
    home = Workspace(tmp_path / "home").begin()
    known = hashlib.sha256((people / "stamp.json").read_bytes()).hexdigest()
    for name in ("stamps", "stamp.json", "ledger/stamps", "population/stamps"):
        (home.path / name).parent.mkdir(exist_ok=True)
        (home.path / name).write_text(f"{known}\n")
    with pytest.raises(Rejected, match="may be about real people"):
        read_training_data(TrainingSource(home, people))


def test_a_stamp_that_calls_rows_public_says_nothing_where_nobody_signed(world, people, tmp_path):
    rewrite(people, another_life)
    restamp(people, kind="public")
    assert verify(people, world).kind is DataKind.PRIVATE
    stamp = json.loads((people / "stamp.json").read_text())
    (people / "stamp.json").write_text(json.dumps({name: value for name, value in stamp.items() if name != "end"}))
    material = read_training_data(TrainingSource(Workspace(tmp_path / "home"), people))
    with pytest.raises(Rejected, match="infinite epsilon of real people"):
        material.gate.admit(Request("lightgbm", Spend.infinite()))


def test_rows_that_are_exchanged_after_their_stamp_was_verified_are_not_learned_from(people, tmp_path):
    material = read_training_data(TrainingSource(Workspace(tmp_path / "home"), people))
    rewrite(people, another_life)
    with pytest.raises(Rejected, match="was changed since its stamp was verified"):
        material.gate.admit(Request("lightgbm", Spend.infinite()))


def one_more(table):
    row = table.slice(0, 1).set_column(0, "id", pa.array(["somebody real"]))
    return pa.concat_tables([table, row.cast(table.schema)])


def another_life(table):
    data = table["data"].to_pylist()
    data[0] = json.dumps({"birth_date": "1990-05-01"})
    return table.set_column(table.column_names.index("data"), "data", pa.array(data))


def fewer_columns(table):
    return table.drop_columns(["data"])


def more_columns(table):
    return table.append_column("about", table["data"])


@pytest.mark.parametrize("change", [one_more, another_life, fewer_columns, more_columns])
def test_other_people_under_a_stamp_that_fits_their_files_are_refused(world, people, change):
    rewrite(people, change)
    with pytest.raises(
        Rejected, match=r"does not reproduce these rows; they may be about real.*proffer synth --seed 5"
    ):
        verify(people, world)


def test_people_who_may_be_real_behind_one_true_block_are_refused_at_every_try(world, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "__defaults__", (40,))
    folder, (_, declaration, shipped, regions) = tmp_path / "people", world
    synthesise(PopulationOrder(5, 60, 6, block=40), (declaration, shipped, regions), folder)
    verify(folder, world)
    with pyarrow.parquet.ParquetFile(folder / "events.parquet") as file:
        false, true = another_life(file.read_row_group(0)), file.read_row_group(1)
    with pyarrow.parquet.ParquetWriter(folder / "events.parquet", true.schema) as writer:
        for group in (false.cast(true.schema), true):
            writer.write_table(group, row_group_size=len(group))
    restamp(folder)
    for _ in range(5):
        with pytest.raises(Rejected, match="does not reproduce"):
            verify(folder, world)


def test_another_number_of_people_than_the_stamp_says_is_refused(world, people):
    restamp(people, citizens=10_001)
    with pytest.raises(Rejected, match="does not reproduce"):
        verify(people, world)


@pytest.mark.parametrize("changes", [{"seed": None}, {"citizens": 0}, {"months": "24"}, {"seed": True}])
def test_a_stamp_that_does_not_say_what_people_were_made_from_is_refused(world, people, changes):
    restamp(people, **changes)
    with pytest.raises(Rejected, match="does not state the"):
        verify(people, world)


@pytest.mark.parametrize("name", [None, "nowhere"])
def test_a_stamp_that_names_no_world_that_is_here_is_refused(world, people, name):
    restamp(people, world=name)
    with pytest.raises(Rejected, match="does not name a world that is here"):
        verify(people, world)


def test_one_changed_letter_of_a_remembered_stamp_is_doubted_again(world, people, monkeypatch):
    provenance.remember(people)
    doubted = []
    monkeypatch.setattr(provenance, "_reproduced", lambda *_: doubted.append(1) or True)
    verify(people, world)
    restamp(people, note="another")
    verify(people, world)
    assert doubted == [1]


def test_a_stamp_counts_for_a_caller_of_any_kind_only_once_it_was_verified(people, tmp_path):
    """No run, no budget and an empty home: the rows are doubted all the same."""
    rewrite(people, another_life)
    with pytest.raises(Rejected, match="may be about real people"):
        read_training_data(TrainingSource(Workspace(tmp_path / "home"), people))
    with pytest.raises(TypeError, match="workspace"):
        TrainingSource(folder=people)


def test_synth_remembers_what_it_made(tmp_path):
    home, folder = Workspace(tmp_path / "home"), tmp_path / "people"
    words = ["synth", "--citizens", "20", "--months", "3", "--out", str(folder), "--home", str(home.path), "--json"]
    assert cli.main([*words, "--no-progress"]) == 0
    assert provenance._made == {hashlib.sha256((folder / "stamp.json").read_bytes()).hexdigest()}
    assert not home.path.exists()


def test_no_verb_learns_from_people_under_a_false_stamp(people, tmp_path, capsys):
    rewrite(people, another_life)
    words = ["train", "--data", str(people), "--home", str(tmp_path / "home"), "--json", "--no-progress"]
    assert cli.main(words) == 2
    assert "may be about real people" in json.loads(capsys.readouterr().out)["problems"][0]["what"]
    assert not (tmp_path / "home").exists()
