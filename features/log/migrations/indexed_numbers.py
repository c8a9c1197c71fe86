"""Two indexes by number: whom an event touches and what it acts on are found without reading a whole table."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the two indexes."""
    op.create_index("ix_others_number", "others", ["number"])
    op.create_index("ix_actions_number", "actions", ["number"])
