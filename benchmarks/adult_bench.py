"""Private learners on UCI Adult: one fixed setting, the original split, beside DP-EBM and what no privacy gives.

Data: Becker & Kohavi 1996, UCI Machine Learning Repository, doi:10.24432/C5XW20 (CC BY 4.0). Settings were chosen by
cross-validation on the training file; the test file is opened by this benchmark only (docs/challengers.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import numpy as np
from sklearn.base import clone

from features.arrays import Float64, Int64, Objects
from features.problem import Problem, Rejected
from privacy.accounting.accountant import price
from privacy.learning.noise import secure
from research.challengers import choice, learner, sigma_for
from research.codebook import CodeBook, Grid, WordList
from research.offered_table import OfferedTable
from training.rankers.models import PooledForest

EPSILON, DELTA = Decimal(1), Decimal("1e-6")
EPSILONS: Final = ("0.25", "0.5", "2", "4", "8")
"""Where else boosted trees, the private ranker and DP-EBM are measured, once each."""
DRAWS: Final = 3
"""Fits of every private learner; each draws its own noise, and the middle one counts."""
WORKERS: Final = 2
"""Fits at a time."""
UNITS: Final = 32_561
"""Rows of the training file, one person each: published with the data."""

SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "boosted": {"trees": 600, "depth": 4, "learning_rate": 0.1, "ridge": 2.5, "clip": 0.8},
    "logistic": {"steps": 200, "learning_rate": 5.0, "momentum": 0.9},
    "towers": {
        "left": ("age", "marital-status", "relationship", "race", "sex", "native-country"),
        "steps": 120, "hidden": 16, "rank": 6, "learning_rate": 2.0, "q": "0.125",
    },
}  # fmt: skip
RANKER: Final = "the private ranker as it ships"
NAMES: Final = {"logistic": "DP logistic", "towers": "DP two-tower", "boosted": "DP boosted trees"}

FIELDS: Final = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship",
    "race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip
"""The order of the files. Unused: `fnlwgt`, a weight of the survey's design, and `education`, said by a number too."""
LABELS: Final = ("<=50K", ">50K")
FILES: Final = {"train": ("adult-train.csv", "adult.data"), "test": ("adult-test.csv", "adult.test")}
"""What either file may be called."""
MOST: Final = 20
"""Problems of a file that are reported."""


def _words(name: str, listed: str) -> WordList:
    return WordList(name, tuple(listed.split(", ")))


def _grid(name: str, *cuts: float) -> Grid:
    return Grid(name, tuple(map(float, cuts)))


BOOK: Final = CodeBook((
    # Vocabularies as the documentation (adult.names) lists them, spelling included. It calls the rest "continuous":
    # their cuts are round numbers of what they mean (working ages, 16 grades of schooling, a week of 40 hours, dollars)
    _grid("age", 20, 22, 25, 27, 30, 32, 35, 37, 40, 42, 45, 47, 50, 55, 60, 62, 65, 70, 75),
    _words("workclass", "Private, Self-emp-not-inc, Self-emp-inc, Federal-gov, Local-gov, State-gov, Without-pay, Never-worked"),  # noqa: E501
    _grid("education-num", *range(2, 17)),
    _words("marital-status", "Married-civ-spouse, Divorced, Never-married, Separated, Widowed, Married-spouse-absent, Married-AF-spouse"),  # noqa: E501
    _words("occupation", "Tech-support, Craft-repair, Other-service, Sales, Exec-managerial, Prof-specialty, Handlers-cleaners, Machine-op-inspct, Adm-clerical, Farming-fishing, Transport-moving, Priv-house-serv, Protective-serv, Armed-Forces"),  # noqa: E501
    _words("relationship", "Wife, Own-child, Husband, Not-in-family, Other-relative, Unmarried"),
    _words("race", "White, Asian-Pac-Islander, Amer-Indian-Eskimo, Other, Black"),
    _words("sex", "Female, Male"),
    _grid("capital-gain", 1, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 10_000, 15_000, 20_000, 50_000),
    _grid("capital-loss", 1, 500, 1000, 1500, 1750, 2000, 2250, 2500, 3000),
    _grid("hours-per-week", 10, 15, 20, 25, 30, 35, 40, 41, 45, 46, 50, 51, 55, 60, 70, 80),
    _words("native-country", "United-States, Cambodia, England, Puerto-Rico, Canada, Germany, Outlying-US(Guam-USVI-etc), India, Japan, Greece, South, China, Cuba, Iran, Honduras, Philippines, Italy, Poland, Jamaica, Vietnam, Mexico, Portugal, Ireland, France, Dominican-Republic, Laos, Ecuador, Taiwan, Haiti, Columbia, Hungary, Guatemala, Nicaragua, Scotland, Thailand, Yugoslavia, El-Salvador, Trinadad&Tobago, Peru, Hong, Holand-Netherlands"),  # noqa: E501
))  # fmt: skip
TAKEN: Final = tuple(FIELDS.index(column.name) for column in BOOK.columns)
BOUNDS: Final = {
    "age": (17, 90), "education-num": (1, 16), "capital-gain": (0, 99_999), "capital-loss": (0, 4_356),
    "hours-per-week": (1, 99),
}  # fmt: skip
"""The ranges of the survey's questions, and those that the authors of DP-EBM hand to it; only it needs them."""


class AdultRows(NamedTuple):
    """One file: the code book's columns as text and as numbers, and who earns more than 50,000 dollars a year."""

    cells: list[list[str]]
    table: Float64
    label: Int64


def measure(progress: Callable[[str], None], data: str | None = None) -> Mapping[str, object]:
    """The document of `proffer bench adult`.

    Args:
        progress: is called with each step.
        data: the folder of the two files; None is beside the checkout.

    Raises:
        Rejected: a file is not there, or not Adult.
    """
    train, test = _both(folder(data))
    import interpret.privacy  # noqa: F401  # takes seconds to load; one that is missing is said before anything is learned

    ours = NAMES[choice("pointwise", UNITS)]
    private = {NAMES[name]: _draws(name, train, test, EPSILON, DRAWS, progress) for name in SETTINGS}
    private[RANKER] = _ranker(train, test, EPSILON, DRAWS, progress)
    progress(f"DP-EBM, {DRAWS} fits")
    spread = {name: figures for name, (figures, _) in private.items()}
    spread["DP-EBM"] = [_dp_ebm(train, test, EPSILON) for _ in range(DRAWS)]
    progress("LightGBM without privacy")
    peers = {name: median(figures) for name, figures in spread.items() if name != ours}
    model = PooledForest(rounds=200, leaves=31, learning_rate=0.06, min_leaf=20)
    model.fit(train.table, train.label)
    peers["LightGBM, no privacy"] = auroc(test.label, model.decision_function(test.table))
    return {
        "name": "adult",
        "work": f"income of {len(test.label):,} people learned from {len(train.label):,} at epsilon {EPSILON}, "
        f"delta {DELTA}: the middle of {DRAWS} fits, {ours}",
        "unit": "AUROC",
        "ours": median(spread[ours]),
        "peers": peers,
        "ratio": {name: median(spread[ours]) / figure for name, figure in peers.items()},
        "equal_results": all(paid <= EPSILON for _, paid in private.values()),
        "fits": spread,
        "epsilon_paid": {name: str(paid) for name, (_, paid) in private.items()},
        "by_epsilon": {text: _at(Decimal(text), train, test, progress) for text in EPSILONS},
    }


def _at(epsilon: Decimal, train: AdultRows, test: AdultRows, progress: Callable[[str], None]) -> dict[str, float]:
    """One fit at another epsilon of the learner of rows that is shipped, of the ranker, and of the peer."""
    name = choice("pointwise", UNITS)
    return {
        NAMES[name]: _draws(name, train, test, epsilon, 1, progress)[0][0],
        RANKER: _ranker(train, test, epsilon, 1, progress)[0][0],
        "DP-EBM": _dp_ebm(train, test, epsilon),
    }


def folder(data: str | None) -> Path:
    """Where the files are: as given, as `PROFFER_SHARED_DATA` says, or beside the checkout."""
    if data is not None:
        return Path(data)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("PROFFER_SHARED_DATA", beside)) / "adult"


def _draws(
    name: str, train: AdultRows, test: AdultRows, epsilon: Decimal, count: int, progress: Callable[[str], None]
) -> tuple[list[float], Decimal]:
    """The AUROC of each of some fits, and what one of them costs by the dearer accountant."""
    progress(f"{NAMES[name]} at epsilon {epsilon}, {count} fits")
    settings = SETTINGS[name]
    model = learner(name)(BOOK, units=UNITS, sigma=sigma_for(name, epsilon, DELTA, **settings), **settings)
    with ThreadPoolExecutor(WORKERS) as pool:  # the kernels let go of Python's lock
        figures = list(pool.map(lambda _: _fitted(model, train, test), range(count)))
    return figures, price(model.mechanism, DELTA).epsilon


def _ranker(
    train: AdultRows, test: AdultRows, epsilon: Decimal, count: int, progress: Callable[[str], None]
) -> tuple[list[float], Decimal]:
    """The same of what `train --ranker private` learns by, as one programme that everybody is offered."""
    progress(f"{RANKER} at epsilon {epsilon}, {count} fits")
    model = OfferedTable.of(BOOK, UNITS, epsilon, DELTA)
    fits = [model.fit(train.table, train.label, secure()) for _ in range(count)]
    return [auroc(test.label, model.scores(one, test.table)) for one in fits], price(model.mechanism, DELTA).epsilon


def _fitted(model: Any, train: AdultRows, test: AdultRows) -> float:
    fresh = clone(model).fit(train.table, train.label, noise=secure())
    return auroc(test.label, fresh.decision_function(test.table))


def _dp_ebm(train: AdultRows, test: AdultRows, epsilon: Decimal) -> float:
    """interpret-core's DP-EBM as it ships, a tenth of its budget on bins; it takes the number of rows as public."""
    from interpret.privacy import DPExplainableBoostingClassifier

    columns = BOOK.columns
    model = DPExplainableBoostingClassifier(
        feature_names=[column.name for column in columns],
        feature_types=["continuous" if isinstance(column, Grid) else "nominal" for column in columns],
        epsilon=float(epsilon), delta=float(DELTA), privacy_bounds=dict(BOUNDS), n_jobs=1,
    )  # fmt: skip
    model.fit(_mixed(train.cells), train.label)
    return auroc(test.label, model.predict_proba(_mixed(test.cells))[:, 1])


def _mixed(cells: Sequence[Sequence[str]]) -> Objects:
    table = np.array(cells, dtype=object)
    for at, column in enumerate(BOOK.columns):
        if isinstance(column, Grid):
            table[:, at] = table[:, at].astype(np.float64)
    return table


def auroc(label: Int64, score: Float64) -> float:
    """The chance that a positive scores above a negative, ties counting half (Mann & Whitney 1947).

    >>> auroc(np.array([0, 1, 1]), np.array([0.1, 0.1, 0.9]))
    0.75
    """
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    positive = int(label.sum())
    pairs = positive * (len(label) - positive)
    return float((rank[label == 1].sum() - positive * (positive + 1) / 2) / pairs)


def _both(place: Path) -> tuple[AdultRows, AdultRows]:
    found = {part: [place / name for name in names if (place / name).is_file()] for part, names in FILES.items()}
    missing = [FILES[part][0] for part, paths in found.items() if not paths]
    if missing:
        what = f"has no {' and no '.join(missing)}"
        raise Rejected(
            [Problem((str(place),), "missing", what, "Say where UCI Adult is: --data DIR (doi:10.24432/C5XW20)")]
        )
    return read(found["train"][0]), read(found["test"][0])


def read(path: Path) -> AdultRows:
    """One of the two files; in the test file labels end in a full stop, and a first line is none of a person.

    Raises:
        Rejected: lines that are not of 15 cells, or of a label that does not exist.
    """
    problems, people = [], []
    for line, row in _lines(path):
        person = _person(row)
        if person is None:
            problems.append(
                Problem((f"{path.name}:{line}",), "invalid", "is no record of Adult", "Fetch the file again")
            )
        else:
            people.append(person)
    if problems or not people:
        raise Rejected(problems[:MOST] or [Problem((path.name,), "missing", "has no record", "Fetch the file again")])
    cells, numbers, labels = zip(*people, strict=True)
    return AdultRows(list(cells), np.array(numbers), np.array(labels, dtype=np.int64))


def _person(row: Sequence[str]) -> tuple[list[str], list[float], int] | None:
    income = row[-1].removesuffix(".")
    if len(row) != len(FIELDS) or income not in LABELS:
        return None
    cells = [row[at] for at in TAKEN]
    try:
        numbers = [column.number(cell) for column, cell in zip(BOOK.columns, cells, strict=True)]
    except ValueError:
        return None
    return cells, numbers, LABELS.index(income)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("|"):
            yield number, [cell.strip() for cell in line.split(",")]
