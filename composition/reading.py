"""From files to values: reads what an operator wrote, and says everything that is wrong with it at once."""

from __future__ import annotations

import datetime
import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from composition.settings import SHIPPED, CountryFolder
from features import strict_json
from features.problem import Problem, Problems, Rejected, Where, spelled
from features.unicode_form import composed

if TYPE_CHECKING:
    from composition.document_cache import DocumentCache
    from features.country import Country
    from features.declaration.declaration import Declaration
    from recommender.messages import Messages
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions
    from recommender.rules.working_days import WorkingDays

_STDIN = "-"
_FILE = strict_json.JsonLimits(depth=64)


class Stated(NamedTuple):
    """What a facts file says: the facts by name as JSON values, the kinds of applicant who ask, and where it is."""

    facts: dict[str, object]
    applicant: tuple[str, ...]
    where: Where


class Definitions(NamedTuple):
    """What events and facts mean, the programmes, and the regions they name."""

    declaration: Declaration
    catalogue: Catalogue
    regions: Regions


def read_definitions(
    declaration: Path | None = None,
    catalogue: Path | None = None,
    cache: DocumentCache | None = None,
    country: CountryFolder = SHIPPED,
) -> Definitions:
    """Read declaration, regions and catalogue (default: those of the country).

    Raises:
        Rejected: a file is unreadable or wrong; with every problem of the country's files, or of the catalogue.
    """
    problems = Problems()
    with problems.gathered():
        declared = read_declaration(declaration, cache, country)
    with problems.gathered():
        regions = read_regions(cache=cache, country=country)
    place = catalogue or country.catalogue
    if problems.found and not place.exists():
        problems.add((str(place),), "missing", "no such file or directory", "Write the programmes there")
    problems.raise_any()
    return Definitions(declared, read_catalogue(catalogue, declared, regions, cache, country), regions)


def read_declaration(
    folder: Path | None = None, cache: DocumentCache | None = None, country: CountryFolder = SHIPPED
) -> Declaration:
    """Read events.yaml, facts.yaml, features.yaml and, if there, household.yaml of a folder (default: the country's).

    Raises:
        Rejected: a file is missing or unreadable, or the declaration is wrong; with every problem.
    """
    from features.declaration.declaration import declare  # verbs that read no declaration do not load it

    folder, problems = folder or country.declaration, Problems()
    files = [folder / f"{name}.yaml" for name in ("events", "facts", "features")]
    household = folder / "household.yaml"
    with problems.gathered():
        about = read_country(country, cache)
    with problems.gathered():
        parts = _all_of([*files, household] if household.exists() else files, cache)
    problems.raise_any()
    events, facts, features, *more = parts
    return declare(events, facts, features, about, *more)


def read_country(country: CountryFolder = SHIPPED, cache: DocumentCache | None = None) -> Country:
    """Read a country's languages, currency, zone and form of region codes.

    Raises:
        Rejected: the file is missing, unreadable or wrong; with every problem.
    """
    from features.country import parse_country  # verbs that read no declaration do not load it

    return parse_country(_all_of([country.country], cache)[0], (country.country.name,))


def read_regions(cache: DocumentCache | None = None, country: CountryFolder = SHIPPED) -> Regions:
    """Read a country's dated table of regions.

    Raises:
        Rejected: the file is missing, unreadable or wrong; with every problem.
    """
    from recommender.rules.region import Regions  # loaded only by verbs that judge

    document = _all_of([country.regions], cache)[0]
    return Regions.parse(document, (country.regions.name,), read_country(country, cache))


def read_working_days(cache: DocumentCache | None = None, country: CountryFolder = SHIPPED) -> WorkingDays:
    """Read a country's dated table of public holidays; a country without one has weekends only.

    Raises:
        Rejected: the file is unreadable or wrong; with every problem.
    """
    from recommender.rules.working_days import WEEKENDS_ONLY, WorkingDays  # loaded only by verbs that judge

    file = country.holidays
    if not file.exists():
        return WEEKENDS_ONLY
    return WorkingDays.parse(_all_of([file], cache)[0], (file.name,), read_country(country, cache).languages)


def read_catalogue(
    path: Path | None,
    declaration: Declaration,
    regions: Regions,
    cache: DocumentCache | None = None,
    country: CountryFolder = SHIPPED,
) -> Catalogue:
    """Read programmes from a folder of YAML files, one YAML file, or JSON lines (default: the country's catalogue).

    Raises:
        Rejected: a file is unreadable or a programme is wrong; with every problem of every file.
    """
    from recommender.rules.catalogue import catalogue  # loaded only by verbs that judge

    place = path or country.catalogue

    def read() -> Catalogue:
        return catalogue(programme_documents(place, cache), declaration, regions)

    if cache is None:
        return read()
    from composition.catalogue_cache import checked_catalogue

    return checked_catalogue(_catalogue_files(place), (declaration, regions), cache, read)


def read_messages(cache: DocumentCache | None = None, country: CountryFolder = SHIPPED) -> Messages:
    """Read a country's messages, one file for each of its languages.

    Raises:
        Rejected: a file is missing or unreadable, or a message is missing, unknown or malformed; with every problem.
    """
    from composition.message_names import message_names
    from recommender.messages import Messages

    folder, languages, problems = country.messages, read_country(country, cache).languages, Problems()
    for file in sorted(folder.glob("*.yaml")):
        if file.stem not in languages:
            remedy = f"Add {file.stem} to the languages of country.yaml, or remove the file"
            problems.add((f"messages/{file.name}",), "unknown", "is in no language of the country", remedy)
    with problems.gathered():
        documents = _all_of([folder / f"{language}.yaml" for language in languages], cache)
    problems.raise_any()
    return Messages.parse(dict(zip(languages, documents, strict=True)), message_names())


def programme_documents(path: Path, cache: DocumentCache | None = None) -> list[tuple[str, object]]:
    """The parsed programmes under `path`, each with where it was found.

    Raises:
        Rejected: nothing is there, or a file cannot be parsed; with every problem.
    """
    if path.suffix in (".jsonl", ".ndjson"):
        return list(_lines(path))
    files = _catalogue_files(path)
    if not files:
        raise Rejected(
            [Problem((str(path),), "missing", "holds no .yaml file", "Give a folder of programmes, or a .jsonl file")]
        )
    found: list[tuple[str, object]] = []
    for file, document in zip(files, _all_of(files, cache), strict=True):
        where = str(file.relative_to(path)) if path.is_dir() else file.name
        many = document if isinstance(document, list) else [document]
        found += [(where if len(many) == 1 else f"{where}[{i}]", one) for i, one in enumerate(many)]
    return found


def _catalogue_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.yaml")) + sorted(path.rglob("*.yml")) if path.is_dir() else [path]


def read_facts(path: Path | str) -> Stated:
    """Read a facts file (`-` is standard input): a flat JSON object, with `applicant` saying who asks.

    Raises:
        Rejected: the file is not one JSON object, states something twice, or names an applicant that is none.
    """
    where = ("standard input" if str(path) == _STDIN else Path(path).name,)
    text = sys.stdin.read() if str(path) == _STDIN else read_text(Path(path))
    document = parse_json(text, where)
    if not isinstance(document, dict):
        what, remedy = f"holds {_kind(document)}, not a JSON object", 'Write {"birth_date": "1990-05-01"} and so on'
        raise Rejected([Problem(where, "invalid", what, remedy)])
    facts = {name: value for name, value in document.items() if name != "applicant"}
    return Stated(facts, applicants(document.get("applicant", "citizen"), where), where)


def applicants(value: object, where: Where) -> tuple[str, ...]:
    """The kinds of applicant that a JSON value names: one of KINDS (recommender.rules.programme), or a list of them.

    Raises:
        Rejected: the value is neither, or the list is empty.

    Example:
        >>> applicants("citizen", ("facts.json",)), applicants(["organisation", "citizen"], ("facts.json",))
        (('citizen',), ('citizen', 'organisation'))
    """
    from recommender.rules.programme import KINDS

    named = [value] if isinstance(value, str) else value
    if not isinstance(named, list) or not named or any(kind not in KINDS for kind in named):
        remedy = f"Use one of {', '.join(KINDS)}, or a list of them"
        raise Rejected(
            [Problem((*where, "applicant"), "invalid", f"cannot be {json.dumps(value, ensure_ascii=False)}", remedy)]
        )
    return tuple(kind for kind in KINDS if kind in named)


def as_of(text: str | None, clock: Callable[[], float], zone: str) -> datetime.date:
    """The day to judge as of: the one written, or the day it is in `zone` by `clock` (seconds since 1970, UTC).

    Raises:
        Rejected: the text is not a day of the calendar from 1900 to 2100 written YYYY-MM-DD.

    Example:
        >>> as_of("2026-10-31", lambda: 0.0, "Asia/Seoul"), as_of(None, lambda: 1_000_000_000.0, "Asia/Seoul")
        (datetime.date(2026, 10, 31), datetime.date(2001, 9, 9))
    """
    if text is None:
        return datetime.datetime.fromtimestamp(clock(), ZoneInfo(zone)).date()
    from features.calendar import YEARS  # verbs that take no day do not load it

    found = day(text, ("--as-of",))
    if found.year not in YEARS:
        what = f"{text} is not from {YEARS[0]} to {YEARS[-1]}"
        raise Rejected([Problem(("--as-of",), "range", what, "Choose a day within these years")])
    return found


def day(text: str, where: Where) -> datetime.date:
    """The day written YYYY-MM-DD.

    Raises:
        Rejected: it is written otherwise, or there is no such day.
    """
    from features.calendar import ISO_DAY  # verbs that take no day do not load it

    if not ISO_DAY.fullmatch(text):
        raise Rejected([Problem(where, "invalid", f"{text!r} is not a day", "Write it as YYYY-MM-DD")])
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as failure:
        raise Rejected(
            [Problem(where, "range", f"there is no day {text} ({failure})", "Check the calendar")]
        ) from failure


def read_json(path: Path) -> object:
    """Parse one JSON file, refusing what JSON proper does not have (NaN, a name given twice).

    Raises:
        Rejected: the file cannot be read or parsed.
    """
    return parse_json(read_text(path), (path.name,))


def parse_json(text: str | bytes, where: Where) -> object:
    """Parse one JSON text, refusing NaN, infinities and a name given twice.

    Raises:
        Rejected: the text is no such JSON, with the line and column.
    """
    try:
        return strict_json.parse(text, _FILE)
    except strict_json.MalformedError as failure:
        place = (f"{spelled(where)}, line {failure.line} column {failure.column}",) if failure.line else where
        what = f"{failure}{f': {failure.name}' if failure.name else ''}"
        raise Rejected([Problem(place, "invalid", what, "Correct the file")]) from None


def read_yaml(path: Path) -> object:
    """Parse one YAML file safely, refusing a key given twice.

    Raises:
        Rejected: the file cannot be read or parsed, with the line and column.
    """
    import yaml  # verbs that read no YAML do not load it

    text = read_text(path)
    try:
        return yaml.load(text, _strict_loader())  # noqa: S506 - a subclass of CSafeLoader
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark
        place = f"{path.name}, line {mark.line + 1} column {mark.column + 1}" if mark else path.name
        what, remedy = f"is not YAML: {failure.problem}", "Correct the file"
        if "another document" in str(failure.problem):
            what, remedy = "begins another document", "Write several as one list, or each in its own file"
        raise Rejected([Problem((place,), "invalid", what, remedy)]) from failure
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        from features.calendar import missing_day

        unusable = Problem((path.name,), "invalid", f"is not YAML that can be used: {failure}", "Correct it")
        raise Rejected([missing_day(text, path.name) or unusable]) from failure


@functools.cache
def _strict_loader() -> Any:
    import yaml

    class Strict(yaml.CSafeLoader):
        """CSafeLoader, except that a mapping may not give a key twice: the second would silently win."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key in (key for key, _ in node.value if isinstance(key.value, str)):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
                seen.add(key.value)
            return super().construct_mapping(node, deep)

    return Strict


def _all_of(paths: Sequence[Path], cache: DocumentCache | None = None) -> list[object]:
    return _parsed(paths) if cache is None else cache.documents(paths, _parsed)


def _parsed(paths: Sequence[Path]) -> list[object]:
    documents, problems = [], Problems()
    for path in paths:
        with problems.gathered():
            documents.append(read_yaml(path))
    problems.raise_any()
    return documents


def _lines(path: Path) -> Iterator[tuple[str, object]]:
    problems = Problems()
    for number, line in enumerate(read_text(path).split("\n"), 1):
        where = f"{path.name}, line {number}"
        with problems.gathered():
            if line.strip():
                yield where, parse_json(line.encode(), (where,))
    problems.raise_any()


def read_text(path: Path) -> str:
    """Read a file of text.

    Raises:
        Rejected: it cannot be read, or is not UTF-8.
    """
    try:
        return composed(read_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError as failure:
        what = f"is not UTF-8 (byte {failure.start})"
        raise Rejected([Problem((str(path),), "unreadable", what, "Save it as UTF-8")]) from failure


def read_bytes(path: Path) -> bytes:
    """Read a file; raises Rejected where that cannot be done."""
    try:
        return path.read_bytes()
    except OSError as failure:
        what = (failure.strerror or "cannot be read").lower()
        raise Rejected([Problem((str(path),), "unreadable", what, "Check the path and its permissions")]) from failure


def _kind(document: object) -> str:
    if isinstance(document, Mapping):
        return "an object"
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(document), "a number")
