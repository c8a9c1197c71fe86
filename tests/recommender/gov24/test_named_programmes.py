"""Which services a line names where it says that they are not given together."""

import pytest

from recommender.gov24.named_programmes import ListedTitle, NamedProgrammes

KNOWN = NamedProgrammes(
    [
        ListedTitle("n.voucher", "평생교육바우처 지원", "nation", True),
        ListedTitle("n.long", "장애인 평생교육바우처 지원", "nation", True),
        ListedTitle("a.honour", "보훈명예수당", "a", False),
        ListedTitle("b.honour", "보훈명예수당", "b", False),
        ListedTitle("a.first", "출산축하금", "a", False),
        ListedTitle("a.second", "출산축하금 지원", "a", False),
        ListedTitle("n.rent", "월세", "nation", True),
    ]
)


@pytest.mark.parametrize(
    ("line", "agency", "named"),
    [
        ("평생교육 바우처 수혜자는 제외", "c", ("n.voucher",)),
        ("장애인 평생교육바우처와 중복 불가", "c", ("n.long",)),
        ("보훈명예수당과 중복지급 불가", "a", ("a.honour",)),
        ("보훈명예수당과 중복지급 불가", "c", ()),
        ("신보훈명예수당과 중복지급 불가", "a", ()),
        ("출산축하금과 중복지급 불가", "a", ()),
        ("월세 지원과 중복지급 불가", "a", ()),
        ("타 사업과 중복지원 불가", "a", ()),
    ],
)
def test_a_line_names_a_service_of_its_agency_or_of_the_nation_that_alone_bears_the_name(line, agency, named):
    assert KNOWN.named_in(line, agency) == named
