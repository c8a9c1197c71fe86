"""Decisions on record, on each database: each once, found by its id, listed by its person."""

from __future__ import annotations

import zlib

import pytest
import sqlalchemy as sa

from serving.records import store
from serving.records.decision import FORMAT, Decision
from serving.records.decision_log import SALT_BYTES, DecisionLog
from serving.records.service_tables import DECISIONS
from tests.serving.records.databases import InAFile, OnAServer


def decision(name="ann", total=3, kind="answer"):
    return Decision({"format": FORMAT, "kind": kind, "citizen": name, "as_of": "2026-10-31", "n": total}, {"총": total})


class DecisionLogContract:
    def test_a_decision_is_written_once_and_comes_back_as_it_was(self, database):
        with store.writing(database) as opened:
            log = DecisionLog(opened.connection)
            assert log.write(decision(), 7)
            assert not log.write(decision(), 9)
        with store.reading(database) as opened:
            log = DecisionLog(opened.connection)
            kept = log.find(decision().id)
            assert (kept.decision, kept.made, kept.id) == (decision(), 7, decision().id)
            assert log.has(kept.id)
            assert log.find("0" * 64) is None

    def test_each_has_a_salt_of_its_own(self, database):
        with store.writing(database) as opened:
            for total in range(3):
                DecisionLog(opened.connection).write(decision(total=total), total)
            salts = opened.connection.execute(sa.select(DECISIONS.c.salt)).scalars().all()
        assert {len(salt) for salt in salts} == {SALT_BYTES}
        assert len(set(salts)) == 3

    def test_the_latest_of_a_person_comes_first(self, database):
        with store.writing(database) as opened:
            log = DecisionLog(opened.connection)
            for made, one in enumerate((decision(total=1), decision(total=2), decision("eve"))):
                log.write(one, made)
            assert log.ids_of("ann") == (decision(total=2).id, decision(total=1).id)
            assert log.ids_of("nobody") == ()
            assert log.latest("ann", 1) == {decision(total=2).id}
            assert log.latest("ann", 5) == set(log.ids_of("ann"))


class TestDecisionLogInAFile(InAFile, DecisionLogContract):
    def test_about_facts_that_were_sent_nothing_is_kept(self, database):
        with store.writing(database) as opened:
            with pytest.raises(ValueError, match="is not kept"):
                DecisionLog(opened.connection).write(decision(None), 7)
            assert opened.connection.execute(sa.select(DECISIONS)).all() == []

    def test_it_is_kept_compressed(self, database):
        with store.writing(database) as opened:
            DecisionLog(opened.connection).write(decision(total=10**100), 7)
            body = opened.connection.execute(sa.select(DECISIONS.c.body)).scalar_one()
        assert "총" in zlib.decompress(body).decode()


@pytest.mark.slow
class TestDecisionLogOnAServer(OnAServer, DecisionLogContract):
    pass
