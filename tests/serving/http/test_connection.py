"""Connections as a client sees them byte by byte: what is no request gets a problem document, and idle ones end."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
import uvicorn
from uvicorn.server import ServerState

from serving.http import connection
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.connection import KEEP_ALIVE, Connection
from serving.http.security import SECURITY_HEADERS

PATIENCE = 60  # seconds; a busy machine takes long

NOT_REQUESTS = {
    "words": b"hello\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: gzip\r\n\r\n0",
    "a chunk without a size": b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a line that is folded before the first": b"GET / HTTP/1.1\r\n x: y\r\nHost: x\r\n\r\n",
    "a space before a colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "an endless head": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: canary\r\n" * 6_000,
    "a NUL": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


async def served(app, use, keep_alive=KEEP_ALIVE):
    """Serve an application on a free port, by the connections of the service, while `use(reader, writer)` runs."""
    config = uvicorn.Config(app, http=Connection, access_log=False, log_config=None, server_header=False,
                            timeout_keep_alive=keep_alive)  # fmt: skip
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            try:
                return await use(reader, writer)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    finally:
        server.close()
        for line in list(state.connections):
            line.transport.abort()
        await asyncio.sleep(0)


def told(app, *parts, keep_alive=KEEP_ALIVE):
    """Everything the service says to bytes until it closes the connection."""

    async def use(reader, writer):
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()

    return asyncio.run(served(app, use, keep_alive))


@pytest.fixture
def app(answers):
    return create_app(answers, Authentication(dev=True), lambda: 1_800_000_000)


@pytest.mark.parametrize("name", NOT_REQUESTS)
def test_what_is_no_request_gets_a_problem_document_with_every_header(app, name):
    head, _, body = told(app, NOT_REQUESTS[name]).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert first.startswith("HTTP/1.1 400")
    assert headers["content-type"] == "application/problem+json"
    assert {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items() <= headers.items()
    document = json.loads(body)
    assert (document["status"], b"canary" in body) == (400, False)
    assert document["type"].startswith("urn:proffer:problem:malformed-")


def test_a_connection_on_which_nothing_comes_is_closed(app):
    assert told(app, keep_alive=0.05) == b""


def test_a_head_that_does_not_end_is_told_so_however_it_is_fed(app, monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)

    async def use(reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        reading = asyncio.create_task(reader.readline())
        while not reading.done():
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.02)
        return await reading

    assert asyncio.run(served(app, use)).startswith(b"HTTP/1.1 408")


def test_an_idle_connection_is_kept_longer_than_a_load_balancer_keeps_it_and_then_closed(app):
    assert KEEP_ALIVE > 60
    said = told(app, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", keep_alive=0.05)
    assert said.startswith(b"HTTP/1.1 200")


def test_requests_one_behind_the_other_are_answered_in_order(app):
    one = b"%s /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    said = told(app, one % (b"GET", b"healthz") + one % (b"GET", b"nope") + one % (b"HEAD", b"healthz"), keep_alive=0.2)
    assert [part[:3] for part in said.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]
    assert said.count(b'{"status":"ok"}') == 1


def test_the_absolute_form_of_a_target_is_taken(app):
    said = told(app, b"GET http://localhost/healthz HTTP/1.1\r\nHost: LOCALHOST\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200")
