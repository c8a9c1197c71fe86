"""Interactions: what people were shown, opened, applied for and received, as the history holds it at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features import frames
from features.arrays import Float32, Int8, Int64
from features.declaration.datatype import DataType
from features.log.history import History, Records
from features.log.row_encoder import INTERACTIONS
from features.log.versions import FOREVER
from features.value import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

SHOWN: Final = "benefit.shown"
OPENED: Final = "benefit.opened"
APPLIED: Final = "benefit.applied"
GRANTED: Final = "benefit.granted"
ENDED: Final = "benefit.ended"
ASKED: Final = "benefit.asked"
"""A survey or a caseworker asked whether the person uses a programme."""
USED: Final = "benefit.used"
"""The person uses it: the answer to having been asked."""
HELD: Final = "benefit.held"
"""The person holds it on the day it happened: a state, as a register of holdings tells it."""
KINDS: Final = INTERACTIONS


@dataclass(frozen=True)
class Interactions:
    """What passed between people and programmes, one row an event, ordered by person and time.

    Attributes:
        kind: int8, the place in `KINDS`.
        person: int64, the person's place in the history.
        programme: int64, the programme's identifier code.
        time: int64, UTC seconds when it happened.
        recorded: int64, UTC seconds when it was recorded, or last corrected.
        position: float32, the place it was shown at, from 1; NaN where the event does not say.
        channel: float32, the channel's place in the declaration; NaN likewise.
        propensity: float32, in millionths how likely it was to be shown at its place; NaN likewise.
    """

    kind: Int8
    person: Int64
    programme: Int64
    time: Int64
    recorded: Int64
    position: Float32
    channel: Float32
    propensity: Float32

    def __len__(self) -> int:
        """How many rows."""
        return int(self.kind.size)

    def __getitem__(self, rows: Any) -> Interactions:
        """The rows that `rows` selects."""
        return Interactions(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def of(self, *kinds: str) -> Interactions:
        """The rows of some kinds of events."""
        return self[np.isin(self.kind, [KINDS.index(kind) for kind in kinds])]

    def frame(self, people: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows as a DataFrame: kind, person, programme, time, recorded, position, channel and propensity.

        Args:
            people: the people of the history, to name persons; None leaves their places.
        """
        return frames.table({
            "kind": frames.column(self.kind.astype(np.int64), DataType("enum", values=KINDS)),
            "person": self.person if people is None else [people[place] for place in self.person.tolist()],
            "programme": self.programme,
            "time": frames.seconds(self.time),
            "recorded": frames.seconds(self.recorded),
            "position": frames.column(_codes(self.position), DataType("integer")),
            "channel": frames.column(_codes(self.channel), DataType("integer")),
            "propensity": frames.column(_codes(self.propensity), DataType("integer")),
        })  # fmt: skip


def interactions(history: History, t: int = FOREVER) -> Interactions:
    """Return the interactions held at the UTC second `t`; the default is what is held now.

    An event whose correction no longer says which programme it is about is left out.
    """
    kept = history.kept.get(("interactions", t))
    if isinstance(kept, Interactions):
        return kept
    made = history.kept["interactions", t] = interactions_among(history.records, t)
    return made


def interactions_among(records: Records, t: int = FOREVER) -> Interactions:
    """Return the interactions among records of people; as of `interactions`."""
    rows = np.flatnonzero((records.kind < len(KINDS)) & (records.key != UNKNOWN) & records.visible(t))
    found = records[rows]
    return Interactions(
        found.kind.astype(np.int8), found.person, found.key, found.happened, found.recorded,
        _numbers(found.position), _numbers(found.channel), _numbers(found.propensity),
    )  # fmt: skip


def _codes(numbers: Float32) -> Int64:
    missing = np.isnan(numbers)
    return np.where(missing, UNKNOWN, np.where(missing, 0, numbers).astype(np.int64))


def _numbers(codes: Int64) -> Float32:
    return np.where(codes == UNKNOWN, np.nan, codes).astype(np.float32)
