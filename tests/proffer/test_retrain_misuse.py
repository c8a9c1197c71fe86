"""What `proffer retrain` refuses before a row is read, as `train` does: nothing is written, and everything is named."""

from __future__ import annotations

import pytest

from proffer import cli


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--epsilon", "-1"), ("--epsilon", "no private training")),
        (("--compare", "1", "--units", "9"), ("--compare, --units", "no private training")),
        (("--seed", "-1", "--runs", "0"), ("--seed", "--runs")),
        (("--shards", "new"), ("--shards", "no private training")),
        (("--ranker", "private", "--processes", "2"), ("--processes", "--shards DIR")),
        (("--ranker", "private", "--shards", __file__), ("--shards", "holds other files")),
        (("--ranker", "private", "--compare", "abc"), ("--compare", "is not")),
        (("--ranker", "private", "--compare", "-1", "--epsilon", "nan"), ("--compare", "--epsilon")),
        (("--ranker", "private", "--compare", "1e400"), ("--compare",)),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(capsys, tmp_path, words, told):
    assert cli.main(["retrain", *words, "--home", str(tmp_path / "home")]) == 2
    said = capsys.readouterr().err
    assert all(one in said for one in told)
    assert "Traceback" not in said
    assert not (tmp_path / "home").exists()
