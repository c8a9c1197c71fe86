"""Contact terms: a country's contact policy, read from its folder and checked against its catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composition import reading
from composition.settings import SHIPPED, CountryFolder
from features.problem import Problem, Rejected, Where

if TYPE_CHECKING:
    from collections.abc import Collection

    from features.declaration.declaration import Declaration
    from recommender.contact.contact_policy import ContactPolicy
    from recommender.rules.catalogue import Catalogue

__all__ = ["read_contact_policy"]


def read_contact_policy(
    country: CountryFolder = SHIPPED, catalogue: Catalogue | None = None, declaration: Declaration | None = None
) -> ContactPolicy:
    """Read a country's contact policy; where it has none, nobody is contacted.

    Args:
        country: whose.
        catalogue: the country's own, to check the programmes that the policy names; None to leave that out.
        declaration: to check the facts that it names, since one that is misspelt would protect nobody; None likewise.

    Raises:
        Rejected: the file is unreadable or wrong; with every problem.
    """
    from features.mapping import nearest  # loaded only by verbs that write to people
    from recommender.contact.contact_policy import ContactPolicy, parse_contact_policy

    file = country.contact
    if not file.exists():
        return ContactPolicy({}, {})
    policy = parse_contact_policy(reading.read_yaml(file), reading.read_country(country).languages, (file.name,))
    told: list[tuple[Where, Collection[str], Collection[str], str, str]] = []
    if catalogue is not None:
        known, words = catalogue.index, ("is in no catalogue", "Use a programme's id")
        told += [(("sensitive", "programmes"), policy.sensitive_programmes, known, *words)]
        told += [(("never_delayed",), policy.undelayed_programmes, known, *words)]
    if declaration is not None:
        told += [(("need",), policy.need, declaration.facts, "is no declared fact", "Use a fact's name")]
    unknown = [
        Problem((file.name, *where), "unknown", f"{name!r} {what}{nearest(name, list(known))}", remedy)
        for where, named, known, what, remedy in told
        for name in sorted(set(named).difference(known))
    ]
    if unknown:
        raise Rejected(unknown)
    return policy
