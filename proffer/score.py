"""`proffer score`: every (person, programme) whose verdict is not no, with its score and probability, as Parquet."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composition import clock, reading, terminal
from composition.model_registry import ModelRegistry, load_model
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import options

if TYPE_CHECKING:
    import pyarrow

    from features.declaration.declaration import Declaration
    from features.log.history import History
    from recommender.offers.batch import Ranker
    from recommender.ranking.model import Model
    from recommender.rules.compiled import Compiled

SHARD = 4_096
"""People at a time: what bounds memory, whatever the size of the population."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--events", type=Path, nargs="+", required=True, metavar="F", help="event files, NDJSON or Parquet"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.parquet", help="the Parquet file to write")
    options.add(parser, "country", "catalogue", "declaration", "model", "as-of")


@dataclass(frozen=True)
class ScoreRequest:
    """Whom to judge, by which rules, with which ranker, as known when."""

    segments: History
    compiled: Compiled
    ranker: Ranker
    t: int


def run(args: argparse.Namespace) -> int:
    """Judge and score shard by shard, and write."""
    from features.log.columnar import read_segments

    declaration = reading.read_declaration(args.declaration, country=args.country)
    day = reading.as_of(args.as_of, clock.now, declaration.zone.name)
    model = load_model(ModelRegistry(Workspace(args.home)).require(args.model), declaration.hash)
    with terminal.working("reading events"):
        segments = read_segments(args.events, declaration)
    t = declaration.zone.end_of_day(day)
    if not (segments.recorded < t).any():
        what = "is before every recorded event, so no person is known"
        raise Rejected([Problem(("--as-of",), "range", what, "Choose a later day")])
    rows = write(args.out, _work(args, declaration, model, segments, t))
    document = {"as_of": day.isoformat(), "people": len(segments.people), "rows": rows, "out": str(args.out)}
    terminal.emit(document, args.json, f"{rows} pairs of {len(segments.people)} people to {args.out}")
    return terminal.DONE


def _work(args: argparse.Namespace, declaration: Declaration, model: Model, segments: History, t: int) -> ScoreRequest:
    from features.snapshot import snapshots
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import compile_catalogue

    regions = reading.read_regions(country=args.country)
    catalogue = reading.read_catalogue(args.catalogue, declaration, regions, country=args.country)
    import numpy as np

    nobody = np.zeros(0, np.int64)
    columns = snapshots(declaration, segments, nobody, nobody, catalogue.receipts).columns
    compiled = compile_catalogue(catalogue, columns, declaration, regions, declaration.zone.today(t))
    ranker = Ranker(scorer=model, attributes=model.attributes(catalogue, declaration))
    return ScoreRequest(segments, compiled, ranker, t)


def write(path: Path, work: ScoreRequest) -> int:
    """Write one row group per shard, all of the file or nothing; returns how many rows."""
    import pyarrow.parquet

    from features.whole_file import replacing
    from recommender.offers.shard import schema

    rows = 0
    with replacing(path) as unfinished, pyarrow.parquet.ParquetWriter(unfinished, schema()) as writer:
        shards = range(0, len(work.segments.people), SHARD)
        for first in terminal.progress(shards, "scoring", unit="shard"):
            table = scored(work, first)
            writer.write_table(table)
            rows += table.num_rows
    return rows


def scored(work: ScoreRequest, first: int) -> pyarrow.Table:
    """The rows of one shard, which begins with person `first`."""
    import numpy as np

    from features.snapshot import snapshots
    from recommender.offers.shard import shard

    who = np.arange(first, min(first + SHARD, len(work.segments.people)), dtype=np.int64)
    at, receives = np.full(who.size, work.t, np.int64), work.compiled.catalogue.receipts
    return shard(snapshots(work.compiled.declaration, work.segments, who, at, receives), work.compiled, work.ranker)
