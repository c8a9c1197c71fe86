"""`proffer privacy` for an auditor: export, verify, spends, registry, report, proof, checkpoint."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from composition import clock, ledger_files, reports, terminal
from composition.ledger_reading import entry_of, spends_document
from composition.reading import read_country
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from privacy.ledger.registry_entry import NAME, USE
from proffer import options

_ASK = "Give the ledger's ledger.pub, or a witness's .vkey, as its keeper gave it to you by another way"


def _out_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="file to write")


def _export(args: argparse.Namespace) -> int:
    """Write the whole ledger as one file that can be checked anywhere."""
    from features.whole_file import write_whole

    ledger_files.refuse_own(args.home, args.out)
    exported = ledger_files.open_ledger(args.home).exported()
    write_whole(args.out, exported.encode())
    document = {"bundle": str(args.out), "entries": len(exported.entries), "checkpoints": len(exported.notes)}
    terminal.emit(document, args.json)
    return terminal.DONE


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `export` wrote")
    parser.add_argument("--key", required=True, metavar="PUB", help="the ledger's public key: a file or the key itself")
    kept = "a checkpoint you kept from before: the ledger must still begin with it"
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE", help=kept)
    seen = "key of a witness who must have cosigned the last checkpoint"
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help=seen)
    stale = "day or time (RFC 3339) at or after which a witness, or without one the last entry, must have been seen"
    pinned = "root approvers' public keys, one a line, as you were given them by another way"
    parser.add_argument("--approvers", type=Path, metavar="FILE", help=pinned)
    parser.add_argument("--not-before", metavar="T", help=stale)


def _verify(args: argparse.Namespace) -> int:
    """Check an exported ledger, without network, database or operator; exit 1 when anything is wrong."""
    from privacy.ledger.legible import escaped
    from privacy.ledger.verify import AuditTerms, verify

    problems, keys, retained, bundle, not_before, approvers = Problems(), [], [], b"", None, None
    with problems.gathered():
        bundle = ledger_files.bundle_bytes(args.bundle)
    for given in (args.key, *args.witness):
        with problems.gathered():
            keys.append(ledger_files.public_key(given, _ASK))
    for path in args.checkpoint:
        with problems.gathered():
            retained.append(ledger_files.kept_note(path))
    with problems.gathered():
        approvers = None if args.approvers is None else ledger_files.approver_keys(args.approvers)
    with problems.gathered():
        not_before = _moment(args.not_before)
    problems.raise_any()
    key, *witnesses = keys
    with _pricing() as advance:
        asked = AuditTerms(not_before, approvers, advance, datetime.fromtimestamp(clock.now(), UTC))
        verdict = verify(bundle, key, retained=retained, witnesses=witnesses, asked=asked)
    document = {**verdict.to_document(), "root_approvers_compared": approvers is not None}
    terminal.emit(document, args.json, lambda: escaped(_verdict_text(verdict, approvers is not None)))
    return terminal.DONE if verdict.ok else terminal.FAILED


def _moment(given: str | None) -> datetime | None:
    """A day or a time; one that names no zone is UTC."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where UTC has no such year
        remedy = "Write it like 2026-11-01 or 2026-11-01T12:00:00Z"
        raise Rejected([Problem(("--not-before",), "invalid", f"{given[:40]!r} is no day or time", remedy)]) from None


@contextmanager
def _pricing() -> Iterator[Callable[[int], Callable[[int], object]]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda total: stack.enter_context(terminal.bar(total, "pricing again", "mechanism"))


def _verdict_text(verdict: Any, compared: bool) -> str:
    if not verdict.ok:
        return "\n".join(["NOT verified:", *(f"- {finding}" for finding in verdict.findings), _formats_text(verdict)])
    keys = ["population", "period", "cap", "spent", "left", "lifetime", "exact_fits"]
    heads = [*keys[:-1], "fits without noise"]
    rows = [[balance.to_document()[key] for key in keys] for balance in verdict.balances]
    unseen = "no witness, so a rewrite by the key holder cannot be ruled out (require one with --witness)"
    seen = ", ".join(verdict.witnesses) or unseen
    counts = (verdict.entries, verdict.checkpoints, verdict.mechanisms)
    names = (("entry", "entries"), ("checkpoint", "checkpoints"), ("price recomputed", "prices recomputed"))
    told = ", ".join(f"{count} {one if count == 1 else many}" for count, (one, many) in zip(counts, names, strict=True))
    age = f"last entry {_aged(verdict.last)}" if verdict.last else "no entry"
    ages = "".join(f"; a witness saw it {_aged(moment)}" for moment in verdict.cosigned_at)
    held = "compared with the keys you gave" if compared else "NOT compared with keys you hold: give --approvers FILE"
    attested = "that two keys are two people is attested by who handed them out"
    roots = f"{', '.join(verdict.roots)} ({held}; {attested})"
    named = f"root approvers: {roots if verdict.roots else 'nobody: only synthetic people, or budgets of version 1'}"
    whole = f"Verified: {told}\n{_formats_text(verdict)}\nroot {verdict.root}\ncosigned by {seen}\n{named}\n{age}{ages}"
    return f"{whole}\n{_audits_text(verdict)}\n{terminal.table(heads, rows, [2, 3, 4, 5, 6])}"


def _audits_text(verdict: Any) -> str:
    """What audits of runs showed: an auditor must see one that refutes its claim, though the ledger is in order."""
    if verdict.worst_audit is None:
        return "no audit of a run is recorded"
    one = verdict.worst_audit
    shows = f"shows epsilon {max(one['lower'].values(), key=float)} of the claimed {one['claimed']}"
    refuted = ": THE CLAIM IS REFUTED" if one["refuted"] else ""
    return f"of the recorded audits the worst, entry {one['index']}, {shows}{refuted}"


def _formats_text(verdict: Any) -> str:
    *earlier, last = verdict.formats or ("unknown",)
    return f"format {last}" + (f", after {', '.join(earlier)}" if earlier else "")


def _aged(moment: str) -> str:
    days = (clock.now() - int(datetime.fromisoformat(moment).timestamp())) // 86_400
    return f"{moment} ({days} days ago)"


def _registry_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--population", required=True, metavar="P", help="whose uses are described")
    parser.add_argument("--curator", action="append", required=True, metavar="NAME", help="who publishes; repeatable")
    parser.add_argument(
        "--author", action="append", required=True, metavar="NAME", help="who fills this in; repeatable"
    )
    parser.add_argument("--region", required=True, metavar="TEXT", help="whom the data are about, such as South Korea")
    parser.add_argument("--name", default=NAME, help=f"of what is published (default: {NAME})")
    parser.add_argument("--use", default=USE, metavar="TEXT", help=f"what it is for (default: {USE})")
    parser.add_argument("--source", action="append", default=[], metavar="URL", help="where more is said; repeatable")
    _out_arguments(parser)


def _registry(args: argparse.Namespace) -> int:
    """Write the entry of the OpenDP registry of deployments that the ledger has the facts for, as YAML."""
    import yaml

    from features.whole_file import write_whole
    from privacy.ledger.registry_entry import DeploymentFacts

    _check_facts(args)
    ledger_files.refuse_own(args.home, args.out)
    ledger = ledger_files.open_ledger(args.home)
    ledger.status(args.population)
    named = (args.name, tuple(args.curator), tuple(args.author), args.region, args.use, tuple(args.source))
    with terminal.working("composing"):
        document = reports.privacy_document(ledger.exported(), Workspace(args.home))
    entry = entry_of(document, args.population, DeploymentFacts(*named))
    write_whole(args.out, yaml.safe_dump(entry, allow_unicode=True, sort_keys=False, width=100).encode())
    terminal.emit(
        {"registry": str(args.out), "entry": entry}, args.json, f"{args.out}: a draft; complete it and submit it"
    )
    return terminal.DONE


def _check_facts(args: argparse.Namespace) -> None:
    from privacy.ledger.registry_entry import LONGEST_TEXT, is_fact

    problems, remedy = Problems(), f"Write it in one line, in 1 to {LONGEST_TEXT} characters"
    for name in ("curator", "author", "region", "name", "use", "source"):
        given = getattr(args, name)
        if not all(map(is_fact, [given] if isinstance(given, str) else given)):
            problems.add((f"--{name}",), "invalid", "is blank, too long, or holds what no screen shows", remedy)
    problems.raise_any()


def _spends(args: argparse.Namespace) -> int:
    """List every use of people's data, in the order of the entries."""
    document = spends_document(ledger_files.open_ledger(args.home), args.population)
    terminal.emit(document, args.json, lambda: _spends_text(document["spends"]))
    return terminal.DONE


def _spends_text(found: list[dict[str, Any]]) -> str:
    units = {"noised": "~{units}", "stated": "{units}"}
    heads = ["entry", "day", "population", "spend", "stage", "mechanism", "units", "epsilon", "state", "requester"]
    rows = [
        [
            *(one["index"], one["at"][:10], one["population"], one["spend"], one["run"]["stage"] or "-"),
            *(_releases_text(one["mechanism"]), units.get(one["run"]["units_are"], "-").format(**one)),
            *(one["epsilon"], one["state"], one["requester"] + (" (signed)" if one["signed"] else "")),
        ]
        for one in found
    ]
    note = "Epsilons of single spends do not add up: `proffer privacy status` composes them."
    why = [f"{one['spend']}: {one['run']['why']} ({_by_whom(one['signed'])})" for one in found if one["run"]["why"]]
    reasons = ["", "Reasons, and who signed them:", *why] if why else []
    return "\n".join([terminal.table(heads, rows, [0, 6, 7]), note, *reasons])


def _by_whom(signed: dict[str, Any] | None) -> str:
    if signed is None or not signed["reason"]:
        return "nobody signed it"
    return f"signed by {signed['name']}" + ("" if signed["enrolled"] else ", whose key no approver holds")


def _releases_text(parts: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{part['kind']}{' ' + part['noise'] if part['noise'] else ''}"
        f"{' x ' + str(part['steps']) if part['steps'] > 1 else ''}{' of ' + part['rate'] if part['rate'] else ''}"
        for part in parts
    )


def _report(args: argparse.Namespace) -> int:
    """Write the report for everybody: PATH as HTML, and beside it the same in the other languages and as JSON."""
    from features.whole_file import write_whole

    out = args.out or Workspace(args.home).folder(Workspace(args.home).reports) / "privacy.html"
    if not out.name:
        raise Rejected([Problem(("--out",), "invalid", f"{out} names no file", "Give one, such as privacy.html")])
    about = read_country(args.country)
    others = {one: out.with_suffix(f".{one}.html") for one in about.shown_first[1:]}
    paths = {about.shown: out, **others, "json": out.with_suffix(".json")}
    if len(set(paths.values())) < len(paths):
        what, remedy = "is where the report as JSON goes, too", "Give the page another ending, such as .html"
        raise Rejected([Problem(("--out",), "conflict", what, remedy)])
    ledger_files.refuse_own(args.home, *paths.values())
    exported = ledger_files.open_ledger(args.home).exported()
    with terminal.working("composing"):
        document, pages = reports.privacy_report(exported, Workspace(args.home), args.country)
    written = {paths[language]: page for language, page in pages.items()}
    written[paths["json"]] = json.dumps(document, ensure_ascii=False, indent=2)
    for path, text in written.items():
        write_whole(path, text.encode())
    terminal.emit(document, args.json, "\n".join(map(str, written)))
    return terminal.DONE


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="PATH", help="HTML file (default: the home's reports/privacy.html)")
    options.add(parser, "country")


def _proof_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=int, required=True, metavar="I", help="which entry")
    _out_arguments(parser)


def _proof(args: argparse.Namespace) -> int:
    """Write the .tlog-proof of one entry, which any C2SP tool can check."""
    from features.whole_file import write_whole
    from privacy.ledger.merkle import BadProof

    ledger_files.refuse_own(args.home, args.out)
    try:
        proof = ledger_files.open_ledger(args.home).proof(args.index)
    except BadProof as failure:
        raise Rejected([Problem(("--index",), "invalid", str(failure), "See `proffer privacy status`")]) from None
    write_whole(args.out, proof)
    terminal.emit({"proof": str(args.out), "index": args.index}, args.json)
    return terminal.DONE


def _checkpoint_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write it to a file, to keep")


def _checkpoint(args: argparse.Namespace) -> int:
    """Print the signed size and root of the ledger: keep it, and no later rewrite goes unseen."""
    from features.whole_file import write_whole

    if args.out:
        ledger_files.refuse_own(args.home, args.out)
        ledger_files.refuse_all_but_checkpoint(args.out)
    note = ledger_files.open_ledger(args.home).checkpoint().encode()
    if args.out:
        write_whole(args.out, note)
    terminal.emit({"checkpoint": note.decode()}, args.json, note.decode())
    return terminal.DONE


SUBVERBS: options.Subverbs = {
    "export": ("write the whole ledger as one file", _out_arguments, _export),
    "verify": ("check an exported ledger, offline", _verify_arguments, _verify),
    "spends": ("list every use of people's data", options.add_population_filter, _spends),
    "registry": ("write the entry of the OpenDP registry of deployments", _registry_arguments, _registry),
    "report": ("write the report for everybody", _report_arguments, _report),
    "proof": ("write the proof that an entry is in the ledger", _proof_arguments, _proof),
    "checkpoint": ("print the signed size and root, to keep", _checkpoint_arguments, _checkpoint),
}
