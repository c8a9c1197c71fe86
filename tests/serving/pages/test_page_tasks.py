"""Each of the four people does what they come for in Chromium, by pointer or keyboard, with scripts and without."""

from __future__ import annotations

import pytest

from tests.serving.pages.page_tasks import PROPERTY, TASKS, WAYS, site_for, tasks_done
from tests.serving.pages.real_browser import IN_CHROMIUM, served
from tests.serving.pages.test_in_a_browser import chromium

__all__ = ["chromium"]

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = IN_CHROMIUM
MOST_STEPS = 5


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", TASKS)
def test_five_tasks_are_done_in_few_steps(chromium, real_engine, tmp_path, role, way, record_property):
    with served(site_for(role, real_engine, tmp_path)) as address:
        for done in tasks_done(chromium, address, role, way):
            record_property(PROPERTY, [*done])
            assert 0 < done.steps <= MOST_STEPS
