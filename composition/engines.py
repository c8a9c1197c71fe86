"""Engines: builds the recommendation engine from files, and the person it is asked about."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import reading
from composition.model_registry import ModelRegistry, load_model
from composition.people_groups import read_people_groups
from composition.settings import SHIPPED, CountryFolder
from composition.signed_policy import EXPLORATION, SignedPolicy
from composition.workspace import Workspace
from features.kernel import jit
from features.problem import Problem, Problems, Rejected
from features.unicode_form import composed

if TYPE_CHECKING:
    from composition.document_cache import DocumentCache
    from features.declaration.declaration import Declaration
    from recommender.engine import Engine
    from recommender.offers.batch import Ranker
    from recommender.offers.exploration import ExplorationPolicy
    from recommender.offers.order_correction import OrderCorrection
    from recommender.offers.utility import UtilityWeights
    from recommender.rules.person import Person

SMALL: Final = 300_000
"""Bytes of a catalogue file below which interpreting the rules is quicker than loading a compiler."""
_DESCRIBED = (
    "kind", "run_id", "trained_at", "data_kind", "spend", "population", "spend_id", "teacher", "features_hash",
    "catalogue_hash",
)  # fmt: skip


@dataclass(frozen=True)
class RankingSettings:
    """What orders the recommendations.

    Attributes:
        workspace: whose models.
        model: a path, a name, `none`, or None for the champion.
        weights: a YAML file of the utility's weights; None for the documented ones.
    """

    workspace: Workspace
    model: str | None = None
    weights: Path | None = None


@dataclass(frozen=True)
class EngineSettings:
    """What an engine is built from.

    Attributes:
        declaration: its folder; None for the country's.
        catalogue: its path; None for the country's.
        ranking: None to order by the rules and the default weights, without a model.
        cache: documents parsed before; None to parse them again.
        country: whose regions, holidays, messages and (where nothing else is named) rules they are.
    """

    declaration: Path | None = None
    catalogue: Path | None = None
    ranking: RankingSettings | None = None
    cache: DocumentCache | None = None
    country: CountryFolder = SHIPPED


def build_engine(settings: EngineSettings) -> Engine:
    """The engine.

    Raises:
        Rejected: a file is wrong, or the model is missing, altered, or trained on other features.
    """
    from recommender.engine import Engine  # loaded only once there is something to judge

    cache, country, problems = settings.cache, settings.country, Problems()
    with problems.gathered():
        definitions = reading.read_definitions(settings.declaration, settings.catalogue, cache, country)
    with problems.gathered():
        messages = reading.read_messages(cache=cache, country=country)
    with problems.gathered():
        working_days = reading.read_working_days(cache=cache, country=country)
    problems.raise_any()
    declaration, catalogue, regions = definitions
    if settings.ranking is None:
        return Engine(declaration, catalogue, regions, messages, working_days=working_days)
    ranker = read_ranker(settings.ranking, definitions, settings.declaration or country.declaration)
    engine = Engine(declaration, catalogue, regions, messages, ranker, working_days)
    return engine.exploring(_exploration(settings.ranking.workspace, country, declaration))


def _exploration(home: Workspace, country: CountryFolder, declaration: Declaration) -> ExplorationPolicy | None:
    """By what chance orders near-ties in a home; None, as nearly everywhere, where no two people signed anything."""
    policy = SignedPolicy(home, EXPLORATION)()
    if policy is None:
        return None
    from composition.contact_terms import read_contact_policy

    contact = read_contact_policy(country, declaration=declaration)
    return replace(policy, never=policy.never | contact.undelayed_programmes, need=policy.need | contact.need)


def read_ranker(settings: RankingSettings, definitions: reading.Definitions, declaration: Path) -> Ranker:
    """What orders the programmes of a catalogue.

    Args:
        settings: the model and the weights.
        definitions: what both are of.
        declaration: the folder whose groups boosts are for.

    Raises:
        Rejected: the model is missing, altered, or trained on other features, or the weights are wrong.
    """
    from features.canonical_json import fingerprint
    from recommender.offers.batch import Ranker

    weights, correction = _weights(settings.weights, definitions, declaration)
    folder = ModelRegistry(settings.workspace).find(settings.model)
    if folder is None and correction is not None:
        what = "correct the order of a model, and no model orders here"
        raise Rejected([Problem(("weights", "boosts"), "conflict", what, "Promote or name a model, or leave them out")])
    if folder is None:
        return Ranker(weights)
    scorer = load_model(folder, definitions.declaration.hash)
    attributes = scorer.attributes(definitions.catalogue, definitions.declaration)
    described = {key: scorer.manifest[key] for key in _DESCRIBED if key in scorer.manifest}
    described = {"name": folder.name, **described}
    return Ranker(weights, scorer, attributes, described, fingerprint(scorer.manifest), correction)


def _weights(
    path: Path | None, definitions: reading.Definitions, declaration: Path
) -> tuple[UtilityWeights, OrderCorrection | None]:
    """The weights of a file, and what it adds so that groups are reached alike."""
    from recommender.offers.order_correction import BOOSTS, parse_boosts
    from recommender.offers.utility import UtilityWeights, parse_weights

    if path is None:
        return UtilityWeights(), None
    document = reading.read_yaml(path)
    if not isinstance(document, dict) or BOOSTS not in document:
        return parse_weights(document, (path.name,)), None
    weights = parse_weights({name: one for name, one in document.items() if name != BOOSTS}, (path.name,))
    groups = read_people_groups(declaration, definitions)
    return weights, parse_boosts(document[BOOSTS], groups, (path.name, BOOSTS))


def person_of_file(engine: Engine, facts: str, day: date) -> Person:
    """The person that a facts file (`-` is standard input) describes."""
    stated = reading.read_facts(facts)
    return engine.from_facts(stated.facts, stated.applicant, day, stated.where)


def person_of_log(engine: Engine, workspace: Workspace, name: str, applicant: Sequence[str], day: date) -> Person:
    """A person of the event log.

    Raises:
        Rejected: the log has no event of that person.
    """
    events, name = [], composed(name)
    if workspace.has_events:
        with workspace.log() as log:
            events = list(log.events([name]))
    if not events:
        what = f"the log has no event of {name!r}"
        raise Rejected(
            [
                Problem(
                    ("--citizen",), "unknown", what, "Check the id, or read the person's events with `proffer ingest`"
                )
            ]
        )
    return engine.from_events(events, name, applicant, day)


@contextlib.contextmanager
def lean_imports(catalogue: Path | None) -> Iterator[None]:
    """Load no compiler for one person and a catalogue of some hundred rules, and never scipy or coverage.

    Numba's linear algebra loads scipy and its coverage hook loads coverage, which nothing here compiles; where numba
    was loaded before, so were they. What is read is needed until the end, so no cycles are looked for meanwhile.
    """
    if catalogue is None or (catalogue.is_file() and catalogue.stat().st_size < SMALL) or catalogue.is_dir():
        jit.interpret()
    hidden = [] if "numba" in sys.modules else [name for name in ("coverage", "scipy") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes an import fail
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
        for name in hidden:
            del sys.modules[name]
