"""`proffer serve`: the HTTP service on this machine; a call without a valid token is refused."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from composition import clock, terminal
from composition.engines import build_engine
from composition.offer_service import offer_workers
from composition.page_service import PAGE_KEY
from composition.purpose_terms import consent_terms
from composition.service import ServiceSettings, authentication, event_log, welcome
from composition.stop_file import StopFile
from composition.telemetry import request_telemetry, usable_signals
from proffer import listening, options
from proffer.recommend import engine_settings

_BROWSER = "In a browser: {address}/ says what this is, {address}/docs shows the API."
_PAGES = "Pages for people: {address}/citizen"
_NO_PAGES = f"No pages for people: they need {PAGE_KEY}, and a way to sign in (docs/pages.md)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    listening.add_listening(parser, 8000, "on loopback only: take dev tokens, and calls without any")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="how many processes answer (default: 1)")
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "country", "catalogue", "declaration", "model")


def run(args: argparse.Namespace) -> int:
    """Serve until the process is told to stop."""
    settings = listening.service_settings(args)
    with contextlib.ExitStack() as ending:
        if settings.workers > 1:  # before what counts is loaded
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = ending.enter_context(TemporaryDirectory(prefix="proffer-metrics-"))
        return _serve(args, settings)


def _serve(args: argparse.Namespace, settings: ServiceSettings) -> int:
    from composition.ledger_reading import LedgerAnswers
    from composition.live_engine import LiveEngine, marks_of
    from composition.page_service import PageService
    from composition.reach_service import ReachService
    from serving.http.app import create_app
    from serving.http.log_desk import LogDesk
    from serving.http.privacy_routes import add_privacy
    from serving.http.reach_desk import ReachDesk
    from serving.http.reach_routes import add_reach
    from serving.http.service_frame import Lifecycle

    access = authentication(settings)
    usable_signals()  # what is wrong with the environment is said before loading
    listening.listen(settings.host, settings.port).close()  # an address that is taken is said before loading
    of, lifecycle = engine_settings(args), Lifecycle()
    terms = partial(consent_terms, country=args.country)
    stops = StopFile(settings.workspace)
    live = LiveEngine(partial(build_engine, of), partial(marks_of, of), clock.now, terms, stops)
    home = event_log(settings.workspace)
    workers = offer_workers(lambda: live.engine, home, args.country)
    desk = LogDesk(live.engine.declaration, home, workers)
    ledger = LedgerAnswers(args.home, clock.now)
    people = ReachService(home, lambda: live.engine, of)
    reach = ReachDesk(lambda: live.engine, people.census)
    pages = PageService(live, desk, access, home, ledger, of, reach, people.need)
    front = welcome(live.engine, dev=access.dev, pages=pages.served)
    app = create_app(live, access, clock.now, lifecycle, front, desk)
    add_privacy(app, ledger, access, clock.now)
    add_reach(app, reach, access, clock.now)
    pages.add_to(app)
    if not access.verifiers:
        terminal.say("No --public-key and no --dev: every call but /healthz and /readyz will be refused.")

    def begin() -> Callable[[], None]:
        signal.signal(signal.SIGHUP, live.wake)
        live.watch()
        people.begin()
        lifecycle.tell, end = request_telemetry()
        return end

    return listening.serve_until_told(
        app, settings, lifecycle, _BROWSER, _PAGES if pages.served else _NO_PAGES, begin=begin
    )
