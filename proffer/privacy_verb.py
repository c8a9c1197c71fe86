"""`proffer privacy`: budgets of populations, the ledger they are kept in, and its check by an auditor."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from composition import terminal
from proffer import approval_verbs, audit_verb, auditor_verbs, budget_verbs, options, witness_verbs

HELP = "budgets of people's privacy, and the ledger that proves what was spent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs and their options."""
    verbs = parser.add_subparsers(dest="subverb", metavar="SUB-VERB", required=True, parser_class=type(parser))
    for name, (line, add, handle) in SUBVERBS.items():
        sub = verbs.add_parser(name, help=line, description=f"{line}.", allow_abbrev=False)
        add(sub)
        sub.set_defaults(handle=handle)
        options.keep_earlier(sub)


def run(args: argparse.Namespace) -> int:
    """Run the sub-verb."""
    if args.no_progress:
        terminal.hide_progress()
    handle: Callable[[argparse.Namespace], int] = args.handle
    return handle(args)


_BY_NOUN = {
    **budget_verbs.SUBVERBS,
    **approval_verbs.SUBVERBS,
    **auditor_verbs.SUBVERBS,
    **witness_verbs.SUBVERBS,
    "audit": (audit_verb.LINE, audit_verb.add_arguments, audit_verb.run),
}
SUBVERBS = {
    name: _BY_NOUN[name]
    for name in (
        "init",
        "status",
        "reserve",
        "commit",
        "expire",
        "release",
        "raise",
        "reset",
        "public",
        "enrol",
        "revoke",
        "enrol-root",
        "revoke-root",
        "enrol-witness",
        "revoke-witness",
        "approve",
        "key",
        "rotate",
        "export",
        "verify",
        "report",
        "proof",
        "audit",
        "checkpoint",
        "witness",
        "cosign",
    )
}
