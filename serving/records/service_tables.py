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

OFFERS: Final = sa.Table(
    "offers",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("citizen", sa.Text, nullable=False, index=True),
    sa.Column("programme", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("terms", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
)
"""Every offer once, and what came of it: `made` and `changed` are UTC seconds, `terms` what it rests on, as JSON."""

MESSAGES: Final = sa.Table(
    "messages",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("citizen", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.BigInteger, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_messages_state_next", "state", "next"),
)
"""The outbox: what leaves, written with the offers in it; `next` is the UTC second from which on it is tried."""

LOOKS: Final = sa.Table(
    "looks",
    METADATA,
    sa.Column("citizen", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
)
"""When something can change next for a person with no new event: the UTC second from which on they are looked at."""

WORKED: Final = sa.Table(
    "worked",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
"""Up to which event of the log each work was done."""

SEALS: Final = sa.Table(
    "seals",
    METADATA,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("entry", sa.BigInteger),
)
"""The root over the decisions of each day that was sealed, and the index of its entry in the ledger, if it has one."""

LEAVES: Final = sa.Table(
    "leaves",
    METADATA,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("place", sa.BigInteger, primary_key=True),
    sa.Column("commitment", sa.Text, nullable=False),
)
"""The commitments under each root, sorted, and among them some of nothing: without its salt, which goes with the
decision, none says anything."""

REQUESTS: Final = sa.Table(
    "requests",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("citizen", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("ruled_by", sa.Text, nullable=False),
    sa.Column("ruled", sa.BigInteger),
    sa.Index("ix_requests_state_due", "state", "due"),
)
"""What citizens ask of an office, and how it ruled: `made`, `due` and `ruled` are UTC seconds, `body` is JSON."""

ACTS: Final = sa.Table(
    "acts",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("citizen", sa.Text, nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),
)
"""Who acted for a citizen: erasing whoever acted leaves the act under a fresh name; `made` is a UTC second."""
