"""`proffer holdout`: let the proactive contact of a few wait for a while, by the word of two people, or end that."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import clock, ledger_files, terminal
from composition.holdout_file import HoldoutFile, sign
from composition.offer_service import end_holdout
from composition.reading import read_yaml
from composition.workspace import Workspace
from proffer import options

if TYPE_CHECKING:
    from recommender.contact.holdout import HoldoutPolicy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    options.add_subverbs(parser, _SUBVERBS)


run = options.run_subverb


def _add_signing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "policy", type=Path, metavar="HOLDOUT.yaml", help="share, span and legal basis: docs/contact.md"
    )
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="your private key")
    parser.add_argument("--name", default="", help="your name as enrolled, for a key file that does not hold one")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: HOLDOUT.yaml.NAME.sig)")


def _sign(args: argparse.Namespace) -> int:
    """Sign a policy, as a root approver. This needs no ledger: do it on your own machine, after reading the policy."""
    from features.whole_file import write_whole
    from recommender.contact.holdout import read_holdout

    policy = read_holdout(read_yaml(args.policy), (args.policy.name,))
    signer = ledger_files.private_key(args.key, args.name)
    out = args.out or args.policy.with_name(f"{args.policy.name}.{signer.name.replace('/', '-')}.sig")
    ledger_files.refuse_own(args.home, out)
    write_whole(out, sign(policy, signer))
    document = {"signature": str(out), "signed_by": signer.name, "holdout": policy.to_document()}
    terminal.emit(document, args.json, f"{signer.name} signed:\n{terminal.listing(document['holdout'])}\n-> {out}")
    return terminal.DONE


def _add_entering(parser: argparse.ArgumentParser) -> None:
    signed = "what `sign` wrote; give two, by different root approvers"
    parser.add_argument("--signature", type=Path, action="append", metavar="FILE", required=True, help=signed)


def _told(args: argparse.Namespace, policy: HoldoutPolicy | None, people: int | None = None) -> int:
    """Print what is in force, and how many people are looked at anew because it is no more."""
    document = None if policy is None else {**policy.to_document(), "signed_by": list(policy.signed_by)}
    anew = {} if people is None else {"people": people}
    text = "nothing waits" if document is None else terminal.listing(document)
    text += "" if people is None else f"; {people} people are looked at anew"
    terminal.emit({"holdout": document, **anew}, args.json, text)
    return terminal.DONE


_SUBVERBS: Final[options.Subverbs] = {
    "sign": ("sign a policy, on your own machine", _add_signing, _sign),
    "enter": (
        "put in force what two people signed, in place of what was",
        _add_entering,
        lambda args: _told(args, HoldoutFile(Workspace(args.home)).enter(args.signature)),
    ),
    "show": (
        "what is in force, and who signed it",
        lambda _parser: None,
        lambda args: _told(args, HoldoutFile(Workspace(args.home))()),
    ),
    "end": (
        "let nothing wait any longer, before the span is over",
        lambda _parser: None,
        lambda args: _told(args, None, end_holdout(Workspace(args.home), clock.now())),
    ),
}
