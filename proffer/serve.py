"""`proffer serve`: the HTTP service on this machine; a call without a valid token is refused."""

from __future__ import annotations

import argparse
import errno
import logging
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from composition import clock, reading, terminal
from composition.engines import build_engine
from composition.service import ServiceSettings, authentication, warm_up, welcome
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import options
from proffer.recommend import engine_settings

if TYPE_CHECKING:
    from serving.http.app import Lifecycle

GRACE = 10
_ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on, 0 for any free one (default: 8000)")
    parser.add_argument("--dev", action="store_true", help="on loopback only: take dev tokens, and calls without any")
    parser.add_argument("--public-key", type=Path, metavar="PEM", help="the key that verifies tokens")
    parser.add_argument("--algorithm", choices=_ALGORITHMS, default="EdDSA", help="of the key (default: EdDSA)")
    parser.add_argument("--issuer", metavar="URL", help="who issues the tokens; needed with --public-key")
    parser.add_argument("--audience", metavar="URI", help="for whom tokens are issued (default: urn:proffer:api)")
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "country", "catalogue", "declaration", "model")


def run(args: argparse.Namespace) -> int:
    """Serve until the process is told to stop."""
    from serving.http.app import Lifecycle, create_app
    from serving.http.handler import RecommendationHandler

    settings = service_settings(args)
    access = authentication(settings)
    _listen(settings.host, settings.port).close()  # an address that is taken is said before the seconds of loading
    engine = build_engine(engine_settings(args))
    lifecycle = Lifecycle()
    warm_up(engine, reading.as_of(None, clock.now, engine.declaration.zone.name))
    pages = welcome(engine, dev=access.dev)
    app = create_app(RecommendationHandler(engine), access, clock.now, lifecycle, welcome=pages)
    if not access.verifiers:
        terminal.say("No --public-key and no --dev: every call but /healthz and /readyz will be refused.")
    return _serve(app, settings, lifecycle)


def service_settings(args: argparse.Namespace) -> ServiceSettings:
    """What the options say of the service."""
    return ServiceSettings(
        Workspace(args.home), args.host, args.port, args.dev, args.public_key, args.algorithm, args.issuer,
        args.audience,
    )  # fmt: skip


def _serve(app: Any, settings: ServiceSettings, lifecycle: Lifecycle) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    server = _server(app, lifecycle)
    listening = _listen(settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    terminal.say(f"Serving on {address}")
    terminal.say(f"In a browser: {address}/ says what this is, {address}/docs shows the API.")
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
        said = (failure.strerror or str(failure)).partition(" (while")[0].lower()
        what = f"cannot listen on {host}:{port}: {said}"
        taken = failure.errno in (errno.EADDRINUSE, errno.EACCES)
        place, remedy = ("--port", "Choose a free port") if taken else ("--host", "Give an address of this machine")
        raise Rejected([Problem((place,), "unavailable", what, remedy)]) from None
