"""`proffer migrate`: an older log is refused by every other verb, backed up, migrated, and then read."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from composition.workspace import Workspace
from proffer.cli import main
from serving.records.service_tables import DECISIONS

OLDER = Path(__file__).parents[1] / "features" / "log" / "formats" / "unversioned.db"


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(OLDER, folder / "events.db")
    return folder


def test_an_older_log_is_refused_until_it_is_migrated(home, capsys):
    asked = ["recommend", "--citizen", "c0000001", "--home", str(home)]
    assert main(asked) == 2
    assert "Run `proffer migrate`" in capsys.readouterr().err
    assert (home / "events.db").read_bytes() == OLDER.read_bytes()
    assert main(["migrate", "--home", str(home)]) == 0
    assert "of 6 events went from schema 0001 to 0003" in capsys.readouterr().out
    assert main(asked) == 0


def test_what_was_done_is_one_document_and_the_backup_is_the_log_as_it_was(home, capsys):
    assert main(["migrate", "--home", str(home), "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["before"], done["after"], done["events"]) == ("0001", "0003", 6)
    assert [step["revision"] for step in done["steps"]] == ["0002", "0003"]
    assert (done["records"]["before"], done["records"]["steps"][0]["revision"]) == (None, "0001")
    assert list(sqlite3.connect(done["backup"]).iterdump()) == list(sqlite3.connect(OLDER).iterdump())
    assert main(["migrate", "--home", str(home), "--json"]) == 0
    records = {**done["records"], "before": done["records"]["after"], "steps": []}
    again = {**done, "before": "0003", "steps": [], "records": records, "backup": None}
    assert json.loads(capsys.readouterr().out) == again


def test_the_tables_of_the_service_are_begun_beside_the_log(home, capsys):
    assert main(["migrate", "--home", str(home)]) == 0
    assert "the records of the service were begun with schema " in capsys.readouterr().out
    with Workspace(home).store() as store:
        assert store.connection.execute(sa.select(sa.func.count()).select_from(DECISIONS)).scalar_one() == 0
        assert store.log.count() == 6


def test_a_backup_that_is_there_is_not_overwritten(home, capsys):
    kept = home / "events.db.schema-0001"
    kept.write_text("the only copy")
    assert main(["migrate", "--home", str(home)]) == 2
    assert "Move that backup" in capsys.readouterr().err
    assert kept.read_text() == "the only copy"
    assert (home / "events.db").read_bytes() == OLDER.read_bytes()


def test_a_home_without_a_log_has_nothing_to_migrate(tmp_path, capsys):
    assert main(["migrate", "--home", str(tmp_path / "nothere")]) == 2
    assert "holds no event log" in capsys.readouterr().err
    assert not (tmp_path / "nothere").exists()


def test_the_database_of_the_environment_is_used_and_its_password_never_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PROFFER_DATABASE_URL", f"postgresql://user:passw0rd@/log?host={tmp_path}")
    for verb in (["migrate"], ["recommend", "--citizen", "ann"], ["demo"]):
        assert main([*verb, "--home", str(tmp_path / "home")]) == 2
        said = capsys.readouterr()
        assert "PROFFER_DATABASE_URL: " in said.err
        assert "passw0rd" not in said.err + said.out
