"""Policy signing: the sub-verbs by which two people put a policy of chance in force, and by which it ends."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from composition import ledger_files, terminal
from composition.reading import read_yaml
from composition.signed_policy import P, PolicyKind, SignedPolicy, sign
from composition.workspace import Workspace

if TYPE_CHECKING:
    from proffer import options


def signing(
    kind: PolicyKind[P], said: str, end: tuple[str, Callable[[argparse.Namespace], int | None]]
) -> options.Subverbs:
    """Return the sub-verbs of one kind of policy.

    Args:
        kind: what is signed.
        said: what is in its file, and where that is described.
        end: what its end does, in a line, and what ends it: returns how many people are looked at anew, or None.
    """

    def ended(args: argparse.Namespace) -> int:
        return _told(args, kind, None, end[1](args))

    return {
        "sign": ("sign a policy, on your own machine", lambda one: _add_signing(one, kind, said),
                 lambda args: _sign(args, kind)),
        "enter": ("put in force what two people signed, in place of what was", _add_entering,
                  lambda args: _told(args, kind, SignedPolicy(Workspace(args.home), kind).enter(args.signature))),
        "show": ("what is in force, and who signed it", lambda _parser: None,
                 lambda args: _told(args, kind, SignedPolicy(Workspace(args.home), kind)())),
        "end": (end[0], lambda _parser: None, ended),
    }  # fmt: skip


def _add_signing(parser: argparse.ArgumentParser, kind: PolicyKind[P], said: str) -> None:
    file = f"{kind.name.upper()}.yaml"
    parser.add_argument("policy", type=Path, metavar=file, help=said)
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="your private key")
    parser.add_argument("--name", default="", help="your name as enrolled, for a key file that does not hold one")
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"where to write it (default: {file}.NAME.sig)")


def _sign(args: argparse.Namespace, kind: PolicyKind[P]) -> int:
    """Sign a policy, as a root approver. This needs no ledger: do it on your own machine, after reading the policy."""
    from features.whole_file import write_whole

    policy = kind.read(read_yaml(args.policy), (args.policy.name,))
    signer = ledger_files.private_key(args.key, args.name)
    out = args.out or args.policy.with_name(f"{args.policy.name}.{signer.name.replace('/', '-')}.sig")
    ledger_files.refuse_own(args.home, out)
    write_whole(out, sign(kind.name, policy, signer))
    document = {"signature": str(out), "signed_by": signer.name, kind.name: policy.to_document()}
    terminal.emit(document, args.json, f"{signer.name} signed:\n{terminal.listing(policy.to_document())}\n-> {out}")
    return terminal.DONE


def _add_entering(parser: argparse.ArgumentParser) -> None:
    signed = "what `sign` wrote; give two, by different root approvers"
    parser.add_argument("--signature", type=Path, action="append", metavar="FILE", required=True, help=signed)


def _told(args: argparse.Namespace, kind: PolicyKind[P], policy: P | None, people: int | None = None) -> int:
    """Print what is in force, and how many people are looked at anew because it is no more."""
    document = None if policy is None else {**policy.to_document(), "signed_by": list(policy.signed_by)}
    anew = {} if people is None else {"people": people}
    text = kind.ended if document is None else terminal.listing(document)
    text += "" if people is None else f"; {people} people are looked at anew"
    terminal.emit({kind.name: document, **anew}, args.json, text)
    return terminal.DONE
