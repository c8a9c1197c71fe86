"""Delivery: how one comes by a service: it arrives by itself, or somebody must apply, and in which ways."""

from __future__ import annotations

from recommender.gov24.service_rows import Row, text_of
from recommender.published_text import readable

AUTO_GRANT = "auto_grant"
OFFER = "offer"
MODES = (AUTO_GRANT, OFFER)

SEPARATOR = "||"
_NOT_NEEDED = "신청불필요"


def mode(row: Row) -> str:
    """`auto_grant` where the list says that no application is needed and names no way of applying, `offer` otherwise.

    Example:
        >>> mode({"신청방법": "신청불필요"}), mode({"신청방법": "신청불필요||방문신청"}), mode({"신청방법": None})
        ('auto_grant', 'offer', 'offer')
    """
    return AUTO_GRANT if ways(row) == (_NOT_NEEDED,) else OFFER


def ways(row: Row) -> tuple[str, ...]:
    """The ways of applying that the list names, in its order.

    Example:
        >>> ways({"신청방법": "기타 온라인신청||방문신청"})
        ('기타 온라인신청', '방문신청')
    """
    return tuple(way.strip() for way in (text_of(row, "신청방법") or "").split(SEPARATOR) if way.strip())


def how(listed: Row, detail: Row, looked_up: tuple[str, ...]) -> str | None:
    """How to apply in the publisher's words: the ways, then the details, the address, the papers officials look up."""
    parts = [
        ", ".join(ways(listed)),
        readable(text_of(detail, "신청방법") or ""),
        text_of(detail, "온라인신청사이트URL") or "",
        f"공무원이 확인하는 서류: {', '.join(looked_up)}" if looked_up else "",
    ]
    return "\n".join(dict.fromkeys(part for part in parts if part)) or None
