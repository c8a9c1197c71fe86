"""`proffer token --dev`: a short-lived token for trying the HTTP service on this machine."""

from __future__ import annotations

import argparse

from composition import clock, terminal
from composition.service import dev_key
from composition.workspace import Workspace
from features.problem import Problem, Rejected


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--dev", action="store_true", help="sign with this home's dev key (the only kind issued here)")
    parser.add_argument("--subject", default="dev", metavar="ID", help="the person it is for (default: dev)")
    parser.add_argument("--act-as", action="store_true", help="may ask on behalf of any person")
    parser.add_argument("--write-events", action="store_true", help="may write events, about anybody")
    parser.add_argument("--rights", action="store_true", help="may exercise the person's rights: consents, erasure")
    parser.add_argument("--answer-offers", action="store_true", help="may decline offers and put them off")
    parser.add_argument("--casework", action="store_true", help="may ask for people who agreed to casework")
    parser.add_argument("--read-ledger", action="store_true", help="may read what the privacy ledger says")
    parser.add_argument("--reach", action="store_true", help="may count draft rules over a population")
    parser.add_argument("--reserve", action="store_true", help="may reserve from privacy budgets (`privacy serve`)")
    parser.add_argument("--minutes", type=int, default=15, metavar="N", help="how long it lives, 1 to 60 (default: 15)")


def run(args: argparse.Namespace) -> int:
    """Issue the token and print it."""
    from serving.http import tokens  # cryptography is loaded only to sign

    if not args.dev:
        remedy = "Add --dev for a token to try the service with; real tokens come from your identity provider"
        raise Rejected([Problem(("proffer token",), "forbidden", "issues dev tokens only", remedy)])
    also = [(args.act_as, tokens.ACT_AS), (args.write_events, tokens.WRITE), (args.rights, tokens.RIGHTS)]
    also += [(args.answer_offers, tokens.ANSWER), (args.reserve, tokens.RESERVE)]
    also += [(args.read_ledger, tokens.AUDIT), (args.casework, tokens.CASEWORK)]
    also += [(args.reach, tokens.REACH)]
    scopes = frozenset([tokens.READ, *(scope for given, scope in also if given)])
    now = clock.now()
    try:
        token = tokens.dev_token(dev_key(Workspace(args.home)), now, args.subject, scopes, args.minutes)
    except ValueError as failure:
        raise Rejected([Problem(("proffer token",), "invalid", str(failure), "See proffer token --help")]) from failure
    expires = now + 60 * args.minutes
    document = {"token": token, "subject": args.subject, "scope": " ".join(sorted(scopes)), "expires": expires}
    terminal.emit(document, args.json, token)
    return terminal.DONE
