"""The list of a home's erasures is compared whole with a database once, and by number at each opening after that."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from composition.erasures import Erasures
from composition.workspace import Workspace
from features.log.event import Event
from features.log.tombstones import Tombstones

MANY = 1_000


def stated(person, number=1):
    return Event(f"{person}-{number}", "registry", person, "fact.stated", 86_400, 86_401, {"sex": "female"}, ())


@pytest.fixture
def workspace(tmp_path):
    """A home with two people, from which very many others were erased."""
    made = Workspace(tmp_path)
    erasures = Erasures(tmp_path)
    key = erasures.made_key()
    gone = [key.digest("person", f"gone-{number}") for number in range(MANY)]
    erasures.keep(gone)
    with made.store_to_write() as store:
        Tombstones(store.connection, key).write(gone)
        store.log.append([stated("ann"), stated("bob")])
    return made


@pytest.fixture
def rows_read():
    """How many tombstones were fetched, statement by statement."""
    fetched = []

    def after(_connection, _cursor, statement, parameters, _context, _many):
        if "tombstones.digest" in statement and "LIMIT" not in statement:
            fetched.append(len(parameters) or MANY)

    sa.event.listen(sa.Engine, "after_cursor_execute", after)
    yield fetched
    sa.event.remove(sa.Engine, "after_cursor_execute", after)


def test_an_opening_after_the_first_reads_the_tombstones_of_those_alone_who_are_asked_about(workspace, rows_read):
    with workspace.store() as store:
        assert len(list(store.log.events())) == 2
    rows_read.clear()
    for _ in range(3):
        with workspace.store_to_write() as store:
            assert store.erased(["ann", "gone-7"]) == {"gone-7"}
            store.log.append([stated("ann", 2)])
    assert rows_read
    assert max(rows_read) <= 2


def test_a_database_that_lacks_an_erasure_is_brought_up_also_where_this_process_compared_it_before(workspace):
    with workspace.store() as store:
        key = store.key
    digest = key.digest("person", "gone-7")
    with workspace.store_to_write() as store:  # as in a database that was restored under a running process
        store.connection.execute(sa.text("DELETE FROM tombstones WHERE digest = :digest"), {"digest": digest})
    with workspace.store() as store:
        assert store.erased(["gone-7"]) == {"gone-7"}


def test_somebody_whom_another_process_erased_is_gone_at_the_next_opening(workspace):
    with workspace.store() as store:
        key = store.key
    Erasures(workspace.path).keep([key.digest("person", "bob")])  # as another process lists it, before it erases
    with workspace.store() as store:
        assert [one.subject for one in store.log.events()] == ["ann"]


def test_a_list_that_is_lost_is_written_again_from_the_database(workspace):
    with workspace.store():
        pass
    erasures = Erasures(workspace.path)
    listed = erasures.digests()
    erasures.file.unlink()
    with workspace.store():
        pass
    assert erasures.digests() == listed
    assert len(listed) == MANY
