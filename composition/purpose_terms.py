"""Purpose terms: for what a country lets facts be used, read from its folder and checked against its declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composition import reading
from composition.settings import SHIPPED, CountryFolder

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from serving.records.live_basis import PurposeRegister


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
