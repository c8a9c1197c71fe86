"""The store, on each database: its tables are what the code expects, and one commit covers the log and the records."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import features.log.tables
from features.log.event import Event
from features.log.migrations import EVENT_LOG
from features.problem import Rejected
from serving.records import store
from serving.records.migrations import SERVICE
from serving.records.service_tables import DECISIONS, METADATA
from tests.serving.records.databases import InAFile, OnAServer

SAID = Event("1", "registry", "ann", "life.moved", 0, 0)
DECIDED = {"id": "a", "citizen": "ann", "kind": "answer", "day": 1, "made": 1, "body": b"b", "salt": b"s"}


class StoreContract:
    """What holds on every database; a class that inherits it gives the `database`."""

    def test_the_revisions_make_what_the_code_expects(self, database):
        with store.writing(database) as opened:
            inspected = MigrationContext.configure(opened.connection, opts={"version_table": "service_version"})
            both = [METADATA, features.log.tables.METADATA]
            own = [one for one in compare_metadata(inspected, both) if "alembic_version" not in str(one)]
        assert own == []
        assert database.revision(SERVICE) == SERVICE.head
        assert database.revision(EVENT_LOG) == EVENT_LOG.head

    def test_an_event_and_a_decision_share_one_commit(self, database):
        def stopping(opened):
            opened.log.append([SAID])
            opened.connection.execute(sa.insert(DECISIONS), [DECIDED])
            raise OSError("the machine stopped")

        with pytest.raises(OSError, match="stopped"), store.writing(database) as opened:
            stopping(opened)
        with store.reading(database) as opened:
            assert (opened.log.count(), self.decided(opened)) == (0, 0)
        with store.writing(database) as opened:
            opened.log.append([SAID])
            opened.connection.execute(sa.insert(DECISIONS), [DECIDED])
        with store.reading(database) as opened:
            assert (opened.log.count(), self.decided(opened)) == (1, 1)

    def decided(self, opened):
        return opened.connection.execute(sa.select(sa.func.count()).select_from(DECISIONS)).scalar_one()

    def test_records_of_a_later_version_are_refused(self, database):
        with store.writing(database) as opened:
            opened.connection.execute(sa.text("UPDATE service_version SET version_num = '9999'"))
        with pytest.raises(Rejected, match="service records of schema 9999, which is newer"), store.reading(database):
            raise AssertionError
        with database.writing() as connection:
            connection.execute(sa.text(f"UPDATE service_version SET version_num = '{SERVICE.head}'"))


class TestStoreInAFile(InAFile, StoreContract):
    pass


@pytest.mark.slow
class TestStoreOnAServer(OnAServer, StoreContract):
    pass


def test_the_newest_revision_is_the_last_module_and_each_follows_another():
    scripts = SERVICE.scripts()
    assert scripts.get_current_head() == SERVICE.head
    names = [step.revision for step in scripts.walk_revisions()][::-1]
    assert names == [f"{number:04}" for number in range(1, len(names) + 1)]


def test_every_table_says_whose_rows_it_holds():
    """Erasure finds a person's rows by this name; a table of nobody's rows is named here."""
    of_nobody = {"worked", "seals", "leaves"}
    assert {table.name for table in METADATA.sorted_tables if "citizen" not in table.c} == of_nobody
