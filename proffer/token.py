"""`proffer token --dev`: a short-lived token for trying the HTTP service on this machine."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from composition import terminal
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole

HELP = "issue an access token for the HTTP service"
KEY = "dev-token.pem"
_OTHERS = 0o077


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--dev", action="store_true", help="sign with this home's dev key (the only kind issued here)")
    parser.add_argument("--subject", default="dev", metavar="ID", help="for whom: a person's id (default: dev)")
    parser.add_argument("--act-as", action="store_true", help="may ask on behalf of anybody")
    parser.add_argument("--minutes", type=int, default=15, metavar="N", help="how long it lives, 1 to 60 (default: 15)")


def run(args: argparse.Namespace) -> int:
    """Issue the token and print it."""
    try:
        from serving.http import tokens  # cryptography is loaded only to sign
    except ModuleNotFoundError as failure:
        what = f"{failure.name} is not installed"
        raise Rejected(
            [Problem(("proffer token",), "unavailable", what, "Install it: pip install .[serve]")]
        ) from failure
    if not args.dev:
        remedy = "Add --dev for a token to try the service with; real tokens come from your identity provider"
        raise Rejected([Problem(("proffer token",), "forbidden", "issues dev tokens only", remedy)])
    scopes = frozenset({tokens.READ, tokens.ACT_AS} if args.act_as else {tokens.READ})
    now = int(time.time())
    try:
        token = tokens.dev_token(dev_key(Workspace(args.home)), now, args.subject, scopes, args.minutes)
    except ValueError as failure:
        raise Rejected([Problem(("proffer token",), "invalid", str(failure), "See proffer token --help")]) from failure
    expires = now + 60 * args.minutes
    document = {"token": token, "subject": args.subject, "scope": " ".join(sorted(scopes)), "expires": expires}
    terminal.emit(document, args.json, token)
    return terminal.DONE


def dev_key(home: Workspace) -> bytes:
    """This home's dev key in PEM form, made when it is first asked for; only its owner may read the file.

    Raises:
        Rejected: others may read the file, or it holds no such key.
    """
    path = home.keys / KEY
    if not path.exists():
        from serving.http.tokens import new_dev_key

        home.folder(home.keys)
        write_whole(path, new_dev_key(), mode=OWNER_ONLY)
    _check_private(path)
    return path.read_bytes()


def _check_private(path: Path) -> None:
    if path.stat().st_mode & _OTHERS:
        raise Rejected(
            [Problem((str(path),), "forbidden", "may be read by others than its owner", f"Run: chmod 600 {path}")]
        )
