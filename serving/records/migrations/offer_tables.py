"""Offers, the messages they leave in, when people are looked at next, and how far the log was worked off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    text, second = sa.Text, sa.BigInteger
    op.create_table(
        "offers",
        sa.Column("id", text, primary_key=True),
        *(sa.Column(name, text, nullable=False) for name in ("citizen", "programme", "state")),
        *(sa.Column(name, second, nullable=False) for name in ("made", "changed")),
        sa.Column("terms", text, nullable=False),
        sa.Column("until", second),
        *(sa.Column(name, text, nullable=False) for name in ("reason", "channel", "message", "decision")),
    )
    op.create_index("ix_offers_citizen", "offers", ["citizen"])
    op.create_table(
        "messages",
        sa.Column("id", text, primary_key=True),
        *(sa.Column(name, text, nullable=False) for name in ("citizen", "kind", "channel")),
        sa.Column("made", second, nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("body", "state")),
        *(sa.Column(name, second, nullable=False) for name in ("attempts", "next")),
        sa.Column("detail", text, nullable=False),
    )
    op.create_index("ix_messages_citizen", "messages", ["citizen"])
    op.create_index("ix_messages_state_next", "messages", ["state", "next"])
    op.create_table("looks", sa.Column("citizen", text, primary_key=True), sa.Column("at", second, nullable=False))
    op.create_index("ix_looks_at", "looks", ["at"])
    op.create_table("worked", sa.Column("name", text, primary_key=True), sa.Column("number", second, nullable=False))
