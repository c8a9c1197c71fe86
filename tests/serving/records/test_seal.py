"""Seals, on each database: one root a day over salted commitments, found out when anything of it is changed."""

from __future__ import annotations

from hashlib import sha256

import pytest
import sqlalchemy as sa

from features.problem import Rejected
from privacy.ledger.merkle import inclusion_proof, leaf_hash, root_of
from serving.records import erasure, seal, store
from serving.records.decision_log import DecisionLog
from serving.records.service_tables import DECISIONS, LEAVES, SEALS
from tests.serving.records.databases import InAFile, OnAServer
from tests.serving.records.test_decision_log import decision


class SealContract:
    @pytest.fixture
    def kept(self, database):
        """Three decisions, made at 10, 20 and 30."""
        with store.writing(database) as opened:
            log = DecisionLog(opened.connection)
            for made, name in ((10, "ann"), (20, "eve"), (30, "ann")):
                log.write(decision(name, made), made)
        return database

    def sealed(self, database, day="2026-10-31", before=25):
        with store.writing(database) as opened:
            return seal.seal(opened.connection, day, before)

    def wrong(self, database):
        with store.reading(database) as opened:
            return [one.what for one in seal.wrong(opened.connection)]

    def leaves(self, database, day):
        with store.reading(database) as opened:
            query = sa.select(LEAVES.c.commitment).where(LEAVES.c.day == day).order_by(LEAVES.c.place)
            return list(opened.connection.execute(query).scalars())

    def test_a_root_is_the_tree_over_the_sorted_commitments_of_what_was_made_by_then(self, kept):
        with store.reading(kept) as opened:
            rows = opened.connection.execute(sa.select(DECISIONS.c.salt, DECISIONS.c.id).where(DECISIONS.c.made < 25))
            mine = {sha256(row.salt + bytes.fromhex(row.id)).hexdigest() for row in rows}
        made, leaves = self.sealed(kept), self.leaves(kept, "2026-10-31")
        assert len(mine) == 2
        assert mine < set(leaves)
        assert leaves == sorted(leaves)
        assert made.root == root_of(leaf_hash(bytes.fromhex(one)) for one in leaves).hex()
        assert self.wrong(kept) == []
        assert self.sealed(kept) == made

    def test_no_seal_and_no_path_to_it_says_how_many_decisions_a_day_had(self, kept):
        roots = set()
        for day, before in (("2026-10-31", 25), ("2026-11-01", 99), ("2026-11-02", 199), ("2026-11-03", 299)):
            made = self.sealed(kept, day, before)  # two decisions, one, and none twice
            assert vars(made) == {"day": day, "root": made.root, "entry": None}
            leaves = self.leaves(kept, day)
            hashes = [leaf_hash(bytes.fromhex(one)) for one in leaves]
            assert len(set(leaves)) == len(leaves) == seal.FEWEST
            assert {len(inclusion_proof(hashes, at)) for at in (0, 1, 1_023)} == {10}
            roots.add(made.root)
        assert len(roots) == 4  # a day of nothing has no root of its own

    def test_an_earlier_day_is_not_sealed_after_a_later_one(self, kept):
        self.sealed(kept)
        with pytest.raises(Rejected, match="is before 2026-10-31, which was sealed"):
            self.sealed(kept, "2026-10-30", 5)

    def test_whoever_changes_a_decision_a_salt_a_commitment_or_a_root_is_found_out(self, kept):
        self.sealed(kept)
        changes = [
            sa.update(DECISIONS).where(DECISIONS.c.made == 10).values(id="0" * 64),
            sa.update(DECISIONS).where(DECISIONS.c.made == 10).values(salt=b"x" * 32),
            sa.update(LEAVES).where(LEAVES.c.place == 0).values(commitment="0" * 64),
            sa.delete(LEAVES).where(LEAVES.c.place == 1),
            sa.update(SEALS).values(root="0" * 64),
        ]
        for change in changes:
            with kept.reading() as connection:
                before = {table: connection.execute(sa.select(table)).all() for table in (DECISIONS, LEAVES, SEALS)}
            with store.writing(kept) as opened:
                opened.connection.execute(change)
            assert self.wrong(kept)
            with store.writing(kept) as opened:
                for table, rows in before.items():
                    opened.connection.execute(sa.delete(table))
                    opened.connection.execute(sa.insert(table), [dict(row._mapping) for row in rows])
        assert self.wrong(kept) == []

    def test_an_erased_person_leaves_a_commitment_that_says_nothing_and_the_root_holds(self, kept):
        made = self.sealed(kept)
        with store.writing(kept) as opened:
            erasure.erase_rows(opened, "ann", "erased:1")
        assert self.wrong(kept) == []
        with store.reading(kept) as opened:
            assert seal.seals(opened.connection) == [made]
            held = opened.connection.execute(sa.select(DECISIONS.c.citizen)).scalars().all()
        assert held == ["eve"]

    def test_what_time_is_over_for_is_deleted_and_no_more(self, kept):
        self.sealed(kept)
        with store.writing(kept) as opened:
            assert seal.purge(opened.connection, 20) == 1
            assert seal.purge(opened.connection, 20) == 0
            assert sorted(opened.connection.execute(sa.select(DECISIONS.c.made)).scalars()) == [20, 30]
        assert self.wrong(kept) == []


class TestSealInAFile(InAFile, SealContract):
    pass


@pytest.mark.slow
class TestSealOnAServer(OnAServer, SealContract):
    pass
