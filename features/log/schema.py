"""The schema of some tables of a database: which revision they have, and how they get the newest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

FIRST: Final = "0001"
_SEEN: Final = "schemas seen"
_NAMED: Final = re.compile(r'^revision = "([0-9]+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Revision:
    """One step of a schema.

    Attributes:
        name: `0001` and so on.
        what: what it changed, the first line of its module.
    """

    name: str
    what: str


@dataclass(frozen=True)
class TableSchema:
    """Tables that are changed together, by revisions in one folder; several schemas may share a database.

    Attributes:
        what: what the tables are, in a sentence: `an event log`.
        folder: where the revisions stand, one module each.
        versions: the table that keeps the revision that a database has.
        unversioned: the tables by which is known what was made before there were revisions, which has the first one.
    """

    what: str
    folder: Path
    versions: str
    unversioned: frozenset[str] = field(default=frozenset())

    @cached_property
    def head(self) -> str:
        """The newest revision, as the modules of the folder name themselves; nothing is loaded for it."""
        texts = (path.read_text(encoding="utf-8") for path in self.folder.glob("*.py"))
        return max(found[1] for text in texts if (found := _NAMED.search(text)))

    def is_newest(self, connection: sa.Connection) -> bool:
        """Whether the tables in a database have the newest revision; one query where the connection saw them before."""
        seen: set[str] = connection.info.setdefault(_SEEN, set())
        if self.versions not in seen:
            newest = self.revision_of(connection) == self.head
            seen.update([self.versions] if newest else ())
            return newest
        try:
            return self._stated(connection) == self.head
        except sa.exc.DBAPIError:  # they were taken away
            seen.clear()
            return False

    def _stated(self, connection: sa.Connection) -> str | None:
        found = connection.exec_driver_sql(f"SELECT version_num FROM {self.versions}").scalars().all()  # noqa: S608
        return str(found[0]) if found else None

    def revision_of(self, connection: sa.Connection) -> str | None:
        """Return the revision of the tables in a database, or None where they were not begun."""
        tables = set(sa.inspect(connection).get_table_names())
        if self.versions in tables and (found := self._stated(connection)) is not None:
            return found
        return FIRST if self.unversioned and tables >= self.unversioned else None

    def upgrade(self, connection: sa.Connection) -> tuple[Revision, ...]:
        """Bring the tables in a database to the newest revision and return the steps that were taken.

        Everything happens in the transaction of the connection. A database without the tables gets them.

        Raises:
            KeyError: they have a revision that is not known here.
        """
        from alembic.operations import Operations  # loaded only when tables are begun or migrated
        from alembic.runtime.migration import MigrationContext

        scripts, found = self.scripts(), self.revision_of(connection)
        context = MigrationContext.configure(connection, opts={"version_table": self.versions})
        if found == FIRST and context.get_current_revision() is None:
            context.stamp(scripts, FIRST)
        steps = _after(scripts, found)
        with Operations.context(context):
            for step in steps:
                step.module.upgrade()
                context.stamp(scripts, step.revision)
        return tuple(Revision(step.revision, step.doc) for step in steps)

    def scripts(self) -> ScriptDirectory:
        """Return the revisions as alembic knows them."""
        from alembic.script import ScriptDirectory

        return ScriptDirectory(str(self.folder), version_locations=[str(self.folder)])


def _after(scripts: ScriptDirectory, found: str | None) -> Sequence[Script]:
    """The revisions that a database lacks, the oldest first."""
    ordered = list(scripts.walk_revisions())[::-1]
    if found is None:
        return ordered
    place = {step.revision: number for number, step in enumerate(ordered)}
    return ordered[place[found] + 1 :]
