"""Replay: a decision made again from its own record, and the first thing that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

from features.problem import Rejected
from recommender.engine import Engine
from recommender.offers.exploration import ExplorationPolicy, read_exploration
from serving.records.basis import other_parts
from serving.records.decision import Decision, Recorder, hash_of
from serving.records.person_record import restored

_VERSION: Final = "version"
_MISSING: Final = object()


@dataclass(frozen=True)
class Difference:
    """The first place where a record and what is computed from it differ.

    Attributes:
        path: the names and positions down to it.
        recorded: the value on record; None where there is none.
        computed: the value that was computed; None where there is none.
    """

    path: tuple[str | int, ...]
    recorded: object
    computed: object


@dataclass(frozen=True)
class Replay:
    """What became of a decision that was made again.

    Attributes:
        outcome: `same` to the last bit; `different`; or `unavailable`, where it rests on parts that are not at hand.
        difference: the first one, where it is different.
        parts: on which parts of `basis.PARTS` it rests that are others here.
    """

    outcome: Literal["same", "different", "unavailable"]
    difference: Difference | None = None
    parts: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return what `proffer replay --json` prints of it."""
        found = self.difference
        return {
            "outcome": self.outcome,
            "parts": list(self.parts),
            "difference": None
            if found is None
            else {"path": list(found.path), "recorded": found.recorded, "computed": found.computed},
        }


def replayed(decision: Decision, engine: Engine, id_: str | None = None) -> Replay:
    """Make a decision again with an engine, and compare it with the record.

    Of another version of Proffer the answer is computed and compared all the same; the difference is told in `parts`.

    Args:
        decision: as it was recorded.
        engine: of the same catalogue, declaration, tables, sentences, weights and model, or it is `unavailable`.
        id_: the id under which the record is kept.
    """
    made = decision.document
    try:
        recorder = Recorder(engine.exploring(policy_of(made)))
    except Rejected:
        return Replay("different", Difference(("decision", "exploration"), "unreadable", "Rejected"))
    parts = tuple(other_parts(made.get("basis", {}), recorder.basis))
    if set(parts) - {_VERSION}:
        return Replay("unavailable", parts=parts)
    if id_ is not None and decision.id != id_:
        return Replay("different", Difference(("id",), id_, decision.id), parts)
    try:
        person, day = restored(made["inputs"], engine), date.fromisoformat(made["as_of"])
        again = recorder.decide(person, day, made["k"], made["citizen"], made["kind"], made["said"])
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as failure:
        return Replay("different", Difference(("decision", "inputs"), "unreadable", type(failure).__name__), parts)
    computed = {**again.to_document(), "decision": {**again.document, "basis": made["basis"]}}
    found = next(_differences(decision.to_document(), computed), None)
    if found is None and hash_of(decision.answer) != made["answer"]:
        found = Difference(("decision", "answer"), made["answer"], hash_of(decision.answer))
    return Replay("same" if found is None else "different", found, parts)


def policy_of(document: Mapping[str, Any]) -> ExplorationPolicy | None:
    """The policy by which chance ordered near-ties of a decision, as it is on record; None where nothing did.

    Raises:
        Rejected: it is none.
    """
    found = document.get("exploration")
    if not isinstance(found, Mapping):
        return None
    words = {name: one for name, one in found.items() if name != "signed_by"}
    return replace(read_exploration(words), signed_by=tuple(found.get("signed_by", ())))


def _differences(recorded: Any, computed: Any, path: tuple[str | int, ...] = ()) -> Iterator[Difference]:
    """Yield where two JSON values differ, depth first, in the order of their names and positions."""
    if isinstance(recorded, Mapping) and isinstance(computed, Mapping):
        for name in sorted({*recorded, *computed}):
            yield from _differences(recorded.get(name, _MISSING), computed.get(name, _MISSING), (*path, name))
    elif _is_list(recorded) and _is_list(computed):
        for place in range(max(len(recorded), len(computed))):
            one, other = (side[place] if place < len(side) else _MISSING for side in (recorded, computed))
            yield from _differences(one, other, (*path, place))
    elif recorded != computed or isinstance(recorded, bool) != isinstance(computed, bool):
        one, other = (None if side is _MISSING else side for side in (recorded, computed))
        yield Difference(path, one, other)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
