"""Ledger page: the entries of a ledger, one with its proof, and who saw them: checkpoints, witnesses, last check."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rendering import privacy_page
from rendering.budgets_page import ENTRIES, entry_link
from rendering.voice import Voice

LIST: Final = "auditor_entries.html"
ONE: Final = "auditor_entry.html"
CHECKED: Final = "auditor_ledger.html"
NONE: Final = "auditor_none.html"
AT_ONCE: Final = 50
MOST_CHECKPOINTS: Final = 30
_KINDS: Final = (
    "init", "open", "reserve", "commit", "expire", "evaluate", "exact", "release", "raise", "reset", "public", "key",
    "audit", "units", "records",
)  # fmt: skip
_LABELS: Final = (
    "at", "kind", "population", "prior", "leaf", "root", "path", "spend", "state", "artefact", "model",
)  # fmt: skip
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"auditor.kind.{kind}": () for kind in _KINDS},
    **{f"auditor.entry.{name}": () for name in ("name", "list", "list_text", "none", "earlier", "later", "proved")},
    **{f"auditor.entry.{name}": () for name in ("bytes", "readable", "keep", "keep_text", "all")},
    **{f"auditor.entry.label.{name}": () for name in _LABELS},
    "auditor.entry.title": ("index",),
    "auditor.entry.size": ("size",),
    "auditor.entry.alone": (),
    **{f"auditor.check.{name}": () for name in ("title", "name", "checkpoints", "checkpoints_text", "nobody", "key")},
    **{f"auditor.check.{name}": () for name in ("key_text", "now", "now_text", "button", "home", "home_text", "own")},
    **{f"auditor.check.{name}": () for name in ("good", "bad", "not_yet", "size", "root", "seen_by", "file")},
    **{f"auditor.none.{name}": () for name in ("title", "text", "begin", "without")},
    "auditor.check.when": ("time",),
    "auditor.check.told": ("entries", "checkpoints", "mechanisms"),
    "auditor.check.more": ("shown", "all"),
}
"""The messages that the pages need, and the placeholders of each."""


def none_view(voice: Voice) -> dict[str, object]:
    """The variables of the page that says that there is no ledger."""
    return {"title": voice.say("auditor.none.title"), "command": "proffer privacy init --population NAME"}


def entries_view(rows: Sequence[Mapping[str, Any]], before: int, voice: Voice) -> dict[str, object]:
    """The variables of the list of entries, the latest first.

    Args:
        rows: every entry in a line, in order.
        before: show those before this place.
        voice: in which language.
    """
    end = min(max(before, 0), len(rows))
    shown = rows[max(end - AT_ONCE, 0) : end]
    labels = [voice.say(f"auditor.entry.label.{name}") for name in ("at", "kind", "population")]
    return {
        "title": voice.say("auditor.entry.list"),
        "heads": [voice.say("auditor.entry.head"), *labels],
        "rows": [
            [entry_link(one["index"], voice), _second(one["at"]), _kind(one["kind"], voice), one["population"]]
            for one in reversed(shown)
        ],
        "earlier": end - AT_ONCE if end > AT_ONCE else None,
        "later": end + AT_ONCE if end < len(rows) else None,
    }


def entry_view(one: Mapping[str, Any], report: Mapping[str, Any], entries: int, voice: Voice) -> dict[str, object]:
    """The variables of one entry.

    Args:
        one: as `privacy.ledger.entry_report.entry_document` gives it.
        report: the public report, in which the use stands that the entry is of.
        entries: how many there are.
        voice: in which language.
    """
    index = one["index"]
    return {
        "title": voice.say("auditor.entry.title", index=index),
        "index": index,
        "facts_told": _facts(one, report, voice),
        "proof": [(voice.say(f"auditor.entry.label.{name}"), one[name], True) for name in ("prior", "leaf", "root")],
        "path": one["path"],
        "size": f"{one['size']:,}",
        "text": one["text"],
        "readable": json.dumps(json.loads(one["text"]), ensure_ascii=False, indent=2),
        "command": f"proffer privacy proof {index} --out entry-{index}.tlog-proof",
        "before": f"{ENTRIES}/{index - 1}" if index else "",
        "after": f"{ENTRIES}/{index + 1}" if index + 1 < entries else "",
    }


def checked_view(
    checkpoints: Sequence[Mapping[str, Any]], report: Mapping[str, Any], verified: Mapping[str, Any] | None, key: str,
    voice: Voice,
) -> dict[str, object]:  # fmt: skip
    """The variables of the page on who saw the ledger, and what its last check found.

    Args:
        checkpoints: as `privacy.ledger.entry_report.checkpoint_rows` gives them.
        report: the public report.
        verified: what the last check found; None where there was none.
        key: the public key that signs now.
        voice: in which language.
    """
    shown = checkpoints[:MOST_CHECKPOINTS]
    seen = privacy_page.view(report, voice.language, voice.say)["seen"]
    more = voice.say("auditor.check.more", shown=len(shown), all=len(checkpoints))
    return {
        "title": voice.say("auditor.check.title"),
        "seen": seen,
        "heads": [voice.say(f"auditor.check.{name}") for name in ("size", "seen_by", "root")],
        "rows": [[f"{one['size']:,}", _witnesses(one, voice), one["root"]] for one in shown],
        "more": more if len(shown) < len(checkpoints) else "",
        "key": key,
        "command": "proffer privacy verify ledger.bundle --key ledger.pub",
        "result": None if verified is None else _result(verified, voice),
    }


def _facts(one: Mapping[str, Any], report: Mapping[str, Any], voice: Voice) -> list[tuple[str, str, bool]]:
    uses = (use for part in report["populations"] for use in part["uses"])
    use = next((use for use in uses if use["spend"] == one["spend"]), None) if one["spend"] else None
    artefact = one["artefact"] or (use or {}).get("artefact")
    model = (use or {}).get("model")
    told = {
        "at": (_second(one["at"]), False),
        "kind": (_kind(one["kind"], voice), False),
        "population": (one["population"], False),
        "spend": (one["spend"] or "", True),
        "state": (voice.say(f"report.state.{use['state']}") if use else "", False),
        "artefact": (artefact or "", True),
        "model": (model["name"] if model else "", True),
    }
    return [(voice.say(f"auditor.entry.label.{name}"), text, code) for name, (text, code) in told.items() if text]


def _result(verified: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    counts = {name: f"{verified[name]:,}" for name in ("entries", "checkpoints", "mechanisms")}
    found = [
        (entry_link(one["index"], voice) if one["index"] is not None else None, one["what"])
        for one in verified["problems"]
    ]
    return {
        "ok": verified["ok"],
        "said": voice.say("auditor.check.good" if verified["ok"] else "auditor.check.bad"),
        "when": voice.say("auditor.check.when", time=_second(verified["checked"])),
        "told": voice.say("auditor.check.told", **counts),
        "root": verified["root"],
        "problems": found,
    }


def _witnesses(one: Mapping[str, Any], voice: Voice) -> str:
    seen = [
        f"{name} ({datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC)" if moment is not None else name
        for name, moment in ((by["name"], by["moment"]) for by in one["witnesses"])
    ]
    return ", ".join(seen) or voice.say("auditor.check.nobody")


def _kind(kind: str, voice: Voice) -> str:
    return voice.say(f"auditor.kind.{kind}")


def _second(at: str) -> str:
    """A moment to the minute: UTC, as the ledger's clock told it."""
    return f"{at[:10]} {at[11:16]} UTC"
