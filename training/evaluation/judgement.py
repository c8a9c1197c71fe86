"""Judgement: a ranker on people it never learned from, beside baselines, other models and the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from features.log.interactions import APPLIED
from features.problem import Problem, Rejected
from privacy.request import BY_TWO, Request
from privacy.spend import Spend
from recommender.ranking.model import PRIVATE_READERS
from training.data.material import learned_from, learning_showings
from training.data.ranking_dataset import RankingDataset
from training.evaluation.drawn_values import drawn_values
from training.evaluation.evaluation import (
    ColdStart,
    Observed,
    by_group,
    cold_start,
    groups_of,
    order,
    popularity,
    standings,
    to_withhold,
)
from training.evaluation.evaluation_report import PRIVATE, RANKER, STUDENT, Report
from training.evaluation.fairness import fairness
from training.evaluation.full_report import full_report, model_card
from training.evaluation.judged_rows import judged_rows
from training.evaluation.observed_orders import Beside, observed_orders
from training.progress import Progress, silent
from training.rankers.forest_ranker import ForestSettings, learn

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.examples import LearningLog
    from training.data.material import TrainingData


MOST_JUDGED = ForestSettings().most_rows
"""At most so many impressions of held-out people are compared with predictions; of more, a sample is."""


UNPAID = (
    "Compare it by one noised release with `proffer promote MODEL --epsilon E`, or judge it on the output of `proffer "
    f"synth`: exact figures of people who may be real protect no one; or, {BY_TWO}"
)


def ranker_of(model: Model) -> str:
    """What a model's order is called in reports: lightgbm, private or student."""
    if "teacher" in model.manifest:
        return STUDENT
    return PRIVATE if model.manifest.get("kind") in PRIVATE_READERS else RANKER


class Withholding(NamedTuple):
    """What is learned once more: how many programmes are tried as new, how, what stands beside, for which report.

    Attributes:
        programmes: how many to try as new, each learned once more without it.
        settings: how a forest is learned.
        tuned_threads: of tuned LightGBM; 0 leaves it out.
        threads: of LightGBM where a forest is learned; its trees are the same with any.
        full: whether the report has every section, of which the leak controls learn a few times more.
    """

    programmes: int = 0
    settings: ForestSettings = ForestSettings()
    tuned_threads: int = 0
    threads: int = ForestSettings().threads
    full: bool = False


CONTROL_ROUNDS: Final = 300
"""Leak controls learn at most so many rounds: what they show is far from being close."""


def evaluate_model(
    material: TrainingData, model: Model, withholding: Withholding = Withholding(),  # noqa: B008 - it cannot be changed
    *, reference: bool = False, progress: Progress = silent,
) -> Report:  # fmt: skip
    """Report on a model as it was read from its artefact.

    Args:
        material: rows and, where there is one, the truth.
        model: the ranker; a forest's manifest says how it is learned again without a programme.
        withholding: what is learned once more; how is as the manifest says.
        reference: set LightGBM beside a ranker that is learned in another way.
        progress: takes the step that begins.

    Raises:
        Rejected: exact metrics of these rows are not admitted, others were held out when the model was learned, nobody
            is, or only lightgbm can be learned without a programme.
    """
    name, learned = ranker_of(model), model.manifest.get("hold_out")
    if learned is not None and learned != material.hold_out.to_document():
        what = f"is not the one that {name} learned with ({learned}): people it learned from would judge it"
        raise Rejected([Problem(("--hold-out",), "conflict", what, "Give the --hold-out that it was trained with")])
    if withholding.programmes and name != RANKER:
        what = f"learns the model once more without a programme, which is not offered for {name}"
        raise Rejected([Problem(("--cold-start",), "forbidden", what, "Leave it out, or evaluate a lightgbm model")])
    settings = ForestSettings(**model.manifest["settings"]) if name == RANKER else ForestSettings()
    withholding = withholding._replace(settings=replace(settings, threads=withholding.threads))
    return evaluate(material, model, withholding, reference=reference, progress=progress)


def evaluate(
    material: TrainingData,
    model: Model,
    withholding: Withholding,
    *,
    reference: bool = False,
    progress: Progress = silent,
) -> Report:
    """Report how a ranker does on held-out people, beside baselines learned from the others.

    Args:
        material: rows and, where there is one, the truth.
        model: the ranker.
        withholding: programmes to try as new, and how a forest is learned.
        reference: set a forest beside a ranker of another kind, learned here from the same rows.
        progress: takes the step that begins.

    Raises:
        Rejected: the gate does not admit exact metrics of these rows, or the ranker has other features.
    """
    ranker, settings = ranker_of(model), withholding.settings
    log = material.gate.admit(Request("evaluation", Spend.infinite(), UNPAID))
    progress("reading what people were shown")
    lists = learning_showings(material, log, settings.most_rows, settings.seed)
    beside = Beside(tuned_threads=withholding.tuned_threads)
    if reference and material.truth and ranker != RANKER:
        progress("growing trees, to stand beside")
        beside = beside._replace(models={RANKER: learn(lists, material.catalogue, settings).forest})
    progress("judging held-out people")
    report = judge(material, log, model, lists, ranker, beside)
    report = replace(report, cold_starts=cold_starts(material, log, report, lists, withholding, progress))
    if not withholding.full:
        return report
    quick = replace(settings, rounds=min(settings.rounds, CONTROL_ROUNDS))
    sections = full_report(material, log, lists, report, quick, progress)
    return replace(report, sections={**sections, "card": model_card(model, material)})


def judge(
    material: TrainingData, log: LearningLog, model: Model, lists: RankingDataset, ranker: str = RANKER,
    beside: Beside = Beside(),  # noqa: B008 - it cannot be changed
) -> Report:  # fmt: skip
    """Judge a ranker on held-out people, beside baselines learned from `lists` and other models."""
    models = {**beside.models, ranker: model}
    rows = judged_rows(material, log, models, lists, MOST_JUDGED, beside)
    seen = Observed.of(rows.told.examples.label, rows.predicted[ranker])
    orders = observed_orders(rows.told, rows.told_scores)
    fair = fairness(material.groups, rows.owed, rows.scores, rows.answered, rows.predicted)
    people, pairs = len(rows.some.people), len(rows.some.pairs)
    report = Report(
        {}, [], seen, people, pairs, ranker=ranker, observed_orders=orders, fairness=fair, drawn=drawn_values(rows),
        rows=rows,
    )  # fmt: skip
    if rows.truth is None:
        return report
    standing = standings(rows.some, rows.scores, rows.truth)
    return replace(report, standings=standing, groups=by_group(groups_of(rows.some.people), standing, ranker))


def cold_starts(
    material: TrainingData, log: LearningLog, report: Report, lists: RankingDataset, withholding: Withholding,
    progress: Progress,
) -> tuple[ColdStart, ...]:  # fmt: skip
    """Learn again without one programme after another, and rank it as if it had been published today."""
    rows = report.rows
    if rows is None or rows.truth is None or not withholding.programmes:
        return ()
    some, tried = rows.some, []
    popular = popularity(learned_from(material, log), material.codes, APPLIED)
    for at in to_withhold(some, popular, withholding.programmes):
        name = material.catalogue.programmes[at].id
        progress(f"learning without {name}")
        new = learn(lists, material.catalogue, withholding.settings, withheld=(at,)).forest
        cold = order(new, some, material.catalogue)
        tried.append(cold_start(some, rows.truth, cold, rows.scores[report.ranker], at, name))
    return tuple(tried)
