"""Request span: what OpenTelemetry is told of a request, which names nobody: method, route template, status, time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

NAME: Final = "proffer"
SECONDS: Final = "http.server.request.duration"
_FAILED: Final = 500
_NANOSECONDS: Final = 1_000_000_000


class Answered(NamedTuple):
    """A request that was answered.

    Attributes:
        method: in capitals, or OTHER.
        route: the template of its path; in brackets where there is none.
        status: of the answer.
        seconds: from its head to the end of the answer.
        parent: the `traceparent` that came with it (W3C Trace Context); empty for none.
    """

    method: str
    route: str
    status: int
    seconds: float
    parent: str


Tell = Callable[[Answered], None]


def nothing_told(_answered: Answered) -> None:
    """What is told of requests where nothing is configured."""


class RequestTelemetry:
    """One span and one measurement for each request, by the semantic conventions of HTTP servers.

    Of these what may name somebody is left out: `url.path` and `url.query`, addresses, headers, and what came with the
    trace but its ids (`tracestate`, `baggage`).
    """

    def __init__(self, traces: TracerProvider | None, meters: MeterProvider | None, clock: Callable[[], int]) -> None:
        """Tell these providers; `clock` gives nanoseconds since 1970."""
        self._tracer = None if traces is None else traces.get_tracer(NAME)
        said = "Duration of HTTP server requests."
        self._seconds = None if meters is None else meters.get_meter(NAME).create_histogram(SECONDS, "s", said)
        self._clock = clock

    def __call__(self, answered: Answered) -> None:
        """Tell of a request that was answered now."""
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        method = "_OTHER" if answered.method == "OTHER" else answered.method
        told: dict[str, str | int] = {"http.request.method": method, "http.response.status_code": answered.status}
        routed = answered.route.startswith("/")
        told |= {"http.route": answered.route} if routed else {}
        told |= {"error.type": str(answered.status)} if answered.status >= _FAILED else {}
        if self._seconds is not None:
            self._seconds.record(answered.seconds, told)
        if self._tracer is not None:
            ended, named = self._clock(), method.replace("_OTHER", "HTTP")
            span = self._tracer.start_span(
                f"{named} {answered.route}" if routed else named,
                TraceContextTextMapPropagator().extract({"traceparent": answered.parent}),
                SpanKind.SERVER,
                told,
                start_time=ended - int(answered.seconds * _NANOSECONDS),
            )
            if answered.status >= _FAILED:
                span.set_status(Status(StatusCode.ERROR))
            span.end(ended)
