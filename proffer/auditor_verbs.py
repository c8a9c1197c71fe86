"""`proffer privacy` for an auditor: export, verify, spends, registry, report, proof, checkpoint."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from composition import ledger_files, reports, terminal
from composition.ledger_reading import entry_of, spends_document
from composition.reading import read_country
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from privacy.ledger.registry_entry import NAME, USE
from proffer import exported_ledger, options


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


def _spends_arguments(parser: argparse.ArgumentParser) -> None:
    exported_ledger.add_or_home(parser)
    options.add_population_filter(parser)


def _spends(args: argparse.Namespace) -> int:
    """List every use of people's data, in the order of the entries, of the home's ledger or of an exported one."""
    from privacy.ledger.legible import escaped

    found = exported_ledger.read(args)
    if found is None:
        return terminal.FAILED
    document = spends_document(found.export, args.population)
    terminal.emit(document, args.json, lambda: escaped(_spends_text(document["spends"])))
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

    paths = _report_paths(args)
    ledger_files.refuse_own(args.home, *paths.values())
    found = exported_ledger.read(args)
    if found is None:
        return terminal.FAILED
    with terminal.working("composing"):
        document, pages = reports.privacy_report(found.export, found.check or Workspace(args.home), args.country)
    if args.out is None and args.bundle is None:
        Workspace(args.home).folder(Workspace(args.home).reports)
    written = {paths[language]: page for language, page in pages.items()}
    written[paths["json"]] = json.dumps(document, ensure_ascii=False, indent=2)
    for path, text in written.items():
        write_whole(path, text.encode())
    terminal.emit(document, args.json, "\n".join(map(str, written)))
    return terminal.DONE


def _report_paths(args: argparse.Namespace) -> dict[str, Path]:
    """Where each language's page goes, and the JSON: unless it is said, in the home's reports or beside the bundle.

    Raises:
        Rejected: two of them, or one and the bundle, would be the same file.
    """
    usual = Path(f"{args.bundle}.html") if args.bundle else Workspace(args.home).reports / "privacy.html"
    out: Path = args.out or usual
    if not out.name:
        raise Rejected([Problem(("--out",), "invalid", f"{out} names no file", "Give one, such as privacy.html")])
    about = read_country(args.country)
    others = {one: out.with_suffix(f".{one}.html") for one in about.shown_first[1:]}
    paths = {about.shown: out, **others, "json": out.with_suffix(".json")}
    if len(set(paths.values())) < len(paths):
        what, remedy = "is where the report as JSON goes, too", "Give the page another ending, such as .html"
        raise Rejected([Problem(("--out",), "conflict", what, remedy)])
    if args.bundle and args.bundle.resolve() in [path.resolve() for path in paths.values()]:
        raise Rejected([Problem(("--out",), "conflict", "is where the bundle is", "Choose another path")])
    return paths


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    exported_ledger.add_or_home(parser)
    usual = "HTML file (default: the home's reports/privacy.html; of a BUNDLE, BUNDLE.html beside it)"
    parser.add_argument("--out", type=Path, metavar="PATH", help=usual)
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
    "verify": ("check an exported ledger, offline", exported_ledger.add_bundle, exported_ledger.verify),
    "spends": ("list every use of people's data", _spends_arguments, _spends),
    "registry": ("write the entry of the OpenDP registry of deployments", _registry_arguments, _registry),
    "report": ("write the report for everybody", _report_arguments, _report),
    "proof": ("write the proof that an entry is in the ledger", _proof_arguments, _proof),
    "checkpoint": ("print the signed size and root, to keep", _checkpoint_arguments, _checkpoint),
}
