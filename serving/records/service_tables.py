"""The tables of the service, as SQLAlchemy knows them; `serving.records.migrations` makes them.

A column called `citizen` names a person: erasing that person deletes every row in which it does, in whichever table.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

DECISIONS: Final = sa.Table(
    "decisions",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("citizen", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("day", sa.BigInteger, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False, index=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.Text),
)
"""What the service said to whom: compressed documents, each under its hash, with the salt of its commitment.

`day` is the day it was said as of (days since 1970-01-01), `made` the UTC second it was first said, `sealed` the day
under whose root its commitment stands.
"""
