"""A service over the log of a few citizens, called with tokens of its own."""

from __future__ import annotations

import json

from composition.workspace import Workspace
from features.log.event_parser import parse_event
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.log_desk import LogDesk

NOW = 1_793_500_000  # 1 November 2026 in Seoul
KEY = tokens.new_dev_key()
MINE = (tokens.READ, tokens.RIGHTS)


def stated(name, facts):
    """What a register says of somebody, as an event of their name."""
    return {"id": name, "source": "registry/residents", "subject": name, "type": "fact.stated", "data": facts,
            "time": "2026-10-01T09:00:00+09:00", "recordedtime": "2026-10-02T09:00:00+09:00"}  # fmt: skip


def home_with(folder, engine, *documents):
    """A home whose log has these events."""
    kept = Workspace(folder / "home", patience=0)
    with kept.log_to_write() as log:
        log.append([parse_event(one, engine.declaration, now=NOW) for one in documents])
    return kept


def calls_of(caller_of, handler, home, worker=None):
    """Call a service over a home's log with a token of a subject, None for no token; `clock` is its time.

    `worker` looks at people for offers; without it the service keeps none.
    """
    clock = [NOW]
    access, desk = Authentication((tokens.dev_verifier(KEY),)), LogDesk(handler.engine.declaration, home, worker)
    caller = caller_of(create_app(handler, access, lambda: clock[0], log=desk))

    def called(method, path, body=None, subject="ann", scopes=MINE, at=None):
        headers = {"content-type": "application/json"}
        if subject is not None:
            issued = clock[0] if at is None else at
            headers["authorization"] = f"Bearer {tokens.dev_token(KEY, issued, subject, frozenset(scopes))}"
        content = {} if body is None else {"content": json.dumps(body).encode()}
        return caller(method, path, headers, **content)

    called.clock = clock
    return called
