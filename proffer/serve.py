"""`proffer serve`: the HTTP service on this machine; a call without a valid token is refused."""

from __future__ import annotations

import argparse
from pathlib import Path

from composition import clock, reading, terminal
from composition.engines import build_engine
from composition.service import authentication, event_log, warm_up, welcome
from proffer import listening, options
from proffer.recommend import engine_settings

_BROWSER = "In a browser: {address}/ says what this is, {address}/docs shows the API."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    listening.add_listening(parser, 8000, "on loopback only: take dev tokens, and calls without any")
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "country", "catalogue", "declaration", "model")


def run(args: argparse.Namespace) -> int:
    """Serve until the process is told to stop."""
    from serving.http.app import create_app
    from serving.http.handler import RecommendationHandler
    from serving.http.log_desk import LogDesk
    from serving.http.service_frame import Lifecycle

    settings = listening.service_settings(args)
    access = authentication(settings)
    listening.listen(settings.host, settings.port).close()  # an address that is taken is said before loading
    engine = build_engine(engine_settings(args))
    lifecycle = Lifecycle()
    warm_up(engine, reading.as_of(None, clock.now, engine.declaration.zone.name))
    pages, desk = welcome(engine, dev=access.dev), LogDesk(engine.declaration, event_log(settings.workspace))
    app = create_app(RecommendationHandler(engine), access, clock.now, lifecycle, pages, desk)
    if not access.verifiers:
        terminal.say("No --public-key and no --dev: every call but /healthz and /readyz will be refused.")
    return listening.serve_until_told(app, settings, lifecycle, _BROWSER)
