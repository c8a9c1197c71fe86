"""What a dry run expects of a private run is read from what was published, and never above it."""

from decimal import Decimal
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.rankers.expectation import FEW, MANY, expected_share, measured_in
from training.rankers.first_release import LARGE

DOCS = Path(__file__).resolve().parents[3] / "docs"
CATALOGUES = {99: FEW, 800: MANY}


@given(st.integers(1, 10**9), st.decimals("0.01", "30", places=2), st.sampled_from(sorted(CATALOGUES)))
def test_more_people_or_a_larger_epsilon_never_make_the_expectation_smaller(units, epsilon, programmes):
    one, more, larger = (
        expected_share(*pair, programmes) or 0
        for pair in ((units, epsilon), (2 * units, epsilon), (units, 2 * epsilon))
    )
    assert 0 <= one <= min(more, larger)
    assert more == larger
    assert one <= max(share for _, share in CATALOGUES[programmes])


def shares(page, begins):
    """The last cells of the rows of a table that begin so, in hundredths."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    return [line.strip("| ").split("|")[-1].strip() for line in lines if line.startswith(begins)]


def test_what_small_catalogues_are_expected_to_reach_is_the_middle_of_the_worlds_on_the_page():
    worlds = [file.stem for file in (DOCS.parent / "data" / "worlds").glob("*.yaml")]
    for (_, expected), people in zip(FEW, (" |", ", 8,000 people |"), strict=True):
        told = shares("private-training.md", tuple(f"| {world}{people}" for world in worlds))
        assert len(told) == len(worlds)
        assert expected == int(median(float(one.removesuffix(" %")) for one in told)) / 100


def test_what_large_catalogues_are_expected_to_reach_is_the_row_of_the_page_that_is_above_popularity():
    lines = (DOCS / "epsilon.md").read_text(encoding="utf-8").splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith("| 30,000 people, epsilon"))
    end = next(at for at, line in enumerate(lines) if at > begin and line.startswith("| share"))
    epsilons, told = ([cell.strip() for cell in lines[at].split("|")[2:-1]] for at in (begin, end))
    above = [(epsilon, share) for epsilon, share in zip(epsilons, told, strict=True) if share[0].isdigit()]
    assert [(float(epsilon) * 30_000, float(share.removesuffix(" %")) / 100) for epsilon, share in above] == list(MANY)


@pytest.mark.parametrize(("programmes", "where"), [(LARGE, "99 programmes"), (LARGE + 1, "800 programmes")])
def test_it_is_told_where_that_was(programmes, where):
    assert measured_in(programmes).endswith(where)
    assert expected_share(CATALOGUES[int(where.split()[0])][0][0] - 1, Decimal(1), programmes) is None
