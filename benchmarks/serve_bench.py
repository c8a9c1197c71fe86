"""One request answered, over HTTP beside a bare echo of the same sizes, or in the process without HTTP; model on.

The catalogue is the shipped one, then one of 11,000 grown from it by the mix of real rules, no two alike
(docs/catalogue.md). Four people are asked about, from a few facts to many,
and of one hardly anything is known, so that few programmes are excluded. Over HTTP each request is about another
person like one of the four, and each reply carries the decision that it is; then people are asked about whose events
the log holds, and each decision is written. What is timed is CPU time.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import IO, Any, Final

from composition import reading
from composition.catalogue_growth import growth
from composition.model_registry import read_artefact
from features.declaration.vocabulary import STATED
from features.problem import Problem, Rejected
from recommender.engine import Engine
from recommender.offers.batch import Ranker, batch
from recommender.ranking.model import read_model
from recommender.rules.catalogue import catalogue

SIZES: Final = (99, 11_000)
DAY: Final = date(2026, 11, 2)
SHOWN, ROUNDS, WARM = 10, 20, 3
SERVE: Final = (sys.executable, "-m", "proffer", "serve", "--dev", "--port", "0", "--quota", "0")
HEAD: Final = (
    "POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n"
)
KEPT: Final = 60
"""Of so many people the log holds events."""
IDLE: Final = 0.05
"""So many seconds of the processor in two of the clock: a process that does nothing but look."""
REGIONS: Final = ("11440", "41111", "26350", "11680", "48250", "50110", "43111", "30170")
ECHO: Final = """
import json, socket, sys, uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response
from serving.http.connection import Connection
app, reply = FastAPI(), json.load(open(sys.argv[1], encoding="utf-8"))

@app.post("/v1/recommendations")
async def echo(request: Request):
    json.loads(await request.body())
    return Response(json.dumps(reply, ensure_ascii=False), media_type="application/json")

listening = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
uvicorn.Server(uvicorn.Config(app, http=Connection, access_log=False, log_level="warning")).run([listening])
"""
PEOPLE: Final[tuple[dict[str, object], ...]] = (
    {"birth_date": "1990-05-01", "sex": "female", "region": "11440", "income_percent": 72, "pregnant": True,
     "children": ["2025-03-01"]},
    {"birth_date": "1955-05-01", "sex": "male", "region": "41111", "income_percent": 40, "children": [],
     "disabled": True},
    {"birth_date": "1985-02-01", "sex": "male", "region": "26350", "job_seeker": True, "worker": False,
     "children": ["2020-01-01", "2026-09-15"], "no_home": True, "income_percent": 120},
    {"birth_date": "1999-05-01"},
)  # fmt: skip


def measure(
    progress: Callable[[str], None], model: Path | None = None, in_process: bool = False
) -> Mapping[str, object]:
    """Answer one person after the other with the model of an artefact's folder, over HTTP or in the process.

    Raises:
        Rejected: no model was given.
    """
    if model is None:
        remedy = "Name a model's folder, or promote one in the home"
        raise Rejected([Problem(("--model",), "missing", "is not given", remedy)])
    return _in_process(progress, model) if in_process else over_http(progress, model)


def _in_process(progress: Callable[[str], None], model: Path) -> Mapping[str, object]:
    found = []
    for size in SIZES:
        progress(f"{size:,} programmes")
        found.append({"programmes": size, **measured(engine_of(size, model))})
    return {
        "name": "serve",
        "work": f"one request in the process for each of {len(PEOPLE)} people, {SIZES[-1]:,} programmes, model on",
        "unit": "requests a second of CPU",
        "ours": found[-1]["ours"],
        "peers": {},
        "ratio": {},
        "equal_results": all(one["equal_results"] for one in found),
        "sizes": found,
    }


def over_http(
    progress: Callable[[str], None], model: Path, sizes: Sequence[int] = SIZES, requests: int = 200
) -> Mapping[str, object]:
    """Ask a service of one process, and an echo of replies of the same size on the same server, in turn.

    The echo is a bare FastAPI route that reads the request's JSON and writes the reply's. Both run in processes of
    their own, whose CPU is what counts; the clock's figures, at half of what the service can do, stand beside.
    """
    rows = [_of_size(progress, model, size, requests) for size in sizes]
    last = rows[-1]
    return {
        "name": "serve",
        "work": f"POST /v1/recommendations, {last['programmes']:,} programmes, model on, with its decision, k={SHOWN}",
        "unit": "requests a second of CPU",
        "ours": 1000 / last["ms of CPU"],
        "peers": {"echo": 1000 / last["echo's ms"]},
        "ratio": {"echo": last["echo's ms"] / last["ms of CPU"]},
        "equal_results": all(row.pop("equal") for row in rows),
        "details": rows,
    }


def _of_size(progress: Callable[[str], None], model: Path, size: int, requests: int) -> dict[str, Any]:
    progress(f"{size:,} programmes")
    warm, asked, late = (drawn_people(many, seed) for seed, many in enumerate((40, requests, requests)))
    with tempfile.TemporaryDirectory() as folder:
        catalogue, reply = Path(folder) / "catalogue.jsonl", Path(folder) / "reply.json"
        lines = (json.dumps(one, default=str) + "\n" for _, one in documents_of(size))
        catalogue.write_text("".join(lines), encoding="utf-8")
        words = ("--catalogue", str(catalogue), "--model", str(model))
        with service([*SERVE, "--home", str(Path(folder) / "home"), *words]) as (port, pid):
            answers = asyncio.run(closed_loop(port, [_body(one) for one in warm], len(warm)))[0]
            ours, rate = _cpu(port, pid, [_body(one) for one in asked])
            waits = asyncio.run(open_loop(port, [_body(one) for one in late], rate / 2, requests))
            kept = _kept(port, pid, drawn_people(KEPT, 3))
        reply.write_bytes(max(answers, key=len))
        with service([sys.executable, "-c", ECHO, str(reply)]) as (port, pid):
            asyncio.run(closed_loop(port, [_body(one) for one in warm], len(warm)))
            echo, _ = _cpu(port, pid, [_body(one) for one in asked] * 5)
    engine, checked = engine_of(size, model), len(PEOPLE)
    expected = [_answer(engine, facts) for facts in warm[:checked]]
    return {
        "programmes": size, "ms of CPU": round(ours, 2), "echo's ms": round(echo, 3), "times": round(ours / echo, 1),
        "ms of CPU, on record": round(kept, 2), "times, on record": round(kept / echo, 1),
        "p50 ms": round(waits[len(waits) // 2], 1), "p99 ms": round(waits[len(waits) * 99 // 100], 1),
        "at a second": round(rate / 2, 1),
        "equal": _totals(map(json.loads, answers[:checked])) == _totals(expected),
    }  # fmt: skip


def drawn_people(many: int, seed: int) -> list[dict[str, object]]:
    """People like the four, each of another age, and of another income, place and family where these are known."""
    rng, found = Random(seed), []  # noqa: S311 - to be drawn again
    for number in range(many):
        one = dict(PEOPLE[number % len(PEOPLE)])
        one["birth_date"] = (DAY - timedelta(rng.randrange(7_000, 28_000))).isoformat()
        if "income_percent" in one:
            one["income_percent"] = rng.randrange(20, 180)
        if "region" in one:
            one["region"] = rng.choice(REGIONS)
        if one.get("children"):
            days = sorted(rng.sample(range(6_500), rng.randrange(1, 4)), reverse=True)
            one["children"] = [(DAY - timedelta(ago)).isoformat() for ago in days]
        found.append(one)
    return found


def _body(facts: Mapping[str, object]) -> bytes:
    body = json.dumps({"facts": facts, "as_of": DAY.isoformat(), "k": SHOWN, "record": True}).encode()
    return HEAD.format(len(body)).encode() + body


def _kept(port: int, pid: int, people: Sequence[Mapping[str, object]]) -> float:
    """Milliseconds of CPU for an answer from the log whose decision is written, after the offers of the events."""
    events = [
        {"specversion": "1.0", "id": f"e{number}", "source": "bench", "subject": f"bench-{number}", "type": STATED,
         "time": f"{DAY}T00:00:00+09:00", "data": facts}
        for number, facts in enumerate(people)
    ]  # fmt: skip
    body = json.dumps(events).encode()
    head = HEAD.replace("/v1/recommendations", "/v1/events").replace("/json", "/cloudevents-batch+json")
    asyncio.run(closed_loop(port, [head.format(len(body)).encode() + body], 1))
    before = -1.0
    while cpu_seconds(pid) > before + IDLE:  # offers are worked off behind the acknowledgement
        before = cpu_seconds(pid)
        time.sleep(2)
    path = f"GET /v1/citizens/bench-{{}}/recommendations?k={SHOWN} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return _cpu(port, pid, [path.format(number).encode() for number in range(len(people))])[0]


def _totals(answers: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    return sorted([one["total"], *(row["programme"] for row in one["recommendations"])] for one in answers)


def _cpu(port: int, pid: int, sent: Sequence[bytes]) -> tuple[float, float]:
    """Milliseconds of CPU a request, and requests a second of the clock, one after the other on one connection."""
    before, begun = cpu_seconds(pid), time.monotonic()
    asyncio.run(closed_loop(port, sent, len(sent)))
    return 1000 * (cpu_seconds(pid) - before) / len(sent), len(sent) / (time.monotonic() - begun)


def cpu_seconds(pid: int) -> float:
    """The processor's seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:13]) / os.sysconf("SC_CLK_TCK")


@contextmanager
def service(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A process that says `http://...:PORT` once it serves: its port and its id; it ends with the block."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(list(command), stderr=said)  # noqa: S603
        try:
            while not (found := re.search(r"http://[^/\s]*:(\d+)", _so_far(said))):
                if process.poll() is not None:
                    raise Rejected([Problem(("serve",), "unavailable", "did not start", _so_far(said)[-300:])])
                time.sleep(0.1)
            yield int(found[1]), process.pid
        finally:
            process.terminate()
            process.wait()


def _so_far(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


async def closed_loop(port: int, sent: Sequence[bytes], requests: int) -> tuple[list[bytes], float]:
    """Ask one after the other on one connection; the answers, and how long the last was waited for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers, waited = [], 0.0
    for number in range(requests):
        begun = time.monotonic()
        answers.append(await _asked(reader, writer, sent[number % len(sent)]))
        waited = time.monotonic() - begun
    writer.close()
    return answers, waited


async def open_loop(port: int, sent: Sequence[bytes], rate: float, requests: int) -> list[float]:
    """Ask at a steady rate, whatever the answers do; milliseconds from when each should have been sent, sorted."""
    waits, begun = list[float](), time.monotonic()

    async def one(number: int) -> None:
        due = begun + number / rate
        await asyncio.sleep(due - time.monotonic())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await _asked(reader, writer, sent[number % len(sent)])
        waits.append(1000 * (time.monotonic() - due))
        writer.close()

    await asyncio.gather(*(one(number) for number in range(requests)))
    return sorted(waits)


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> bytes:
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    answer = await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    if not head.startswith(b"http/1.1 200"):
        raise Rejected([Problem(("serve",), "invalid", "did not answer", answer.decode()[:300])])
    return answer


@cache
def documents_of(size: int) -> list[tuple[str, object]]:
    """The shipped catalogue grown to a size by the mix of real rules; drawing 11,000 takes half a minute, once."""
    return growth(seed=1).documents(size)


def measured(engine: Engine, rounds: int = ROUNDS) -> dict[str, Any]:
    """Time each person's request, the median of some rounds, and compare the answers with those of one batch."""
    milliseconds, answers = [], []
    for facts in PEOPLE:
        for _ in range(WARM):
            answer = _answer(engine, facts)
        seconds = []
        for _ in range(rounds):
            begin = time.process_time()
            answer = _answer(engine, facts)
            seconds.append(time.process_time() - begin)
        milliseconds.append(1000 * sorted(seconds)[rounds // 2])
        answers.append(answer)
    people = [engine.from_facts(facts, ["citizen"], DAY) for facts in PEOPLE]
    together = [{**one.to_json(), "ask_next": []} for one in batch(people, engine.compiled(DAY), engine.ranker, SHOWN)]
    return {
        "milliseconds": [round(one, 2) for one in milliseconds],
        "recommended": [answer["total"] for answer in answers],
        "ours": 1000 * len(PEOPLE) / sum(milliseconds),
        "equal_results": together == [{**one, "ask_next": []} for one in answers],
    }


def engine_of(size: int, model: Path | None) -> Engine:
    """The engine over the shipped catalogue grown to a size; without a model it orders by the rules alone."""
    declaration, regions = reading.read_declaration(), reading.read_regions()
    programmes = catalogue(documents_of(size), declaration, regions)
    ranker = Ranker()
    if model is not None:
        scorer = read_model(read_artefact(model), declaration.hash)
        attributes = scorer.attributes(programmes, declaration)
        ranker = Ranker(scorer=scorer, attributes=attributes, model={"name": model.name})
    return Engine(declaration, programmes, regions, reading.read_messages(), ranker, reading.read_working_days())


def _answer(engine: Engine, facts: Mapping[str, object]) -> dict[str, Any]:
    return engine.answer(engine.from_facts(facts, ["citizen"], DAY), DAY, SHOWN).to_json()
