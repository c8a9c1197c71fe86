"""Bringing the event log of a home to the schema of this version, with a backup made first."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from composition.workspace import Workspace
    from features.log.database import Database


@dataclass(frozen=True)
class LogMigration:
    """What was done to an event log.

    Attributes:
        before: the revision of its schema that was found.
        after: the revision it has now.
        steps: what each revision in between changed, one sentence each, by its name.
        backup: the copy made before anything was changed; None where nothing was changed, or on a server.
        events: how many events the log holds.
    """

    before: str
    after: str
    steps: Mapping[str, str]
    backup: Path | None
    events: int

    def to_document(self) -> dict[str, object]:
        """Return what `proffer migrate --json` prints."""
        return {
            "before": self.before, "after": self.after, "events": self.events,
            "steps": [{"revision": name, "what": what} for name, what in self.steps.items()],
            "backup": None if self.backup is None else str(self.backup),
        }  # fmt: skip


def migrate(home: Workspace, backed_up: bool) -> LogMigration:
    """Change the schema of a home's event log to the newest, all of it or (when this raises) nothing.

    Args:
        home: whose log.
        backed_up: whether the operator made a backup of a log on a server, which this cannot do.

    Raises:
        Rejected: there is no log, its schema is newer than this version, or nobody made a backup of a server.
    """
    if not home.has_events:
        raise Rejected(
            [Problem((str(home.path),), "missing", "holds no event log", "Check --home; `proffer ingest` begins a log")]
        )
    with contextlib.closing(home.database) as database:
        return _migrated(database, backed_up)


def _migrated(database: Database, backed_up: bool) -> LogMigration:
    from features.log import migrations
    from features.log.event_log import EventLog

    before = database.revision() or migrations.FIRST
    backup = None if before == migrations.HEAD else _backup(database, before, backed_up)
    with database.writing() as connection:
        steps = migrations.upgrade(connection)
        events = EventLog(connection).count()
    return LogMigration(before, migrations.HEAD, {step.name: step.what for step in steps}, backup, events)


def _backup(database: Database, revision: str, backed_up: bool) -> Path | None:
    if database.file is None:
        if not backed_up:
            remedy = "Make one with pg_dump, then run `proffer migrate --backed-up`"
            raise Rejected(
                [Problem((database.where,), "missing", "is on a server, and no backup of it was reported", remedy)]
            )
        return None
    copy = database.file.with_name(f"{database.file.name}.schema-{revision}")
    if copy.exists():
        what = "is there already: an earlier migration stopped after its backup"
        raise Rejected([Problem((str(copy),), "conflict", what, "Move that backup to another place, and try again")])
    database.back_up(copy)
    return copy
