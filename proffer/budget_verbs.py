"""`proffer privacy` for budgets: init, status, reserve, commit, expire."""

from __future__ import annotations

import argparse
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, ledger_files, terminal
from composition.ledger_reading import status_document
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from proffer import options
from proffer.approvals import APPROVAL, check_options, enter, entered, write_draft

if TYPE_CHECKING:
    from composition.settings import CountryFolder
    from privacy.accounting.mechanism import Mechanism
    from privacy.ledger.dataset import Dataset
    from privacy.ledger.ledger import BudgetTerms, Ledger

_FEWEST: Final = 50
"""Of fewer units nothing is learned in private, so that a delta below 1/n is below that of so many, whatever n is."""


def _init_arguments(parser: argparse.ArgumentParser) -> None:
    _population(parser)
    parser.add_argument("--epsilon", metavar="E", help="the cap per period, a decimal number")
    parser.add_argument("--delta", metavar="D", help="far below 1 in as many units as there are")
    approver = "public key of somebody who may approve changes: a file or the key itself; at least two, who become the "
    approver += "root approvers where the ledger names none yet (default: the root approvers it has)"
    parser.add_argument("--approver", action="append", default=[], metavar="KEY", help=approver)
    parser.add_argument("--reason", default="the budget is opened", help="why, in words, for those who sign")
    draft = "where to write the draft that two root approvers sign (default: init-P.draft)"
    parser.add_argument("--draft", type=Path, metavar="FILE", help=draft)
    parser.add_argument("--approval", type=Path, action="append", default=[], metavar="SIG", help=APPROVAL)
    unit = "whose whole data is one (default: the smallest the declaration allows)"
    parser.add_argument("--unit", choices=["person", "household"], help=unit)
    parser.add_argument("--units", type=int, default=0, metavar="N", help="how many there are, where that is public")
    parser.add_argument("--period", default="", metavar="NAME", help="name of the first period (default: this year)")
    options.add(parser, "country", "declaration")


def _init(args: argparse.Namespace) -> int:
    """Open a population's budget: at once for synthetic people, by two root approvers' signatures for any other."""
    from privacy.account import nobody
    from privacy.ledger.ledger import Ledger
    from privacy.ledger.terms import is_synthetic

    if args.approval:
        return enter(args, "open")
    check_options(args, "reason")
    terms = _budget_terms(args)
    synthetic = is_synthetic(args.population)
    folder = Workspace(args.home).begin().ledger
    ledger = Ledger.create(folder, clock.now, () if synthetic else terms.approvers)
    if not synthetic:
        terms = terms if terms.approvers else replace(terms, approvers=ledger.roots)
        out = args.draft or Path(f"init-{args.population.replace('/', '-')}.draft")
        return write_draft(args, out, ledger, ledger.draft_open(args.population, terms, args.reason))
    receipt = ledger.init(args.population, terms if terms.approvers else replace(terms, approvers=nobody()))
    balance = ledger.status(args.population)
    document = {**balance.to_document(), "receipt": receipt.to_document(), "key": str(folder / "ledger.pub")}
    spent_by = f"epsilon {balance.cap} at delta {args.delta} in {terms.period}"
    text = f"{args.population}: {spent_by}; public key {document['key']}"
    terminal.emit(document, args.json, text)
    return terminal.DONE


def _budget_terms(args: argparse.Namespace) -> BudgetTerms:
    """The terms of a budget, all that is wrong with them said at once."""
    from privacy.accounting.amount import read_delta, read_epsilon
    from privacy.ledger.draft import check_names
    from privacy.ledger.ledger import BudgetTerms

    problems, approvers = Problems(), list[Any]()
    with problems.gathered():
        _check_units(args.units)
    for name in ("epsilon", "delta"):
        if getattr(args, name) is None:
            problems.add((f"--{name}",), "missing", "is missing", "Give it, or --approval with signatures of a draft")
    with problems.gathered():
        read_epsilon(args.epsilon or "1", ("--epsilon",))
    with problems.gathered():
        read_delta(args.delta or "0.000001", args.units or _FEWEST, ("--delta",))
    for given in args.approver:
        with problems.gathered():
            approvers.append(ledger_files.public_key(given))
    if len(args.approver) == 1 or not (args.approver or _optional(args)):
        what = "a budget needs two people who can approve changes"
        problems.add(("--approver",), "missing", what, "Give it at least twice")
    if len({one.public for one in approvers}) < len(approvers):
        what = "names one person twice: a budget needs two people who can approve changes"
        problems.add(("--approver",), "duplicate", what, "Give keys of different people")
    period = args.period or clock.timestamp()[:4]
    with problems.gathered():
        check_names(population=args.population, period=period)
    problems.raise_any()
    unit = args.unit or _smallest_unit(args.declaration, args.country)
    return BudgetTerms(unit, args.epsilon, args.delta, period, tuple(approvers), args.units)


def _optional(args: argparse.Namespace) -> bool:
    """Whether approvers need not be named: of synthetic people, or where the ledger has root approvers."""
    from privacy.ledger.folder import DATABASE
    from privacy.ledger.terms import is_synthetic

    if is_synthetic(args.population):
        return True
    there = (Workspace(args.home).ledger / DATABASE).exists()
    return there and bool(ledger_files.open_ledger(args.home).roots)


def _smallest_unit(declaration: Path | None, country: CountryFolder) -> str:
    from composition.reading import read_declaration
    from privacy.unit import smallest

    return smallest(read_declaration(declaration, country=country))


def _status(args: argparse.Namespace) -> int:
    """Show what every population has left, and which spends are open."""
    ledger = ledger_files.open_ledger(args.home)
    with terminal.working("composing"):
        document = status_document(ledger, args.population)
        document["overlaps"] = _overlaps(ledger, args.population)
    terminal.emit(document, args.json, lambda: _status_text(document))
    return terminal.DONE


def _status_text(document: dict[str, Any]) -> str:
    keys = ["population", "period", "cap", "spent", "left", "lifetime", "delta", "exact_fits"]
    heads = [*keys[:-1], "fits without noise", "open"]
    rows = [[*(one[key] for key in keys), len(one["open"])] for one in document["populations"]]
    spends = [spend for one in document["populations"] for spend in one["open"]]
    still_open = ["", "Open spends, which count as spent until `proffer privacy commit` or `expire` closes them:"]
    lines = [*still_open, *(f"  {spend}" for spend in spends)] if spends else []
    if document["overlaps"]:
        lines += ["", "Asked for over HTTP, of people who spend from another budget, too (who asked was not told):"]
        lines += [
            f"  {one['spend']} of {one['population']}, by {one['requester']}: also {', '.join(one['also'])}; "
            "give it back by `proffer privacy release`, unless it was run"
            for one in document["overlaps"]
        ]
    return "\n".join([terminal.table(heads, rows, right=[2, 3, 4, 5, 7, 8]), *lines])


def _overlaps(ledger: Ledger, population: str | None) -> list[dict[str, Any]]:
    """The spends whose people spend from another population, too: told here, and to nobody over HTTP."""
    from privacy.ledger.entry import SpendBody

    return [
        {
            "index": one.index, "spend": one.body.spend, "population": one.population,
            "requester": one.body.requester, "also": list(others),
        }
        for one, others in ledger.overlaps()
        if isinstance(one.body, SpendBody) and population in (None, one.population, *others)
    ]  # fmt: skip


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
    options.add_asked(parser)
    parser.add_argument("--people", type=Path, metavar="FILE", help="ids of the units, one a line: known again later")
    public = "how many units there are, where that number is public: it is written into the entry (default: not said)"
    parser.add_argument("--units", type=int, default=0, metavar="N", help=public)


def _reserve(args: argparse.Namespace) -> int:
    """Set a spend aside."""
    from privacy.ledger.ledger import SpendTerms

    check_options(args, "purpose", "requester", *(["reason"] if args.reason is not None else []))
    _check_units(args.units)
    ledger = ledger_files.open_ledger(args.home)
    delta = ledger.status(args.population).delta if args.delta is None else args.delta
    mechanism, dataset = _mechanism(args), replace(_dataset(ledger, args.people), units=args.units)
    with terminal.working("pricing"):
        sign = ledger_files.request_signer(args.requester_key)
        part = {"why": args.reason}
        terms = SpendTerms(mechanism, args.epsilon, delta, args.purpose, args.requester, run=part, sign=sign)
        receipt = ledger.reserve(args.population, args.spend, terms, dataset)
    return entered(args, ledger, receipt)


def _mechanism(args: argparse.Namespace) -> Mechanism:
    from composition.reading import read_text
    from privacy.accounting import mechanism
    from privacy.accounting.amount import read_amount, read_delta, read_epsilon

    training = (args.sigma, args.rate, args.steps)
    if args.mechanism is not None:
        return mechanism.read_text(read_text(ledger_files.regular(args.mechanism)), (str(args.mechanism),))
    if None not in training:
        sigma, rate = (read_amount(getattr(args, name), (f"--{name}",)) for name in ("sigma", "rate"))
        return mechanism.gaussian_sgd(sigma, rate, args.steps)
    if any(part is not None for part in training) or args.epsilon is None:
        remedy = "Give --mechanism FILE, or --sigma, --rate and --steps, or --epsilon alone"
        raise Rejected([Problem(("proffer privacy reserve",), "missing", "does not say what will be run", remedy)])
    delta = Decimal(0) if args.delta is None else read_delta(args.delta, 0, ("--delta",))
    return mechanism.declared(read_epsilon(args.epsilon, ("--epsilon",)), delta)


def _dataset(ledger: Ledger, people: Path | None) -> Dataset:
    from composition.reading import read_text
    from privacy.ledger.dataset import NOBODY, Dataset

    if people is None:
        return Dataset(NOBODY, (), 0)
    named = list(filter(None, map(str.strip, read_text(ledger_files.regular(people)).splitlines())))
    if not named:
        remedy = "Write the ids into it, one a line, or leave --people out, which the entry then says"
        raise Rejected([Problem((str(people),), "missing", "names nobody", remedy)])
    return ledger.dataset(named)


def _check_units(units: int) -> None:
    if not 0 <= units < 2**53:
        what = f"{str(units)[:40]} is not from 0 to {2**53 - 1}"
        raise Rejected([Problem(("--units",), "range", what, "Give how many there are, or nothing")])


def _commit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spend", required=True, metavar="ID", help="which reservation")
    released = "what was released: a file, a model's folder, or its sha256 in hex"
    parser.add_argument("--artefact", metavar="WHAT", help=released)


def _commit(args: argparse.Namespace) -> int:
    """Say that a reserved run is done."""
    ledger = ledger_files.open_ledger(args.home)
    return entered(args, ledger, ledger.commit(args.spend, artefact=_artefact(args.artefact)))


def _artefact(given: str | None) -> str | None:
    """The sha256 of a file, of a model's folder as its manifest says it, or as it was given."""
    from composition.reading import read_json

    if given is None or not Path(given).exists():
        return given
    if not Path(given).is_dir():
        return ledger_files.sha256_of(Path(given))
    manifest = read_json(ledger_files.regular(Path(given) / "manifest.json"))
    return str(manifest.get("artefact")) if isinstance(manifest, dict) else ""


def _expire_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spend", required=True, metavar="ID", help="which reservation")
    parser.add_argument("--reason", required=True, help="what happened")


def _expire(args: argparse.Namespace) -> int:
    """Say that a reserved run will never be committed; it stays spent."""
    check_options(args, "reason")
    ledger = ledger_files.open_ledger(args.home)
    return entered(args, ledger, ledger.expire(args.spend, args.reason))


def _population(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--population", required=True, metavar="P", help="whose budget: a name for people, not a file")


SUBVERBS: options.Subverbs = {
    "init": ("open the budget of a population", _init_arguments, _init),
    "status": ("what is left, and which spends are open", options.add_population_filter, _status),
    "reserve": ("set a spend aside before any row is read", _reserve_arguments, _reserve),
    "commit": ("say that a reserved run is done", _commit_arguments, _commit),
    "expire": ("say that a reserved run will never be done; it stays spent", _expire_arguments, _expire),
}
