"""What is counted of a service, for Prometheus: routes, kinds and lengths, never anything of a person.

With several processes each counts into files of the folder that `PROMETHEUS_MULTIPROC_DIR` names, which must be set
before this module is loaded; whichever process is asked adds them up.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
REGISTRY: Final = CollectorRegistry()
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS: Final = Counter(
    "proffer_http_requests", "Requests answered.", ["method", "route", "status"], registry=REGISTRY
)
SECONDS: Final = Histogram(
    "proffer_http_request_seconds", "From the request's head to the end of the answer.", ["route"], registry=REGISTRY,
    buckets=_SECONDS,
)  # fmt: skip
REFUSALS: Final = Counter("proffer_http_refusals", "Problem documents sent, by kind.", ["kind"], registry=REGISTRY)
LEFT: Final = Counter("proffer_http_left", "Requests whose caller left before their turn came.", registry=REGISTRY)
QUEUE: Final = Gauge(
    "proffer_queue_length", "Requests that wait for their turn.", ["pool"], registry=REGISTRY,
    multiprocess_mode="livesum",
)  # fmt: skip
EVENTS: Final = Counter("proffer_events", "Events sent, by what became of them.", ["outcome"], registry=REGISTRY)
EVENTS_WAITING: Final = Gauge(
    "proffer_events_waiting", "Events received that are not on disk yet.", registry=REGISTRY,
    multiprocess_mode="livesum",
)  # fmt: skip
EVENT_LAG: Final = Gauge(
    "proffer_event_lag_seconds", "How long the event that waits longest has waited to be on disk, at the last commit.",
    registry=REGISTRY, multiprocess_mode="livemax",
)  # fmt: skip
OFFERS_WAITING: Final = Gauge(
    "proffer_offers_waiting", "What is not worked off into offers yet: events, and people due to be looked at.",
    ["what"], registry=REGISTRY, multiprocess_mode="mostrecent",
)  # fmt: skip
OFFERS_LAG: Final = Gauge(
    "proffer_offers_lag_seconds", "How long ago the first event was recorded that is not worked off into offers yet.",
    registry=REGISTRY, multiprocess_mode="mostrecent",
)  # fmt: skip
COMMIT_SECONDS: Final = Histogram(
    "proffer_events_commit_seconds", "How long one commit of events took.", registry=REGISTRY, buckets=_SECONDS
)
COMMIT_EVENTS: Final = Histogram(
    "proffer_events_per_commit", "How many events one commit held.", registry=REGISTRY,
    buckets=(1, 10, 30, 100, 300, 1_000, 3_000, 10_000),
)  # fmt: skip
RELOADS: Final = Counter(
    "proffer_reloads", "Times that a changed model or catalogue was read.", ["outcome"], registry=REGISTRY
)


def exposition() -> bytes:
    """Everything counted, of all processes, in Prometheus' text format."""
    if not os.environ.get(FOLDER_VARIABLE):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def mark_dead(pid: int) -> None:
    """Forget the lengths of a process that has ended; what it counted stays."""
    if os.environ.get(FOLDER_VARIABLE):
        mark_process_dead(pid)  # type: ignore[no-untyped-call]
