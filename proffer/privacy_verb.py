"""`proffer privacy`: budgets of populations, the ledger they are kept in, and its check by an auditor."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import reading, terminal
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from proffer import audit_verb

if TYPE_CHECKING:
    from privacy.accounting.mechanism import Mechanism
    from privacy.ledger.dataset import Dataset
    from privacy.ledger.journal import LedgerReceipt
    from privacy.ledger.ledger import Ledger
    from privacy.ledger.note import Note, NoteVerifier, Signer

HELP = "budgets of people's privacy, and the ledger that proves what was spent"
_HASH_OF_NOTHING = "0" * 64  # the fingerprint of a data set that was not given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs and their options."""
    verbs = parser.add_subparsers(dest="subverb", metavar="SUB-VERB", required=True, parser_class=type(parser))
    for name, (line, add, handle) in SUBVERBS.items():
        sub = verbs.add_parser(name, help=line, description=f"{line}.", allow_abbrev=False)
        add(sub)
        sub.set_defaults(handle=handle)
        _everywhere(sub)


def _everywhere(parser: argparse.ArgumentParser) -> None:
    """Accept --home, --json and --no-progress after the sub-verb too, without hiding one given before it."""
    absent: Any = argparse.SUPPRESS
    parser.add_argument("--home", type=Path, metavar="DIR", default=absent, help="see proffer --help")
    parser.add_argument("--json", action="store_true", default=absent, help="print one JSON document")
    parser.add_argument("--no-progress", action="store_true", default=absent, help="draw no progress bars")


def run(args: argparse.Namespace) -> int:
    """Run the sub-verb."""
    if args.no_progress:
        terminal.hide_progress()
    handle: Callable[[argparse.Namespace], int] = args.handle
    return handle(args)


# --- budgets ---------------------------------------------------------------------------------------------------------


def _init_arguments(parser: argparse.ArgumentParser) -> None:
    _population(parser)
    parser.add_argument("--epsilon", required=True, metavar="E", help="the cap per period, a decimal number")
    parser.add_argument("--delta", required=True, metavar="D", help="far below 1 in as many units as there are")
    approver = "public key of somebody who may approve changes: a file or the key itself; at least two"
    parser.add_argument("--approver", action="append", required=True, metavar="KEY", help=approver)
    unit = "whose whole data is one (default: the smallest the declaration shipped allows)"
    parser.add_argument("--unit", choices=["person", "household"], help=unit)
    parser.add_argument("--units", type=int, default=0, metavar="N", help="how many there are, where that is public")
    parser.add_argument("--period", default="", metavar="NAME", help="name of the first period (default: this year)")


def _init(args: argparse.Namespace) -> int:
    """Open a population's budget, and the ledger with it when it is the first."""
    from privacy.accounting.amount import read_delta, read_epsilon
    from privacy.ledger.ledger import Ledger

    problems = Problems()
    with problems.gathered():
        read_epsilon(args.epsilon)
    with problems.gathered():
        read_delta(args.delta, args.units)
    approvers = []
    for given in args.approver:
        with problems.gathered():
            approvers.append(_public_key(given))
    if len(args.approver) < 2:
        problems.add(
            ("--approver",), "missing", "a budget needs two people who can approve changes", "Give it at least twice"
        )
    problems.raise_any()
    period = args.period or time.strftime("%Y", time.gmtime())
    folder = Workspace(args.home).begin().path / "ledger"
    ledger, unit = Ledger.create(folder, _now), args.unit or _smallest_unit()
    receipt = ledger.init(args.population, unit, args.epsilon, args.delta, period, approvers, units=args.units)
    balance = ledger.status(args.population)
    document = {**balance.to_document(), "receipt": receipt.to_document(), "key": str(folder / "ledger.pub")}
    text = f"{args.population}: epsilon {balance.cap} at delta {args.delta} in {period}; public key {document['key']}"
    terminal.emit(document, args.json, text)
    return terminal.DONE


def _smallest_unit() -> str:
    from composition.reading import read_declaration
    from privacy.unit import smallest

    return smallest(read_declaration())


def _status_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--population", metavar="P", help="only this one (default: all)")


def _status(args: argparse.Namespace) -> int:
    """Show what every population has left, and which spends are open."""
    ledger = _ledger(args)
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
    return terminal.table(heads, rows, right=[2, 3, 4, 6])


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
    ledger = _ledger(args)
    delta = args.delta or ledger.status(args.population).delta
    mechanism, dataset = _mechanism(args), _dataset(ledger, args.people)
    with terminal.working("pricing"):
        receipt = ledger.reserve(
            args.population, args.spend, mechanism, args.epsilon, delta, args.purpose, args.requester, dataset
        )
    return _entered(args, ledger, receipt)


def _mechanism(args: argparse.Namespace) -> Mechanism:
    from privacy.accounting import mechanism
    from privacy.accounting.amount import read_delta, read_epsilon

    training = (args.sigma, args.rate, args.steps)
    if args.mechanism is not None:
        return mechanism.read_text(args.mechanism.read_text(encoding="utf-8"), (str(args.mechanism),))
    if None not in training:
        return mechanism.gaussian_sgd(*training)
    if any(part is not None for part in training) or args.epsilon is None:
        remedy = "Give --mechanism FILE, or --sigma, --rate and --steps, or --epsilon alone"
        raise Rejected([Problem(("proffer privacy reserve",), "missing", "does not say what will be run", remedy)])
    delta = read_delta(args.delta) if args.delta else Decimal(0)
    return mechanism.declared(read_epsilon(args.epsilon), delta)


def _dataset(ledger: Ledger, people: Path | None) -> Dataset:
    from privacy.ledger.dataset import Dataset

    if people is None:
        return Dataset(_HASH_OF_NOTHING, (), 0)
    lines = people.read_text(encoding="utf-8").splitlines()
    return ledger.dataset(line.strip() for line in lines if line.strip())


def _settle_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spend", required=True, metavar="ID", help="which reservation")


def _commit(args: argparse.Namespace) -> int:
    """Say that a reserved run is done."""
    ledger = _ledger(args)
    return _entered(args, ledger, ledger.commit(args.spend))


def _expire_arguments(parser: argparse.ArgumentParser) -> None:
    _settle_arguments(parser)
    parser.add_argument("--reason", required=True, help="what happened")


def _expire(args: argparse.Namespace) -> int:
    """Say that a reserved run will never be committed; it stays spent."""
    ledger = _ledger(args)
    return _entered(args, ledger, ledger.expire(args.spend, args.reason))


def _entered(args: argparse.Namespace, ledger: Ledger, receipt: LedgerReceipt) -> int:
    document: dict[str, Any] = {"receipt": receipt.to_document()}
    if receipt.population != "*":
        document["balance"] = ledger.status(receipt.population).to_document()
    text = f"entry {receipt.index}" + (f": {document['balance']['left']} left" if "balance" in document else "")
    terminal.emit(document, args.json, text)
    return terminal.DONE


# --- what two people sign --------------------------------------------------------------------------------------------


def _signed_arguments(*fields: tuple[str, str]) -> Callable[[argparse.ArgumentParser], None]:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--population", metavar="P", help="whose budget")
        for name, line in (*fields, ("reason", "why, in words")):
            parser.add_argument(f"--{name}", help=line)
        parser.add_argument("--draft", type=Path, metavar="FILE", help="write (or, with --approval, read) the draft")
        signed = "what `privacy approve` wrote; give two, by different people, to enter the change"
        parser.add_argument("--approval", type=Path, action="append", metavar="FILE", default=[], help=signed)
        parser.set_defaults(fields=tuple(name for name, _ in fields))

    return add


def _changed(kind: str, **fixed: str) -> Callable[[argparse.Namespace], int]:
    def handle(args: argparse.Namespace) -> int:
        return _enter(args, kind) if args.approval else _draft(args, kind, fixed)

    return handle


def _draft(args: argparse.Namespace, kind: str, fixed: dict[str, str]) -> int:
    """Write the statement that two approvers are to sign."""
    from privacy.accounting.amount import read_epsilon, text_of
    from privacy.ledger.approval import statement_text
    from privacy.ledger.folder import write_durably
    from privacy.ledger.terms import read_statement

    names = ["population", "draft", *args.fields, "reason"]
    missing = [name for name in names if not getattr(args, name)]
    if missing:
        where = (f"proffer privacy {args.subverb}",)
        raise Rejected(
            [Problem(where, "missing", f"needs --{name}", "Or give two --approval files") for name in missing]
        )
    _refuse_own(args, args.draft)
    what = {name: getattr(args, name) for name in (*args.fields, "reason")} | fixed
    if "epsilon" in what:
        what["epsilon"] = text_of(read_epsilon(what["epsilon"]))
    if "key" in what:
        what["key"] = _public_key(what["key"]).text()
    statement = _ledger(args).draft(kind, args.population, what)
    write_durably(args.draft, statement_text(read_statement(statement)).encode())
    signing = f"Have two approvers run: proffer privacy approve {args.draft} --key THEIR.key"
    terminal.emit({"draft": str(args.draft), "statement": statement}, args.json, signing)
    return terminal.DONE


def _enter(args: argparse.Namespace, kind: str) -> int:
    """Enter what two approvers signed."""
    from privacy.refusal import NotApproved

    given = [_approval(path) for path in args.approval]
    texts = {text for text, _ in given if text} | ({args.draft.read_text(encoding="utf-8")} if args.draft else set())
    if len(texts) != 1:
        what = "are not signatures of one and the same draft"
        raise NotApproved("--approval", what, "Have both sign the same file; with bare signatures give --draft too")
    try:
        statement = json.loads(texts.pop())
        known = statement["kind"] == kind
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise NotApproved("--approval", f"does not sign a draft of {args.subverb}", "Give the files signed for it")
    ledger = _ledger(args)
    return _entered(args, ledger, ledger.approved(statement, [line for _, lines in given for line in lines]))


def _approval(path: Path) -> tuple[str, list[str]]:
    """The text that a file signs (nothing for bare signature lines) and its signature lines."""
    from privacy.ledger.note import BadNote, Note, Signature

    content = path.read_bytes()
    try:
        if b"\n\n" not in content:
            lines = content.decode("utf-8", "replace").splitlines()
            return "", [Signature.parse(line).line for line in lines]
        note = Note.parse(content)
    except BadNote as failure:
        raise Rejected(
            [Problem((str(path),), "invalid", str(failure), "Give what `proffer privacy approve` wrote")]
        ) from None
    return note.text, [signature.line for signature in note.signatures]


def _approve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("draft", type=Path, metavar="DRAFT", help="what `raise`, `release`, ... wrote with --draft")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="your private key")
    parser.add_argument("--name", default="", help="your name as enrolled, for a key file that does not hold one")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: DRAFT.NAME.sig)")


def _approve(args: argparse.Namespace) -> int:
    """Sign a draft as an approver. This needs no ledger: do it on your own machine, after reading the draft."""
    from privacy.ledger.folder import write_durably
    from privacy.ledger.note import Note
    from privacy.ledger.terms import read_statement

    text = args.draft.read_text(encoding="utf-8")
    try:
        read_statement(json.loads(text))
    except ValueError:
        remedy = "Ask for a new draft"
        raise Rejected([Problem((str(args.draft),), "invalid", "is not a draft for approval", remedy)]) from None
    signer = _private_key(args.key, args.name)
    out = args.out or args.draft.with_name(f"{args.draft.name}.{signer.name}.sig")
    write_durably(out, Note.sign(text, signer).encode())
    document = {"approval": str(out), "signed_by": signer.name, "statement": json.loads(text)}
    terminal.emit(document, args.json, f"{signer.name} signed:\n{terminal.listing(document['statement'])}\n-> {out}")
    return terminal.DONE


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="whose key: no spaces and no plus sign")
    parser.add_argument("--out", type=Path, metavar="STEM", help="writes STEM.key and STEM.pub (default: the name)")


def _key(args: argparse.Namespace) -> int:
    """Make an approver's pair of keys."""
    from privacy.ledger.folder import OWNER_ONLY, write_durably
    from privacy.ledger.note import BadNote, Signer

    stem = args.out or Path(args.name)
    private, public = (stem.with_name(f"{stem.name}.{end}") for end in ("key", "pub"))
    taken = [path for path in (private, public) if path.exists()]
    if taken:
        raise Rejected(
            [Problem((str(path),), "conflict", "is there already", "Choose another --out") for path in taken]
        )
    try:
        signer = Signer.generate(args.name)
    except BadNote as failure:
        raise Rejected([Problem(("--name",), "invalid", str(failure), "Give a name such as alice")]) from None
    write_durably(private, signer.pem(), OWNER_ONLY)
    write_durably(public, (signer.verifier().text() + "\n").encode())
    document = {"private": str(private), "public": str(public), "key": signer.verifier().text()}
    terminal.emit(document, args.json)
    return terminal.DONE


def _rotate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why, in words")


def _rotate(args: argparse.Namespace) -> int:
    """Exchange the ledger's signing key for a new one."""
    ledger = _ledger(args)
    return _entered(args, ledger, ledger.rotate(args.reason))


# --- for the auditor -------------------------------------------------------------------------------------------------


def _out_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="file to write")


def _export(args: argparse.Namespace) -> int:
    """Write the whole ledger as one file that can be checked anywhere."""
    _refuse_own(args, args.out)
    ledger = _ledger(args)
    bundle = ledger.export(args.out)
    document = {"bundle": str(args.out), "entries": len(bundle.entries), "checkpoints": len(bundle.notes)}
    terminal.emit(document, args.json)
    return terminal.DONE


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `export` wrote")
    parser.add_argument("--key", required=True, metavar="PUB", help="the ledger's public key: a file or the key itself")
    kept = "a checkpoint you kept from before: the ledger must still begin with it"
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE", help=kept)
    seen = "key of a witness who must have cosigned the last checkpoint"
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help=seen)


def _verify(args: argparse.Namespace) -> int:
    """Check a bundle, without network, database or operator; exit 1 when anything is off."""
    from privacy.ledger.verify import verify

    key = _public_key(args.key)
    witnesses = [_public_key(given) for given in args.witness]
    retained = [_note(path) for path in args.checkpoint]
    with _pricing() as advance:
        verdict = verify(args.bundle.read_bytes(), key, retained=retained, witnesses=witnesses, advance=advance)
    terminal.emit(verdict.to_document(), args.json, lambda: _verdict_text(verdict))
    return terminal.DONE if verdict.ok else terminal.FAILED


@contextmanager
def _pricing() -> Iterator[Callable[[int], Callable[[int], object]]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda total: stack.enter_context(terminal.bar(total, "pricing again", "mechanism"))


def _verdict_text(verdict: Any) -> str:
    if not verdict.ok:
        return "\n".join(["NOT in order:", *(f"- {finding}" for finding in verdict.findings)])
    heads = ["population", "period", "cap", "spent", "left", "lifetime"]
    rows = [[balance.to_document()[head] for head in heads] for balance in verdict.balances]
    seen = ", ".join(verdict.witnesses) or "no witness: only one you asked for can rule out a rewrite by the key holder"
    head = f"in order: {verdict.entries} entries, {verdict.checkpoints} checkpoints, {verdict.mechanisms} mechanisms"
    return f"{head} priced again\nroot {verdict.root}\ncosigned by {seen}\n{terminal.table(heads, rows, [2, 3, 4, 5])}"


def _report(args: argparse.Namespace) -> int:
    """Write the report for everybody: PATH as HTML, and beside it the same in Korean and as JSON."""
    from privacy.ledger import entry, ledger_report
    from privacy.ledger.folder import write_durably
    from privacy.ledger.note import Checkpoint

    out = args.out or Workspace(args.home).folder(Workspace(args.home).reports) / "privacy.html"
    paths = {"en": out, "ko": out.with_suffix(".ko.html"), "json": out.with_suffix(".json")}
    _refuse_own(args, *paths.values())
    bundle = _ledger(args).exported()
    with terminal.working("composing"):
        root = Checkpoint.parse(bundle.notes[-1].text).root.hex()
        english, korean = (reading.read_messages().speaking(language) for language in ("en", "ko"))
        document = ledger_report.document([entry.parse(line) for line in bundle.entries], root, english)
    pages = {"en": ledger_report.page(document, "en", english), "ko": ledger_report.page(document, "ko", korean)}
    written = {paths[language]: page for language, page in pages.items()}
    written[paths["json"]] = json.dumps(document, ensure_ascii=False, indent=2)
    for path, text in written.items():
        write_durably(path, text.encode())
    terminal.emit(document, args.json, "\n".join(map(str, written)))
    return terminal.DONE


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="PATH", help="HTML file (default: the home's reports/privacy.html)")


def _proof_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=int, required=True, metavar="I", help="which entry")
    _out_arguments(parser)


def _proof(args: argparse.Namespace) -> int:
    """Write the .tlog-proof of one entry, which any C2SP tool can check."""
    from privacy.ledger.folder import write_durably
    from privacy.ledger.merkle import BadProof

    _refuse_own(args, args.out)
    try:
        proof = _ledger(args).proof(args.index)
    except BadProof as failure:
        raise Rejected([Problem(("--index",), "invalid", str(failure), "See `proffer privacy status`")]) from None
    write_durably(args.out, proof)
    terminal.emit({"proof": str(args.out), "index": args.index}, args.json)
    return terminal.DONE


def _checkpoint_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write it to a file, to keep")


def _checkpoint(args: argparse.Namespace) -> int:
    """Print the signed size and root of the ledger: keep it, and no later rewrite goes unseen."""
    from privacy.ledger.folder import write_durably

    if args.out:
        _refuse_own(args, args.out)
    note = _ledger(args).checkpoint().encode()
    if args.out:
        write_durably(args.out, note)
    terminal.emit({"checkpoint": note.decode()}, args.json, note.decode())
    return terminal.DONE


# --- the witness -----------------------------------------------------------------------------------------------------


def _witness_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="the witness's own: key and memory")
    parser.add_argument("--name", required=True, help="the witness's name, such as office.example")
    parser.add_argument("--log", required=True, metavar="PUB", help="the public key of the ledger it watches")
    parser.add_argument("--listen", metavar="HOST:PORT", help="serve there (default: only make the key and say which)")


def _witness(args: argparse.Namespace) -> int:
    """Be a witness: a second process with a second key that cosigns only consistent history."""
    from privacy.ledger.witness import Witness, server

    witness = Witness.open(args.folder, args.name, _public_key(args.log))
    document = {"vkey": witness.verifier().text(), "file": str(args.folder / f"{args.name}.vkey")}
    if not args.listen:
        terminal.emit(document, args.json)
        return terminal.DONE
    host, _, port = args.listen.rpartition(":")
    if not host or not port.isdigit():
        raise Rejected(
            [Problem(("--listen",), "invalid", f"{args.listen!r} is not HOST:PORT", "Give one such as 127.0.0.1:8099")]
        )
    with server(witness, (host, int(port)), _now) as serving:
        terminal.say(f"{args.name} listens on {host}:{serving.server_address[1]}; end it with Ctrl-C")
        serving.serve_forever()
    return terminal.DONE


def _cosign_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--witness", required=True, metavar="URL", help="where the witness listens")


def _cosign(args: argparse.Namespace) -> int:
    """Have a witness cosign the latest checkpoint, and keep the cosignature."""
    ledger = _ledger(args)
    status, answer = _asked(ledger, args.witness, 0)
    if status == 409 and answer.strip().isdigit():  # it saw the ledger before, at this size
        status, answer = _asked(ledger, args.witness, int(answer))
    if status != 200:
        remedy = "If it saw another history than this one, keep both copies: somebody rewrote the ledger"
        raise Rejected(
            [Problem((args.witness,), "refused", f"the witness refused ({status}): {answer.strip()}", remedy)]
        )
    for line in answer.splitlines():
        ledger.cosign(line)
    terminal.emit({"cosignatures": answer.splitlines()}, args.json)
    return terminal.DONE


def _asked(ledger: Ledger, url: str, old: int) -> tuple[int, str]:
    import urllib.error
    import urllib.request

    from privacy.ledger.merkle import BadProof
    from privacy.ledger.witness import LARGEST, PATH, request_bytes

    if not url.startswith(("http://", "https://")):
        raise Rejected([Problem(("--witness",), "invalid", f"{url!r} is not a web address", "Give http://HOST:PORT")])
    try:
        content = request_bytes(old, ledger.consistency(old), ledger.checkpoint())
    except BadProof as failure:
        return 409, f"it saw {old} entries: {failure}"
    request = urllib.request.Request(url.rstrip("/") + PATH, content, method="POST")  # noqa: S310 - http(s), see above
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - as above
            return response.status, response.read(LARGEST).decode()
    except urllib.error.HTTPError as failure:
        return failure.code, failure.read(LARGEST).decode()


# --- shared ----------------------------------------------------------------------------------------------------------


def _population(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--population", required=True, metavar="P", help="whose budget: a name for people, not a file")


def _refuse_own(args: argparse.Namespace, *outputs: Path) -> None:
    """Refuse to write over the ledger itself; all such outputs at once."""
    from privacy.ledger.folder import refuse_own_file

    problems = Problems()
    for out in outputs:
        with problems.gathered():
            refuse_own_file(out, Workspace(args.home).path / "ledger")
    problems.raise_any()


def _now() -> int:
    return int(time.time())


def _ledger(args: argparse.Namespace) -> Ledger:
    from privacy.ledger.ledger import Ledger

    return Ledger.open(Workspace(args.home).path / "ledger", _now)


def _public_key(given: str) -> NoteVerifier:
    """A public key: the text itself, or a file that holds it in any usual form."""
    from privacy.ledger.note import BadNote, read_public

    path = Path(given)
    is_file = len(given) < 1024 and path.is_file()
    try:
        return read_public(path.read_bytes() if is_file else given.encode(), path.stem if is_file else "key")
    except BadNote as failure:
        what = str(failure) if is_file else "is neither a file nor an Ed25519 public key"
        remedy = "Make a pair with `proffer privacy key --name NAME` and give the .pub file"
        raise Rejected([Problem((given[:100],), "invalid", what, remedy)]) from None


def _private_key(path: Path, name: str) -> Signer:
    from privacy.ledger.folder import read_private
    from privacy.ledger.note import BadNote, Signer

    try:
        return Signer.from_pem(read_private(path), name or path.stem)
    except BadNote as failure:
        raise Rejected([Problem((str(path),), "invalid", str(failure), "Give your own .key file")]) from None


def _note(path: Path) -> Note:
    from privacy.ledger.note import BadNote, Note

    try:
        return Note.parse(path.read_bytes())
    except BadNote as failure:
        raise Rejected(
            [Problem((str(path),), "invalid", str(failure), "Give what `proffer privacy checkpoint` wrote")]
        ) from None


Handle = Callable[[argparse.Namespace], int]
_KEY_CHANGE: Sequence[tuple[str, str]] = (("key", "the public key: a file or the key itself"),)

SUBVERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Handle]] = {
    "init": ("open the budget of a population", _init_arguments, _init),
    "status": ("what is left, and which spends are open", _status_arguments, _status),
    "reserve": ("set a spend aside before any row is read", _reserve_arguments, _reserve),
    "commit": ("say that a reserved run is done", _settle_arguments, _commit),
    "expire": ("say that a reserved run will never be done; it stays spent", _expire_arguments, _expire),
    "release": (
        "give back a reservation of which nothing left the process (two people sign)",
        _signed_arguments(("spend", "which reservation")),
        _changed("release"),
    ),
    "raise": (
        "raise a cap (two people sign)",
        _signed_arguments(("epsilon", "the new cap")),
        _changed("raise"),
    ),
    "reset": (
        "begin a new period (two people sign)",
        _signed_arguments(("period", "its name; sorts after those before"), ("epsilon", "its cap")),
        _changed("reset"),
    ),
    "public": (
        "mark rows as public (two people sign)",
        _signed_arguments(("fingerprint", "of the data set, as the ledger computes it")),
        _changed("public"),
    ),
    "enrol": (
        "enrol an approver (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="enrol", role="approver"),
    ),
    "revoke": (
        "revoke an approver (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="revoke", role="approver"),
    ),
    "enrol-witness": (
        "enrol a witness (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="enrol", role="witness"),
    ),
    "revoke-witness": (
        "revoke a witness (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="revoke", role="witness"),
    ),
    "approve": ("sign a draft, on your own machine", _approve_arguments, _approve),
    "key": ("make an approver's pair of keys", _key_arguments, _key),
    "rotate": ("exchange the ledger's signing key", _rotate_arguments, _rotate),
    "export": ("write the whole ledger as one file", _out_arguments, _export),
    "verify": ("check an exported ledger, offline", _verify_arguments, _verify),
    "report": ("write the report for everybody", _report_arguments, _report),
    "proof": ("write the proof that an entry is in the ledger", _proof_arguments, _proof),
    "audit": (audit_verb.LINE, audit_verb.add_arguments, audit_verb.run),
    "checkpoint": ("print the signed size and root, to keep", _checkpoint_arguments, _checkpoint),
    "witness": ("be a witness of a ledger", _witness_arguments, _witness),
    "cosign": ("have a witness cosign the latest checkpoint", _cosign_arguments, _cosign),
}
