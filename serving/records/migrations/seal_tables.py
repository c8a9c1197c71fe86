"""The roots over the decisions of a day, and the commitments under each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "seals",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("decisions", sa.BigInteger, nullable=False),
        sa.Column("entry", sa.BigInteger),
    )
    op.create_table(
        "leaves",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("place", sa.BigInteger, primary_key=True),
        sa.Column("commitment", sa.Text, nullable=False),
    )
