"""What was ended is known to every process that shares the folder, and forgotten once no session can be of then."""

from __future__ import annotations

from features.calendar import DAY_SECONDS
from serving.pages.ended_sessions import EndedSessions

NOW = 1_793_500_000


def test_a_session_that_one_process_ended_is_ended_for_the_others(tmp_path):
    one, other = EndedSessions(tmp_path / "left"), EndedSessions(tmp_path / "left")
    assert not other.ended("a", NOW)
    one.end("a", NOW)
    assert other.ended("a", NOW)
    assert other.ended("a", NOW + DAY_SECONDS)
    assert not other.ended("b", NOW)
    one.end("b", NOW)
    assert other.ended("b", NOW)


def test_files_of_days_before_are_removed_and_hold_no_nonce(tmp_path):
    ended = EndedSessions(tmp_path / "left")
    ended.end("a-secret-nonce", NOW)
    (first,) = (tmp_path / "left").iterdir()
    assert "a-secret-nonce" not in first.read_text()
    assert first.stat().st_mode & 0o077 == 0
    ended.end("b", NOW + 2 * DAY_SECONDS)
    assert not first.exists()
