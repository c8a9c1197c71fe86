"""Listening: the options of a service, and the process that serves its application."""

from __future__ import annotations

import argparse
import errno
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import terminal
from composition.service import ServiceSettings
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer.worker_processes import WorkerProcesses

if TYPE_CHECKING:
    from serving.http.service_frame import Lifecycle

GRACE = 10
QUOTA = 200
DRAIN = 5
_LAST = 5  # seconds that a worker has beyond its grace before it is killed
Ending = Callable[[], None] | None
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
    quota = f"calls a second for each caller, 0 for any number (default: {QUOTA})"
    parser.add_argument("--quota", type=int, default=QUOTA, metavar="N", help=quota)
    drain = f"how long calls are still taken when told to stop (default: {DRAIN}, with --dev 0)"
    parser.add_argument("--drain", type=float, metavar="SECONDS", help=drain)
    parser.add_argument("--log", choices=("text", "json"), default="text", help="form of the log (default: text)")


def service_settings(args: argparse.Namespace) -> ServiceSettings:
    """What the options say of the service."""
    return ServiceSettings(
        Workspace(args.home), args.host, args.port, args.dev, args.public_key, args.algorithm, args.issuer,
        args.audience, args.jwks, args.quota, getattr(args, "workers", 1),
        (0 if args.dev else DRAIN) if args.drain is None else args.drain, args.log,
    )  # fmt: skip


def serve_until_told(
    app: Any,
    settings: ServiceSettings,
    lifecycle: Lifecycle,
    *also: str,
    begin: Callable[[], Ending] = lambda: None,
) -> int:
    """Serve an application until the process is told to stop.

    Args:
        app: the ASGI application.
        settings: where, and by how many processes.
        lifecycle: learns that the process is going away.
        also: is said of the address, which it may name.
        begin: what each process does before it serves; it returns what the process does at its end.
    """
    from serving.http.metrics import mark_dead

    _log_to_stderr(settings.log)
    listening = listen(settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    terminal.say(f"Serving on {address}")
    for line in also:
        terminal.say(line.format(address=address))

    def work(number: int) -> int:
        lifecycle.worker = number
        end = begin()
        _server(app, lifecycle, settings.drain).run([listening])
        if end is not None:
            end()
        return terminal.DONE

    if settings.workers == 1:
        return work(0)
    return WorkerProcesses(work, settings.workers, settings.drain + GRACE + _LAST).run(mark_dead)


def _log_to_stderr(form: str) -> None:
    from serving.http.security import JsonLines

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(asctime)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _server(app: Any, lifecycle: Lifecycle, drain: float) -> Any:
    import uvicorn

    from serving.http.connection import KEEP_ALIVE, Connection, DrainingServer

    settings = uvicorn.Config(
        app,
        http=Connection,
        access_log=False,  # it would log paths, and paths may name people: serving.http.security logs routes
        log_config=None,
        log_level="warning",
        proxy_headers=False,  # a header must not decide who counts as this machine
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=KEEP_ALIVE,
    )
    return DrainingServer(settings, lifecycle, drain)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, made here because the server's own way to fail is to exit."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # a socket does so too, and stays open where it cannot
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, UnicodeError) as failure:
        said = (getattr(failure, "strerror", None) or str(failure)).partition(" (while")[0].lower()
        what = f"cannot listen on {host}:{port}: {said}"
        taken = getattr(failure, "errno", None) in (errno.EADDRINUSE, errno.EACCES)
        place, remedy = ("--port", "Choose a free port") if taken else ("--host", "Give an address of this machine")
        raise Rejected([Problem((place,), "unavailable", what, remedy)]) from None
