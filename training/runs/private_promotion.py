"""The champion gate for people who may be real: one noised bundle, paid for once however often it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.arrays import Float64
from features.canonical_json import canonical_text
from privacy.accounting import accountant
from privacy.data_provenance import digest
from privacy.spend import Spend
from recommender.ranking.scorer import Scores
from training.evaluation.bundle_room import BundleRoom
from training.evaluation.comparison import FORMAT, Comparison, for_everybody, of_groups, weighed
from training.evaluation.judged_rows import scored_offers
from training.evaluation.promotion_gate import GateTerms
from training.evaluation.release import bundle_mechanism, released_sums
from training.progress import Progress, silent
from training.runs.private_run import UnitLists, lists_of

if TYPE_CHECKING:
    from privacy.gate import AdmissionReceipt
    from privacy.learning.noise import Noise
    from privacy.request import RunRequest
    from recommender.ranking.model import Model
    from training.data.material import TrainingData

STAGE: Final = "evaluation"
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Contender:
    """A model and what tells it from any other.

    Attributes:
        name: in its home.
        model: the model.
        artefact: the sha256 by which ledgers name it.
    """

    name: str
    model: Model
    artefact: str


@dataclass(frozen=True)
class PrivateVerdict:
    """What was found, at what price.

    Attributes:
        comparison: the noised bundle, read.
        spend: what it cost, by both accountants.
        spend_id: under which it was reserved and committed.
        kept: the file that holds what was released; its sha256 is in the ledger.
        receipts: the ledger's, of the reservation and the commit.
    """

    comparison: Comparison
    spend: Spend
    spend_id: str
    kept: Path
    receipts: tuple[AdmissionReceipt, ...]


def question(
    material: TrainingData, run: RunRequest, challenger: Contender, champion: Contender | None
) -> Mapping[str, Any]:
    """What is asked, of public things only: the same question on the same day is the same spend."""
    day = _EPOCH + timedelta(days=material.declaration.zone.today(material.end))
    return {
        "basis": run.basis.value, "catalogue": material.catalogue.hash, "challenger": challenger.artefact,
        "champion": None if champion is None else champion.artefact, "declaration": material.declaration.hash,
        "delta": f"{run.delta:f}", "epsilon": f"{run.epsilon:f}", "format": FORMAT,
        "groups": {one.name: digest(repr(one.who).encode()) for one in material.groups},
        "hold_out": material.hold_out.to_document(),
        "population": run.population, "purpose": run.purpose, "requester": run.requester, "unit": run.unit.value,
        "units": run.units, "until": day.isoformat(),
    }  # fmt: skip


def compare(
    material: TrainingData, run: RunRequest, contenders: tuple[Contender, Contender | None], noise: Noise,
    folder: Path, progress: Progress = silent,
) -> PrivateVerdict:  # fmt: skip
    """Compare a challenger with the champion and with its own order for everybody, or with that alone where none is.

    Args:
        material: rows behind their gate.
        run: what may be spent, and by whom.
        contenders: the challenger and the champion.
        noise: where the noise comes from.
        folder: keeps what was released, so that it is never drawn twice; nobody else may ask at the same time.
        progress: takes the step that begins.

    Raises:
        Rejected: the gate or the budget does not admit it.
    """
    challenger, champion = contenders
    progress("pricing")
    why = (
        f"whether {challenger.name} orders better than {champion.name if champion else 'the same order for everybody'}"
    )
    gated = material.gate.admit_run(replace(run, why=run.why or why)).derived(
        lambda log: lists_of(material, log, held_out=True)
    )
    mechanism = bundle_mechanism(run.epsilon, run.delta)
    asked = question(material, run, challenger, champion)
    spend = f"{STAGE}-{digest(canonical_text(asked).encode())[:32]}"
    room, names = BundleRoom(len(material.groups)), tuple(group.name for group in material.groups)
    against = None if champion is None else champion.name
    blank = Comparison((), float(mechanism["noise"]), against, names, GateTerms(**material.gate_terms))

    def release(found: UnitLists) -> bytes:
        progress("comparing on held-out people")
        sums = released_sums(_weighed(found, material, contenders), room.length, mechanism, noise)
        return replace(blank, sums=tuple((sums / room.weights).tolist())).to_bytes(asked)

    kept = folder / f"{spend}.json"
    comparison = blank.read(gated.once(spend, mechanism, release, kept))
    cost = Spend(accountant.price(mechanism, run.delta).epsilon, run.delta)
    return PrivateVerdict(comparison, cost, spend, kept, gated.receipts)


def _weighed(found: UnitLists, material: TrainingData, contenders: tuple[Contender, Contender | None]) -> Float64:
    challenger, champion = contenders
    members = of_groups(found.lists, material)
    ours = scored_offers(challenger.model, found.lists, material)
    order = for_everybody(challenger.model, material)[found.lists.examples.programme]
    if champion is None:
        return weighed(ours, Scores(order, ours.probability), found.lists, found.unit, members)
    other = scored_offers(champion.model, found.lists, material)
    return weighed(ours, other, found.lists, found.unit, members, order)
