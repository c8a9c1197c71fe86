"""The revisions of the schema: they make what the code expects, and a log of every earlier form gets there.

`formats/unversioned.db` was made by the last commit before revisions (dfd8941), with `proffer ingest` on
`formats/unversioned.ndjson`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from composition import reading
from features.log.database import Database
from features.log.event_log import EventLog, Ingested
from features.log.files import read_events
from features.log.migrations import EVENT_LOG
from features.log.schema import _after
from features.log.tables import METADATA
from features.problem import Rejected
from serving.records import service_tables

FORMATS = Path(__file__).parent / "formats"


@pytest.fixture
def older(tmp_path):
    """A log as it was before its schema had revisions."""
    shutil.copy(FORMATS / "unversioned.db", tmp_path / "events.db")
    database = Database(f"sqlite:///{tmp_path}/events.db", "events.db")
    yield database
    database.close()


def differences(database):
    """What the tables lack or have too much; the service has tables of its own in the same database."""
    others = {"service_version", *service_tables.METADATA.tables}
    own = {"include_name": lambda name, kind, _parents: kind != "table" or name not in others}
    with database.reading() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=own), METADATA)


def upgraded(database):
    with database.writing() as connection:
        return EVENT_LOG.upgrade(connection)


def test_the_newest_revision_is_the_last_script():
    assert EVENT_LOG.scripts().get_current_head() == EVENT_LOG.head
    assert [step.revision for step in _after(EVENT_LOG.scripts(), None)] == ["0001", "0002", "0003"]


def test_the_revisions_make_what_the_code_expects(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    assert database.revision() is None
    database.prepare()
    assert database.revision() == EVENT_LOG.head
    assert differences(database) == []
    assert upgraded(database) == ()
    database.close()


@pytest.mark.slow
def test_the_revisions_make_the_same_on_a_server(postgresql):
    database = Database(postgresql)
    database.prepare()
    assert database.revision() == EVENT_LOG.head
    assert differences(database) == []
    database.close()


def test_an_older_log_is_refused_in_one_sentence_that_names_the_verb(older):
    with pytest.raises(Rejected) as refused:
        older.prepare()
    assert str(refused.value) == (
        "events.db: contains an event log of schema 0001, and this version reads 0003. "
        "Run `proffer migrate`, which makes a backup first"
    )


def test_an_older_log_is_migrated_with_every_event_as_it_was(older):
    with older.reading() as connection:
        before = connection.execute(sa.text("SELECT * FROM events ORDER BY number")).all()
    assert [step.name for step in upgraded(older)] == ["0002", "0003"]
    assert differences(older) == []
    older.prepare()
    with older.reading() as connection:
        assert connection.execute(sa.text("SELECT * FROM events ORDER BY number")).all() == before
        assert EventLog(connection).people() == ("c0000001", "c0000002", "k0000001")
        assert [one.id for one in EventLog(connection).events(["k0000001"])] == ["b-1", "fix-1"]


def test_the_events_of_an_older_log_are_known_as_duplicates_when_they_are_sent_again(older):
    upgraded(older)
    found = list(read_events(FORMATS / "unversioned.ndjson", reading.read_declaration()))
    with older.writing() as connection:
        assert EventLog(connection).append(found) == Ingested(0, 6, ())
        assert list(EventLog(connection).events()) == found


def test_a_migration_that_fails_changes_nothing(older):
    def stopping(connection):
        assert EVENT_LOG.upgrade(connection)
        raise OSError("the machine stopped")

    with pytest.raises(OSError, match="stopped"), older.writing() as connection:
        stopping(connection)
    assert older.revision() == "0001"
    with older.reading() as connection:
        assert "alembic_version" not in sa.inspect(connection).get_table_names()


def test_a_log_of_a_later_version_is_refused(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    database.prepare()
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Rejected, match="newer than this version"):
        database.prepare()
    database.close()
