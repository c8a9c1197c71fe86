"""Page measures: `python -m tests.serving.pages.page_measures` writes the measured tables of docs/pages.md anew."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.serving.conftest import engine_of_few
from tests.serving.pages.page_paint import LOADS, SLOWER, paints
from tests.serving.pages.page_tasks import TASKS, WAYS, site_for, tasks_done
from tests.serving.pages.real_browser import launched, served

PAGE = Path(__file__).parents[3] / "docs" / "pages.md"


def main():
    """Measure, and write both tables into the page in place of those that stand there."""
    engine, done, painted = engine_of_few(), [], []
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        for number, (role, way) in enumerate((role, way) for role in TASKS for way in WAYS):
            home = Path(folder) / str(number)
            home.mkdir()
            with served(site_for(role, engine, home)) as address:
                done += tasks_done(browser, address, role, way)
                painted += paints(browser, address, role) if way == "pointer" else []
        version = browser.version
    text = PAGE.read_text(encoding="utf-8")
    text = written(text, "| who | task |", tasks_table(done), version)
    text = written(text, "| page | first contentful paint", paints_table(painted), version)
    PAGE.write_text(text, encoding="utf-8")


def written(text, first, lines, version):
    """The text with a table in place of the one that begins so."""
    table = "\n".join((*lines, "", f"(Chromium {version.partition('.')[0]}.)"))
    place = rf"^{re.escape(first)}.*?^\(Chromium \d+\.\)$"
    found, places = re.subn(place, lambda _: table, text, flags=re.DOTALL | re.MULTILINE)
    assert places == 1, first
    return found


def tasks_table(done):
    """A row for each task: steps, keys by keyboard alone, and seconds in each way."""
    seconds = {(one.role, one.task, one.way): one.seconds for one in done}
    yield f"| who | task | steps | keys, by keyboard alone | seconds: {' | '.join(WAYS)} |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in done:
        if one.way == "keyboard":
            spent = " | ".join(f"{seconds[one.role, one.task, way]:.1f}" for way in WAYS)
            yield f"| {one.role} | {one.task} | {one.steps} | {one.keys} | {spent} |"


def paints_table(painted):
    """A row for each page."""
    seen = f"first contentful paint, CPU {SLOWER} times slower, median of {LOADS}"
    yield f"| page | {seen} | layout shift | as sent | other origins |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for one in painted:
        others = ", ".join(one.others) or "none"
        yield f"| `{one.path}` | {one.seen:.0f} ms | {one.moved:.3f} | {one.size / 1000:.1f} kB | {others} |"


if __name__ == "__main__":
    main()
