"""Decisions made again: found in a file or among the records of a home, and the engine that each was made with."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition.engines import EngineSettings, build_engine
from composition.model_registry import MANIFEST, NO_MODEL, ModelRegistry
from composition.workspace import Workspace
from features import strict_json
from features.canonical_json import fingerprint
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from recommender.engine import Engine
    from serving.records.decision import Decision
    from serving.records.decision_log import KeptDecision

_ID: Final = re.compile(r"[0-9a-f]{64}")
_STDIN: Final = "-"


class ErasedError(Exception):
    """The decision was about somebody who was erased, and the record of it with them."""


@dataclass(frozen=True)
class FoundDecision:
    """A decision that is to be made again.

    Attributes:
        id: the id under which it is kept; None for a file.
        decision: as it is recorded.
    """

    id: str | None
    decision: Decision


def find(home: Workspace, named: str) -> FoundDecision:
    """Return the decision that an id of the records, a file, or `-` (standard input) names.

    Raises:
        Rejected: there is none, or the file is no decision.
        ErasedError: it was erased.
    """
    from serving.records.decision import Decision

    if _ID.fullmatch(named) and not Path(named).exists():
        return FoundDecision(named, _kept(home, named))
    path = Path(named)
    try:
        document = strict_json.parse(sys.stdin.buffer.read() if named == _STDIN else path.read_bytes())
    except strict_json.MalformedError as failure:
        remedy = "Give a reply of the service that was asked for with `record`, as it was received"
        raise Rejected([Problem((named,), "invalid", f"is not JSON: it {failure}", remedy)]) from None
    where = ("standard input",) if named == _STDIN else (path.name,)
    id_ = document.get("decision_id") if isinstance(document, dict) else None
    return FoundDecision(id_ if isinstance(id_, str) else None, Decision.parse(document, where))


def _kept(home: Workspace, id_: str) -> Decision:
    from features.log.tombstones import Tombstones
    from serving.records.decision_log import DecisionLog

    if home.has_events:
        with home.store() as store:
            found = DecisionLog(store.connection).find(id_)
            if found is not None:
                return found.decision
            if Tombstones(store.connection, store.key).erased("decision", [id_]):
                raise ErasedError(id_)
    remedy = "Check the id and --home, or give the file of a reply"
    raise Rejected([Problem((id_,), "unknown", "is no decision on record here", remedy)])


def engine_of(decision: Decision, settings: EngineSettings) -> Engine:
    """Return an engine with the model that a decision was made with, where the home has it and no model is named.

    It is without the programmes that were switched off when the decision was made.

    Raises:
        Rejected: a file of the engine is wrong.
    """
    stopped = decision.document.get("said", {}).get("stopped", ())
    names = {one.removeprefix("programme:") for one in stopped if one.startswith("programme:")}
    engine = _engine_of(decision, settings)
    return engine.without(names) if names else engine


def _engine_of(decision: Decision, settings: EngineSettings) -> Engine:
    ranking = settings.ranking
    if ranking is None or ranking.model is not None:
        return build_engine(settings)
    wanted = decision.document.get("basis", {}).get("model")
    model = NO_MODEL if wanted is None else _model_of(ranking.workspace, wanted)
    return build_engine(replace(settings, ranking=replace(ranking, model=model)))


def _model_of(home: Workspace, wanted: object) -> str | None:
    """The name of the model with this hash; None where the home has none such, and the champion must do."""
    for name in ModelRegistry(home).names():
        try:
            manifest = strict_json.parse((home.models / name / MANIFEST).read_bytes())
        except (OSError, strict_json.MalformedError):
            continue
        if fingerprint(manifest) == wanted:
            return name
    return None


@dataclass(frozen=True)
class DecisionSampling:
    """Decisions on record, drawn by a seed and made again.

    Attributes:
        home: whose records.
        engine: gives the engine of the moment.
        settings: what another engine is built from, where a decision was made by another model.
    """

    home: Workspace
    engine: Callable[[], Engine]
    settings: EngineSettings

    def replayed(self, seed: int, most: int) -> dict[str, Any]:
        """Draw so many decisions and make each again; nothing of it says whom one is about.

        Raises:
            RefusedError: 503, the records cannot be read.
        """
        from serving.http.record_desk import available
        from serving.records.decision_log import DecisionLog

        if not self.home.has_events:
            return {"kept": 0, "seed": seed, "rows": []}
        with available("The records cannot be read now; ask again."), self.home.store() as store:
            log = DecisionLog(store.connection)
            kept, ids = log.drawn(seed, most)
            found = [one for one in map(log.find, ids) if one is not None]
        engines: dict[tuple[object, ...], Engine] = {}
        return {"kept": kept, "seed": seed, "rows": [self._row(one, engines) for one in found]}

    def _row(self, one: KeptDecision, engines: dict[tuple[object, ...], Engine]) -> dict[str, Any]:
        from serving.records.replay import replayed

        made = replayed(one.decision, self.engine(), one.id)
        if made.outcome == "unavailable":
            document = one.decision.document
            by = (document.get("basis", {}).get("model"), *document.get("said", {}).get("stopped", ()))
            if by not in engines:
                engines[by] = engine_of(one.decision, self.settings)
            made = replayed(one.decision, engines[by], one.id)
        where = "" if made.difference is None else ".".join(map(str, made.difference.path))
        told = {"outcome": made.outcome, "parts": list(made.parts), "where": where}
        return {"id": one.id, "kind": one.decision.kind, "made": one.made, **told}
