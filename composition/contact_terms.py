"""Contact terms: a country's contact policy, read from its folder and checked against its catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composition import reading
from composition.settings import SHIPPED, CountryFolder
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from recommender.contact.contact_policy import ContactPolicy
    from recommender.rules.catalogue import Catalogue

__all__ = ["read_contact_policy"]


def read_contact_policy(country: CountryFolder = SHIPPED, catalogue: Catalogue | None = None) -> ContactPolicy:
    """Read a country's contact policy; where it has none, nobody is contacted.

    Args:
        country: whose.
        catalogue: the country's own, to check the programmes that the policy names; None to leave that out.

    Raises:
        Rejected: the file is unreadable or wrong; with every problem.
    """
    from features.mapping import nearest  # loaded only by verbs that write to people
    from recommender.contact.contact_policy import ContactPolicy, parse_contact_policy

    file = country.contact
    if not file.exists():
        return ContactPolicy({}, {})
    policy = parse_contact_policy(reading.read_yaml(file), reading.read_country(country).languages, (file.name,))
    names = [] if catalogue is None else list(catalogue.index)
    told = {("sensitive", "programmes"): policy.sensitive_programmes, ("never_delayed",): policy.undelayed_programmes}
    unknown = [(where, name) for where, some in told.items() for name in sorted(some.difference(names))]
    if catalogue is not None and unknown:
        raise Rejected([
            Problem((file.name, *where), "unknown", f"{name!r} is in no catalogue{nearest(name, names)}",
                    "Use a programme's id")
            for where, name in unknown
        ])  # fmt: skip
    return policy
