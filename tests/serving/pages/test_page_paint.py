"""Pages do not move while they load, load little, and ask nobody but this service for anything."""

from __future__ import annotations

import pytest

from tests.serving.pages.page_paint import SHOWN, paints
from tests.serving.pages.page_tasks import site_for
from tests.serving.pages.real_browser import IN_CHROMIUM, served
from tests.serving.pages.test_in_a_browser import MOST_BYTES, chromium

__all__ = ["chromium"]

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = IN_CHROMIUM


@pytest.mark.parametrize("role", SHOWN)
def test_nothing_moves_and_nobody_else_is_asked(chromium, real_engine, tmp_path, role):
    with served(site_for(role, real_engine, tmp_path)) as address:
        found = paints(chromium, address, role, loads=1)
    assert [(one.path, one.moved, one.others) for one in found] == [(path, 0, []) for path in SHOWN[role]]
    assert all(0 < one.size < MOST_BYTES for one in found)
