"""`proffer migrate`: the event log of the home gets the schema of this version, after a backup."""

from __future__ import annotations

import argparse

from composition import migration, terminal
from composition.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "--backed-up", action="store_true", help="a backup of a log on a PostgreSQL server was made (with pg_dump)"
    )


def run(args: argparse.Namespace) -> int:
    """Migrate the log, and say what was done."""
    done = migration.migrate(Workspace(args.home), args.backed_up)
    terminal.emit(done.to_document(), args.json, _text(done))
    return terminal.DONE


def _text(done: migration.LogMigration) -> str:
    lines = [f"the event log has schema {done.log.after} already: nothing was changed ({done.events} events)"]
    if done.log.steps:
        lines = [f"the event log of {done.events} events went from schema {done.log.before} to {done.log.after}:"]
        lines += [f"  {name}  {what}" for name, what in done.log.steps.items()]
    if done.records.steps:
        begun = f"went from schema {done.records.before} to" if done.records.before else "were begun with schema"
        lines.append(f"the records of the service {begun} {done.records.after}:")
        lines += [f"  {name}  {what}" for name, what in done.records.steps.items()]
    if done.backup is not None:
        lines.append(f"the database as it was: {done.backup} (delete it soon: moved away, it keeps who is erased)")
    return "\n".join(lines)
