"""A seal states no number of decisions."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the numbers away; the roots stay as they are."""
    op.drop_column("seals", "decisions")
