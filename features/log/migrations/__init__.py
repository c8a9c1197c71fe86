"""The revisions of the event log's schema: which one a database has, and how it gets the newest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

HEAD: Final = "0002"
FIRST: Final = "0001"
_VERSIONS: Final = sa.table("alembic_version", sa.column("version_num"))
_TABLES: Final = {"events", "others", "actions"}


@dataclass(frozen=True)
class Revision:
    """One step of the schema.

    Attributes:
        name: `0001` and so on.
        what: what it changed, the first line of its module.
    """

    name: str
    what: str


def revision_of(connection: sa.Connection) -> str | None:
    """Return the revision of the log in a database, or None when no log was begun there.

    A log with its tables but without a revision was made before there were revisions: it has the first one.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if _VERSIONS.name in tables:
        found = connection.execute(sa.select(_VERSIONS.c.version_num)).scalars().all()
        if found:
            return str(found[0])
    return FIRST if tables >= _TABLES else None


def upgrade(connection: sa.Connection) -> tuple[Revision, ...]:
    """Bring the log in a database to the newest revision and return the steps that were taken.

    Everything happens in the transaction of the connection. A database without a log gets one.

    Raises:
        KeyError: the log has a revision that is not known here.
    """
    from alembic.operations import Operations  # loaded only when a log is begun or migrated
    from alembic.runtime.migration import MigrationContext

    scripts, found = _scripts(), revision_of(connection)
    context = MigrationContext.configure(connection)
    if found == FIRST and context.get_current_revision() is None:
        context.stamp(scripts, FIRST)
    steps = _after(scripts, found)
    with Operations.context(context):
        for step in steps:
            step.module.upgrade()
            context.stamp(scripts, step.revision)
    return tuple(Revision(step.revision, step.doc) for step in steps)


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    folder = str(Path(__file__).parent)
    return ScriptDirectory(folder, version_locations=[folder])


def _after(scripts: ScriptDirectory, found: str | None) -> Sequence[Script]:
    """The revisions that a database lacks, the oldest first."""
    ordered = list(scripts.walk_revisions())[::-1]
    if found is None:
        return ordered
    place = {step.revision: number for number, step in enumerate(ordered)}
    return ordered[place[found] + 1 :]
