import json
import stat

import pytest

from composition.workspace import Workspace, read_artefact
from features.problem import Rejected


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home")


def put_model(home, name="m1", files=None):
    folder = home.folder(home.models / name)
    for file, content in (files or {"model.txt": b"trees"}).items():
        (folder / file).write_bytes(content)
    (folder / "manifest.json").write_text(json.dumps({"files": dict.fromkeys(files or {"model.txt": b""}, "sha")}))
    return folder


def test_nothing_is_made_before_something_is_written(home):
    assert not home.has_events
    assert home.champion() is None
    assert home.model_names() == ()
    assert not home.path.exists()


def test_a_home_is_for_its_owner_only(home):
    home.begin()
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert home.begin() == home


def test_the_champion_is_what_was_crowned_last(home):
    put_model(home, "m1")
    second = put_model(home, "m2")
    home.crown("m1")
    home.crown("m2")
    assert home.champion() == second
    assert home.model(None) == second


def test_a_model_is_chosen_by_path_or_by_name_or_not_at_all(home):
    folder = put_model(home)
    assert home.model(str(folder)) == folder
    assert home.model("m1") == folder
    assert home.model("none") is None


def test_a_model_that_is_not_there_is_refused(home):
    put_model(home)
    with pytest.raises(Rejected, match="holds no model"):
        home.model("m9")
    with pytest.raises(Rejected, match="Choose one of: m1"):
        home.crown("m9")
    with pytest.raises(Rejected, match="has no model"):
        home.crown("../m1")


def test_a_champion_whose_folder_went_is_refused(home):
    put_model(home)
    home.crown("m1")
    (home.models / "m1" / "manifest.json").unlink()
    with pytest.raises(Rejected, match="names a model that is not there"):
        home.champion()


def test_an_artefact_is_its_manifest_and_the_files_it_lists(home):
    folder = put_model(home, files={"model.txt": b"trees", "bins.npz": b"bins"})
    (folder / "stray.txt").write_bytes(b"not listed")
    assert set(read_artefact(folder)) == {"manifest.json", "model.txt", "bins.npz"}


@pytest.mark.parametrize("name", ["../champion", "/etc/passwd", "missing.npz", ""])
def test_a_manifest_cannot_reach_outside_its_folder(home, name):
    folder = put_model(home)
    (folder / "manifest.json").write_text(json.dumps({"files": {name: "sha"}}))
    with pytest.raises(Rejected, match="not a file of this folder"):
        read_artefact(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}'])
def test_a_broken_manifest_is_refused(home, text):
    folder = put_model(home)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(Rejected, match="is not a manifest"):
        read_artefact(folder)
