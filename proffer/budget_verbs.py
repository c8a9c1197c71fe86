"""`proffer privacy` for budgets: init, status, reserve, commit, expire."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import ledger_files, terminal
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from proffer import options

if TYPE_CHECKING:
    from composition.settings import CountryFolder
    from privacy.accounting.mechanism import Mechanism
    from privacy.ledger.dataset import Dataset
    from privacy.ledger.journal import LedgerReceipt
    from privacy.ledger.ledger import Ledger

_HASH_OF_NOTHING = "0" * 64  # the fingerprint of a data set that was not given


def _init_arguments(parser: argparse.ArgumentParser) -> None:
    _population(parser)
    parser.add_argument("--epsilon", required=True, metavar="E", help="the cap per period, a decimal number")
    parser.add_argument("--delta", required=True, metavar="D", help="far below 1 in as many units as there are")
    approver = "public key of somebody who may approve changes: a file or the key itself; at least two"
    parser.add_argument("--approver", action="append", required=True, metavar="KEY", help=approver)
    unit = "whose whole data is one (default: the smallest the declaration allows)"
    parser.add_argument("--unit", choices=["person", "household"], help=unit)
    parser.add_argument("--units", type=int, default=0, metavar="N", help="how many there are, where that is public")
    parser.add_argument("--period", default="", metavar="NAME", help="name of the first period (default: this year)")
    options.add(parser, "country", "declaration")


def _init(args: argparse.Namespace) -> int:
    """Open a population's budget, and the ledger with it when it is the first."""
    from privacy.accounting.amount import read_delta, read_epsilon
    from privacy.ledger.ledger import BudgetTerms, Ledger, check_names

    problems = Problems()
    with problems.gathered():
        read_epsilon(args.epsilon)
    with problems.gathered():
        read_delta(args.delta, args.units)
    approvers = []
    for given in args.approver:
        with problems.gathered():
            approvers.append(ledger_files.public_key(given))
    if len(args.approver) < 2:
        problems.add(
            ("--approver",), "missing", "a budget needs two people who can approve changes", "Give it at least twice"
        )
    period = args.period or time.strftime("%Y", time.gmtime())
    with problems.gathered():
        check_names(population=args.population, period=period)
    problems.raise_any()
    folder = Workspace(args.home).begin().path / "ledger"
    ledger, unit = Ledger.create(folder, ledger_files.now), args.unit or _smallest_unit(args.declaration, args.country)
    terms = BudgetTerms(unit, args.epsilon, args.delta, period, approvers, args.units)
    receipt = ledger.init(args.population, terms)
    balance = ledger.status(args.population)
    document = {**balance.to_document(), "receipt": receipt.to_document(), "key": str(folder / "ledger.pub")}
    text = f"{args.population}: epsilon {balance.cap} at delta {args.delta} in {period}; public key {document['key']}"
    terminal.emit(document, args.json, text)
    return terminal.DONE


def _smallest_unit(declaration: Path | None, country: CountryFolder) -> str:
    from composition.reading import read_declaration
    from privacy.unit import smallest

    return smallest(read_declaration(declaration, country=country))


def _status_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--population", metavar="P", help="only this one (default: all)")


def _status(args: argparse.Namespace) -> int:
    """Show what every population has left, and which spends are open."""
    ledger = ledger_files.open_ledger(args.home)
    names = [args.population] if args.population else ledger.populations()
    with terminal.working("composing"):
        shown = [(ledger.status(name).to_document(), ledger.spends(name)) for name in names]
    document = {
        "ledger": ledger.origin,
        "populations": [
            {**balance, "open": [spend.id for spend in spends if spend.state in ("reserved", "expired")]}
            for balance, spends in shown
        ],
    }
    terminal.emit(document, args.json, lambda: _status_text(document))
    return terminal.DONE


def _status_text(document: dict[str, Any]) -> str:
    heads = ["population", "period", "cap", "spent", "left", "delta", "open"]
    rows = [[*(one[head] for head in heads[:-1]), len(one["open"])] for one in document["populations"]]
    spends = [spend for one in document["populations"] for spend in one["open"]]
    still_open = ["", "Open spends, which count as spent until `proffer privacy commit` or `expire` closes them:"]
    lines = [*still_open, *(f"  {spend}" for spend in spends)] if spends else []
    return "\n".join([terminal.table(heads, rows, right=[2, 3, 4, 6]), *lines])


def _reserve_arguments(parser: argparse.ArgumentParser) -> None:
    _population(parser)
    parser.add_argument("--spend", required=True, metavar="ID", help="names this spend for ever; repeat to ask again")
    parser.add_argument("--epsilon", metavar="E", help="what is claimed (default: exactly the price)")
    parser.add_argument("--delta", metavar="D", help="at which it is claimed (default: the population's)")
    parser.add_argument("--mechanism", type=Path, metavar="FILE", help="what will be run, as JSON (see docs/ledger.md)")
    parser.add_argument("--sigma", metavar="S", help="DP-SGD: noise multiplier")
    parser.add_argument("--rate", metavar="Q", help="DP-SGD: Poisson sampling rate")
    parser.add_argument("--steps", type=int, metavar="N", help="DP-SGD: steps")
    parser.add_argument("--purpose", default="not stated", help="in words, for the auditor")
    parser.add_argument("--requester", default="not stated", help="who asks")
    parser.add_argument("--people", type=Path, metavar="FILE", help="ids of the units, one a line: known again later")


def _reserve(args: argparse.Namespace) -> int:
    """Set a spend aside."""
    from privacy.ledger.ledger import SpendTerms

    ledger = ledger_files.open_ledger(args.home)
    delta = args.delta or ledger.status(args.population).delta
    mechanism, dataset = _mechanism(args), _dataset(ledger, args.people)
    with terminal.working("pricing"):
        terms = SpendTerms(mechanism, args.epsilon, delta, args.purpose, args.requester)
        receipt = ledger.reserve(args.population, args.spend, terms, dataset)
    return entered(args, ledger, receipt)


def _mechanism(args: argparse.Namespace) -> Mechanism:
    from composition.reading import read_text
    from privacy.accounting import mechanism
    from privacy.accounting.amount import read_delta, read_epsilon

    training = (args.sigma, args.rate, args.steps)
    if args.mechanism is not None:
        return mechanism.read_text(read_text(args.mechanism), (str(args.mechanism),))
    if None not in training:
        return mechanism.gaussian_sgd(*training)
    if any(part is not None for part in training) or args.epsilon is None:
        remedy = "Give --mechanism FILE, or --sigma, --rate and --steps, or --epsilon alone"
        raise Rejected([Problem(("proffer privacy reserve",), "missing", "does not say what will be run", remedy)])
    delta = read_delta(args.delta) if args.delta else Decimal(0)
    return mechanism.declared(read_epsilon(args.epsilon), delta)


def _dataset(ledger: Ledger, people: Path | None) -> Dataset:
    from composition.reading import read_text
    from privacy.ledger.dataset import Dataset

    if people is None:
        return Dataset(_HASH_OF_NOTHING, (), 0)
    return ledger.dataset(line.strip() for line in read_text(people).splitlines() if line.strip())


def _settle_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spend", required=True, metavar="ID", help="which reservation")


def _commit(args: argparse.Namespace) -> int:
    """Say that a reserved run is done."""
    ledger = ledger_files.open_ledger(args.home)
    return entered(args, ledger, ledger.commit(args.spend))


def _expire_arguments(parser: argparse.ArgumentParser) -> None:
    _settle_arguments(parser)
    parser.add_argument("--reason", required=True, help="what happened")


def _expire(args: argparse.Namespace) -> int:
    """Say that a reserved run will never be committed; it stays spent."""
    ledger = ledger_files.open_ledger(args.home)
    return entered(args, ledger, ledger.expire(args.spend, args.reason))


def entered(args: argparse.Namespace, ledger: Ledger, receipt: LedgerReceipt) -> int:
    """Print the receipt of an entry, and what is left of the budget it is about."""
    document: dict[str, Any] = {"receipt": receipt.to_document()}
    if receipt.population != "*":
        document["balance"] = ledger.status(receipt.population).to_document()
    text = f"entry {receipt.index}" + (f": {document['balance']['left']} left" if "balance" in document else "")
    terminal.emit(document, args.json, text)
    return terminal.DONE


def _population(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--population", required=True, metavar="P", help="whose budget: a name for people, not a file")


SUBVERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = {
    "init": ("open the budget of a population", _init_arguments, _init),
    "status": ("what is left, and which spends are open", _status_arguments, _status),
    "reserve": ("set a spend aside before any row is read", _reserve_arguments, _reserve),
    "commit": ("say that a reserved run is done", _settle_arguments, _commit),
    "expire": ("say that a reserved run will never be done; it stays spent", _expire_arguments, _expire),
}
