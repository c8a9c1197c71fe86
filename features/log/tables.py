"""The tables of the event log, as SQLAlchemy knows them; `features.log.migrations` makes them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""In SQLite only a column of type INTEGER is the row's own number."""

EVENTS: Final = sa.Table(
    "events",
    METADATA,
    sa.Column("number", _NUMBER, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("recorded", sa.BigInteger, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.UniqueConstraint("source", "id"),
)
"""Each event once. The database gives the numbers, which rise in the order in which events came."""

OTHERS: Final = sa.Table(
    "others",
    METADATA,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=False, index=True),
)
"""The people an event touches besides its subject."""

ACTIONS: Final = sa.Table(
    "actions",
    METADATA,
    sa.Column("target_source", sa.Text, primary_key=True),
    sa.Column("target_id", sa.Text, primary_key=True),
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=False, index=True),
)
"""The event that each correction and retraction acts on."""

TOMBSTONES: Final = sa.Table("tombstones", METADATA, sa.Column("digest", sa.Text, primary_key=True))
"""Keyed hashes of erased people, and of the decisions about them."""
