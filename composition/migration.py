"""Bringing the event log of a home, and what the service keeps beside it, to the schema of this version."""

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
class TableMigration:
    """What was done to the tables of one schema.

    Attributes:
        before: the revision that was found; None where the tables were not there.
        after: the revision they have now.
        steps: what each revision in between changed, one sentence each, by its name.
    """

    before: str | None
    after: str
    steps: Mapping[str, str]

    def to_document(self) -> dict[str, object]:
        """Return it as JSON values."""
        steps = [{"revision": name, "what": what} for name, what in self.steps.items()]
        return {"before": self.before, "after": self.after, "steps": steps}


@dataclass(frozen=True)
class LogMigration:
    """What was done to the database of a home.

    Attributes:
        log: the tables of the event log.
        records: those in which the service keeps what it said, in the same database.
        backup: the copy made before anything was changed; None where nothing was changed, or on a server.
        events: how many events the log holds.
    """

    log: TableMigration
    records: TableMigration
    backup: Path | None
    events: int

    def to_document(self) -> dict[str, object]:
        """Return what `proffer migrate --json` prints."""
        backup = None if self.backup is None else str(self.backup)
        records = self.records.to_document()
        return {**self.log.to_document(), "events": self.events, "records": records, "backup": backup}


def migrate(home: Workspace, backed_up: bool) -> LogMigration:
    """Change the schemas in a home's database to the newest, all of it or (when this raises) nothing.

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
    from features.log.event_log import EventLog
    from features.log.migrations import EVENT_LOG
    from features.log.schema import FIRST
    from serving.records.migrations import SERVICE

    found = {EVENT_LOG: database.revision(EVENT_LOG) or FIRST, SERVICE: database.revision(SERVICE)}
    older = next((before for schema, before in found.items() if before and before != schema.head), None)
    backup = None if older is None else _backup(database, older, backed_up)
    with database.writing() as connection:
        log, records = (
            TableMigration(before, schema.head, {step.name: step.what for step in schema.upgrade(connection)})
            for schema, before in found.items()
        )
        events = EventLog(connection).count()
    return LogMigration(log, records, backup, events)


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
