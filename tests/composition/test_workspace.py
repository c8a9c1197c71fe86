import stat

import pytest

from composition.workspace import Workspace
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
