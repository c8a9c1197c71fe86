"""`proffer offers`: works off what happened into offers, sends them, and lists those that people bring in person."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, terminal
from composition.engines import build_engine
from composition.offer_service import look_at_swept, message_sender, offer_workers, seldom_collect
from composition.paper import pdf
from composition.reading import read_declaration
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.whole_file import write_whole
from proffer import options
from proffer.recommend import engine_settings

if TYPE_CHECKING:
    from serving.proactive.message_sender import MessageSender, Sent
    from serving.proactive.offer_worker import OfferWorker

PAUSE: Final = 0.2
"""Seconds to wait where nothing waits to be worked off."""
AT_ONCE: Final = 20
"""Messages sent before what happened is worked off again."""
FORMS: Final = ("json", "csv", "html", "pdf")
PRINTED: Final = FORMS[2:]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    does = parser.add_mutually_exclusive_group()
    does.add_argument("--once", action="store_true", help="work off what waits, and end (default: go on until stopped)")
    does.add_argument(
        "--list", metavar="CHANNEL", help="write what waits to leave through a channel, such as caseworker"
    )
    does.add_argument("--delivered", metavar="MESSAGE", help="say that a message was brought to the person")
    told = "look anew at everybody for whom a sweep found something, such as a programme that was published"
    does.add_argument("--swept", type=Path, metavar="DIR", help=told)
    does.add_argument("--status", action="store_true", help="tell what waits")
    parser.add_argument(
        "--form", choices=FORMS, default="json", help="of --list; html and pdf to print (default: json)"
    )
    parser.add_argument("--sensitive", action="store_true", help="a printed list has sensitive programmes too")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where --list writes (default: standard output)")
    part = "work off one of N parts of the people, each in a process of its own; the first works off events (1/1)"
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help=part)
    parser.add_argument("--dev", action="store_true", help="a webhook may be http on this machine, for trying it")
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "language", "country", "catalogue", "declaration", "model")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    home = Workspace(args.home)
    if args.list or args.delivered or args.status or args.swept:
        return _on_book(args, home)
    engine = build_engine(engine_settings(args))
    workers = offer_workers(lambda: engine, home, args.country, args.part)
    sender = message_sender(workers, home, dev=args.dev)
    seldom_collect()
    told = {"people": 0, "messages": 0, "delivered": 0, "put_off": 0, "ended": 0}
    while True:
        done = _step(workers(), sender, told, alone=args.part == (1, 1))
        if not done and args.once:
            break
        if not done:
            time.sleep(PAUSE)
    terminal.emit(told, args.json, lambda: _said(told))
    return terminal.DONE


def _part(text: str) -> tuple[int, int]:
    """Read K/N, as of `--part`."""
    place, _, of = text.partition("/")
    if not (place.isascii() and place.isdigit() and of.isascii() and of.isdigit() and 1 <= int(place) <= int(of) < 100):
        raise argparse.ArgumentTypeError(f"{text} is no part: write 1/2 and 2/2 for two processes")
    return int(place), int(of)


def _step(worker: OfferWorker, sender: MessageSender | None, told: dict[str, int], *, alone: bool) -> bool:
    """Work off and send some, each message at its own time; return whether there was anything to do.

    One that is `alone` goes on as long as anything waits; of several, each as long as something waits for it.
    """
    sends: list[Sent] = []
    done = worker.step(clock.now())
    while sender is not None and len(sends) < AT_ONCE:
        sends.append(sender.step(clock.now(), 1))
        if not any(sends[-1]):
            break
    found = Counter({"people": done.people, "messages": done.messages})
    for one in sends:
        found.update(one._asdict())
    for name, count in found.items():
        told[name] += count
    return any(found.values()) or (alone and (done.lag.events > 0 or done.lag.looks > 0))


def _on_book(args: argparse.Namespace, home: Workspace) -> int:
    """What is on the book: listed, marked, or counted."""
    from serving.proactive import contact_list
    from serving.proactive.outbox import Outbox
    from serving.proactive.work_list import WorkList

    if not home.has_events:
        remedy = "Put events into the log with `proffer ingest`, or name another --home"
        raise Rejected([Problem((str(home.path),), "missing", "holds no event log", remedy)])
    if args.delivered:
        with home.store_to_write() as store:
            contact_list.bring(
                store, args.delivered, clock.now(), read_declaration(args.declaration, country=args.country)
            )
        terminal.emit({"message": args.delivered, "state": "delivered"}, args.json, "On record as delivered.")
        return terminal.DONE
    if args.swept:
        people = look_at_swept(home, args.swept, clock.now())
        terminal.emit({"people": people}, args.json, f"{people} people will be looked at anew.")
        return terminal.DONE
    if args.list:
        return _put(_list(args, home), args.out)
    with home.store() as store:
        lag, counts = WorkList(store.connection).lag(clock.now()), Outbox(store.connection).counts()
    messages: dict[str, dict[str, int]] = {}
    for (channel, state), count in sorted(counts.items()):
        messages.setdefault(channel, {})[state] = count
    told: Mapping[str, Any] = {"waiting": lag._asdict(), "messages": messages}
    terminal.emit(told, args.json, lambda: f"{lag.events} events and {lag.looks} people wait; messages: {messages}")
    return terminal.DONE


def _list(args: argparse.Namespace, home: Workspace) -> bytes:
    """What people bring through a channel, of what may leave by all that stands now."""
    from features.calendar import date_of
    from rendering.voice import voice_of
    from serving.proactive import contact_list
    from serving.proactive.store_access import Stores

    engine, stores = build_engine(engine_settings(args)), Stores(home.store, home.store_to_write)
    watch = offer_workers(lambda: engine, home, args.country)().watch
    country, waiting = engine.declaration.country, contact_list.to_bring(stores, args.list, clock.now(), watch)
    language = options.language_of(args, country) if args.language else country.languages[0]  # its people read it
    if args.form not in PRINTED:
        return contact_list.written(waiting, args.form, language).encode()
    voice, zone = voice_of(engine.messages, language), engine.declaration.zone
    text, left_out = contact_list.printed(
        waiting, args.list, voice, lambda second: date_of(zone.today(second + 1)), sensitive=args.sensitive
    )
    if left_out:
        terminal.say(f"{left_out} messages are no letters: they name what is sensitive, or too much; list them as JSON")
    return pdf(text, language) if args.form == "pdf" else text.encode()


def _put(content: bytes, out: Path | None) -> int:
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write_whole(out, content)
    return terminal.DONE


def _said(told: Mapping[str, int]) -> str:
    return (
        f"{told['people']} people looked at, {told['messages']} messages written, {told['delivered']} delivered, "
        f"{told['put_off']} to be tried again, {told['ended']} ended"
    )
