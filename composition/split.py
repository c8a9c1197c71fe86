"""Split: who is only judged, as `--hold-out` or a stamp says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import reading
from composition.provenance import STAMP, SYNTH
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from training.data.hold_out import HoldOut

_OPTION: Final = ("--hold-out",)
_LARGEST: Final = 2**31


def read_split(given: str | None, stamp: Mapping[str, Any], declaration: Declaration, *, private: bool) -> HoldOut:
    """Who is held out: what an option says, or what the stamp of the rows does, or one person in so many.

    Args:
        given: a number N (one in N), a day (what is from then on is judged), or a file that names people, one a line.
        stamp: of the rows; empty where they have none.
        declaration: where its days begin.
        private: whether the run is a private one, which a day does not divide.

    Raises:
        Rejected: it is none of these, or holds nobody.
    """
    from features.calendar import ISO_DAY  # only verbs that learn or judge load these
    from training.data.hold_out import HELD_OUT, HoldOut

    if given is None:
        every = stamp.get("held_out", {}).get("every", HELD_OUT)
        if type(every) is not int or every < 2:
            what = f"{every!r} is not a whole number above 1"
            raise Rejected([Problem((STAMP, "held_out", "every"), "range", what, SYNTH)])
        return HoldOut(every)
    if given.isdecimal():
        if not 2 <= int(given) < _LARGEST:
            raise Rejected([Problem(_OPTION, "range", f"one in {given} is nobody's share", "Give 2 or more")])
        return HoldOut(int(given), whole=True)
    if ISO_DAY.fullmatch(given):
        if private:
            what = "cannot be a day in a private run, in which everybody's lists are one sample"
            raise Rejected([Problem(_OPTION, "forbidden", what, "Give a number, or a file that names people")])
        day = reading.day(given, _OPTION)
        return HoldOut(since=declaration.zone.end_of_day(day - timedelta(days=1)))
    return HoldOut(named=_named(Path(given)), whole=True)


def _named(path: Path) -> frozenset[str]:
    names = frozenset(line.strip() for line in reading.read_text(path).splitlines() if line.strip())
    if not names:
        what = "names nobody"
        raise Rejected([Problem((str(path),), "missing", what, "Write the people to judge into it, one a line")])
    return names
