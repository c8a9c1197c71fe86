"""Rows as the youth-policy API writes them, with all its fields, and the shipped region table and declaration."""

import pytest

from composition import reading
from composition.target_groups import read_vocabulary

FIELDS = [
    "plcyNo",
    "bscPlanCycl",
    "bscPlanPlcyWayNo",
    "bscPlanFcsAsmtNo",
    "bscPlanAsmtNo",
    "pvsnInstGroupCd",
    "plcyPvsnMthdCd",
    "plcyAprvSttsCd",
    "plcyNm",
    "plcyKywdNm",
    "plcyExplnCn",
    "lclsfNm",
    "mclsfNm",
    "plcySprtCn",
    "sprvsnInstCd",
    "sprvsnInstCdNm",
    "sprvsnInstPicNm",
    "operInstCd",
    "operInstCdNm",
    "operInstPicNm",
    "sprtSclLmtYn",
    "aplyPrdSeCd",
    "bizPrdSeCd",
    "bizPrdBgngYmd",
    "bizPrdEndYmd",
    "bizPrdEtcCn",
    "plcyAplyMthdCn",
    "srngMthdCn",
    "aplyUrlAddr",
    "sbmsnDcmntCn",
    "etcMttrCn",
    "refUrlAddr1",
    "refUrlAddr2",
    "sprtSclCnt",
    "sprtArvlSeqYn",
    "sprtTrgtMinAge",
    "sprtTrgtMaxAge",
    "sprtTrgtAgeLmtYn",
    "mrgSttsCd",
    "earnCndSeCd",
    "earnMinAmt",
    "earnMaxAmt",
    "earnEtcCn",
    "addAplyQlfcCndCn",
    "ptcpPrpTrgtCn",
    "inqCnt",
    "rgtrInstCd",
    "rgtrInstCdNm",
    "rgtrUpInstCd",
    "rgtrUpInstCdNm",
    "rgtrHghrkInstCd",
    "rgtrHghrkInstCdNm",
    "zipCd",
    "plcyMajorCd",
    "jobCd",
    "schoolCd",
    "aplyYmd",
    "frstRegDt",
    "lastMdfcnDt",
    "sbizCd",
]


@pytest.fixture(scope="session")
def regions():
    return reading.read_regions()


@pytest.fixture(scope="session")
def declaration():
    return reading.read_declaration()


@pytest.fixture(scope="session")
def vocabulary(declaration):
    return read_vocabulary(declaration)


@pytest.fixture
def policy():
    """Make a row of getPlcy; keyword arguments replace fields. Every value is text, as the API sends it."""

    def make(**fields):
        return (
            dict.fromkeys(FIELDS, "")
            | {
                "plcyNo": "20260101005400111111",
                "pvsnInstGroupCd": "0054002",
                "plcyPvsnMthdCd": "0042006",
                "plcyAprvSttsCd": "0044002",
                "plcyNm": "청년 월세 지원",
                "plcyExplnCn": "청년의 주거비를 덜어 준다.",
                "lclsfNm": "주거",
                "plcySprtCn": "월 20만원 지급",
                "sprvsnInstCd": "3130000",
                "sprvsnInstCdNm": "서울특별시 마포구",
                "sprvsnInstPicNm": "담당자",
                "aplyPrdSeCd": "0057001",
                "aplyYmd": "20260301 ~ 20260331",
                "bizPrdSeCd": "0056001",
                "bizPrdBgngYmd": "20260101",
                "bizPrdEndYmd": "20261231",
                "plcyAplyMthdCn": "온라인 신청",
                "sbmsnDcmntCn": "- 신청서\r\n- 임대차계약서 사본 1부",
                "sprtTrgtMinAge": "19",
                "sprtTrgtMaxAge": "34",
                "sprtTrgtAgeLmtYn": "N",
                "mrgSttsCd": "0055003",
                "earnCndSeCd": "0043001",
                "earnMinAmt": "0",
                "earnMaxAmt": "0",
                "inqCnt": "17",
                "zipCd": "11440",
                "plcyMajorCd": "0011009",
                "jobCd": "0013010",
                "schoolCd": "0049010",
                "sbizCd": "0014010",
                "lastMdfcnDt": "2026-02-20 10:11:12",
            }
            | fields
        )

    return make
