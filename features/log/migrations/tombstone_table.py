"""The tombstones of erased people: keyed hashes that everything written is held against."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table("tombstones", sa.Column("digest", sa.Text, primary_key=True))
