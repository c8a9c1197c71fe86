"""Where an issuer's key set is read from: a file of this machine, or an https address, always from configuration."""

from __future__ import annotations

import ipaddress
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

PATIENCE: Final = 5.0
"""The seconds for which an issuer may keep the service waiting."""


def key_set_source(place: str) -> Callable[[], bytes]:
    """What reads the key set at a place each time it is called, at most so many bytes as one may have, and one more.

    An address that leads elsewhere is not followed: it is not the one that was configured.

    Raises:
        ValueError: an address that is neither https nor on this machine.
    """
    from serving.http.key_set import LARGEST

    url = urlsplit(place)
    if url.scheme not in ("http", "https"):
        return lambda: Path(place).read_bytes()[: LARGEST + 1]
    if not url.hostname or url.username or (url.scheme == "http" and not _here(url.hostname)):
        raise ValueError("not an https address of a key set")
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(), urllib.request.HTTPErrorProcessor(),
                    urllib.request.HTTPDefaultErrorHandler()):  # fmt: skip
        opener.add_handler(handler)
    request = urllib.request.Request(place, headers={"Accept": "application/jwk-set+json, application/json"})  # noqa: S310

    def fetched() -> bytes:
        with opener.open(request, timeout=PATIENCE) as answer:
            content: bytes = answer.read(LARGEST + 1)
            return content

    return fetched


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
