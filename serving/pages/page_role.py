"""Page role: the four people that pages are made for, and what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from serving.http.tokens import ACT_AS, ANSWER, AUDIT, CASEWORK, REACH, READ, RIGHTS

CITIZEN: Final = "citizen"
AUDITOR: Final = "auditor"
AGENCY: Final = "agency"
CASEWORKER: Final = "caseworker"
ROLES: Final = (CITIZEN, AUDITOR, AGENCY, CASEWORKER)
SCOPES: Final[Mapping[str, frozenset[str]]] = {
    CITIZEN: frozenset({READ, RIGHTS, ANSWER}),
    AUDITOR: frozenset({AUDIT}),
    AGENCY: frozenset({READ, REACH}),
    CASEWORKER: frozenset({READ, ACT_AS, RIGHTS, CASEWORK}),
}
"""What the pages of a role may do: the scopes that a token for the same would grant."""


def scopes_of(roles: frozenset[str]) -> frozenset[str]:
    """Everything that somebody of these roles may do.

    >>> sorted(scopes_of(frozenset({AUDITOR})))
    ['privacy:read']
    """
    return frozenset().union(*(SCOPES[role] for role in roles))
