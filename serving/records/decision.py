"""A decision: what somebody was told, and everything it was computed from; equal ones have one id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Literal

from features.calendar import date_of, day_of
from features.canonical_json import canonical_text
from features.problem import Problem, Rejected, Where
from recommender.engine import Engine
from recommender.offers.exploration import CERTAIN
from recommender.offers.recommendation import Recommendations
from recommender.rules.person import Person
from serving.records.basis import basis_of
from serving.records.person_record import recorded

FORMAT: Final = "proffer-decision-1"
ID: Final = "decision_id"
"""Under which name a reply carries the id of its decision."""
Kind = Literal["answer", "offer", "shadow"]
"""An answer to a question, an offer that was sent, or what a challenger would have answered, which nobody was shown."""


@dataclass(frozen=True)
class Decision:
    """What was decided on one person on one day.

    Attributes:
        document: what it was computed from, and the hash of the answer; `id` is the hash of this.
        answer: what the person was told, or would have been.
        answer_text: the answer as canonical JSON, where it was written before; empty otherwise.
    """

    document: Mapping[str, Any]
    answer: Mapping[str, Any]
    answer_text: str = field(default="", compare=False, repr=False)

    @cached_property
    def id(self) -> str:
        """SHA-256, in hex, of the document as canonical JSON."""
        return _hash(self._document_text)

    @cached_property
    def text(self) -> str:
        """The canonical JSON of `to_document`, as it is kept; each part is written once and hashed as it is."""
        return f'{{"answer":{self.answer_text or canonical_text(self.answer)},"decision":{self._document_text}}}'

    @cached_property
    def _document_text(self) -> str:
        return canonical_text(self.document)

    @classmethod
    def of(cls, document: Mapping[str, Any], answer: Mapping[str, Any]) -> Decision:
        """Return the decision of a document that lacks the hash of its answer."""
        text = canonical_text(answer)
        return cls({**document, "answer": _hash(text)}, answer, text)

    @property
    def citizen(self) -> str | None:
        """Whom it is about; None where facts were sent with the question."""
        found: str | None = self.document["citizen"]
        return found

    @property
    def kind(self) -> str:
        """One of `Kind`."""
        return str(self.document["kind"])

    @property
    def day(self) -> int:
        """The day it was decided as of, in days since 1970-01-01."""
        return day_of(date.fromisoformat(self.document["as_of"]))

    def to_document(self) -> dict[str, Any]:
        """Return it whole, as it is kept and as `proffer replay` reads it."""
        return {"decision": dict(self.document), "answer": dict(self.answer)}

    @classmethod
    def parse(cls, document: object, where: Where) -> Decision:
        """Read a whole decision, or a reply of the service that carries its decision beside the answer.

        Raises:
            Rejected: it is neither, or of another format.
        """
        top = dict(document) if isinstance(document, Mapping) else {}
        made, answer = top.pop("decision", None), top.pop("answer", top)
        beside = (ID, "not_read", "stopped")
        answer = {name: one for name, one in answer.items() if name not in beside} if isinstance(answer, dict) else None
        if not isinstance(made, dict) or not answer or made.get("format") != FORMAT:
            what = f"is no decision of the format {FORMAT}"
            remedy = "Give a reply that was asked for with `record`, or what /v1/decisions/ID/record returns"
            raise Rejected([Problem(where, "invalid", what, remedy)])
        return cls(made, answer)


class Recorder:
    """Decides with one engine, and says what each decision rests on."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine."""
        self.engine = engine

    @cached_property
    def basis(self) -> Mapping[str, Any]:
        """The hashes of what the engine is made of; worked out once, when something is first put on record."""
        return basis_of(self.engine)

    @cached_property
    def by_rules(self) -> Recorder:
        """The same without a model and without a lot, for people who refuse the learned order."""
        by_rules = self.engine.by_rules
        return self if by_rules is self.engine else Recorder(by_rules)

    def decide(
        self, person: Person, day: date, k: int | None, citizen: str | None = None, kind: Kind = "answer",
        said: Mapping[str, Any] | None = None,
    ) -> Decision:  # fmt: skip
        """Answer one person as of a day, and return the answer with all it was computed from.

        Args:
            person: as known at the end of `day`.
            day: as of which.
            k: how many recommendations are shown; None for all.
            citizen: the person's id in the event log; None where nothing of the person is kept.
            kind: what the answer is for.
            said: what else belongs to the decision, as JSON values: of an offer its cause, its channel, its programmes.

        Raises:
            Rejected: the model answers with something that is not a probability.
        """
        return self.written(person, self.engine.answer(person, day, k), k, citizen, kind, said)

    def written(
        self, person: Person, found: Recommendations, k: int | None, citizen: str | None, kind: Kind,
        said: Mapping[str, Any] | None,
    ) -> Decision:  # fmt: skip
        """Return the decision of an answer that this engine gave; the arguments are otherwise those of `decide`.

        Where `said` names the programmes a message is about under `of`, the answer holds these alone, and of the
        questions the one about the fact under `asked`: who is sent a message is told no more.
        """
        said, order = dict(said or {}), found.shown
        if "of" in said:
            found = found.of(said["of"], said.get("asked"), person.known.origins)
        document = {
            "format": FORMAT,
            "kind": kind,
            "citizen": citizen,
            "as_of": date_of(found.day).isoformat(),
            "k": k,
            "basis": self.basis,
            "inputs": recorded(person, found.known_from),
            "order": [
                {
                    "programme": one.programme.id,
                    "utility": one.utility.steps,
                    "propensity": CERTAIN if one.propensity is None else one.propensity,
                }
                for one in order
            ],
            "said": said,
        }
        if found.exploration is not None:
            policy = found.exploration
            document["exploration"] = {**policy.to_document(), "signed_by": list(policy.signed_by)}
        return Decision.of(document, found.to_json())


def hash_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of a document or an answer as canonical JSON."""
    return _hash(canonical_text(document))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
