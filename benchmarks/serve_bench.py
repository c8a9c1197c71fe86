"""One request answered in the process, without HTTP: facts in, the document of POST /v1/recommendations out, model on.

The catalogue is the shipped one, then one of 11,000 grown from it: copies in turn, three of five asking for a region
besides, amounts from a third to seven thirds of the original. Four people are asked about, from a few facts to many,
and of one hardly anything is known, so that few programmes are excluded. What is timed is CPU time.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from composition import reading
from composition.model_registry import read_artefact
from composition.settings import SHIPPED
from features.problem import Problem, Rejected
from recommender.engine import Engine
from recommender.offers.batch import Ranker, batch
from recommender.ranking.model import read_model
from recommender.rules.catalogue import catalogue
from recommender.rules.programme import KINDS
from recommender.rules.region import Regions

SIZES: Final = (99, 11_000)
DAY: Final = date(2026, 11, 2)
SHOWN, ROUNDS, WARM = 10, 20, 3
PEOPLE: Final[tuple[dict[str, object], ...]] = (
    {"birth_date": "1990-05-01", "sex": "female", "region": "11440", "income_percent": 72, "pregnant": True,
     "children": ["2025-03-01"]},
    {"birth_date": "1955-05-01", "sex": "male", "region": "41111", "income_percent": 40, "children": [],
     "disabled": True},
    {"birth_date": "1985-02-01", "sex": "male", "region": "26350", "job_seeker": True, "worker": False,
     "children": ["2020-01-01", "2026-09-15"], "no_home": True, "income_percent": 120},
    {"birth_date": "1999-05-01"},
)  # fmt: skip


def measure(
    progress: Callable[[str], None], model: Path | None = None, in_process: bool = False
) -> Mapping[str, object]:
    """Answer one person after the other with the model of an artefact's folder.

    Raises:
        Rejected: no model was given, or the measure over HTTP was asked for.
    """
    problems = []
    if not in_process:
        remedy = "Add --in-process, which measures one request without HTTP"
        problems.append(Problem(("--in-process",), "missing", "is not given, and there is no other way yet", remedy))
    if model is None:
        remedy = "Name a model's folder, or promote one in the home"
        problems.append(Problem(("--model",), "missing", "is not given", remedy))
    if problems or model is None:
        raise Rejected(problems)
    found = []
    for size in SIZES:
        progress(f"{size:,} programmes")
        found.append({"programmes": size, **measured(engine_of(size, model))})
    return {
        "name": "serve",
        "work": f"one request in the process for each of {len(PEOPLE)} people, {SIZES[-1]:,} programmes, model on",
        "unit": "requests a second of CPU",
        "ours": found[-1]["ours"],
        "peers": {},
        "ratio": {},
        "equal_results": all(one["equal_results"] for one in found),
        "sizes": found,
    }


def grown(documents: Sequence[tuple[str, object]], size: int, regions: Regions) -> list[tuple[str, object]]:
    """Grow a catalogue's documents to `size`; the same documents give the same ones.

    >>> [where for where, _ in grown([("a.yaml", {"id": "a", "who": {"all": []}})], 3, Regions())]
    ['a.yaml', 'a.yaml', 'a.yaml']
    """
    codes = [f"{code:05d}" for code in sorted(regions.by_code) if code > 10_000] or ["11"]
    out = list(documents[:size])
    for i in range(size - len(out)):
        where, original = documents[i % len(documents)]
        one: Any = copy.deepcopy(original)
        one["id"] = f"g{i:05d}.{one['id']}"
        if i % 5 < 3:
            part, who = {"fact": "region", "in": [codes[i % len(codes)]]}, one["who"]
            by_kind = any(kind in who for kind in KINDS)
            one["who"] = (
                {kind: {"all": [clause, part]} for kind, clause in who.items()} if by_kind else {"all": [who, part]}
            )
        if (one.get("value") or {}).get("amount"):
            one["value"]["amount"] = one["value"]["amount"] * (1 + i % 7) // 3
        out.append((where, one))
    return out


def measured(engine: Engine, rounds: int = ROUNDS) -> dict[str, Any]:
    """Time each person's request, the median of some rounds, and compare the answers with those of one batch."""
    milliseconds, answers = [], []
    for facts in PEOPLE:
        for _ in range(WARM):
            answer = _answer(engine, facts)
        seconds = []
        for _ in range(rounds):
            begin = time.process_time()
            answer = _answer(engine, facts)
            seconds.append(time.process_time() - begin)
        milliseconds.append(1000 * sorted(seconds)[rounds // 2])
        answers.append(answer)
    people = [engine.from_facts(facts, ["citizen"], DAY) for facts in PEOPLE]
    together = [{**one.to_json(), "ask_next": []} for one in batch(people, engine.compiled(DAY), engine.ranker, SHOWN)]
    return {
        "milliseconds": [round(one, 2) for one in milliseconds],
        "recommended": [answer["total"] for answer in answers],
        "ours": 1000 * len(PEOPLE) / sum(milliseconds),
        "equal_results": together == [{**one, "ask_next": []} for one in answers],
    }


def engine_of(size: int, model: Path | None) -> Engine:
    """The engine over the shipped catalogue grown to a size; without a model it orders by the rules alone."""
    declaration, regions = reading.read_declaration(), reading.read_regions()
    documents = reading.programme_documents(SHIPPED.catalogue)
    programmes = catalogue(grown(documents, size, regions), declaration, regions)
    ranker = Ranker()
    if model is not None:
        scorer = read_model(read_artefact(model), declaration.hash)
        attributes = scorer.attributes(programmes, declaration)
        ranker = Ranker(scorer=scorer, attributes=attributes, model={"name": model.name})
    return Engine(declaration, programmes, regions, reading.read_messages(), ranker, reading.read_working_days())


def _answer(engine: Engine, facts: Mapping[str, object]) -> dict[str, Any]:
    return engine.answer(engine.from_facts(facts, ["citizen"], DAY), DAY, SHOWN).to_json()
