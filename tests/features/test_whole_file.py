"""Files are whole, and durable where that is asked for, or not there; nothing unfinished is left."""

import os
from pathlib import Path

import pytest

from features.whole_file import OWNER_ONLY, new_folder, replacing, write_whole


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "file"
    write_whole(path, b"old", durable=False)
    write_whole(path, b"new", mode=OWNER_ONLY)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert names(tmp_path) == ["file"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_whole(path, b"old")

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["file"])


def test_a_durable_file_and_its_folder_are_flushed_and_another_is_not(tmp_path, monkeypatch):
    flushed, flush = [], os.fsync

    def noted(handle):
        flushed.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        flush(handle)

    monkeypatch.setattr(os, "fsync", noted)
    write_whole(tmp_path / "a", b"", durable=False)
    assert flushed == []
    write_whole(tmp_path / "b", b"")
    assert flushed[0].startswith(str(tmp_path / ".b."))
    assert flushed[1:] == [str(tmp_path)]


def test_a_first_flush_that_fails_is_reported_even_where_the_next_would_not(tmp_path, monkeypatch):
    failing, flush = iter([True]), os.fsync

    def fail_once(handle):
        if next(failing, False):
            raise OSError(28, "No space left on device")
        flush(handle)

    monkeypatch.setattr(os, "fsync", fail_once)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "file", b"new")
    assert names(tmp_path) == []


def test_a_file_written_in_parts_appears_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as unfinished:
        unfinished.write_bytes(b"a part")
        assert not path.exists()
    assert (path.read_bytes(), names(tmp_path)) == (b"a part", ["file"])


def interrupted(block, write):
    def interrupt():
        with block as unfinished:
            write(unfinished)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_a_block_that_is_interrupted_leaves_nothing(tmp_path):
    interrupted(replacing(tmp_path / "file"), lambda unfinished: unfinished.write_bytes(b"a part"))
    interrupted(new_folder(tmp_path / "folder"), lambda unfinished: (unfinished / "a").write_bytes(b""))
    assert names(tmp_path) == []


def test_a_folder_appears_whole_and_only_where_none_is(tmp_path):
    folder = tmp_path / "models" / "one"
    with new_folder(folder) as unfinished:
        (unfinished / "a").write_bytes(b"a")
        assert not folder.exists()
    assert names(folder) == ["a"]
    with pytest.raises(OSError, match="not empty"), new_folder(folder) as unfinished:
        (unfinished / "b").write_bytes(b"b")
    assert (names(folder), names(folder.parent)) == (["a"], ["one"])


def test_a_folder_and_a_pipe_are_refused_by_their_own_name_and_stay(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path()):
        with pytest.raises(OSError, match="is a ") as refused:
            write_whole(path, b"new")
        assert refused.value.filename == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
    assert pipe.is_fifo()
