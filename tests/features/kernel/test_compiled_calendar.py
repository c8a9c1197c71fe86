"""Months that are counted for many days at once are those of each day."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import completed_months
from features.kernel.compiled_calendar import months_until
from features.value import UNKNOWN

DAYS = st.integers(-40_000, 40_000)


@given(st.lists(DAYS | st.just(UNKNOWN), max_size=20), DAYS)
def test_completed_months_of_many_days_are_those_of_each_and_of_an_unknown_day_unknown(days, end):
    alone = [UNKNOWN if day == UNKNOWN else completed_months(day, end) for day in days]
    assert months_until(np.array(days, np.int64), end).tolist() == alone
