"""`proffer privacy serve`: the ledger's own process, of which other machines reserve over HTTP."""

from __future__ import annotations

import argparse
from decimal import Decimal

from composition import clock, ledger_files, terminal
from composition.service import authentication
from proffer import listening

LINE = "be the process of which other machines reserve over HTTP"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this sub-verb."""
    listening.add_listening(
        parser, 8010, "on loopback only: take dev tokens, which `proffer token --dev --reserve` issues"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until the process is told to stop."""
    from privacy.accounting import accountant
    from privacy.accounting.mechanism import gaussian
    from serving.http.ledger_app import create_ledger_app
    from serving.http.reservation_desk import ReservationDesk
    from serving.http.service_frame import Lifecycle

    settings = listening.service_settings(args)
    access = authentication(settings)
    listening.listen(settings.host, settings.port).close()  # an address that is taken is said before loading
    ledger_files.open_ledger(args.home)  # one that is not what was signed is refused at once
    accountant.price(gaussian("4"), Decimal("0.000001"))  # as is a machine without both accountants
    desk, lifecycle = ReservationDesk(lambda: ledger_files.open_ledger(args.home)), Lifecycle()
    if not access.verifiers:
        terminal.say("No --public-key and no --dev: every call but /healthz and /readyz will be refused.")
    return listening.serve_until_told(create_ledger_app(desk, access, clock.now, lifecycle), settings, lifecycle)
