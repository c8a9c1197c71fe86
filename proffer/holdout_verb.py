"""`proffer holdout`: let the proactive contact of a few wait for a while, by the word of two people, or end that."""

from __future__ import annotations

import argparse

from composition import clock
from composition.offer_service import end_holdout
from composition.signed_policy import HOLDOUT
from composition.workspace import Workspace
from proffer import options
from proffer.policy_signing import signing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    options.add_subverbs(parser, signing(HOLDOUT, "share, span and legal basis: docs/contact.md", _END))


run = options.run_subverb

_END = (
    "let nothing wait any longer, before the span is over",
    lambda args: end_holdout(Workspace(args.home), clock.now()),
)
