"""Whatever stream of events comes, in whatever batches: results and rows are those that one at a time would leave."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from composition.workspace import Workspace
from features.log.rows import CELLS
from features.log.tables import EVENTS
from serving.http.log_desk import LogDesk
from serving.http.service_frame import parsed
from tests.examples import examples

NOW, AT = 1_800_000_000, 1_793_318_400
SAID = [
    ("life.moved", {"region": "11440"}, {"region": "11440"}),
    ("life.moved", {"region": "26110"}, {"region": "26110"}),
    ("fact.stated", {"income_percent": 40.0, "sex": "female"}, {"income_percent": 40, "sex": "female"}),
    ("fact.stated", {"sex": "female", "income_percent": 40}, {"income_percent": 40, "sex": "female"}),
    ("life.child_born", {"about": [{"person": "민준", "role": "child"}]}, {}),
    ("life.child_born", {}, {}),
    ("life.moved", {"region": "nowhere at all"}, None),
]  # fmt: skip
"""What may be sent, and the data that is kept of it; None where it cannot be used."""
STREAMS = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, len(SAID) - 1)), max_size=6).flatmap(
        lambda batch: st.permutations(batch + batch[:2])
    ),
    min_size=1,
    max_size=4,
)


def sent(name, place):
    kind, data, _ = SAID[place]
    return {
        "specversion": "1.0", "id": f"e{name}", "source": "registry", "subject": "ann", "type": kind,
        "time": "2026-10-30T00:00:00Z", "data": data,
    }  # fmt: skip


def row(name, place):
    """The row of an event, made without anything that is made faster."""
    kind, data, kept = SAID[place]
    about = [[one["person"], one["role"]] for one in data.get("about", ())]
    cells = [json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in (kept, about)]
    told = cells[1] if about else ""
    body = "\n".join(("ann", kind, str(AT), cells[0], told))
    return "registry", f"e{name}", "ann", kind, AT, NOW, cells[0], told, sha256(body.encode()).hexdigest()


def one_at_a_time(batches):
    """What becomes of each event, and the rows that are left."""
    held, outcomes = {}, []
    for batch in batches:
        found = []
        for name, place in batch:
            if SAID[place][2] is None:
                found.append("rejected")
                continue
            new = row(name, place)
            old = held.setdefault(name, new)
            found.append("accepted" if old is new else "duplicate" if old[-1] == new[-1] else "conflict")
        outcomes.append(found)
    return outcomes, list(held.values())


def kept_in(home):
    with home.database.reading() as connection:
        query = sa.select(*(EVENTS.c[name] for name in CELLS)).order_by(EVENTS.c.number)
        return [tuple(cells) for cells in connection.execute(query)]


@pytest.fixture(scope="module")
def declaration(real_engine):
    return real_engine.declaration


@examples(60)
@given(STREAMS)
def test_results_and_rows_are_those_of_one_event_at_a_time(declaration, batches):
    with TemporaryDirectory() as folder:
        home = Workspace(Path(folder) / "home", patience=5)
        desk = LogDesk(declaration, home)
        bodies = [json.dumps([sent(*one) for one in batch]).encode() for batch in batches]
        answers = [desk.take(parsed(body), NOW).result(60)["results"] for body in bodies]
        rows = kept_in(home) if home.has_events else []
    outcomes = [[one["outcome"] for one in answer] for answer in answers]
    assert (outcomes, rows) == one_at_a_time(batches)
    for answer in answers:
        assert all(bool(one["problems"]) == (one["outcome"] in ("conflict", "rejected")) for one in answer)
