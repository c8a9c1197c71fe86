from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml

from features.calendar import day_of
from features.declaration.declaration import declare
from features.members import joined
from features.snapshot import Snapshots, from_facts
from recommender.rules.catalogue import catalogue
from recommender.rules.compiled import compile_catalogue
from recommender.rules.region import Regions

FOLDER = Path(__file__).parents[3] / "data" / "countries" / "kr" / "declaration"
TODAY = date(2026, 10, 31)
RULES = {
    "t.any": {"all": []},
    "t.men": {"fact": "sex", "is": "male"},
    "t.old": {"fact": "age", "at_least": 65},
    "t.women": {"fact": "sex", "is": "female"},
}
FACTS = ({"sex": "male"}, {"sex": "female", "birth_date": "1950-01-01"}, {}, {"birth_date": "2000-01-01"})


@pytest.fixture(scope="session")
def many():
    """Return four people of whom different facts are known, and four compiled programmes."""
    read = [
        yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("events", "facts", "features", "household")
    ]
    declaration, regions = declare(*read[:3], household=read[3]), Regions()
    documents = [
        (
            name,
            {
                "id": name,
                "title": {"en": name},
                "provider": {"id": "x", "name": {"en": "X"}},
                "category": "livelihood",
                "form": "cash",
                "who": who,
                "source": {"url": "https://example.org"},
                "verified": True,
            },
        )
        for name, who in RULES.items()
    ]
    programmes = catalogue(documents, declaration, regions)
    t = declaration.zone.end_of_day(TODAY)
    rows = [from_facts(declaration, facts, t, person=f"p{i}") for i, facts in enumerate(FACTS)]
    people = Snapshots(
        tuple(row.person for row in rows), np.concatenate([row.t for row in rows]), rows[0].columns,
        np.concatenate([row.values for row in rows]), declaration.hash, declaration,
        joined([row.members for row in rows]),
    )  # fmt: skip
    return people, compile_catalogue(programmes, people.columns, declaration, regions, day_of(TODAY))
