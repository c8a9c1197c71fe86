import stat

import pytest

from composition.workspace import Workspace


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
