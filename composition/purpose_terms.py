"""Purpose terms: what people of a country can agree to, read from its folder and checked against its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from composition import reading
from composition.contact_terms import read_contact_policy
from composition.settings import SHIPPED, CountryFolder

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from serving.records.live_basis import PurposeRegister
    from serving.records.representation import Representation


def read_purposes(declaration: Declaration, country: CountryFolder = SHIPPED) -> PurposeRegister:
    """Read a country's register of purposes; where it has none, the two that are always there.

    Raises:
        Rejected: the file is unreadable or wrong; with every problem.
    """
    from serving.records.live_basis import PurposeRegister

    file = country.folder / "purposes.yaml"
    if not file.exists():
        return PurposeRegister()
    return PurposeRegister.parse(reading.read_yaml(file), declaration, (file.name,))


def consent_terms(declaration: Declaration, country: CountryFolder = SHIPPED) -> Mapping[str, Any]:
    """Return what `RecommendationHandler` takes of a country: purposes, contact policy, and who acts for whom.

    Raises:
        Rejected: a file is unreadable or wrong; with every problem.
    """
    return {
        "purposes": read_purposes(declaration, country),
        "policy": read_contact_policy(country, declaration=declaration),
        "representation": read_representation(declaration, country),
    }


def read_representation(declaration: Declaration, country: CountryFolder = SHIPPED) -> Representation:
    """Read who may act for another in a country; where it has no such file, nobody.

    Raises:
        Rejected: the file is unreadable or wrong; with every problem.
    """
    from serving.records.representation import Representation

    file = country.folder / "representation.yaml"
    if not file.exists():
        return Representation()
    return Representation.parse(reading.read_yaml(file), declaration, (file.name,))
