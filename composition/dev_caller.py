"""Dev caller: asks a service in dev mode on this machine, and says the same as a command that can be pasted."""

from __future__ import annotations

import http.client
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

from composition import clock
from composition.service import dev_key
from composition.workspace import Workspace
from features.whole_file import OWNER_ONLY, write_whole

BATCH: Final = "application/cloudevents-batch+json"
TIMEOUT: Final = 120
_LONG: Final = 200
"""A body with more signs than this is written to a file, which the command names."""


@dataclass(frozen=True)
class DevCall:
    """One call of the service.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: what follows the address, each name in it encoded.
        subject: for whom the token is.
        grants: the options of `proffer token` beside these.
        body: what is sent, as JSON values; None for nothing.
        media: its media type.
    """

    method: str
    path: str
    subject: str
    grants: tuple[str, ...] = ()
    body: object = None
    media: str = "application/json"


class Reply(NamedTuple):
    """The status and the JSON document of an answer."""

    status: int
    document: Any


@dataclass(frozen=True)
class DevCaller:
    """Calls one service with tokens of the development key of its home.

    Attributes:
        address: of the service.
        home: whose key signs.
    """

    address: str
    home: Workspace

    def ask(self, call: DevCall) -> Reply:
        """Send a call and read the answer.

        Raises:
            OSError: the service is gone.
        """
        headers = {"Authorization": f"Bearer {self._token(call)}"}
        content = None if call.body is None else json.dumps(call.body).encode()
        if content is not None:
            headers["Content-Type"] = call.media
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=TIMEOUT)
        try:
            connection.request(call.method, call.path, content, headers)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        return Reply(answer.status, json.loads(said) if said else None)

    def command(self, call: DevCall, name: str) -> str:
        """Return the call as a command line; a long body is left in a file of the home under `name`."""
        home = str(self.home.path)
        token = shlex.join(["proffer", "token", "--dev", *call.grants, "--subject", call.subject, "--home", home])
        words = ["curl", "-s"] + ([] if call.method == "GET" else ["-X", call.method]) + [self.address + call.path]
        lines = [shlex.join(words), f'-H "Authorization: Bearer $({token})"']
        if call.body is not None:
            text = json.dumps(call.body, ensure_ascii=False)
            if len(text) > _LONG:
                file = self.home.folder(self.home.path / "requests") / f"{name}.json"
                write_whole(file, text.encode(), mode=OWNER_ONLY)
                text = f"@{file}"
            lines += [shlex.join(["-H", f"Content-Type: {call.media}"]), shlex.join(["-d", text])]
        return " \\\n  ".join(lines)

    def _token(self, call: DevCall) -> str:
        from serving.http import tokens

        scopes: Mapping[str, str] = {
            "--act-as": tokens.ACT_AS, "--write-events": tokens.WRITE, "--rights": tokens.RIGHTS,
            "--answer-offers": tokens.ANSWER,
        }  # fmt: skip
        granted = frozenset((tokens.READ, *(scopes[one] for one in call.grants)))
        return tokens.dev_token(dev_key(self.home), clock.now(), call.subject, granted)


def citizen_path(citizen: str, rest: str = "") -> str:
    """Return the path of what is about a citizen.

    >>> citizen_path("c/7", "/offers")
    '/v1/citizens/c%2F7/offers'
    """
    return f"/v1/citizens/{quote(citizen, safe='')}{rest}"
