"""`proffer privacy` for witnesses: run one, and have one cosign."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from composition import clock, ledger_files, terminal
from features.problem import Problem, Rejected
from proffer import options

_LAST_PORT = 65_535


def _witness_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="the witness's own: key and memory")
    parser.add_argument("--name", required=True, help="the witness's name, such as office.example")
    parser.add_argument("--log", required=True, metavar="PUB", help="the public key of the ledger it watches")
    parser.add_argument("--listen", metavar="HOST:PORT", help="serve there (default: only make the key and say which)")


def _witness(args: argparse.Namespace) -> int:
    """Run a witness: a second process with a second key that cosigns only consistent history."""
    from composition.witness_http import server
    from privacy.ledger.note import BadNote
    from privacy.ledger.witness import Witness, vkey_file

    address = _address(args.listen) if args.listen else None
    try:
        witness = Witness.open(args.folder, args.name, ledger_files.public_key(args.log))
    except BadNote as failure:
        raise Rejected([Problem(("--name",), "invalid", str(failure), "Give one such as office.example")]) from None
    document = {"vkey": witness.verifier().text(), "file": str(args.folder / vkey_file(args.name))}
    if address is None:
        terminal.emit(document, args.json)
        return terminal.DONE
    try:
        serving = server(witness, address, clock.now)
    except (OSError, TypeError) as failure:  # gaierror too: the host has no address, or a name that is none
        said = getattr(failure, "strerror", None) or str(failure)
        what = f"cannot be listened on ({said.lower()})"
        raise Rejected([Problem(("--listen",), "invalid", what, "Give a free port of this machine")]) from None
    with serving:
        terminal.say(f"{args.name} listens on {address[0]}:{serving.server_address[1]}; end it with Ctrl-C")
        serving.serve_forever()
    return terminal.DONE


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port[:6]) > _LAST_PORT:
        remedy = "Give one such as 127.0.0.1:8099"
        raise Rejected([Problem(("--listen",), "invalid", f"{text!r} is not HOST:PORT", remedy)])
    return host, int(port)


def _cosign_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--witness", required=True, metavar="URL", help="where the witness listens")


def _cosign(args: argparse.Namespace) -> int:
    """Have a witness cosign the latest checkpoint, and keep the cosignature."""
    from composition.witness_http import ask

    ledger = ledger_files.open_ledger(args.home)
    status, answer = ask(ledger, args.witness, 0)
    if status == 409 and (size := re.fullmatch(r"\s*([0-9]{1,15})\s*", answer)):  # it saw the ledger before, so large
        status, answer = ask(ledger, args.witness, int(size[1]))
    if status != 200 or not answer.strip():
        remedy = "If it saw another history than this one, keep both copies: somebody rewrote the ledger"
        raise Rejected(
            [Problem((args.witness,), "refused", f"the witness refused ({status}): {answer.strip()[:200]!r}", remedy)]
        )
    for line in answer.splitlines():
        ledger.cosign(line)
    terminal.emit({"cosignatures": answer.splitlines()}, args.json)
    return terminal.DONE


SUBVERBS: options.Subverbs = {
    "witness": ("run a witness for a ledger", _witness_arguments, _witness),
    "cosign": ("have a witness cosign the latest checkpoint", _cosign_arguments, _cosign),
}
