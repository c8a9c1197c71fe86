"""Policy codes: what the codes of the youth-policy API mean, by its own code book, and the facts that settle them.

The code book (API코드정보.xlsx of youthcenter.go.kr) is open to registered users only; these meanings agree with what
several programmes that read the API publish. A code that stands in no table is kept as it is and settles nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Document = dict[str, Any]

APPROVED: Final = "0044002"
NOT_APPROVED: Mapping[str, str] = {"0044001": "신청", "0044003": "반려", "0044004": "임시저장"}

NATIONAL: Final = "0054001"
ALWAYS, CLOSED = "0057002", "0057003"
ANY_INCOME, YEARLY_INCOME, OTHER_INCOME = "0043001", "0043002", "0043003"
MARRIED: Mapping[str, bool] = {"0055001": True, "0055002": False}
ANY_MARRIAGE: Final = "0055003"

FORMS: Mapping[str, str] = {
    "0042001": "facility",
    "0042002": "service",
    "0042003": "loan",
    "0042004": "service",
    "0042005": "service",
    "0042006": "cash",
    "0042007": "loan",
    "0042008": "insurance",
    "0042009": "tax_relief",
    "0042010": "voucher",
    "0042011": "service",
    "0042012": "other",
    "0042013": "other",
}
CATEGORIES: Mapping[str, str] = {"일자리": "work-startup", "주거": "housing", "교육": "childcare-education"}
"""By how the name of a policy's field begins; all others are of the category `youth`."""


def _is(fact: str, value: object = True) -> Document:
    return {"fact": fact, "is": value}


Meaning = tuple[str, Document | None]
"""What a code is called, and the clause that settles it (None: no fact knows)."""

REQUIREMENTS: Mapping[str, tuple[str, str, Mapping[str, Meaning]]] = {
    "jobCd": (
        "취업 요건",
        "0013010",
        {
            "0013001": ("재직자", _is("worker")),
            "0013002": ("자영업자", _is("in_business")),
            "0013003": ("미취업자", _is("worker", False)),
            "0013004": ("프리랜서", None),
            "0013005": ("일용근로자", None),
            "0013006": ("(예비)창업자", {"any": [_is("founding"), _is("in_business")]}),
            "0013007": ("단기근로자", None),
            "0013008": ("영농종사자", {"any": [_is("farmer"), _is("livestock_farmer")]}),
            "0013009": ("기타", None),
        },
    ),
    "schoolCd": (
        "학력 요건",
        "0049010",
        {
            "0049001": ("고졸 미만", None),
            "0049002": ("고교 재학", _is("high_student")),
            "0049003": ("고졸 예정", None),
            "0049004": ("고교 졸업", None),
            "0049005": ("대학 재학", _is("university_student")),
            "0049006": ("대졸 예정", None),
            "0049007": ("대학 졸업", None),
            "0049008": ("석·박사", None),
            "0049009": ("기타", None),
        },
    ),
    "plcyMajorCd": (
        "전공 요건",
        "0011009",
        {
            "0011001": ("인문계열", None),
            "0011002": ("사회계열", None),
            "0011003": ("상경계열", None),
            "0011004": ("이학계열", None),
            "0011005": ("공학계열", None),
            "0011006": ("예체능계열", None),
            "0011007": ("농산업계열", None),
            "0011008": ("기타", None),
        },
    ),
    "sbizCd": (
        "특화 요건",
        "0014010",
        {
            "0014001": ("중소기업", None),
            "0014002": ("여성", _is("sex", "female")),
            "0014003": ("기초생활수급자", _is("basic_livelihood_recipient")),
            "0014004": ("한부모가정", _is("single_parent_or_grandparent")),
            "0014005": ("장애인", _is("disabled")),
            "0014006": ("농업인", _is("farmer")),
            "0014007": ("군인", None),
            "0014008": ("지역인재", None),
            "0014009": ("기타", None),
        },
    ),
}
"""By field: what it asks about, the code for "no restriction", and every other code."""
