"""Listening: the options of a service, and the process that serves its application."""

from __future__ import annotations

import argparse
import errno
import logging
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from composition import terminal
from composition.service import ServiceSettings
from composition.workspace import Workspace
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from serving.http.service_frame import Lifecycle

GRACE = 10
QUOTA = 200
_ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")


def add_listening(parser: argparse.ArgumentParser, port: int, dev: str) -> None:
    """Add where a service listens and whose tokens it believes; `dev` is the line of help of `--dev`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=port, help=f"port to listen on, 0 for any free one (default: {port})"
    )
    parser.add_argument("--dev", action="store_true", help=dev)
    parser.add_argument("--public-key", type=Path, metavar="PEM", help="the key that verifies tokens")
    parser.add_argument("--jwks", metavar="FILE|URL", help="the issuer's key set, read again as its keys change")
    parser.add_argument("--algorithm", choices=_ALGORITHMS, default="EdDSA", help="of --public-key (default: EdDSA)")
    parser.add_argument("--issuer", metavar="URL", help="who issues the tokens; needed with --public-key and --jwks")
    parser.add_argument("--audience", metavar="URI", help="for whom tokens are issued (default: urn:proffer:api)")
    parser.add_argument(
        "--quota",
        type=int,
        default=QUOTA,
        metavar="N",
        help=f"calls a second for each caller, 0: any (default: {QUOTA})",
    )


def service_settings(args: argparse.Namespace) -> ServiceSettings:
    """What the options say of the service."""
    return ServiceSettings(
        Workspace(args.home), args.host, args.port, args.dev, args.public_key, args.algorithm, args.issuer,
        args.audience, args.jwks, args.quota,
    )  # fmt: skip


def serve_until_told(app: Any, settings: ServiceSettings, lifecycle: Lifecycle, *also: str) -> int:
    """Serve an application until the process is told to stop; `also` is said of the address, which it may name."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    server = _server(app, lifecycle)
    listening = listen(settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    terminal.say(f"Serving on {address}")
    for line in also:
        terminal.say(line.format(address=address))
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


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, made here because the server's own way to fail is to exit."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as failure:
        said = (failure.strerror or str(failure)).partition(" (while")[0].lower()
        what = f"cannot listen on {host}:{port}: {said}"
        taken = failure.errno in (errno.EADDRINUSE, errno.EACCES)
        place, remedy = ("--port", "Choose a free port") if taken else ("--host", "Give an address of this machine")
        raise Rejected([Problem((place,), "unavailable", what, remedy)]) from None
