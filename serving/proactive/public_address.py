"""Public address: to which addresses a message may be sent: never into a network of one's own, whatever a name says.

A name is resolved once, every address it has must be public, and the connection goes to the very address that was
checked: a name that is changed in between (DNS rebinding) changes nothing. Source: OWASP API7:2023 and RFC 6890.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from features.problem import Problem, Rejected

__all__ = ["NotPublicError", "checked_url", "is_public", "resolved"]

Resolver = Callable[[str, int], Sequence[str]]
_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Addresses that a gateway turns into those of version 4 (RFC 6052, 8215): they are judged as what they stand for."""
_COMPATIBLE: Final = IPv6Network("::/96")
_LONGEST: Final = 2_000


class NotPublicError(ValueError):
    """A name has no address, or one to which nothing is sent."""


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also of the version 4 address that it may hold.

    >>> places = ("93.184.216.34", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1")
    >>> [is_public(one) for one in places]
    [True, False, False, False, False]
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if "%" in text:
        return False  # an address of one link alone
    held = _held(address)
    return all(one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified) for one in held)


def _held(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The addresses that one stands for: itself, or the ones of version 4 within it."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address.teredo is not None:
        return [address, *address.teredo]
    if any(address in network for network in _TRANSLATED):
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [IPv4Address(int(address) & 0xFFFFFFFF), address] if address in _COMPATIBLE else [address]


def checked_url(url: str, where: str, *, dev: bool = False) -> SplitResult:
    """Return the parts of the URL of a receiver.

    Args:
        url: as configured.
        where: what problems call it.
        dev: whether http to this machine is allowed, for trying it.

    Raises:
        Rejected: it is not https, names a user, or an address that is not public.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), "", None
    local = dev and parts.scheme == "http" and host in ("127.0.0.1", "::1", "localhost")
    literal = host.replace(":", "").replace(".", "").isalnum() and _is_address(host)
    wrong = (
        not host or port == 0 or len(url) > _LONGEST or parts.username is not None or parts.fragment != ""
        or any(sign <= " " or sign == "\x7f" for sign in url)
    )  # fmt: skip
    if wrong or not (local or (parts.scheme == "https" and not (literal and not is_public(host)))):
        remedy = "Give an https URL of a public host, without a user name"
        raise Rejected([Problem((where,), "forbidden", "is not where a message may be sent", remedy)])
    return parts


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def resolved(host: str, port: int, resolver: Resolver | None = None) -> str:
    """Return the address to connect to.

    Raises:
        NotPublicError: there is none, or one of them is not public.
    """
    found = (resolver or _addresses)(host, port)
    if not found:
        raise NotPublicError("has no address")
    if not all(is_public(one) for one in found):
        raise NotPublicError("has an address that is not public")
    return found[0]


def _addresses(host: str, port: int) -> Sequence[str]:
    try:
        return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []
