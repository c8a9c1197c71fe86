"""`proffer exploration`: let chance order near-ties of served lists, by the word of two people, or end that."""

from __future__ import annotations

import argparse

from composition.signed_policy import EXPLORATION, SignedPolicy
from composition.workspace import Workspace
from proffer import options
from proffer.policy_signing import signing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    end = "leave nothing to chance any longer, before the span is over", _end
    options.add_subverbs(parser, signing(EXPLORATION, "margin, places, span and legal basis: docs/exploration.md", end))


run = options.run_subverb


def _end(args: argparse.Namespace) -> None:
    SignedPolicy(Workspace(args.home), EXPLORATION).end()
