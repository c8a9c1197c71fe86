"""A thousand hostile calls to a running service: none fails, its memory stays flat, and another caller is answered."""

from __future__ import annotations

import gzip
import re
import socket
import threading
import time
from itertools import islice
from pathlib import Path

import httpx
import pytest

from composition.service import dev_key
from composition.workspace import Workspace
from serving.http import tokens
from serving.http.event_wire import BATCH, STRUCTURED
from tests.serving.http.test_connection import NOT_REQUESTS
from tests.serving.http.test_hostile_bodies import BODIES, CANARY
from tests.serving.http.test_service_faults import PATIENCE, Service

JSON = "application/json"
PLACES = {
    ("POST", "/v1/recommendations"): JSON,
    ("POST", "/v1/batch/recommendations"): JSON,
    ("POST", "/v1/events"): STRUCTURED,
    ("POST", "/v1/events?"): BATCH,
    ("POST", "/v1/feedback"): JSON,
    ("PUT", "/v1/citizens/c1/consents"): JSON,
    ("POST", "/v1/citizens/c1/claims"): JSON,
    ("POST", "/v1/requests/1/ruling"): JSON,
}
FORGED = [
    "x",
    "%00",
    "a" * 5_000,
    "eyJvZmZzZXQiOi0xfQ",
    "..%2F..",
    "1.5",
    "-1",
    "%F0%9F%92%A9",
    "2" * 300,
    "'--",
]
PATHS = [
    *(f"/v1/programmes?cursor={one}" for one in FORGED),
    *(f"/v1/citizens/c1/recommendations?cursor={one}" for one in FORGED),
    *(f"/v1/citizens/{one}/recommendations" for one in FORGED),
    *(f"/v1/citizens/{one}/decisions?cursor={one}" for one in FORGED),
    *(f"/v1/decisions/{one}" for one in FORGED),
    *(f"/v1/programmes/{one}" for one in FORGED),
    "/v1/citizens/c1/recommendations?" + "&".join(f"asked=f{number}" for number in range(3_000)),
    "/v1/citizens/c1/recommendations?k=1&k=2",
    "/v1/programmes?limit=" + "9" * 400,
]
HEADERS = [
    {"content-type": kind}
    for kind in ("", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16", "*/*")
] + [
    {"content-type": JSON, "content-encoding": "gzip"},
    {"content-type": JSON, "content-encoding": "br, gzip"},
    {"content-type": JSON, "accept-language": "ko;q=" + "9" * 5_000},
    {"content-type": JSON, "accept-language": ",".join(["xx"] * 5_000)},
    {"content-type": JSON, "if-none-match": "*" * 9_000},
    {"content-type": JSON, "x-request-id": CANARY + "\x7f" * 300},
    {"content-type": JSON, "authorization": "Bearer " + "a.b.c" * 2_000},
    {"content-type": JSON, "x": "y" * 60_000},
]
BOMB = gzip.compress(b"[" * 20_000_000)
MOST_GROWN = 64 * 1024
"""Kilobytes by which the process may grow : keeping each large body would be several times that."""


def calls():
    """Method, path, headers and body of one hostile call after the other."""
    for (method, path), media in PLACES.items():
        for body in BODIES.values():
            yield method, path, {"content-type": media}, body
    for path in PATHS:
        yield "GET", path, {}, b""
    for headers in HEADERS:
        yield "POST", "/v1/recommendations", headers, BOMB if "content-encoding" in headers else b"{}"


def endless(url, beginning):
    """Send what has no end until the service has had enough; the status it says, None where it only closes."""
    host, port = re.findall(r"//(.*):(\d+)", url)[0]
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as line:
        try:
            line.sendall(beginning)
            for _ in range(200 if b"chunked" in beginning else 0):
                line.sendall(b"4000\r\n" + b"1" * 0x4000 + b"\r\n")
        except OSError:
            pass  # it was refused, and the connection closed
        try:
            said = line.recv(65_536)
        except OSError:
            return None
    found = re.match(rb"HTTP/1.1 (\d+)", said)
    return int(found[1]) if found else None


CHUNKED = (
    b"POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def resident(pid):
    """Kilobytes of a process that lie in memory."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


class Neighbour(threading.Thread):
    """Another caller, with a token and a queue of her own, who asks again and again what anybody may."""

    def __init__(self, url, home):
        super().__init__()
        self.url, self.key, self.over, self.statuses = url, dev_key(home), threading.Event(), []

    def run(self):
        body = {"facts": {"birth_date": "1990-05-01"}, "k": 1, "explain": "none"}
        with httpx.Client(timeout=PATIENCE) as client:
            while not self.over.wait(0.05):
                token = tokens.dev_token(self.key, int(time.time()), "neighbour", frozenset({tokens.READ}))
                headers = {"authorization": f"Bearer {token}"}
                answer = client.post(f"{self.url}/v1/recommendations", json=body, headers=headers)
                self.statuses.append(answer.status_code)


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_a_thousand_hostile_calls_fail_nothing_and_delay_nobody_for_good(tmp_path):
    home = Workspace(tmp_path / "home", patience=5)
    service = Service(home, workers=1)
    neighbour = Neighbour(service.url, home)
    found, grown = [], []
    try:
        with httpx.Client(base_url=service.url, timeout=PATIENCE) as client:

            def answers(some):
                for method, path, headers, body in some:
                    answer = client.request(method, path, headers=headers, content=body)
                    found.append(answer.status_code)
                    assert answer.status_code < 500, (method, path, body[:80], answer.text)
                    assert CANARY not in answer.text

            waiting = calls()
            answers(islice(waiting, 150))
            grown.append(resident(service.process.pid))
            neighbour.start()
            answers(waiting)
            found += [endless(service.url, beginning) for beginning in (CHUNKED, *NOT_REQUESTS.values())]
            grown.append(resident(service.process.pid))
    finally:
        neighbour.over.set()
        if neighbour.is_alive():
            neighbour.join(PATIENCE)
        service.stop()
    assert len(found) >= 1_000
    assert all(status is None or status < 500 for status in found), found
    assert len(neighbour.statuses) >= len(found) // 100
    assert set(neighbour.statuses) == {200}
    assert grown[1] - grown[0] < MOST_GROWN, grown
