"""The event log, on each database: each event once, all of a batch or none, and nothing left of an erased person."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given

from features.log.database import Database
from features.log.event import Event
from features.log.event_log import EventLog, Ingested
from features.log.tables import METADATA
from features.log.tombstones import ErasureKey, Tombstones
from features.problem import Rejected
from tests.examples import examples
from tests.features.histories import PEOPLE, histories

CONFLICT = "conflict"
ALIAS = "erased:1"


def event(number, subject="ann", source="s", **change):
    plain = Event(str(number), source, subject, "life.moved", 1_700_000_000, 1_700_000_000 + number, {"region": "11"})
    return replace(plain, **change)


def emptied(database):
    with database.writing() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(sa.delete(table))


def foreign(events):
    """What acts on an event of another subject."""
    subjects = {one.key: one.subject for one in events}
    return [one for one in events if one.target and subjects.get(one.target, one.subject) != one.subject]


class EventLogContract:
    """What holds on every database; a class that inherits it gives the `database`."""

    def append(self, database, events):
        with database.writing() as connection:
            return EventLog(connection).append(events)

    def each(self, database, events):
        with database.writing() as connection:
            found = EventLog(connection).append_each(events)
        return [one if isinstance(one, str) else one.code for one in found]

    def read(self, database, *given):
        with database.reading() as connection:
            return list(EventLog(connection).events(*given))

    def people(self, database):
        with database.reading() as connection:
            return EventLog(connection).people()

    def erase(self, database, person):
        with database.writing() as connection:
            return EventLog(connection).erase(person, ALIAS)

    @examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors])
    @given(events=histories())
    def test_what_went_in_comes_out_in_order_and_once(self, database, events):
        emptied(database)
        events = [one for one in events if one not in foreign(events)]
        assert self.append(database, events) == Ingested(len(events), 0, ())
        assert self.read(database) == events
        assert self.append(database, reversed(events)) == Ingested(0, len(events), ())
        assert self.people(database) == tuple(sorted({person for event in events for person in event.people}))
        for person in PEOPLE:
            mine = {one.key for one in self.read(database, [person])}
            assert {one.key for one in events if person in one.people} <= mine
            related = mine | {one.target for one in events if one.key in mine}
            assert {one.key for one in events if one.target in mine or one.key in related} <= mine

    @examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors])
    @given(histories())
    def test_the_lives_of_many_are_the_events_of_each(self, database, events):
        emptied(database)
        self.append(database, events)
        with database.reading() as connection:
            lives = EventLog(connection).lives([*PEOPLE, "nobody"])
        assert lives == {one: self.read(database, [one]) for one in (*PEOPLE, "nobody")}

    def test_nobody_corrects_or_retracts_what_was_said_of_somebody_else(self, database):
        """Refused by name whether what it names came before, comes with it, or stands behind it."""
        emptied(database)
        said, named = event(1), {"source": "s", "id": "1"}
        words = [event(name, who, type="event.retracted", data=named) for name, who in ((2, "eve"), (3, "ann"))]
        done = self.append(database, [words[0], said, words[1]])
        again = self.append(database, words)
        assert (done.accepted, again.accepted, again.duplicates) == (2, 0, 1)
        for refused in (*done.conflicts, *again.conflicts):
            assert (refused.code, refused.where) == ("forbidden", "event s 2")
            assert "somebody else" in refused.what
        assert self.read(database) == [said, words[1]]

    def test_events_are_counted_without_being_read(self, database):
        self.append(database, [event(1), event(2)])
        with database.reading() as connection:
            assert EventLog(connection).count() == 2

    def test_the_same_event_with_another_body_is_a_conflict_and_is_not_written(self, database):
        self.append(database, [event(1)])
        found = self.append(database, [event(1, data={"region": "26"}), event(2), event(2), event(1, recorded=5)])
        assert (found.accepted, found.duplicates) == (1, 2)
        assert "event s 1: is there already with another body" in str(found.conflicts[0])
        assert [one.data for one in self.read(database)] == [{"region": "11"}] * 2

    def test_a_conflict_within_one_batch_keeps_the_first(self, database):
        found = self.append(database, [event(1), event(1, data={"region": "26"})])
        assert (found.accepted, found.duplicates, len(found.conflicts)) == (1, 0, 1)

    def test_the_same_id_of_another_source_is_another_event(self, database):
        assert self.append(database, [event(1), event(1, source="t")]).accepted == 2

    def test_what_stands_twice_in_one_batch_is_told_apart_by_source_and_linked_once(self, database):
        born = event(2, type="life.born", data={}, about=(("bob", "child"),))
        other = replace(born, about=(("eve", "child"),))
        found = self.append(database, [event(1), event(1, source="t"), born, other, event(1), born, event(3)])
        assert (found.accepted, found.duplicates, len(found.conflicts)) == (4, 2, 1)
        assert "event s 2: is there already" in str(found.conflicts[0])
        assert [one.key for one in self.read(database)] == [("s", "1"), ("t", "1"), ("s", "2"), ("s", "3")]
        assert (len(self.read(database, ["bob"])), self.read(database, ["eve"])) == (1, [])

    def test_people_and_targets_of_a_new_event_among_old_ones_are_linked_once(self, database):
        born = event(3, type="life.born", data={}, about=(("bob", "child"),))
        fixed = event(4, type="event.retracted", data={"source": "s", "id": "3"})
        self.append(database, [event(1)])
        assert self.append(database, [event(1), born, born, fixed]) == Ingested(2, 2, ())
        assert self.append(database, [born, fixed, event(5)]) == Ingested(1, 2, ())
        assert [one.id for one in self.read(database, ["bob"])] == ["3", "4"]

    def test_what_became_of_each_event_is_told_in_their_order(self, database):
        emptied(database)
        said, other = event(1), event(1, data={"region": "26"})
        assert self.each(database, [said, said, other, event(2)]) == ["accepted", "duplicate", CONFLICT, "accepted"]
        eve = event(3, "eve", type="event.retracted", data={"source": "s", "id": "1"})
        own = event(4, type="event.retracted", data={"source": "s", "id": "1"})
        found = self.each(database, [eve, other, event(5), own, said, event(5)])
        assert found == ["forbidden", CONFLICT, "accepted", "accepted", "duplicate", "duplicate"]
        assert [one.id for one in self.read(database)] == ["1", "2", "5", "4"]

    @examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors])
    @given(events=histories())
    def test_events_told_one_by_one_are_those_that_are_counted_together(self, database, events):
        told = []
        for given_twice in (events, [*events, *events]):
            emptied(database)
            outcomes = self.each(database, given_twice)
            kept = self.read(database)
            emptied(database)
            done = self.append(database, given_twice)
            told.append((outcomes.count("accepted"), outcomes.count("duplicate")))
            assert told[-1] == (done.accepted, done.duplicates)
            assert len(outcomes) == len(given_twice) == sum(told[-1]) + len(done.conflicts)
            assert kept == self.read(database)

    def test_a_batch_that_breaks_off_leaves_nothing(self, database):
        def breaking():
            yield event(1)
            raise OSError("the line went dead")

        with pytest.raises(OSError, match="went dead"):
            self.append(database, breaking())
        assert self.read(database) == []
        assert self.append(database, [event(1)]).accepted == 1

    def test_several_writes_share_one_commit(self, database):
        def stopping(connection):
            EventLog(connection).append([event(1)])
            EventLog(connection).append([event(2)])
            raise OSError("after both")

        with pytest.raises(OSError, match="after both"), database.writing() as connection:
            stopping(connection)
        assert self.read(database) == []
        with database.writing() as connection:
            assert EventLog(connection).append([event(1)]).accepted == 1
            assert EventLog(connection).append([event(1), event(2)]) == Ingested(1, 1, ())
            assert EventLog(connection).erase("ann", ALIAS) == 2
        assert self.read(database) == []

    def test_a_reader_goes_on_while_a_writer_holds_its_transaction_and_sees_nothing_of_it(self, database):
        self.append(database, [event(1)])
        with database.writing() as connection:
            EventLog(connection).append(event(number) for number in range(2, 5_000))
            assert [one.id for one in self.read(database, ["ann"])] == ["1"]

    def test_a_reader_sees_one_state_of_the_log(self, database):
        self.append(database, [event(1)])
        with database.reading() as connection:
            log = EventLog(connection)
            assert log.count() == 1
            with database.reading() as other:
                assert EventLog(other).count() == 1
            assert log.people() == ("ann",)

    def test_a_reader_cannot_write(self, database):
        with pytest.raises(Rejected, match="may not be written"), database.reading() as connection:
            EventLog(connection).append([event(1)])
        assert self.append(database, [event(1)]).accepted == 1

    def test_the_events_of_no_person_are_none(self, database):
        self.append(database, [event(1), event(2)])
        assert self.read(database, []) == []

    def test_more_events_than_one_portion_are_read_and_refused_alike(self, database):
        many = [event(number, subject=f"p{number % 700}") for number in range(1_000)]
        assert self.append(database, many).accepted == 1_000
        assert self.append(database, many).duplicates == 1_000
        assert len(self.read(database, [f"p{number}" for number in range(700)])) == 1_000

    def test_an_erased_person_is_gone_from_every_table(self, database):
        self.append(database, life_of("secretname"))
        assert self.erase(database, "secretname") == 4
        assert self.people(database) == ("ann", "bob", ALIAS)
        kept = self.read(database)
        assert [one.id for one in kept] == ["3", "4", "5"]
        assert kept[0].about == ((ALIAS, "child"), ("bob", "parent"))
        assert kept[1].people == ("ann", ALIAS, "bob")
        with database.reading() as connection:
            for table in METADATA.sorted_tables:
                assert "secret" not in str(connection.execute(sa.select(table)).all())

    def test_a_person_whom_only_the_correction_of_a_correction_names_is_found_and_erased(self, database):
        about = [{"person": "secretname", "role": "parent"}, {"person": "bob", "role": "child"}]
        born = event(3, type="life.born", data={})
        first = event(4, type="event.corrected", data={"source": "s", "id": "3", "data": {"born_on": "2023-01-01"}})
        nested = {"source": "s", "id": "3", "data": {"about": about}}
        second = event(5, type="event.corrected", data={"source": "s", "id": "4", "data": nested})
        self.append(database, [born, first, second])
        assert [one.id for one in self.read(database, ["secretname"])] == ["3", "4", "5"]
        assert self.erase(database, "secretname") == 1
        assert self.people(database) == ("ann", "bob", ALIAS)
        with database.reading() as connection:
            for table in METADATA.sorted_tables:
                assert "secret" not in str(connection.execute(sa.select(table)).all())

    def test_sending_an_event_again_does_not_bring_an_erased_name_back(self, database):
        born = event(3, type="life.born", data={}, about=(("bob", "child"),))
        self.append(database, [born])
        self.erase(database, "bob")
        assert self.append(database, [born]) == Ingested(0, 1, ())
        assert self.people(database) == ("ann", ALIAS)

    def test_what_is_about_an_erased_person_is_refused_and_a_fresh_name_stands_in_what_others_say(self, database):
        aliases = iter(("erased:1", "erased:2"))
        key = ErasureKey(b"k" * 32, lambda: next(aliases))
        with database.writing() as connection:
            Tombstones(connection, key).write([key.digest("person", "secretname")])
        with database.writing() as connection:
            done = EventLog(connection, key).append_each([*life_of("secretname"), event(6, subject="eve")])
        assert [one if isinstance(one, str) else one.code for one in done] == [
            "refused", "refused", "accepted", "accepted", "accepted", "accepted",
        ]  # fmt: skip
        assert self.people(database) == ("ann", "bob", "erased:1", "eve")
        with database.writing() as connection:
            assert EventLog(connection, key).append(life_of("secretname")).duplicates == 3
        with database.reading() as connection:
            for table in METADATA.sorted_tables:
                assert "secret" not in str(connection.execute(sa.select(table)).all())

    def test_a_member_of_somebodys_household_is_named_otherwise_there_too_and_when_it_is_stated_again(self, database):
        kin = {
            "complete": True,
            "members": [{"relation": "child", "id": "secretname"}, {"relation": "child", "id": "k2"}],
        }
        stated = event(1, type="fact.stated", data={"household": kin})
        fixed = event(2, type="event.corrected", data={"source": "s", "id": "1", "data": {"household": kin}})
        self.append(database, [stated, fixed])
        assert self.erase(database, "secretname") == 2
        assert [one["id"] for one in self.read(database)[0].data["household"]["members"]] == [ALIAS, "k2"]
        key = ErasureKey(b"k" * 32, lambda: "erased:2")
        with database.writing() as connection:
            Tombstones(connection, key).write([key.digest("person", "secretname")])
            assert EventLog(connection, key).append([replace(stated, id="3"), stated]).accepted == 1
        assert [one["id"] for one in self.read(database)[2].data["household"]["members"]] == ["erased:2", "k2"]
        with database.reading() as connection:
            for table in METADATA.sorted_tables:
                assert "secret" not in str(connection.execute(sa.select(table)).all())

    def test_without_its_key_nothing_is_written_beside_tombstones(self, database):
        with database.writing() as connection:
            Tombstones(connection, None).write(["0" * 64])
        with pytest.raises(Rejected, match="the key of erasures: is missing"):
            self.append(database, [event(1)])

    def test_erasing_somebody_unknown_touches_nothing(self, database):
        self.append(database, [event(1)])
        assert self.erase(database, "nobody") == 0
        assert len(self.read(database)) == 1


def life_of(person):
    """Events of a person: their own, one corrected; and one of somebody else that names them, corrected too."""
    own = event(1, subject=person, data={"region": "11", "note": "secretdata"})
    fixed = replace(own, id="2", type="event.corrected", data={"source": "s", "id": "1", "data": {"region": "26"}})
    about = ((person, "child"), ("bob", "parent"))
    born = event(3, type="life.born", data={}, about=about)
    body = {"about": [{"person": one, "role": role} for one, role in about]}
    rewritten = event(4, type="event.corrected", data={"source": "s", "id": "3", "data": body})
    return [own, fixed, born, rewritten, event(5)]


class TestSqlite(EventLogContract):
    """The log in a file."""

    @pytest.fixture
    def database(self, tmp_path):
        opened = Database(f"sqlite:///{tmp_path}/events.db")
        opened.prepare()
        yield opened
        opened.close()

    def test_a_log_is_still_there_after_it_was_closed(self, database):
        self.append(database, [event(1)])
        database.close()
        again = Database(f"sqlite:///{database.file}")
        again.prepare()
        assert self.append(again, [event(1)]) == Ingested(0, 1, ())
        again.close()

    def test_the_bytes_of_an_erased_person_are_not_in_the_file(self, database):
        self.append(database, life_of("secretname"))
        self.erase(database, "secretname")
        database.close()
        assert b"secret" not in database.file.read_bytes()
        assert [path.name for path in database.file.parent.iterdir()] == ["events.db"]

    def test_every_query_of_a_history_goes_by_an_index(self, database):
        asked = []
        sa.event.listen(database._engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        self.append(database, life_of("carl"))
        asked.clear()
        self.read(database, ["carl"])
        with database.reading() as connection:
            queries = [one for one in asked if one[0].startswith("SELECT")]
            plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given).all() for text, given in queries]
        steps = [row[3] for plan in plans for row in plan]
        assert len(plans) >= 5
        assert [step for step in steps if step.startswith("SCAN")] == []
        assert any("ix_events_subject" in step for step in steps)


@pytest.mark.slow
class TestPostgresql(EventLogContract):
    """The log on a server."""

    @pytest.fixture
    def database(self, postgresql):
        opened = Database(postgresql)
        opened.prepare()
        emptied(opened)
        yield opened
        opened.close()

    def test_two_writers_take_turns(self, database):
        with database.writing() as connection:
            EventLog(connection).append([event(1)])
            with database.reading() as other:
                locks = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
                assert other.execute(locks).scalar_one() == 1
        assert self.append(database, [event(1)]) == Ingested(0, 1, ())
