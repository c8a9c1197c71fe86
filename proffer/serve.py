"""`proffer serve`: the HTTP service on this machine, refusing whoever has no token."""

from __future__ import annotations

import argparse
import logging
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from composition import reading, terminal
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import options
from proffer.recommend import desk_of
from proffer.token import dev_key

if TYPE_CHECKING:
    from recommender.engine import Engine
    from serving.http.access import Authentication
    from serving.http.app import Lifecycle

HELP = "the HTTP service"
GRACE = 10
_ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on, 0 for any free one (default: 8000)")
    parser.add_argument("--dev", action="store_true", help="on loopback only: take dev tokens, and calls without any")
    parser.add_argument("--public-key", type=Path, metavar="PEM", help="the key whose tokens are believed")
    parser.add_argument("--algorithm", choices=_ALGORITHMS, default="EdDSA", help="of the key (default: EdDSA)")
    parser.add_argument("--issuer", metavar="URL", help="who issues the tokens; needed with --public-key")
    parser.add_argument("--audience", metavar="URI", help="whom the tokens are for (default: urn:proffer:api)")
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "catalogue", "declaration", "model")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    try:
        from serving.http.app import Lifecycle, create_app
    except ModuleNotFoundError as failure:
        remedy = "Install it: pip install .[serve]"
        raise Rejected(
            [Problem(("proffer serve",), "unavailable", f"{failure.name} is not installed", remedy)]
        ) from failure
    from serving.http.handler import RecommendationHandler

    access = access_of(args)
    desk = desk_of(args)
    lifecycle = Lifecycle()
    _warm(desk)
    app = create_app(RecommendationHandler(desk), access, lambda: int(time.time()), lifecycle)
    if not access.verifiers:
        terminal.say("No --public-key and no --dev: every call but /healthz and /readyz will be refused.")
    return _serve(app, args.host, args.port, lifecycle)


def access_of(args: argparse.Namespace) -> Authentication:
    """Whom this deployment believes.

    Raises:
        Rejected: dev mode beyond this machine or beside a real key, a key without an issuer, or a file that is no key.
    """
    from serving.http.access import Authentication, is_loopback
    from serving.http.tokens import AUDIENCE, dev_verifier, verifier

    problems = _contradictions(args, is_loopback(args.host))
    if problems:
        raise Rejected(problems)
    if args.dev:
        return Authentication((dev_verifier(dev_key(Workspace(args.home))),), dev=True)
    if args.public_key is None:
        return Authentication()
    try:
        believed = verifier(args.public_key.read_bytes(), args.algorithm, args.issuer, args.audience or AUDIENCE)
    except ValueError as failure:
        raise Rejected(
            [Problem((str(args.public_key),), "invalid", str(failure), "Give the issuer's public key")]
        ) from failure
    return Authentication((believed,))


def _contradictions(args: argparse.Namespace, loopback: bool) -> list[Problem]:
    problems = []
    if args.dev and not loopback:
        remedy = "Leave --host out, or give --public-key and --issuer in place of --dev"
        problems.append(
            Problem(
                ("--dev",), "forbidden", f"takes calls without a token, and {args.host} is not this machine", remedy
            )
        )
    if args.dev and args.public_key is not None:
        problems.append(Problem(("--dev",), "conflict", "contradicts --public-key", "Give one of the two"))
    if args.public_key is not None and not args.issuer:
        problems.append(
            Problem(("--issuer",), "missing", "is missing", "Say who issues the tokens that --public-key verifies")
        )
    if not 0 <= args.port <= 65_535:
        problems.append(Problem(("--port",), "range", f"{args.port} is not a port", "Give a number from 0 to 65535"))
    return problems


def _warm(desk: Engine) -> None:
    """Answer once before the first caller does: compiled code is loaded, and a model that cannot rank is found out."""
    today = reading.as_of(None, time.time, desk.declaration.zone.name)
    desk.answer(desk.from_facts({}, ["citizen"], today), today, 1)


def _serve(app: Any, host: str, port: int, lifecycle: Lifecycle) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    server = _server(app, lifecycle)
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    terminal.say(f"Serving on http://{shown}:{listening.getsockname()[1]}")
    server.run([listening])
    return terminal.DONE


def _server(app: Any, lifecycle: Lifecycle) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        """A server that is not ready any more from the moment it is told to stop."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            lifecycle.draining = True
            super().handle_exit(sig, frame)

    settings = uvicorn.Config(
        app,
        access_log=False,  # it would log paths, and paths may name people: serving.http.security logs routes
        log_config=None,
        log_level="warning",
        proxy_headers=False,  # a header must not decide who counts as this machine
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=5,
    )
    return Server(settings)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, made here because the server's own way to fail is to exit."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as failure:
        what = f"cannot listen on {host}:{port}: {failure.strerror or failure}"
        raise Rejected(
            [Problem(("--port",), "unavailable", what, "Choose another port or address, or stop whoever uses it")]
        ) from None
