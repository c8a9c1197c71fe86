"""The shape of the code, as a ratchet: a file says what it owns, functions fit a screen, and a name stands once.

The lists of exceptions name what does not meet a rule yet. They must become empty: what meets its rule leaves the list,
which a test demands, and nothing may be added.
"""

import ast
import functools
import statistics
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["root_packages"]
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "common", "manager", "helpers", "helper", "misc", "base"}

# Lower these as the code allows, never raise them. A body is counted without its docstring.
MEDIAN_LINES = 6
NINE_IN_TEN_LINES = 20
LONG_LINES, LONG_SHARE = 25, 0.01
LONGEST = 66  # but for compiled kernels: numba keeps a loop over many arrays fast only inside one function
FILE_LINES = 400
CLASS_LINES = 250
PARAMETERS = 6  # but for compiled kernels and estimators, which scikit-learn constructs from their settings
SHORT_LINES, CALLED_ONCE = 4, 150  # private functions of fewer lines that stand for one place

LONG_FILES: set[str] = set()
LONG_CLASSES: set[str] = set()
MANY_PARAMETERS: set[str] = set()
CLASSES_THAT_STAND_TWICE: set[str] = set()
MODULES_THAT_STAND_TWICE: set[str] = set()

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def trees() -> dict[str, ast.Module]:
    return {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


@functools.cache
def nodes_by_kind() -> dict[type[ast.AST], list[tuple[str, ast.AST]]]:
    found = defaultdict(list)
    for file, tree in trees().items():
        for node in ast.walk(tree):
            found[type(node)].append((file, node))
    return found


def nodes(*kinds: type[ast.AST]) -> list[tuple[str, ast.AST]]:
    """Every node of some kinds, and the file it stands in."""
    return [found for kind in kinds for found in nodes_by_kind()[kind]]


def functions() -> Iterator[tuple[str, Function]]:
    """Every function but compiled kernels."""
    for file, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        if not any("njit" in ast.unparse(decorator) for decorator in node.decorator_list):
            yield file, node


def body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def methods_of_estimators() -> set[ast.AST]:
    """Of the classes that can be fitted, and of those that stand on one."""
    classes = [node for _, node in nodes(ast.ClassDef)]
    fitted = {one.name for one in classes if any(getattr(part, "name", "") == "fit" for part in one.body)}
    return {part for one in classes if fitted & {one.name, *map(ast.unparse, one.bases)} for part in one.body}


def twice(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def test_the_first_line_of_a_file_says_what_it_owns() -> None:
    silent = [name for name, tree in trees().items() if not ast.get_docstring(tree)]
    late = [name_of(path) for path in SOURCES if not path.read_text(encoding="utf-8").startswith('"""')]
    assert silent + late == []


def test_a_file_is_named_by_a_noun_of_the_domain() -> None:
    assert [name_of(path) for path in SOURCES if path.stem in FORBIDDEN_NAMES] == []


def test_functions_fit_a_screen() -> None:
    lengths = sorted((body_lines(one), f"{file}:{one.lineno} {one.name}") for file, one in functions())
    assert statistics.median(lines for lines, _ in lengths) < MEDIAN_LINES
    assert lengths[len(lengths) * 9 // 10][0] <= NINE_IN_TEN_LINES
    long = [one for one in lengths if one[0] > LONG_LINES]
    assert len(long) <= LONG_SHARE * len(lengths), long
    assert [one for one in long if one[0] > LONGEST] == []


def test_no_file_is_long() -> None:
    lines = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert {name for name, count in lines.items() if count > FILE_LINES} == LONG_FILES


def test_no_class_is_long() -> None:
    long = {f"{file} {one.name}" for file, one in nodes(ast.ClassDef) if one.end_lineno - one.lineno + 1 > CLASS_LINES}
    assert long == LONG_CLASSES


def test_no_function_takes_many_parameters() -> None:
    estimators = methods_of_estimators()
    many = {f"{file} {one.name}" for file, one in functions() if parameters(one) > PARAMETERS and one not in estimators}
    assert many == MANY_PARAMETERS


def test_few_private_functions_stand_for_one_short_expression() -> None:
    named = Counter((file, node.id) for file, node in nodes(ast.Name))
    named += Counter((file, node.attr) for file, node in nodes(ast.Attribute))
    once = [
        f"{file}:{one.lineno} {one.name}"
        for file, one in functions()
        if one.name.startswith("_")
        and not one.name.startswith("__")
        and named[file, one.name] == 1
        and body_lines(one) < SHORT_LINES
    ]
    print(f"{len(once)} private functions under {SHORT_LINES} lines are called in one place")
    assert len(once) <= CALLED_ONCE, "\n".join(once)


def test_no_class_name_stands_twice() -> None:
    names = [node.name for tree in trees().values() for node in tree.body if isinstance(node, ast.ClassDef)]
    assert twice(names) == CLASSES_THAT_STAND_TWICE


def test_no_module_name_stands_twice() -> None:
    assert twice(path.stem for path in SOURCES if not path.stem.startswith("__")) == MODULES_THAT_STAND_TWICE


def test_no_text_holds_what_a_merge_left() -> None:
    """Both sides of a conflict stood in the changelog once, and nothing that reads code or links saw it."""
    marks = ("<" * 7 + " ", ">" * 7 + " ")
    texts = [
        *SOURCES,
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("data/**/*.yaml"),
        *ROOT.glob("tests/**/*.py"),
    ]
    left = {
        name_of(path)
        for path in texts
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(marks)
    }
    assert not left
