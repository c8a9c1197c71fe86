from __future__ import annotations

import pytest

from recommender.reading.place_name import own_places


@pytest.mark.parametrize(
    ("agency", "regions", "names"),
    [
        ("서울특별시 마포구", ("마포구",), {"마포구", "마포", "서울", "서울시", "서울특별시마포구"}),
        ("경상북도", (), {"경상북도", "경북"}),
        ("전라남도교육청", (), {"전라남도", "전남"}),
        ("재단법인동대문문화재단", ("동대문구",), {"동대문구", "동대문"}),
        ("보건복지부", (), set()),
    ],
)
def test_a_place_is_known_by_its_full_name_its_stem_and_its_daily_one(agency, regions, names):
    found = own_places(agency, *regions)
    assert names <= set(found)
    assert sorted(map(len, found), reverse=True) == list(map(len, found))
    assert bool(found) == bool(names)
