"""Telemetry is sent where the standard environment says, by its protocol; without it nothing is, and no thread runs."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from composition.telemetry import ENDPOINT, PROTOCOL, request_telemetry, signals
from features.problem import Rejected
from serving.http.request_span import Answered, nothing_told

ASKED = Answered("GET", "/v1/citizens/{citizen:path}/offers", 200, 0.25, "")
TRACES, METRICS = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"


@pytest.fixture
def collector():
    """A server that keeps what is sent to it, by path."""
    kept = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            kept[self.path] = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in (ENDPOINT, PROTOCOL, TRACES, METRICS, "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)


def test_without_an_address_nothing_is_told():
    before = threading.active_count()
    assert request_telemetry()[0] is nothing_told
    assert threading.active_count() == before


def test_spans_and_measurements_are_sent_and_the_rest_of_them_at_the_end(collector, monkeypatch):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    address, kept = collector
    monkeypatch.setenv(ENDPOINT, address)
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=town")
    tell, end = request_telemetry()
    tell(ASKED)
    end()
    assert sorted(kept) == ["/v1/metrics", "/v1/traces"]
    for body in kept.values():
        assert b"/v1/citizens/{citizen:path}/offers" in body
        assert b"proffer" in body
        assert b"town" in body


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, ()),
        ({ENDPOINT: ""}, ()),
        ({ENDPOINT: "http://c"}, ("TRACES", "METRICS")),
        ({TRACES: "http://c"}, ("TRACES",)),
        ({METRICS: "http://c"}, ("METRICS",)),
        ({ENDPOINT: "http://c", "OTEL_TRACES_EXPORTER": "none"}, ("METRICS",)),
        ({ENDPOINT: "http://c", "OTEL_SDK_DISABLED": "true"}, ()),
        ({PROTOCOL: "grpc"}, ()),
    ],
)
def test_what_is_sent_is_what_the_environment_asks_for(environment, sent):
    assert signals(environment) == sent


def test_a_protocol_that_is_not_spoken_is_refused():
    with pytest.raises(Rejected, match=PROTOCOL):
        signals({ENDPOINT: "http://c", PROTOCOL: "grpc"})


def test_a_library_that_is_not_there_is_named_by_its_extra(monkeypatch):
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(Rejected) as refusal:
        request_telemetry()
    assert "otel" in refusal.value.problems[0].remedy
