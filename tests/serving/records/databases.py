"""A database of each kind, empty: a class that holds on both is inherited once beside each of these."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import features.log.tables
from features.log.database import Database
from serving.records import store
from serving.records.service_tables import METADATA


class InAFile:
    @pytest.fixture
    def database(self, tmp_path):
        opened = Database(f"sqlite:///{tmp_path}/events.db")
        yield opened
        opened.close()


@pytest.mark.slow
class OnAServer:
    @pytest.fixture
    def database(self, postgresql):
        opened = Database(postgresql)
        with store.writing(opened) as kept:
            for table in (*METADATA.sorted_tables, *features.log.tables.METADATA.sorted_tables):
                kept.connection.execute(sa.delete(table))
        yield opened
        opened.close()
