"""What tells one synthetic world from another: its dials, read from data/worlds/*.yaml into one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from features.mapping import MappingReader, nearest
from features.problem import Problem, Problems, Rejected

FOLDER = Path(__file__).resolve().parent.parent / "worlds"
DEFAULT = "default"
_TURN = "Turn it to a number from {} to {}"


def _dial(least: float, most: float) -> Any:
    return field(metadata={"bounds": (least, most)})


@dataclass(frozen=True)
class Dials:
    """The dials of one world. Strengths are standard deviations or differences in log-odds unless said otherwise.

    What people want:
        looks: how many offers a published take-up rate stands for; one brings 1 - (1 - rate)^(1 / looks).
        appeal: spread over programmes of one kind; own_appeal: share of its variance that nothing published explains.
        pull: of the rules over traits and qualities; second, third: share of rules with two and with three conditions;
            parity: share of rules that hold where an odd number of conditions on the person does (exclusive or).
        own_taste: of each programme's own weights on traits, which no other programme shares.
        timing: what a moment of life adds while it is fresh. season: over the months of a year.
        habit: what each doubling or so of applications in the same category adds (times the root of their number).
        stigma: what being seen to ask costs at most; it only deters.
        latent: of traits that nothing but a person's own answers shows; liking: of one person for one programme.

    What people have heard of and who comes unasked:
        heard: share of pairs heard of when the log begins; neighbours: what each e-fold of applications near by adds.
        own_visits: how often a year somebody applies unasked for what they have heard of.

    What the board does:
        crowd: how strongly it shows what is popular; views: spread of what it takes for popular.
        position: how fast attention falls with the place (1 as measured, 0 not at all).
        by_recorded, by_hidden: how far offices show what a person wants, as the log could tell and as it could not.
        most_applied: for how many programmes of one list somebody applies at most.
        drawn: share of lists whose first places a lot orders, with the chance of each written into the log.

    What changes:
        break_months: how many months before the end taste turns; break_size: by how much.
        new_share, new_months: share of programmes that are first shown so many months before the end.

    Whom the board serves badly:
        vulnerable: share of people; vulnerable_notice: their attention as a share of others'; vulnerable_heard: how
            much less they have heard of; vulnerable_need: how much more they want what is embarrassing to ask for.
    """

    name: str
    about: str
    looks: float = _dial(1, 20)
    appeal: float = _dial(0, 3)
    own_appeal: float = _dial(0, 1)
    pull: float = _dial(0, 4)
    second: float = _dial(0, 1)
    third: float = _dial(0, 1)
    parity: float = _dial(0, 1)
    own_taste: float = _dial(0, 4)
    timing: float = _dial(0, 6)
    season: float = _dial(0, 3)
    habit: float = _dial(0, 3)
    stigma: float = _dial(0, 4)
    latent: float = _dial(0, 4)
    liking: float = _dial(0, 2)
    heard: float = _dial(0.01, 0.99)
    neighbours: float = _dial(0, 2)
    own_visits: float = _dial(0, 6)
    crowd: float = _dial(0, 4)
    views: float = _dial(0, 3)
    position: float = _dial(0, 8)
    by_recorded: float = _dial(0, 4)
    by_hidden: float = _dial(0, 4)
    most_applied: float = _dial(1, 99)
    drawn: float = _dial(0, 1)
    break_months: float = _dial(0, 120)
    break_size: float = _dial(0, 3)
    new_share: float = _dial(0, 0.9)
    new_months: float = _dial(0, 120)
    vulnerable: float = _dial(0, 0.9)
    vulnerable_notice: float = _dial(0, 1)
    vulnerable_heard: float = _dial(0, 4)
    vulnerable_need: float = _dial(0, 4)


BOUNDS: Mapping[str, tuple[float, float]] = {
    dial.name: dial.metadata["bounds"] for dial in fields(Dials) if "bounds" in dial.metadata
}


def worlds() -> tuple[str, ...]:
    """The names of the worlds that are here, in order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def named(name: str) -> Dials:
    """The dials of one world: those its file turns, and the default's for the rest.

    Raises:
        Rejected: there is no such world, or its file is wrong; with everything that is wrong.
    """
    if name not in worlds():
        what = f"there is no world {name!r}{nearest(name, worlds())}"
        raise Rejected([Problem(("--world",), "unknown", what, f"Name one of {', '.join(worlds())}")])
    whole = _read(DEFAULT, None)
    return whole if name == DEFAULT else _read(name, whole)


def _read(name: str, otherwise: Dials | None) -> Dials:
    path = FOLDER / f"{name}.yaml"
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return dials(document, name, otherwise)


def dials(document: object, name: str, otherwise: Dials | None = None) -> Dials:
    """Dials from a parsed file; what it does not turn is as in `otherwise`, without which it must turn every one.

    Raises:
        Rejected: with every key that is unknown, missing, no number or outside its bounds.
    """
    source = f"worlds/{name}.yaml"
    found = Problems()
    reader = MappingReader(document, (source,), found, {"about", *BOUNDS})
    about = reader.doc.get("about")
    if not isinstance(about, str):
        reader.wrong("about", "missing", "does not say what the world is", "Write a sentence")
    turned = {key: value for key, value in reader.doc.items() if key in BOUNDS}
    for key, bounds in BOUNDS.items():
        if key in turned:
            _check(reader, key, turned[key])
        elif otherwise is None:
            reader.wrong(key, "missing", "is not given", _TURN.format(*bounds))
    found.raise_any()
    values: dict[str, Any] = {key: float(str(value)) for key, value in turned.items()}
    values |= {"name": name, "about": about}
    return replace(otherwise, **values) if otherwise else Dials(**values)


def _check(reader: MappingReader, key: str, value: object) -> None:
    least, most = BOUNDS[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        reader.wrong(key, "invalid", f"is {value!r}, no number", _TURN.format(least, most))
    elif not least <= value <= most:
        reader.wrong(key, "range", f"cannot be {value}", _TURN.format(least, most))
