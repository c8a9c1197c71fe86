"""What a dry run expects of a private run is read from what was published, and never above it."""

from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from training.rankers.expectation import MEASURED, expected_share

DOCS = Path(__file__).resolve().parents[3] / "docs"


@given(st.integers(1, 10**9), st.decimals("0.01", "30", places=2))
def test_more_people_or_a_larger_epsilon_never_make_the_expectation_smaller(units, epsilon):
    one, more, larger = (
        expected_share(*pair) or 0 for pair in ((units, epsilon), (2 * units, epsilon), (units, 2 * epsilon))
    )
    assert 0 <= one <= min(more, larger)
    assert more == larger
    assert one <= max(share for _, share in MEASURED)


def test_what_was_measured_is_what_the_page_says():
    page = (DOCS / "epsilon.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| share | below"))
    assert [f"{share:.0%}" for _, share in MEASURED] == [part.strip().replace(" ", "") for part in row.split("|")[3:8]]
    assert expected_share(9_999, Decimal(1)) is None
