"""One database: what its URL may be, what stops it in words, and nothing of a password or a person in them."""

from __future__ import annotations

import sqlite3
import stat

import pytest
import sqlalchemy as sa

from features.log.database import Database
from features.problem import Rejected

PASSWORD = "s3cret-passw0rd"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql://user:{PASSWORD}@host:port/name", "is not the URL of a database"),
        (f"{PASSWORD}", "is not the URL of a database"),
        (f"mysql://user:{PASSWORD}@host/name", "is neither SQLite nor PostgreSQL"),
        (f"postgresql+asyncpg://user:{PASSWORD}@host/name", "is neither SQLite nor PostgreSQL"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_being_shown(url, said):
    with pytest.raises(Rejected, match=said) as refused:
        Database(url, "PROFFER_DATABASE_URL")
    assert PASSWORD not in str(refused.value)
    assert str(refused.value).startswith("PROFFER_DATABASE_URL: ")


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_a_problem_without_its_password(tmp_path):
    database = Database(f"postgresql://user:{PASSWORD}@/name?host={tmp_path}", "PROFFER_DATABASE_URL")
    with pytest.raises(Rejected, match="cannot be reached") as refused:
        database.prepare()
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None
    database.close()


@pytest.mark.slow
def test_a_database_that_is_not_on_the_server_is_a_problem(postgresql):
    database = Database(postgresql.replace("/postgres?", "/missing?"))
    with pytest.raises(Rejected, match="cannot be reached, or it refused"):
        database.prepare()
    database.close()


def test_a_second_writer_waits_and_is_refused_in_words(tmp_path):
    first, second = (Database(f"sqlite:///{tmp_path}/events.db", "events.db") for _ in range(2))
    first.prepare()
    with second.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    waiting = pytest.raises(Rejected, match=r"events\.db: another process has been writing")
    with first.writing(), waiting, second.writing():
        raise AssertionError
    with second.writing() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one() == 0
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("content", "said"), [(b"hello" * 1_000, "is not a SQLite database"), (None, "cannot be opened")]
)
def test_a_file_that_is_no_database_is_refused_in_words(tmp_path, content, said):
    path = tmp_path / ("events.db" if content else "missing/events.db")
    if content:
        path.write_bytes(content)
    database = Database(f"sqlite:///{path}", "events.db")
    with pytest.raises(Rejected, match=said):
        database.prepare()
    database.close()


def test_a_full_disk_is_refused_in_words_and_nothing_is_written(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    database.prepare()
    rows = [{"person": "ann" * 100, "number": number} for number in range(1_000)]

    def filling(connection):
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.execute(sa.text("INSERT INTO others VALUES (:person, :number)"), rows)

    with pytest.raises(Rejected, match="the disk is full: nothing was written"), database.writing() as connection:
        filling(connection)
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM others")).scalar_one() == 0
    database.close()


def test_what_only_a_defect_explains_is_raised_without_the_values(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    with pytest.raises(sa.exc.OperationalError) as raised, database.writing() as connection:
        connection.execute(sa.text("INSERT INTO nothing VALUES (:person)"), {"person": "secretname"})
    assert "secretname" not in str(raised.value)
    database.close()


def test_a_backup_is_the_database_at_one_instant_for_its_owner_only(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    database.prepare()
    with database.writing() as connection:
        connection.execute(sa.text("INSERT INTO others VALUES ('ann', 1)"))
    copy = tmp_path / "copy.db"
    database.back_up(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sqlite3.connect(copy).execute("SELECT person FROM others").fetchall() == [("ann",)]
    with pytest.raises(FileExistsError):
        database.back_up(copy)
    database.close()


def test_a_backup_that_fails_leaves_no_file(tmp_path):
    (tmp_path / "events.db").write_bytes(b"hello" * 1_000)
    database = Database(f"sqlite:///{tmp_path}/events.db")
    with pytest.raises(Rejected, match="is not a SQLite database"):
        database.back_up(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    database.close()
