"""What OpenTelemetry is told of a request: the route, never whom it is about, what was sent, or who asked."""

from __future__ import annotations

import json

import pytest

from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.http.request_span import RequestTelemetry
from serving.http.service_frame import Lifecycle
from tests.serving.http.citizens_calls import KEY, NOW, home_with, stated

opentelemetry = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
from opentelemetry import _logs, metrics, trace  # noqa: E402
from opentelemetry.sdk._logs import LoggerProvider  # noqa: E402
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor  # noqa: E402
from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402

ANN = "ann-7f3a"
FACTS = {"sex": "female", "birth_date": "1993-04-02", "region": "26"}
CANARIES = (ANN, "1993-04-02", "canary", "Bearer", "eyJ", "2026-02-03")


class Collector:
    """What the SDK was told, kept in memory."""

    def __init__(self):
        self.spans, self.logs, self.reader = InMemorySpanExporter(), InMemoryLogRecordExporter(), InMemoryMetricReader()
        self.traces, self.meters, self.loggers = TracerProvider(), MeterProvider([self.reader]), LoggerProvider()
        self.traces.add_span_processor(SimpleSpanProcessor(self.spans))
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self.logs))

    def told(self):
        """All of it, as one text."""
        measured = self.reader.get_metrics_data()
        parts = [one.to_json() for one in (*self.spans.get_finished_spans(), *self.logs.get_finished_logs())]
        return "\n".join([*parts, "" if measured is None else measured.to_json()])


@pytest.fixture
def collector():
    return Collector()


@pytest.fixture
def service(tmp_path, real_engine, caller_of):
    """Call the service over a log in which ann is; `lifecycle` is that of its process."""
    home = home_with(tmp_path, real_engine, stated(ANN, FACTS))
    access, desk = Authentication((tokens.dev_verifier(KEY),)), LogDesk(real_engine.declaration, home)
    lifecycle = Lifecycle()
    call = caller_of(create_app(RecommendationHandler(real_engine), access, lambda: NOW, lifecycle, log=desk))
    call.lifecycle = lifecycle
    return call


def ask_everything(call):
    """Calls that name ann in a path, a query, a body, a token and a header; one that fails, one that there is not."""
    token = tokens.dev_token(KEY, NOW, ANN, frozenset({tokens.READ, tokens.WRITE, tokens.RIGHTS}))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "x-request-id": ANN}
    headers |= {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": f"citizen={ANN}", "baggage": f"id={ANN}"}
    person = f"/v1/citizens/{ANN}"
    statuses = [
        call("GET", f"{person}/recommendations?as_of=2026-02-03&asked=canary", headers).status_code,
        call("GET", f"{person}/recommendations", headers).status_code,
        call("GET", f"/v1/decisions/{ANN}", headers).status_code,
        call("POST", "/v1/recommendations", headers, content=json.dumps({"facts": FACTS}).encode()).status_code,
        call(
            "POST", "/v1/recommendations", headers, content=json.dumps({"facts": {"canary": ANN}}).encode()
        ).status_code,
        call("GET", f"/{ANN}", headers).status_code,
        call(ANN, "/healthz", headers).status_code,
    ]
    assert statuses == [422, 200, 404, 200, 422, 404, 405]


def test_a_collector_that_somebody_else_set_up_is_told_nothing_by_the_framework(service, collector, monkeypatch):
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: collector.traces)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: collector.meters)
    monkeypatch.setattr(_logs, "get_logger_provider", lambda: collector.loggers)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    ask_everything(service)
    assert collector.told() == ""


def test_a_span_and_a_measurement_name_routes_and_nobody(service, collector):
    service.lifecycle.tell = RequestTelemetry(collector.traces, collector.meters, lambda: NOW * 1_000_000_000)
    ask_everything(service)
    told = collector.told()
    assert [word for word in CANARIES if word in told] == []
    spans = collector.spans.get_finished_spans()
    assert [span.name for span in spans][1:5] == [
        "GET /v1/citizens/{citizen:path}/recommendations",
        "GET /v1/decisions/{decision_id}",
        "POST /v1/recommendations",
        "POST /v1/recommendations",
    ]
    assert [span.name for span in spans][5:] == ["GET", "HTTP /healthz"]
    assert {name for span in spans for name in span.attributes} == {
        "http.request.method",
        "http.response.status_code",
        "http.route",
    }
    assert {span.context.trace_id for span in spans} == {int("a" * 32, 16)}  # they belong to the caller's trace
    assert {span.parent.span_id for span in spans} == {int("b" * 16, 16)}
    assert {span.end_time for span in spans} == {NOW * 1_000_000_000}
    assert all(span.end_time > span.start_time for span in spans)
    assert "http.server.request.duration" in told


def test_a_failure_is_told_by_its_status_without_the_message(service, collector, monkeypatch):
    def fails(*_):
        raise ValueError(ANN)

    service.lifecycle.tell = RequestTelemetry(collector.traces, collector.meters, lambda: NOW * 1_000_000_000)
    monkeypatch.setattr(RecommendationHandler, "recommend", fails)
    token = tokens.dev_token(KEY, NOW, ANN, frozenset({tokens.READ}))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    assert service("POST", "/v1/recommendations", headers, content=b'{"facts": {}}').status_code == 500
    (span,) = collector.spans.get_finished_spans()
    assert (span.status.is_ok, span.attributes["error.type"]) == (False, "500")
    assert ANN not in collector.told()
