"""Telemetry: what is sent by OpenTelemetry's protocol to where its standard environment says, and nothing without it.

OTEL_EXPORTER_OTLP_ENDPOINT                  where to, for both; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT for one
OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER  `none` leaves one of them out
OTEL_SDK_DISABLED                            `true` leaves out both
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final

from composition import clock
from features import __version__
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

    from serving.http.request_span import Tell

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
PROTOCOL: Final = "OTEL_EXPORTER_OTLP_PROTOCOL"
_SPOKEN: Final = "http/protobuf"
_SIGNALS: Final = ("TRACES", "METRICS")
_SENDERS: Final = ("trace_exporter", "metric_exporter")


def signals(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the environment asks to be sent: TRACES, METRICS, both or neither.

    Raises:
        Rejected: by a protocol that is not spoken.

    >>> signals({}), signals({ENDPOINT: "http://collector:4318", "OTEL_METRICS_EXPORTER": "none"})
    ((), ('TRACES',))
    """
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return ()
    asked = tuple(
        signal for signal in _SIGNALS
        if environment.get(f"OTEL_{signal}_EXPORTER", "otlp") != "none"
        and (environment.get(ENDPOINT) or environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
    )  # fmt: skip
    for name in (PROTOCOL, *(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL" for signal in _SIGNALS)):
        if asked and environment.get(name, _SPOKEN) != _SPOKEN:
            raise Rejected([Problem((name,), "unknown", "is a protocol that is not spoken", f"Set it to {_SPOKEN}")])
    return asked


def usable_signals() -> tuple[str, ...]:
    """Return what the environment of this process asks to be sent, with what sends it loaded; no thread is begun.

    A service calls it before it begins processes of its own, whose refusals nobody reads.

    Raises:
        Rejected: by a protocol that is not spoken, or the extra `otel` is not installed.
    """
    asked = signals(os.environ)
    try:
        for name in _SENDERS if asked else ():
            importlib.import_module(f"opentelemetry.exporter.otlp.proto.http.{name}")
    except ImportError:
        remedy = "Install the extra otel (docs/install.md), or unset it"
        raise Rejected([Problem((ENDPOINT,), "missing", "is set, but what would send is not there", remedy)]) from None
    return asked


def request_telemetry() -> tuple[Tell, Callable[[], None]]:
    """Return what is told of requests, nothing where nothing is configured, and what sends the rest of it at the end.

    Each process that answers has its own: what sends is a thread.

    Raises:
        Rejected: as `usable_signals`.
    """
    from serving.http.request_span import RequestTelemetry, nothing_told

    asked = usable_signals()
    if not asked:
        return nothing_told, lambda: None
    traces, meters = _providers(asked)

    def end() -> None:
        for provider in (traces, meters):
            if provider is not None:
                provider.shutdown()

    return RequestTelemetry(traces, meters, clock.nanoseconds), end


def _providers(asked: Collection[str]) -> tuple[TracerProvider | None, MeterProvider | None]:
    """Return what sends traces and what sends measurements, each in a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    ours = Resource({"service.name": "proffer", "service.version": __version__})
    resource = ours.merge(OTELResourceDetector().detect())  # what the environment says of the service counts
    traces = TracerProvider(resource=resource) if "TRACES" in asked else None
    if traces is not None:
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    readers = [PeriodicExportingMetricReader(OTLPMetricExporter())] if "METRICS" in asked else []
    return traces, MeterProvider(readers, resource) if readers else None
