"""Page paint: when a page is seen first on a slow machine, how much of it moves then, what it loads and from whom."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from tests.serving.pages.real_browser import tab_of

SLOWER = 4
"""So many times slower than this machine is the one that pages are measured on."""
LOADS = 5
SEEN = """() => new Promise(done => {
  let moved = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) moved += one.value })
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done([performance.getEntriesByName("first-contentful-paint")[0].startTime, moved]), 300);
})"""
SHOWN = {
    "citizen": (
        "/citizen",
        "/citizen/life",
        "/citizen/household",
        "/citizen/why/t.women",
        "/citizen/consents",
        "/check",
    ),
    "auditor": ("/auditor", "/auditor/runs", "/auditor/ledger"),
    "agency": ("/agency", "/agency/programmes/t.baby", "/agency/try", "/agency/reach?b0=65", "/agency/need"),
    "caseworker": ("/caseworker", "/caseworker/people", "/caseworker/bring"),
}
"""The pages that are measured, by role."""


class Paint(NamedTuple):
    """What was measured of a page: milliseconds until it is seen, how much moved, bytes, and who else was asked."""

    path: str
    seen: float
    moved: float
    size: int
    others: list


def paints(browser, address, role, loads=LOADS):
    """Load the pages of a role so many times each, with nothing kept in the browser; gives the median of each."""
    page = tab_of(browser, address, role)
    told = page.context.new_cdp_session(page)
    told.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    told.send("Network.enable")
    told.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes, asked, found = [], [], []
    told.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    page.on("request", lambda request: asked.append(request.url))
    for path in SHOWN[role]:
        sizes.clear(), asked.clear()
        seen = []
        for _ in range(loads):
            page.goto(address + path, wait_until="load")
            seen.append(page.evaluate(SEEN))
        others = sorted({url for url in asked if not url.startswith(f"{address}/")})
        at, moved = (median(one[place] for one in seen) for place in (0, 1))
        found.append(Paint(path, at, moved, round(sum(sizes) / loads), others))
    page.context.close()
    return found
