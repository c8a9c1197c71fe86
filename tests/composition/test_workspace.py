import os
import stat

import pytest

from composition.workspace import Workspace
from features.log.event import Event
from features.problem import Rejected


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home")


def test_nothing_is_made_before_something_is_written(home):
    assert not home.has_events
    assert not home.path.exists()


def test_a_home_is_for_its_owner_only(home):
    home.begin()
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert home.begin() == home


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def written(home):
    with home.log_to_write() as log:
        log.append([Event("1", "registry", "ann", "life.moved", 0, 1, {"region": "11"})])


@pytest.mark.usefixtures("open_umask")
def test_the_database_and_the_keys_are_for_their_owner_only_whatever_the_umask(home):
    written(home)
    home.erase("ann")
    found = {one.name: mode(one) for one in home.path.rglob("*")}
    assert found == {"events.db": 0o600, "erased": 0o600, "keys": 0o700, "erasure.key": 0o600}


@pytest.mark.usefixtures("open_umask")
def test_a_folder_that_was_there_and_others_could_read_is_closed_to_them_saying_so(home, capsys):
    home.path.mkdir()
    assert mode(home.path) == 0o755
    written(home)
    assert mode(home.path) == 0o700
    assert "other users could read this home" in capsys.readouterr().err
    home.path.chmod(0o755)
    (home.path / "events.db").chmod(0o644)
    with home.store() as store:
        assert store.log.count() == 1
    assert (mode(home.path), mode(home.path / "events.db")) == (0o700, 0o600)
    assert "other users could read this home" in capsys.readouterr().err
    written(home)
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("open_umask")
def test_a_folder_of_other_things_that_others_may_read_is_refused_and_left_as_it_is(home):
    home.path.mkdir()
    (home.path / "holiday.jpg").touch()
    with pytest.raises(Rejected, match="can be read by other users of this machine, and is no home"):
        written(home)
    assert mode(home.path) == 0o755
    assert [one.name for one in home.path.iterdir()] == ["holiday.jpg"]


def test_a_home_that_cannot_be_closed_to_others_is_refused(home, monkeypatch):
    home.path.mkdir()
    home.path.chmod(0o777)

    def of_another_user(*_):
        raise PermissionError("not the owner")

    monkeypatch.setattr(type(home.path), "chmod", of_another_user)
    with pytest.raises(Rejected, match="and cannot be closed"):
        home.begin()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused_since_it_ends_with_the_command(tmp_path, monkeypatch, url):
    monkeypatch.setenv("PROFFER_DATABASE_URL", url)
    with pytest.raises(Rejected, match="PROFFER_DATABASE_URL: names a database in memory"):
        _ = Workspace(tmp_path).database


def test_a_home_that_another_process_writes_to_is_refused_or_waited_for(tmp_path):
    workspace = Workspace(tmp_path / "home")
    with workspace.alone("demo"):
        with pytest.raises(Rejected, match="another `proffer demo` is writing"), workspace.alone("demo"):
            pass
        with workspace.alone("models", wait=True):
            pass
    with workspace.alone("demo"):
        pass
