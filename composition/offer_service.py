"""Offer service: what works offers off in a home: the key of their ids, the country's policy, and the receiver.

keys/offer.key   names offers, so that a restored backup names them the same; PROFFER_OFFER_KEY goes before it
"""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from composition.contact_terms import read_contact_policy
from composition.purpose_terms import read_purposes
from composition.settings import SHIPPED, CountryFolder
from composition.signed_policy import HOLDOUT, SignedPolicy
from composition.stop_file import StopFile
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from recommender.contact.holdout import HoldoutPolicy
    from recommender.engine import Engine
    from serving.proactive.message_sender import MessageSender
    from serving.proactive.offer_identity import OfferIdentity
    from serving.proactive.offer_worker import OfferWorker
    from serving.records.switched_off import Stops

__all__ = ["end_holdout", "look_at_swept", "message_sender", "offer_identity", "offer_workers", "seldom_collect"]

OFFER_KEY: Final = "PROFFER_OFFER_KEY"
WEBHOOK_URL: Final = "PROFFER_WEBHOOK_URL"
WEBHOOK_KEYS: Final = "PROFFER_WEBHOOK_KEYS"
_MADE: Final = 50_000
"""Values that a step makes and that live until its end, about."""
_PRIVATE_FOLDER: Final = 0o700


def offer_identity(workspace: Workspace) -> OfferIdentity:
    """Return what names offers in a home; its key is made where there is none.

    Raises:
        Rejected: the key is no key.
    """
    from serving.proactive.offer_identity import KEY_BYTES, OfferIdentity

    file = workspace.keys / "offer.key"
    text = os.environ.get(OFFER_KEY)
    if not text:
        if not file.exists():
            workspace.begin()
            file.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            write_whole(file, secrets.token_hex(KEY_BYTES).encode(), mode=OWNER_ONLY)
        text = file.read_text(encoding="ascii", errors="replace")
    try:
        return OfferIdentity(bytes.fromhex(text.strip()))
    except ValueError:
        where = OFFER_KEY if os.environ.get(OFFER_KEY) else str(file)
        remedy = f"Restore it: at least {2 * KEY_BYTES} hexadecimal digits"
        raise Rejected([Problem((where,), "invalid", "is no key of offers", remedy)]) from None


def offer_workers(
    engine: Callable[[], Engine], workspace: Workspace, country: CountryFolder = SHIPPED, part: tuple[int, int] = (1, 1)
) -> Callable[[], OfferWorker]:
    """Return what gives the worker for the engine of the moment; policy and key are read once.

    Args:
        engine: what judges and orders.
        workspace: the home.
        country: whose policy it is.
        part: which part of the people it works off, and of how many.

    Raises:
        Rejected: the policy or the key is wrong.
    """
    from serving.proactive.look_outcome import OutcomeMaker
    from serving.proactive.offer_look import Watch
    from serving.proactive.offer_worker import OfferWorker
    from serving.proactive.store_access import Stores
    from serving.proactive.work_list import WorkPart
    from serving.records.decision import Recorder

    policy = read_contact_policy(country, declaration=engine().declaration)
    ids = offer_identity(workspace)
    stores, stops = Stores(workspace.store, workspace.store_to_write), StopFile(workspace)
    holdout = SignedPolicy(workspace, HOLDOUT)

    @lru_cache(maxsize=2)
    def made(one: Engine, stopped: Stops, held: HoldoutPolicy | None) -> OfferWorker:
        watch = Watch(one, policy, read_purposes(one.declaration, country), stopped, held)
        return OfferWorker(stores, OutcomeMaker(watch, ids, Recorder(one)), WorkPart(*part))

    return lambda: made(engine(), stops(), holdout())


def seldom_collect() -> None:
    """Let cycles be looked for seldom, and never in what is there now: the catalogue lives as long as the worker."""
    gc.freeze()
    gc.set_threshold(_MADE)


def end_holdout(workspace: Workspace, now: int) -> int:
    """Let no contact wait by a holdout any longer, and look anew at everybody whose does; return how many they are.

    Raises:
        Rejected: the database cannot be written; then all waits as it did.
    """
    from serving.proactive.offer_book import OfferBook
    from serving.proactive.work_list import WorkList

    if not workspace.has_events:
        SignedPolicy(workspace, HOLDOUT).end()
        return 0
    with workspace.store_to_write() as store:
        count = WorkList(store.connection).look_at(OfferBook(store.connection).held_out(), now)
        SignedPolicy(workspace, HOLDOUT).end()
    return count


def look_at_swept(workspace: Workspace, swept: Path, now: int) -> int:
    """Let everybody be looked at anew for whom a sweep found something; return how many of them the log knows.

    Raises:
        Rejected: there is no such sweep, it is not whole, or the database cannot be written; nobody is looked at then.
    """
    from serving.proactive.work_list import WorkList
    from sweep.sweep_folder import SweepFolder

    folder = SweepFolder.finished(swept)
    with workspace.store_to_write() as store:
        work = WorkList(store.connection)
        return sum(work.look_at(people, now) for people in folder.people())


def message_sender(workers: Callable[[], OfferWorker], workspace: Workspace, *, dev: bool) -> MessageSender | None:
    """Return what sends through the webhook that the environment names; None where it names none.

    Raises:
        Rejected: the address or a key is wrong, or there is no key.
    """
    from serving.proactive.message_sender import MessageSender, WebhookReceiver
    from serving.proactive.public_address import checked_url
    from serving.proactive.store_access import Stores
    from serving.proactive.webhook_post import WebhookPost
    from serving.proactive.webhook_signature import parse_keys

    url = os.environ.get(WEBHOOK_URL)
    if not url:
        return None
    parts = checked_url(url, WEBHOOK_URL, dev=dev)
    keys = parse_keys(os.environ.get(WEBHOOK_KEYS, ""), WEBHOOK_KEYS)
    receiver = WebhookReceiver(WebhookPost(parts), keys, sha256(url.encode()).hexdigest())
    stores = Stores(workspace.store, workspace.store_to_write)
    return MessageSender(stores, lambda: workers().watch, receiver, Random())  # noqa: S311
