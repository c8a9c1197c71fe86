"""The gov24 open API over HTTP: every page of its three operations onto disk, resumed where an earlier run stopped.

The API is 행정안전부's 대한민국 공공서비스(혜택) 정보, data set 15113968 of data.go.kr, version 3. The key goes into a
header and nowhere else: not into an address, a message, a file or a redirected request.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from features.problem import Problem, Rejected, Where
from features.whole_file import write_whole
from recommender.gov24.service_rows import FILES, ID, rows_of

BASE_URL = "https://api.odcloud.kr/api/gov24/v3"
KEY_NAME = "PROFFER_GOV24_KEY"
PER_PAGE = 1000
DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds to wait before each further attempt at a page that failed in passing."""
RESTARTS = 3
"""How often one operation may be begun again because the catalogue changed under it."""
TIMEOUT = 60.0
_LONGEST_WAIT = 120.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_KEPT = "Run the same command again: the pages fetched so far are kept"
_TOO_FAST = "23"

ERRORS = {
    "-4": ("the key is not registered for this API", "Apply for data set 15113968 at data.go.kr"),
    "-401": ("the key is not valid", f"Set {KEY_NAME} to the decoded key that data.go.kr shows"),
    "20": ("the key has no access to this API", "Apply for data set 15113968 at data.go.kr"),
    "22": ("today's requests are used up (10,000 a day for a development key)", f"{_KEPT}, tomorrow"),
    "23": ("too many requests in one second", _KEPT),
    "30": ("the key is not registered", f"Set {KEY_NAME} to the decoded key that data.go.kr shows"),
    "31": ("the key has expired", "Extend its period of use at data.go.kr"),
}
"""What the API's error codes mean and what to do; field notes on data.go.kr's gateway and odcloud."""


class Page(NamedTuple):
    """One page of an operation: how many rows the operation has in all, and the rows on this page."""

    total: int
    rows: list[Any]


class Passing(Exception):  # noqa: N818 - it is a reason to try again, not an error
    """Something that may be over in a moment; `wait` is what the server asked for, in seconds."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Changed(Exception):  # noqa: N818 - it is a reason to begin again, not an error
    """The catalogue changed while it was being fetched, so that rows may have moved from page to page."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key would travel along."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Refuse, so that the redirect surfaces as an HTTP error."""


@dataclass(frozen=True)
class Client:
    """Asks for one page at a time, again after a while where a failure may pass.

    Raises Rejected on construction where the key is missing or malformed, or would leave in clear.
    """

    key: str = field(repr=False)
    base_url: str = BASE_URL
    per_page: int = PER_PAGE
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        """Check what would otherwise fail on the first page."""
        problems = []
        if not self.key:
            problems.append(
                Problem((KEY_NAME,), "missing", "is not set", "Export the decoded key that data.go.kr shows")
            )
        elif not re.fullmatch(r"[!-~]+", self.key):
            problems.append(
                Problem((KEY_NAME,), "invalid", "holds spaces or letters no key has", "Copy the decoded key once more")
            )
        address = urllib.parse.urlsplit(self.base_url)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            remedy = "Give an https address (http only for this very machine): the key would travel in clear"
            problems.append(Problem(("--base-url",), "invalid", f"{self.base_url} is not https", remedy))
        if not 1 <= self.per_page <= PER_PAGE:
            problems.append(
                Problem(("--per-page",), "range", f"{self.per_page} rows a page", f"Ask for 1 to {PER_PAGE}")
            )
        if problems:
            raise Rejected(problems)

    def page(self, operation: str, number: int) -> Page:
        """Fetch page `number` (from 1) of an operation.

        Raises:
            Rejected: the API refuses, or goes on failing.
        """
        where = (f"{operation}, page {number}",)
        for delay in (*DELAYS, None):
            try:
                return self._ask(operation, number, where)
            except Passing as failure:
                if delay is None:
                    what = f"went on failing after {len(DELAYS) + 1} attempts: {failure}"
                    raise Rejected([Problem(where, "unavailable", what, _KEPT)]) from None
                self.sleep(min(max(delay, failure.wait or 0.0), _LONGEST_WAIT))
        raise AssertionError("the last attempt either returns or raises")

    def _ask(self, operation: str, number: int, where: Where) -> Page:
        query = urllib.parse.urlencode({"page": number, "perPage": self.per_page, "returnType": "JSON"})
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self.base_url.rstrip('/')}/{operation}?{query}",
            headers={"Authorization": f"Infuser {self._decoded_key()}", "Accept": "application/json"},
        )
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as answer:
                body = answer.read()
        except urllib.error.HTTPError as failure:
            with failure:
                _refuse(failure.code, _body(failure), failure.headers.get("Retry-After"), where)
        except (OSError, http.client.HTTPException) as failure:
            raise Passing(f"no whole answer ({type(failure).__name__})") from None
        return _page(body, where)

    def _decoded_key(self) -> str:
        """The key as the header wants it; data.go.kr also shows it percent-encoded."""
        return urllib.parse.unquote(self.key)


def _body(failure: urllib.error.HTTPError) -> bytes:
    try:
        return failure.read()
    except (OSError, http.client.HTTPException):
        return b""


def _refuse(status: int, body: bytes, retry_after: str | None, where: Where) -> NoReturn:
    """Raise what an HTTP error means: try again, or give up with the reason."""
    code = _code(body)
    if code != _TOO_FAST and code in ERRORS:
        raise Rejected([Problem(where, "unavailable", *ERRORS[code])])
    if status == http.client.TOO_MANY_REQUESTS or status >= http.client.INTERNAL_SERVER_ERROR or code == _TOO_FAST:
        seconds = float(retry_after) if retry_after and re.fullmatch(r"\d{1,6}", retry_after) else None
        raise Passing(f"HTTP {status}", seconds)
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        raise Rejected([Problem(where, "refused", *ERRORS["-401"])])
    if http.client.MULTIPLE_CHOICES <= status < http.client.BAD_REQUEST:
        remedy = "Check --base-url: redirects are not followed, since the key would travel along"
        raise Rejected([Problem(where, "unavailable", f"HTTP {status}, a redirect", remedy)])
    what = f"HTTP {status}" + (f", error code {code}" if code else "")
    raise Rejected([Problem(where, "unavailable", what, "Check --base-url, and what data.go.kr says of the code")])


_XML_CODE = re.compile(rb"<returnReasonCode>\s*(-?\d+)\s*</returnReasonCode>")


def _code(body: bytes) -> str | None:
    """The API's own error code in the body of an answer, which is JSON or the gateway's XML."""
    found = _XML_CODE.search(body)
    if found:
        return found.group(1).decode()
    try:
        document = json.loads(body)
    except ValueError:
        return None
    code = document.get("code") if isinstance(document, Mapping) else None
    return None if code is None else str(code)


def _page(body: bytes, where: Where) -> Page:
    code = _code(body)
    if code is not None:  # some refusals come with HTTP 200
        _refuse(http.client.OK, body, None, where)
    try:
        document = json.loads(body)
    except ValueError:
        raise Passing("the answer is cut off or not JSON") from None
    rows = rows_of(document, where)
    total = document.get("totalCount") if isinstance(document, Mapping) else None
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise Rejected([Problem(where, "invalid", "has no totalCount", "Check --base-url")])
    return Page(total, rows)


@dataclass(frozen=True)
class Fetched:
    """What a download gives: rows by operation, pages asked for in this run, and how often it began again."""

    rows: Mapping[str, int]
    asked: int
    restarts: int


class Download:
    """The three operations onto disk under `folder`: pages as they come, one file an operation once all are there."""

    def __init__(self, client: Client, folder: Path, advance: Callable[[str, int, int], object] | None = None) -> None:
        """Fetch with `client` into `folder`; `advance(operation, page, pages)` is called after each page."""
        self._client = client
        self._folder = folder
        self._pages = folder / "pages"
        self._advance = advance or (lambda *_: None)
        self._asked = 0
        self._restarts = 0

    def run(self) -> Fetched:
        """Fetch what is not there yet, then write serviceList.json, serviceDetail.json and supportConditions.json.

        Raises:
            Rejected: the API refuses or goes on failing, or the catalogue changes faster than it can be fetched; the
                pages fetched so far are kept for the next run.
        """
        self._begin()
        whole = {operation: self._operation(operation) for operation in FILES}
        for operation, rows in whole.items():
            envelope = {"page": 1, "perPage": self._client.per_page, "totalCount": len(rows)}
            envelope |= {"matchCount": len(rows), "currentCount": len(rows)}
            write_whole(self._folder / f"{operation}.json", _dumped(envelope | {"data": rows}))
        self._clear(*FILES)
        (self._pages / "state.json").unlink()
        self._pages.rmdir()
        return Fetched({operation: len(rows) for operation, rows in whole.items()}, self._asked, self._restarts)

    def _begin(self) -> None:
        """Keep an earlier run's pages if they were asked for in the same way, else begin anew."""
        self._pages.mkdir(parents=True, exist_ok=True)
        state = {"base_url": self._client.base_url, "per_page": self._client.per_page}
        path = self._pages / "state.json"
        if not path.exists() or _read(path) != state:
            self._clear(*FILES)
            write_whole(path, _dumped(state))

    def _clear(self, *operations: str) -> None:
        for operation in operations:
            for page in self._pages.glob(f"{operation}-*.json"):
                page.unlink()

    def _operation(self, operation: str) -> list[Any]:
        for _ in range(RESTARTS + 1):
            try:
                return self._whole(operation)
            except Changed:
                self._clear(operation)
                self._restarts += 1
        what = f"the catalogue changed {RESTARTS + 1} times while it was being fetched"
        raise Rejected([Problem((operation,), "conflict", what, "Run the command again at a quieter hour")])

    def _whole(self, operation: str) -> list[Any]:
        """All rows of an operation; raises Changed where its pages do not make one whole."""
        first = self._one(operation, 1)
        pages = max(1, -(-first.total // self._client.per_page))
        rows = list(first.rows)
        self._advance(operation, 1, pages)
        for number in range(2, pages + 1):
            page = self._one(operation, number)
            if page.total != first.total:
                raise Changed
            rows += page.rows
            self._advance(operation, number, pages)
        ids = [row.get(ID) if isinstance(row, Mapping) else None for row in rows]
        if len(rows) != first.total or len(set(ids)) != len(ids):
            raise Changed
        return rows

    def _one(self, operation: str, number: int) -> Page:
        path = self._pages / f"{operation}-{number:05d}.json"
        kept = _read(path) if path.exists() else None
        if isinstance(kept, dict) and isinstance(kept.get("total"), int) and isinstance(kept.get("rows"), list):
            return Page(kept["total"], kept["rows"])
        page = self._client.page(operation, number)
        self._asked += 1
        write_whole(path, _dumped({"total": page.total, "rows": page.rows}))
        return page


def _dumped(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _read(path: Path) -> object:
    """A file of this module's own, None where it is no longer whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
