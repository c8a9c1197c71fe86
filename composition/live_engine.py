"""The engine that a service answers with: replaced when model or catalogue change, and ready for tomorrow.

What is read anew is checked, and answers once, before it takes over; what does not pass changes nothing, and the last
good one goes on answering.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import reading
from composition.model_registry import MANIFEST, NO_MODEL, ModelRegistry
from composition.service import warm_up
from composition.signed_policy import EXPLORATION
from features.problem import Rejected

if TYPE_CHECKING:
    from composition.engines import EngineSettings
    from features.declaration.declaration import Declaration
    from features.log.event import Event
    from recommender.engine import Engine
    from serving.http.consent_desk import ConsentDesk
    from serving.http.reference_desk import ReferenceDesk
    from serving.http.wire import RecommendationRequest
    from serving.records.decision import Decision
    from serving.records.decision_log import KeptDecision
    from serving.records.explanation import Length
    from serving.records.switched_off import Stops

LOG: Final = logging.getLogger("proffer.serving")
POLL_SECONDS: Final = 5.0
_ALIKE: Final = "declares other facts or events: restart the service"


class LiveEngine:
    """Answers with the newest good engine; shared by the threads that ask and the one that looks for changes."""

    def __init__(
        self,
        build: Callable[[], Engine],
        marks: Callable[[], object],
        clock: Callable[[], int],
        terms: Callable[[Declaration], Mapping[str, Any]] | None = None,
        stops: Callable[[], Stops] | None = None,
    ) -> None:
        """Build the first engine, and answer once with it.

        Args:
            build: reads and checks everything; raises Rejected.
            marks: what changes when something that is read changes.
            clock: UTC seconds.
            terms: reads what may be agreed to, as `composition.purpose_terms.consent_terms` does; None for the
                purposes that are always there.
            stops: tells what is switched off at a moment; None for nothing.

        Raises:
            Rejected: something that is read is wrong.
        """
        self._build, self._marks, self._clock = build, marks, clock
        self._terms, self._stops = terms, stops
        self._used = self._seen = marks()
        self.refused: tuple[str, ...] = ()
        """What is wrong with what was read last, empty where nothing is."""
        self._wake = threading.Event()
        self._take(build())

    def recommend(self, request: RecommendationRequest, citizen: str, now: int) -> Mapping[str, Any]:
        """The answer of the engine of this moment to what is sent, as JSON."""
        return self.handler.recommend(request, citizen, now)

    def decide(
        self, request: RecommendationRequest, citizen: str, now: int, held: Sequence[Event], acting: str = ""
    ) -> Decision:
        """The answer of the engine of this moment from the events that are held of a citizen."""
        return self.handler.decide(request, citizen, now, held, acting)

    def ground(self, actor: str, held: Sequence[Event], citizen: str, now: int, noun: str) -> str | None:
        """On which ground somebody may act for a citizen by the rules of this moment."""
        return self.handler.ground(actor, held, citizen, now, noun)

    def consented(self, held: Sequence[Event], citizen: str) -> str | None:
        """By which purpose of this moment a citizen lets caseworkers ask for them."""
        return self.handler.consented(held, citizen)

    def explain(self, decision: KeptDecision, length: Length, language: str | None) -> Mapping[str, Any]:
        """A decision explained by the texts of this moment."""
        return self.handler.explain(decision, length, language)

    @property
    def consents(self) -> ConsentDesk:
        """What people can agree to, and how it stands for one."""
        return self.handler.consents

    def effect(
        self, citizen: str, before: Sequence[Event], after: Sequence[Event], now: int, acting: str = ""
    ) -> Sequence[Any]:
        """Which programmes stand otherwise after than before."""
        return self.handler.effect(citizen, before, after, now, acting)

    @property
    def engine(self) -> Engine:
        """The engine of this moment."""
        return self.handler.engine

    @property
    def reference(self) -> ReferenceDesk:
        """What may be looked up of the catalogue of this moment."""
        return self.handler.reference

    @property
    def languages(self) -> Sequence[str]:
        """The languages that texts are told in."""
        return self.handler.languages

    def checks(self) -> Mapping[str, bool]:
        """Whether there is something to recommend."""
        return self.handler.checks()

    def degraded(self) -> Sequence[str]:
        """What does not hold, though answers are given."""
        return ["reload"] if self.refused else []

    def watch(self) -> None:
        """Look for changes in a thread of this process, from now on."""
        threading.Thread(target=self._watching, name="live-engine", daemon=True).start()

    def wake(self, *_signal: object) -> None:
        """Look for changes now; may be a handler of signals."""
        self._used = None
        self._wake.set()

    def look(self) -> None:
        """Take what has changed, once it has not changed for as long as between two looks; compile tomorrow's rules."""
        found, forced = self._marks(), self._used is None
        if found != self._used and (found == self._seen or forced):
            self._used = found
            self._renew()
        self._seen = found
        today = reading.as_of(None, self._clock, self.engine.declaration.zone.name)
        self.engine.compiled(today + datetime.timedelta(days=1))

    def _watching(self) -> None:
        while True:
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            try:
                self.look()
            except Exception as failure:  # noqa: BLE001 - the service goes on with what it has, and looks again
                LOG.error("the engine could not be renewed: %s", type(failure).__name__)

    def _renew(self) -> None:
        from serving.http import metrics

        try:
            engine = self._build()
            if engine.declaration.hash != self.engine.declaration.hash:
                self.refused = (_ALIKE,)
            else:
                self._take(engine)
                self.refused = ()
        except (Rejected, OSError) as failure:
            problems = failure.problems if isinstance(failure, Rejected) else ()
            self.refused = tuple(f"{'.'.join(map(str, one.path))}: {one.what}" for one in problems) or ("unreadable",)
        metrics.RELOADS.labels("refused" if self.refused else "taken").inc()
        LOG.warning(
            "kept the last good model and catalogue: %s" if self.refused else "took the new model and catalogue%s",
            "; ".join(self.refused[:5]),
        )

    def _take(self, engine: Engine) -> None:
        from serving.http.handler import RecommendationHandler

        zone = engine.declaration.zone.name
        warm_up(engine, reading.as_of(None, self._clock, zone))
        given: dict[str, Any] = {} if self._stops is None else {"stops": self._stops}
        if self._terms is not None:
            given |= self._terms(engine.declaration)
        self.handler = RecommendationHandler(engine, **given)


def marks_of(settings: EngineSettings) -> tuple[object, ...]:
    """What changes when catalogue, champion's alias, its artefact, weights or what is left to chance change."""
    paths = [settings.catalogue or settings.country.catalogue]
    if settings.ranking is not None:
        paths += [settings.ranking.weights] if settings.ranking.weights else []
        paths += [settings.ranking.workspace.champion_file, settings.ranking.workspace.path / EXPLORATION.file]
        try:
            model = ModelRegistry(settings.ranking.workspace).find(settings.ranking.model)
        except Rejected:
            model = Path(NO_MODEL)
        paths += [model / MANIFEST] if model is not None else []
    return tuple(_mark(path) for top in paths for path in files_below(top))


def files_below(path: Path) -> Iterable[Path]:
    """A file, or every file of a folder, sorted."""
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _mark(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), found.st_ino, found.st_mtime_ns, found.st_size
