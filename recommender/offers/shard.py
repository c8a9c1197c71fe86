"""A shard: many people judged and scored at once, as an Arrow table; what a whole population is scored by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Int64
from recommender.ranking.scorer import Pairs, Scores

if TYPE_CHECKING:
    import pyarrow

    from features.snapshot import Snapshots
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import Compiled

__all__ = ["schema", "shard"]


def schema() -> pyarrow.Schema:
    """The columns of a shard: person, programme, score, probability."""
    import pyarrow as pa  # a service that recommends to one person does not load it

    name = pa.dictionary(pa.int32(), pa.string())
    fields = [("person", pa.string()), ("programme", name), ("score", pa.float64()), ("probability", pa.float64())]
    return pa.schema(fields)


def shard(people: Snapshots, compiled: Compiled, ranker: Ranker, k: int | None = None) -> pyarrow.Table:
    """Score every (person, programme) whose verdict is not no.

    Args:
        people: n snapshots with the columns that the catalogue was compiled for.
        compiled: the rules of the day.
        ranker: with a scorer, and the catalogue as the scorer reads it.
        k: how many programmes to keep of each person, the highest scores first; None keeps all, in the catalogue's
            order.

    Raises:
        ValueError: the ranker has no scorer, or the columns are others.
        Rejected: the scorer was trained on other features.
    """
    import pyarrow as pa

    if ranker.scorer is None or ranker.attributes is None:
        raise ValueError("a shard is scored by a model: the ranker has none")
    pairs = Pairs.permitted(compiled.offerable(people.values, members=people.members))
    found = ranker.scorer.score(people, ranker.attributes, pairs)
    if k is not None:
        rows = _first(pairs, found, k)
        pairs, found = pairs[rows], Scores(found.score[rows], found.probability[rows])
    ids = pa.array([programme.id for programme in compiled.catalogue.programmes], pa.string())
    columns = [
        pa.array(people.people, pa.string()).take(pa.array(pairs.person)),
        pa.DictionaryArray.from_arrays(pa.array(pairs.programme, pa.int32()), ids),
        pa.array(found.score),
        pa.array(found.probability),
    ]
    return pa.Table.from_arrays(columns, schema=schema())


def _first(pairs: Pairs, found: Scores, k: int) -> Int64:
    """The rows of each person's k highest scores, the highest first; equal scores keep the catalogue's order."""
    order = np.lexsort((pairs.programme, -found.score, pairs.person))
    person = pairs.person[order]
    begins = np.searchsorted(person, person)
    return np.asarray(order[np.arange(order.size) - begins < k], dtype=np.int64)
