"""The HTTP service: whose tokens it accepts, its development key, its first page, and its first answer."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from recommender.engine import Engine
    from serving.http.access import Authentication
    from serving.http.tokens import TokenVerifier

DEV_KEY: Final = "dev-token.pem"
PATIENCE: Final = 5
"""The seconds for which a request waits for another process that writes to the event log."""
MOST_WORKERS: Final = 64
MOST_DRAIN: Final = 600
BURST_SECONDS: Final = 2
"""So many seconds' calls may come at once."""
_OTHERS: Final = 0o077


@dataclass(frozen=True)
class ServiceSettings:
    """Where the service listens, and who may call it.

    Attributes:
        workspace: keeps the development key.
        host, port: where it listens; port 0 is any free one.
        dev: accept development tokens, and calls without a token, on this machine only.
        public_key: a PEM file that verifies tokens; None for no key.
        key_set: a file or an https address of the keys that verify tokens; None for none.
        algorithm: of the key.
        issuer: who issues the tokens.
        audience: for whom tokens are issued; None for the default.
        quota: calls a second for each caller; 0 for as many as it likes.
        workers: how many processes answer.
        drain: the seconds for which calls are still taken once it was told to stop.
        log: how lines of the log are written, `text` or `json`.
    """

    workspace: Workspace
    host: str = "127.0.0.1"
    port: int = 8000
    dev: bool = False
    public_key: Path | None = None
    algorithm: str = "EdDSA"
    issuer: str | None = None
    audience: str | None = None
    key_set: str | None = None
    quota: int = 0
    workers: int = 1
    drain: float = 0.0
    log: str = "text"


def authentication(settings: ServiceSettings) -> Authentication:
    """Whose tokens this deployment accepts.

    Raises:
        Rejected: dev mode beyond this machine or beside a real key, a key without an issuer, or an invalid key file.
    """
    from serving.http.access import Authentication, is_loopback
    from serving.http.quota import Quota

    _refuse_contradictions(settings, loopback=is_loopback(settings.host))
    quota = Quota(settings.quota, BURST_SECONDS * settings.quota) if settings.quota else None
    if settings.dev:
        return Authentication((_dev_verifier(settings.workspace),), dev=True, quota=quota)
    try:
        return Authentication(tuple(_verifiers(settings)), quota=quota)
    except (ValueError, OSError) as failure:
        place = settings.key_set or str(settings.public_key)
        said = str(failure) if isinstance(failure, ValueError) else "cannot be read"
        raise Rejected([Problem((place,), "invalid", said, "Give the issuer's public key or keys")]) from failure


def _dev_verifier(workspace: Workspace) -> TokenVerifier:
    from serving.http.tokens import dev_verifier

    try:
        return dev_verifier(dev_key(workspace))
    except ValueError:
        place, remedy = workspace.keys / DEV_KEY, "Remove it: another is made, and tokens are issued again"
        raise Rejected([Problem((str(place),), "damaged", "holds no development key", remedy)]) from None


def _verifiers(settings: ServiceSettings) -> Iterator[TokenVerifier]:
    from composition.key_source import key_set_source
    from serving.http.key_set import RotatingKeys
    from serving.http.tokens import AUDIENCE, TokenVerifier, verifier

    audience = settings.audience or AUDIENCE
    if settings.issuer and settings.key_set is not None:
        yield TokenVerifier(RotatingKeys(key_set_source(settings.key_set)), settings.issuer, audience)
    elif settings.issuer and settings.public_key is not None:
        yield verifier(settings.public_key.read_bytes(), settings.algorithm, settings.issuer, audience)


def _refuse_contradictions(settings: ServiceSettings, *, loopback: bool) -> None:
    problems = Problems()
    if settings.dev and not loopback:
        remedy = "Leave --host out, or give --public-key and --issuer in place of --dev"
        problems.add(
            ("--dev",), "forbidden", f"takes calls without a token, and {settings.host} is not this machine", remedy
        )
    options = (("--public-key", settings.public_key), ("--jwks", settings.key_set))
    given = [name for name, value in options if value is not None]
    if settings.dev and given:
        problems.add(("--dev",), "conflict", f"contradicts {given[0]}", "Give one of the two")
    if len(given) > 1:
        problems.add(("--jwks",), "conflict", "contradicts --public-key", "Give one of the two")
    if given and not settings.issuer:
        problems.add(("--issuer",), "missing", "is missing", f"Say who issues the tokens that {given[0]} verifies")
    if settings.quota < 0:
        problems.add(("--quota",), "range", f"{settings.quota} is no number of calls", "Give 0 for no limit, or more")
    if not 1 <= settings.workers <= MOST_WORKERS:
        what = f"{settings.workers} is not a number of processes"
        problems.add(("--workers",), "range", what, f"Give a number from 1 to {MOST_WORKERS}")
    if not 0 <= settings.drain <= MOST_DRAIN:
        what, remedy = f"{settings.drain} is not a time to drain", f"Give seconds from 0 to {MOST_DRAIN}"
        problems.add(("--drain",), "range", what, remedy)
    if not 0 <= settings.port <= 65_535:
        problems.add(("--port",), "range", f"{settings.port} is not a port", "Give a number from 0 to 65535")
    problems.raise_any()


def dev_key(workspace: Workspace) -> bytes:
    """The home's development key in PEM form, made on first use; only its owner may read the file.

    Raises:
        Rejected: others may read the file.
    """
    path = workspace.keys / DEV_KEY
    if not path.exists():
        from serving.http.tokens import new_dev_key

        workspace.folder(workspace.keys)
        write_whole(path, new_dev_key(), mode=OWNER_ONLY)
    if path.stat().st_mode & _OTHERS:
        raise Rejected(
            [Problem((str(path),), "forbidden", "can be read by others than its owner", f"Run: chmod 600 {path}")]
        )
    return path.read_bytes()


def event_log(home: Workspace) -> Workspace:
    """The home whose event log the service writes and reads; a caller does not wait long for another writer.

    Raises:
        Rejected: the environment names a database that cannot be used.
    """
    home = Workspace(home.path, PATIENCE)
    home.database.close()
    return home


def welcome(engine: Engine, *, dev: bool, pages: bool = False) -> dict[str, str]:
    """The first page of the service in each language of the country, first the one that the country shows."""
    from rendering import welcome_page
    from rendering.page import page

    says = {language: engine.messages.speaking(language) for language in engine.declaration.country.shown_first}
    programmes, model = len(engine.catalogue), engine.ranker.model is not None
    return {
        language: page(
            welcome_page.TEMPLATE, welcome_page.view(language, says, programmes, model=model, dev=dev, pages=pages)
        )
        for language in says
    }


def warm_up(engine: Engine, today: datetime.date) -> None:
    """Answer once before the first caller does: it loads compiled code, and reveals a model that cannot rank."""
    engine.answer(engine.from_facts({}, ["citizen"], today), today, 1)
