"""Agency: who publishes a service, at which level, and the region that follows from its code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from recommender.gov24 import residence
from recommender.gov24.axes import RESTRICTED, UNRESTRICTED, AxisReading, Document, lives_in, no_data
from recommender.published_rows import Row, provider_id, text_of
from recommender.published_text import word_of
from recommender.rules.region import Regions

TYPE = "type"
CODE = "code"
NAME_DIFFERS = "code_name_differs"
UNVERIFIED = "unverified"
HOW_FOUND = (TYPE, CODE, NAME_DIFFERS, UNVERIFIED)
DOUBTFUL = (NAME_DIFFERS, UNVERIFIED)

LEVELS = {
    "중앙행정기관": "national",
    "공공기관": "public-institution",
    "광역시도": "province",
    "시군구": "municipality",
    "교육청": "education-office",
    "지방공기업": "local-corporation",
    "지방출자_출연기관": "local-foundation",
}
_OTHER_LEVEL = "other"
_PROVINCE = re.compile(r"(통합)?(특별자치시|특별자치도|특별시|광역시|도)$")
_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class AgencyPlace:
    """Where a service applies: the reading of its region axis, how it was found, and the regions' codes.

    Attributes:
        residence: whether the service asks people to live in the regions (`recommender.gov24.residence`).
    """

    reading: AxisReading
    found: str
    codes: tuple[int, ...] = ()
    residence: str = residence.NOT_ASKED


def place(row: Row, regions: Regions, day: int) -> AgencyPlace:
    """Where the service in a row of serviceList applies, by the agency's code as of a day (days since 1970).

    Ministries and public institutions are nationwide. For all others the code decides through the dated table and the
    agency's name is a cross-check, nothing more. A code that is not in the table or not verified leaves the region
    unknown: nothing is read from the name. Where the service does not ask people to live there, the region demands
    nothing; where it may, living elsewhere leaves the answer open.
    """
    code, name = text_of(row, "소관기관코드") or "", text_of(row, "소관기관명") or ""
    agency_type = word_of(text_of(row, "소관기관유형") or "")
    found = regions.of_agency(code, agency_type, name, day)
    if found.nationwide:
        return AgencyPlace(AxisReading(UNRESTRICTED), TYPE)
    codes = tuple(sorted(found.codes))
    how = CODE if any(_says(name, agency_type, code, regions) for code in codes) else NAME_DIFFERS
    how = how if codes else UNVERIFIED
    names = [name for code in codes for name in names_of(code, regions)]
    asked = residence.asked(row, names)
    if asked == residence.NOT_ASKED:
        return AgencyPlace(AxisReading(UNRESTRICTED), how, codes)
    if not codes:
        return AgencyPlace(no_data("region"), UNVERIFIED, residence=asked)
    inside = lives_in([str(code) for code in codes])
    clause = inside if asked == residence.ASKED else {"advisory": inside}
    return AgencyPlace(AxisReading(RESTRICTED, clause | {"axis": "region"}), how, codes, asked)


def provider(row: Row) -> Document:
    """The programme's provider: the agency under its code, with the level its type stands for."""
    code = text_of(row, "소관기관코드") or ""
    agency_type = word_of(text_of(row, "소관기관유형") or "")
    return {
        "id": provider_id(code),
        "name": {"ko": text_of(row, "소관기관명") or code},
        "level": LEVELS.get(agency_type, _OTHER_LEVEL),
    }


def _says(name: str, agency_type: str, code: int, regions: Regions) -> bool:
    """Whether an agency's name fits a region: a government's says it in full, a corporation's names its stem."""
    full = regions.name(code, "ko")
    if agency_type in ("시군구", "광역시도"):
        return name == full
    if agency_type == "교육청":
        return name == f"{full}교육청"
    return any(stem in name for stem in names_of(code, regions))


def names_of(code: int, regions: Regions) -> list[str]:
    """What people call a region: its name without the word for what it is."""
    region = regions.by_code[code]
    return list(_stems(region.name.get("ko"), region.within is None))


def _stems(own: str, is_province: bool) -> Iterable[str]:
    """What a corporation calls its region.

    Example:
        >>> list(_stems("충청북도", True)), list(_stems("마포구", False)), list(_stems("중구", False))
        (['충청북', '충북'], ['마포'], ['중구'])
    """
    stem = _PROVINCE.sub("", own) if is_province else own[:-1]
    if len(stem) < _SHORTEST_STEM:
        return [own]
    if is_province and len(stem) == 3:  # 충청북, 전라남: in daily use 충북, 전남
        return [stem, stem[0] + stem[2]]
    if is_province and len(stem) == 4:  # 전남광주: either half by itself
        return [stem, stem[:2], stem[2:]]
    return [stem]
