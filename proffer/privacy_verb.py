"""`proffer privacy`: budgets of populations, the ledger they are kept in, and its check by an auditor."""

from __future__ import annotations

import argparse

from proffer import approval_verbs, audit_verb, auditor_verbs, budget_verbs, ledger_service, options, witness_verbs

SUBVERBS: options.Subverbs = {
    **budget_verbs.SUBVERBS,
    **approval_verbs.SUBVERBS,
    **auditor_verbs.SUBVERBS,
    **witness_verbs.SUBVERBS,
    "serve": (ledger_service.LINE, ledger_service.add_arguments, ledger_service.run),
    "audit": (audit_verb.LINE, audit_verb.add_arguments, audit_verb.run),
}

run = options.run_subverb


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs and their options."""
    options.add_subverbs(parser, SUBVERBS)
