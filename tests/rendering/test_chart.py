"""A chart draws exactly the values that its table lists."""

from hypothesis import given
from hypothesis import strategies as st

from rendering.chart import HIGH, WIDE, Chart

amounts = st.decimals(0, 1000, places=2).map(str)
HEADS = ("day", "spent", "cap")


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in text.split())]


@given(st.lists(st.tuples(st.just("2026-01-01"), amounts, amounts), min_size=1, max_size=20))
def test_each_row_is_one_level_step_at_the_height_of_its_value(rows):
    chart = Chart("Spent", HEADS, tuple(rows))
    top = float(chart.highest)
    area, line = points(chart.area), points(chart.line)
    assert area[-2:] == [(WIDE, HIGH), (0.0, HIGH)]
    assert len(area) - 2 == len(line) == 2 * len(rows)
    for i, (_, spent, cap) in enumerate(rows):
        for drawn, value in ((area, spent), (line, cap)):
            (left, y), (right, same) = drawn[2 * i : 2 * i + 2]
            assert y == same
            assert abs((1 - y / HIGH) * top - float(value)) <= 0.06 / HIGH * top + 1e-5 * float(value)
            assert right - left <= WIDE / len(rows) + 0.11


@given(st.floats(0.001, 1000), st.floats(1, 100_000))
def test_amounts_can_be_read_under_any_limit(amount, times):
    chart = Chart("Spent", HEADS, (("2026-01-01", str(amount), str(amount * times)),))
    assert points(chart.area)[0][1] < HIGH * 0.82
    assert chart.limit_is_above == (points(chart.line)[0][1] < 0)
    assert chart.limit_is_above or times < 4.01


def test_an_infinite_amount_is_drawn_high_and_no_rows_as_nothing():
    chart = Chart("Spent", HEADS, (("2026-01-01", "infinity", "3"),))
    assert points(chart.area)[0] == (0.0, 40.0)
    assert points(chart.line)[0] == (0.0, 200.0)
    empty = Chart("Spent", HEADS, ())
    assert (points(empty.area), empty.line) == ([(0.0, HIGH), (0.0, HIGH)], "")
