from __future__ import annotations

import argparse
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from composition.service import authentication
from features.problem import Rejected
from proffer import listening, serve
from proffer.cli import main

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds; a server on a busy machine takes long to start and to answer
BODY = {"facts": {"sex": "female", "birth_date": "1993-04-02"}, "as_of": "2026-10-31", "k": 3}
QUESTION = b'{"facts": {"sex": "female"}}'


def arguments(tmp_path, *words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, default=tmp_path / "home")
    serve.add_arguments(parser)
    return listening.service_settings(parser.parse_args(words))


def test_a_library_that_is_not_there_is_said_before_anything_listens(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    assert main(["serve", "--dev", "--port", "0", "--home", str(tmp_path / "home")]) == 2
    said = capsys.readouterr().err
    assert "Install the extra otel" in said
    assert "Serving on" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_dev_mode_beyond_this_machine_is_refused(tmp_path, host):
    with pytest.raises(Rejected, match="not this machine"):
        authentication(arguments(tmp_path, "--dev", "--host", host))


def test_contradictions_are_all_reported_at_once(tmp_path):
    with pytest.raises(Rejected) as refusal:
        authentication(arguments(tmp_path, "--dev", "--public-key", "k.pem", "--host", "0.0.0.0", "--port", "99999"))
    assert len(refusal.value.problems) == 4


def test_a_public_key_is_believed_for_its_issuer(tmp_path):
    pem = tmp_path / "key.pem"
    pem.write_bytes(
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    words = ("--public-key", str(pem), "--issuer", "https://id.example.org")
    believed = authentication(arguments(tmp_path, *words, "--algorithm", "ES256"))
    assert (believed.dev, believed.verifiers[0].issuer) == (False, "https://id.example.org")
    with pytest.raises(Rejected, match="not a key for EdDSA"):
        authentication(arguments(tmp_path, *words))


def test_without_a_key_nobody_is_believed_and_in_dev_mode_this_home_is(tmp_path):
    assert authentication(arguments(tmp_path)).verifiers == ()
    assert not (tmp_path / "home").exists()
    assert len(authentication(arguments(tmp_path, "--dev")).verifiers) == 1


def test_a_port_in_use_is_one_clear_message():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Rejected, match="cannot listen"):
        listening.listen("127.0.0.1", taken.getsockname()[1])


def started(tmp_path, *words):
    command = [sys.executable, "-m", "proffer", "serve", "--port", "0", "--home", str(tmp_path / "home"), *words]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"http://\S+", line):
            return process, watchdog, found.group()
    process.communicate()
    watchdog.cancel()
    raise AssertionError("".join(said))


def stopped(process, watchdog):
    process.terminate()
    _, log = process.communicate(timeout=PATIENCE)
    watchdog.cancel()
    return process.returncode, log


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_a_real_server_answers_a_token_refuses_nonsense_and_stops_when_told(tmp_path, capsys):
    assert main(["token", "--dev", "--home", str(tmp_path / "home")]) == 0
    token = capsys.readouterr().out.strip()
    process, watchdog, url = started(tmp_path, "--dev")
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            assert client.get("/readyz").json()["ready"] is True
            with_token = client.post("/v1/recommendations", json=BODY, headers={"authorization": f"Bearer {token}"})
            assert with_token.status_code == 200
            assert with_token.json()["as_of"] == "2026-10-31"
            assert "server" not in with_token.headers
            assert client.post("/v1/recommendations", json=BODY).status_code == 200
            wrong = client.post("/v1/recommendations", json=BODY, headers={"authorization": "Bearer x.y.z"})
            assert wrong.status_code == 401
            canary = client.post("/v1/recommendations", content=b'{"facts": {"canary": 1}}' + b" " * 9,
                                 headers={"content-type": "application/json"})  # fmt: skip
            assert canary.status_code == 422
            large = client.post("/v1/recommendations", content=b"x" * 2_000_000,
                                headers={"content-type": "application/json"})  # fmt: skip
            assert large.status_code == 413
            assert client.get("/citizens/canary").status_code == 404
    finally:
        code, log = stopped(process, watchdog)
    assert code in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    assert "POST /v1/recommendations 200" in log
    assert "canary" not in log
    assert "Traceback" not in log


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_a_request_under_way_is_answered_after_the_server_is_told_to_stop(tmp_path):
    process, watchdog, url = started(tmp_path, "--dev")
    head = (
        "POST /v1/recommendations HTTP/1.1", "Host: localhost", "Content-Type: application/json",
        f"Content-Length: {len(QUESTION)}", "Expect: 100-continue", "Connection: close", "", "",
    )  # fmt: skip
    try:
        with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=PATIENCE) as line:
            line.sendall("\r\n".join(head).encode())
            assert line.recv(1000).startswith(b"HTTP/1.1 100")  # so the request is under way, and waits for its body
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            line.sendall(QUESTION)
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["recommendations"]
    finally:
        code, _ = stopped(process, watchdog)
    assert code in (0, -signal.SIGTERM, 128 + signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_a_server_without_a_key_refuses_everybody_and_says_so(tmp_path):
    process, watchdog, url = started(tmp_path)
    try:
        answer = httpx.post(f"{url}/v1/recommendations", content=json.dumps(BODY), timeout=PATIENCE)
        assert answer.status_code == 401
        assert httpx.get(f"{url}/healthz", timeout=PATIENCE).status_code == 200
    finally:
        stopped(process, watchdog)


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_several_processes_count_together_log_json_and_are_seen_to_go(tmp_path):
    process, watchdog, url = started(
        tmp_path, "--dev", "--workers", "2", "--drain", "3", "--log", "json", "--quota", "5"
    )
    try:
        answers = [httpx.get(f"{url}/healthz", headers={"x-request-id": "canary"}, timeout=PATIENCE) for _ in range(20)]
        assert {(one.status_code, one.headers["x-request-id"]) for one in answers} == {(200, "canary")}
        assert httpx.head(f"{url}/healthz", timeout=PATIENCE).status_code == 200
        counted = httpx.get(f"{url}/metrics", timeout=PATIENCE).text
        assert 'proffer_http_requests_total{method="GET",route="/healthz",status="200"} 20.0' in counted
        asked = [httpx.get(f"{url}/v1/facts", timeout=PATIENCE).status_code for _ in range(40)]
        assert 429 in asked  # one quota for both processes, each call on a connection of its own
        process.send_signal(signal.SIGTERM)
        ready = 200
        while ready == 200:
            ready = httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code
        assert ready == 503
        last = httpx.get(f"{url}/healthz", timeout=PATIENCE)
        assert (last.status_code, last.headers["connection"]) == (200, "close")
    finally:
        code, log = stopped(process, watchdog)
    assert code == 0
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"method", "route", "status", "ms", "time", "level"} <= set(lines[0])
    assert "canary" not in log
