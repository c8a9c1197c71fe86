"""Whether the ledger's tests notice a fault: one small change at a time, drawn at random, until the time is up.

Run as ``python -m tests.privacy.mutants --minutes 60 --least 90``. Each mutant lives in a forked process that has the
libraries loaded and reads one module of the ledger with one change; it is killed when a test fails, when the tests do
not end, or when the module cannot even be loaded. Mutants are drawn from all modules together, so that the share killed
is an estimate for all of them, printed with its 95 % interval (Wilson 1927). A tool that runs them all, in a new
interpreter each, takes a day here.
"""

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    *("accounting.mechanism", "accounting.accountant", "cohort", "budget"),
    *("ledger.terms", "ledger.entry", "ledger.merkle", "ledger.note", "ledger.change", "ledger.approval"),
    *("ledger.state", "ledger.rules", "ledger.dataset", "ledger.export", "ledger.verify", "ledger.signed"),
    *("ledger.folder", "ledger.keys", "ledger.ledger_tables", "ledger.journal", "ledger.reader", "ledger.ledger"),
    "ledger.witness",
)
OWN = {  # the tests that come first, where they are not called like the module
    "cohort": "ledger/test_state",
    "budget": "ledger/test_state",
    **{f"ledger.{name}": "ledger/test_state" for name in ("change", "approval", "state", "rules")},
    **{f"ledger.{name}": "ledger/test_ledger" for name in ("dataset", "keys", "ledger_tables", "journal", "reader")},
    "ledger.terms": "ledger/test_entry",
}
LATER = ("merkle", "note", "signed", "folder", "entry", "state", "export", "verify", "witness", "ledger")
LONGEST = 300.0  # seconds that a mutant's tests may take
CACHES = {"maxsize"}  # how much is remembered changes no result

_PAIRS = (
    *((ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.In, ast.NotIn), (ast.Is, ast.IsNot)),
    *(
        (ast.And, ast.Or),
        (ast.Add, ast.Sub),
        (ast.Mult, ast.FloorDiv),
        (ast.LShift, ast.RShift),
        (ast.BitAnd, ast.BitOr),
    ),
)
SWAPPED: dict[type, type] = {**dict(_PAIRS), **{right: left for left, right in _PAIRS}, ast.Div: ast.Mult}


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What a node can be changed into, each a fault that somebody could make."""
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            if type(operator) in SWAPPED:
                swapped = copy.deepcopy(node)
                swapped.ops[i] = SWAPPED[type(operator)]()
                yield swapped
    elif isinstance(node, (ast.BoolOp, ast.BinOp, ast.AugAssign)) and type(node.op) in SWAPPED:
        swapped = copy.deepcopy(node)
        swapped.op = SWAPPED[type(node.op)]()
        yield swapped
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        negated = copy.deepcopy(node)
        negated.test = ast.UnaryOp(ast.Not(), negated.test)
        yield negated
    elif isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Raise) or acts(node):
        yield ast.Pass()


def acts(node: ast.AST) -> bool:
    """Whether a statement is there for what it does: a call, or a change of something that is held elsewhere."""
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], (ast.Attribute, ast.Subscript))
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def judged(node: ast.AST) -> bool:
    """Whether changes inside matter: not in what is said to people, nor in types, nor in how much is remembered."""
    if isinstance(node, (ast.JoinedStr, ast.ImportFrom, ast.Import)):
        return False
    if isinstance(node, ast.keyword):
        return node.arg not in CACHES
    names = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
    return not any(isinstance(name, ast.Name) and name.id in CACHES for name in names)


def path_of(module: str) -> Path:
    return ROOT / "privacy" / f"{module.replace('.', '/')}.py"


def own_tests(module: str) -> str:
    folder, _, name = module.rpartition(".")
    return f"tests/privacy/{OWN.get(module, f'{folder}/test_{name}')}.py"


@dataclass(frozen=True)
class Mutant:
    """One change: in which module, where in its tree, and the line as it was and as it is."""

    module: str
    line: int
    path: tuple[tuple[str, int], ...]
    number: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{path_of(self.module).relative_to(ROOT)}:{self.line}: {self.before}  ->  {self.after}"


def sites(node: ast.AST, path: tuple[tuple[str, int], ...] = ()) -> Iterator[tuple[ast.AST, tuple]]:
    if not judged(node):
        return
    yield node, path
    if isinstance(node, ast.Raise):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        parts = value if isinstance(value, list) else [value]
        for i, part in enumerate(parts):
            if isinstance(part, ast.AST):
                yield from sites(part, (*path, (name, i if isinstance(value, list) else -1)))


def first_line(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0][:90]


def mutants_of(module: str) -> list[Mutant]:
    tree = ast.parse(path_of(module).read_text(encoding="utf-8"))
    return [
        Mutant(module, node.lineno, path, number, first_line(node), first_line(changed))
        for node, path in sites(tree)
        if hasattr(node, "lineno")
        for number, changed in enumerate(replacements(node))
    ]


def changed_tree(mutant: Mutant) -> ast.Module:
    tree = ast.parse(path_of(mutant.module).read_text(encoding="utf-8"))
    holder: ast.AST = tree
    for name, i in mutant.path[:-1]:
        holder = getattr(holder, name) if i < 0 else getattr(holder, name)[i]
    name, i = mutant.path[-1]
    held = getattr(holder, name)
    node = held if i < 0 else held[i]
    changed = list(replacements(node))[mutant.number]
    for part in ast.walk(changed):
        ast.copy_location(part, node) if not hasattr(part, "lineno") else None
    if i < 0:
        setattr(holder, name, changed)
    else:
        held[i] = changed
    return ast.fix_missing_locations(tree)


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module of the ledger with one change."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = f"privacy.{mutant.module}"
        self.file = str(path_of(mutant.module))
        self.code = compile(changed_tree(mutant), self.file, "exec")

    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002 - as importlib calls it
        return importlib.util.spec_from_loader(fullname, self, origin=self.file) if fullname == self.name else None

    def exec_module(self, module) -> None:
        exec(self.code, module.__dict__)


def tests_notice(mutant: Mutant | None, module: str) -> bool:
    """Run the module's own tests, then the others, in this process, which ends with it."""
    import pytest

    if mutant is not None:
        sys.meta_path.insert(0, Changed(mutant))
    if module != "accounting.accountant":
        sys.modules["opacus"] = None  # type: ignore[assignment]  # its tests, which take long, are skipped
    later = [f"tests/privacy/ledger/test_{name}.py" for name in LATER]
    files = list(dict.fromkeys([own_tests(module), *later]))
    options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=no", "-W", "ignore:Module already imported"]
    return int(pytest.main([*files, *options, "-m", "not slow", "-k", "not learning"])) != 0


def apart(work: Callable[[], bool], longest: float) -> bool:
    """Do some work in a process of its own; work that does not end counts as noticed."""
    child = os.fork()
    if not child:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        os.setpgid(0, 0)
        code = 1
        try:
            code = int(work())
        finally:
            os._exit(code)
    until = time.monotonic() + longest
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def interval(killed: int, tried: int) -> tuple[float, float]:
    share, z = killed / tried, 1.96
    middle = (share + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * ((share * (1 - share) + z * z / (4 * tried)) / tried) ** 0.5 / (1 + z * z / tried)
    return middle - half, middle + half


LIBRARIES = (
    "cryptography.hazmat.primitives.serialization",
    "dp_accounting",
    "hypothesis.stateful",
    "msgspec",
    "numba",
    "rfc8785",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="when to stop drawing mutants")
    parser.add_argument("--least", type=float, default=0.0, help="exit 1 below this share killed, in per cent")
    parser.add_argument("--seed", type=int, default=1, help="of the order in which mutants are drawn")
    parser.add_argument("--module", choices=MODULES, action="append", help="only this one (again for more)")
    parser.add_argument("--most", type=int, default=10**9, help="how many at most")
    args = parser.parse_args()
    for library in LIBRARIES:
        importlib.import_module(library)
    assert not any(name.startswith("privacy.") for name in sys.modules), "the ledger is loaded before it was changed"
    if apart(lambda: tests_notice(None, "ledger.merkle"), LONGEST):
        print("the tests fail, or take over five minutes, without any change")
        return 1
    modules = args.module or MODULES
    drawn = [mutant for module in modules for mutant in mutants_of(module)]
    random.Random(args.seed).shuffle(drawn)
    return tried_in_time(drawn[: args.most], len(drawn), args.minutes * 60, args.least)


def tried_in_time(drawn: list[Mutant], there: int, seconds: float, least: float) -> int:
    until, killed, survived = time.monotonic() + seconds, 0, []
    for mutant in drawn:
        if time.monotonic() > until:
            break
        if apart(lambda mutant=mutant: tests_notice(mutant, mutant.module), LONGEST):
            killed += 1
        else:
            survived.append(mutant)
            print(f"survived  {mutant}", flush=True)
    tried = killed + len(survived)
    low, high = interval(killed, tried)
    print(f"{killed} of {tried} mutants killed, of {there} there are: {killed / tried:.1%} ({low:.1%} to {high:.1%})")
    return int(100 * killed < least * tried)


if __name__ == "__main__":
    sys.exit(main())
