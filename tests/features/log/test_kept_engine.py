"""Connections are kept by a process, and never beyond the file, the fork or the server session they are of."""

from __future__ import annotations

import os
import shutil
import sqlite3

import pytest
import sqlalchemy as sa

from features.log.database import Database
from features.log.kept_engine import IDLE, MOST_ENGINES, KeptEngines
from features.log.migrations import EVENT_LOG
from features.log.opening import opened
from features.problem import Rejected

COUNT = sa.text("SELECT count(*) FROM others")
ADD = sa.text("INSERT INTO others VALUES ('ann', 1)")


@pytest.fixture
def database(tmp_path):
    found = Database(f"sqlite:///{tmp_path}/events.db")
    found.prepare()
    yield found
    found.close()


def driver(connection):
    return connection.connection.driver_connection


def same(database):
    return Database(f"sqlite:///{database.file}")


def test_who_opens_a_database_again_is_given_the_connection_that_was_kept(database):
    with database.reading() as connection:
        first = driver(connection)
    with same(database).writing() as connection:
        assert driver(connection) is first
        connection.execute(ADD)
    with same(database).reading() as connection:
        assert driver(connection) is first
        assert connection.execute(COUNT).scalar_one() == 1
        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            connection.execute(ADD)


def test_a_file_that_took_the_place_of_another_is_opened_anew(database, tmp_path):
    kept = tmp_path / "backup.db"
    database.back_up(kept)
    with database.writing() as connection:
        connection.execute(ADD)
        before = driver(connection)
    database.file.unlink()
    shutil.copy(kept, database.file)
    with database.reading() as connection:
        assert driver(connection) is not before
        assert connection.execute(COUNT).scalar_one() == 0


def test_a_file_that_is_gone_is_begun_anew_and_its_tables_with_it(database):
    with opened(database, (EVENT_LOG,), writes=True) as (connection, _):
        connection.execute(ADD)
    database.file.unlink()
    with opened(database, (EVENT_LOG,)) as (connection, _):
        assert connection.execute(COUNT).scalar_one() == 0


def test_tables_that_are_taken_away_under_a_kept_connection_are_begun_anew(database):
    with opened(database, (EVENT_LOG,)) as (connection, _):
        kept = driver(connection)
    other = sqlite3.connect(database.file)
    for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        other.execute(f'DROP TABLE "{name}"')
    other.close()
    with opened(database, (EVENT_LOG,)) as (connection, _):
        assert driver(connection) is kept
        assert connection.execute(COUNT).scalar_one() == 0


def test_a_connection_that_could_not_write_is_not_kept_since_it_would_go_on_taking_the_file_for_read_only(database):
    with database.reading() as connection:
        kept = driver(connection)
    with pytest.raises(Rejected, match="may not be written"), database.reading() as connection:
        connection.execute(ADD)
    with database.writing() as connection:
        assert driver(connection) is not kept
        connection.execute(ADD)


def test_a_connection_that_waited_for_another_writer_is_kept(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/a.db", patience=0)
    with database.reading() as connection:
        kept = driver(connection)
    other = sqlite3.connect(database.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Rejected, match="another process has been writing"), database.writing():
        pass
    other.close()
    with database.writing() as connection:
        assert driver(connection) is kept
    database.close()


def test_a_child_of_a_fork_uses_and_closes_nothing_of_its_parent(database):
    with database.writing() as connection:
        kept = driver(connection)
    child = os.fork()
    if not child:  # what it finds is its exit code
        code = 1
        try:
            with same(database).writing() as connection:
                connection.execute(ADD)
                code = 2 if driver(connection) is kept else 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with database.reading() as connection:
        assert driver(connection) is kept
        assert connection.execute(COUNT).scalar_one() == 1


def test_the_pages_that_a_writer_needs_in_memory_are_not_kept_until_the_next(database):
    cache = sa.text("PRAGMA cache_size")
    with database.writing() as connection:
        writing = connection.execute(cache).scalar_one()
    with database.reading() as connection:
        reading = connection.execute(cache).scalar_one()
    assert writing < reading < 0  # kibibytes are told as negative numbers


def test_no_more_connections_are_kept_than_are_said(database):
    blocks = [database.reading() for _ in range(IDLE + 2)]
    used = [driver(block.__enter__()) for block in blocks]
    for block in blocks:
        block.__exit__(None, None, None)
    open_still = [one for one in used if _is_open(one)]
    assert len(open_still) == IDLE


def _is_open(connection):
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_the_database_that_was_used_longest_ago_gives_way_and_is_closed(tmp_path):
    engines = KeptEngines()
    urls = [sa.make_url(f"sqlite:///{tmp_path}/{number}.db") for number in range(MOST_ENGINES + 1)]
    with engines.of(urls[0], 1).connect() as connection:
        first = driver(connection)
    for url in urls[1:]:
        engines.of(url, 1)
    assert not _is_open(first)
    engines.close()


@pytest.mark.slow
def test_a_session_that_the_server_ended_is_begun_anew(postgresql):
    database = Database(postgresql)
    with database.reading() as connection:
        kept, number = driver(connection), connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    ending = sa.create_engine(postgresql.replace("postgresql:", "postgresql+psycopg:"))
    with ending.begin() as connection:
        connection.execute(sa.text(f"SELECT pg_terminate_backend({number}, 5000)"))
    ending.dispose()
    with database.reading() as connection:
        assert driver(connection) is not kept
    database.close()
