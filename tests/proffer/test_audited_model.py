"""A model of people whose log was corrected, and what an auditor says of it who holds the ledger's export alone."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet
import pytest

from proffer import cli
from tests.proffer.scripted import run
from tests.proffer.test_train_private import opened
from training.artefact import MANIFEST, REPORT, model_digest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("few_units"),
    pytest.mark.filterwarnings("ignore"),  # MLflow and what it stands on warn about their own future
]


def amended(events: Path) -> list[dict[str, object]]:
    """A correction, a retraction, a wedding and a withdrawal by people of a log, in the order they are recorded."""
    rows = pyarrow.parquet.read_table(events).to_pylist()
    shown = [row for row in rows if row["type"] == "benefit.applied"][:2]
    adults = sorted({row["subject"] for row in rows if row["type"] == "consent.given"})
    said = {"specversion": "1.0", "source": "citizen", "time": "2026-10-30T00:00:00Z"}
    named = [{"source": one["source"], "id": one["id"]} for one in shown]
    fixed = {**named[0], "data": json.loads(shown[0]["data"])}
    wedding = {"about": [{"person": adults[3], "role": "spouse"}]}
    kinds = [
        ("event.corrected", shown[0]["subject"], fixed, shown[0]["source"]),
        ("event.retracted", shown[1]["subject"], named[1], shown[1]["source"]),
        ("life.married", adults[2], wedding, "registry/families"),
        ("consent.withdrawn", adults[4], {"purpose": "offers"}, "citizen"),
    ]
    return [
        said | {"id": f"amended-{at}", "type": kind, "subject": who, "data": data, "source": source}
        for at, (kind, who, data, source) in enumerate(kinds)
    ]


def test_an_auditor_says_of_which_model_for_whom_and_by_whose_word_a_corrected_log_was_spent(
    people, tmp_path, approvers, capsys
):
    home, said = tmp_path / "home", tmp_path / "said.ndjson"
    said.write_text("".join(f"{json.dumps(one)}\n" for one in amended(people / "events.parquet")), encoding="utf-8")
    for file in (people / "events.parquet", said):
        assert run(capsys, "ingest", file, "--home", home)[0] == 0
    opened(home, approvers)
    alice, bob = (Path(one) for one in approvers[1::2])
    asked = ["--requester-key", alice.with_suffix(".key"), "--reason", "the November ranker"]
    code, trained = run(capsys, "train", "--ranker", "private", "--home", home, *asked)
    assert (code, trained["data_kind"]) == (0, "private")

    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "roots").write_bytes(alice.read_bytes() + bob.read_bytes())
    (desk / "ledger.pub").write_bytes((home / "ledger" / "ledger.pub").read_bytes())
    assert cli.main(["privacy", "export", "--out", str(desk / "bundle"), "--home", str(home)]) == 0
    held = [desk / "bundle", "--key", desk / "ledger.pub", "--approvers", desk / "roots", "--home", tmp_path / "none"]
    code, verdict = run(capsys, "privacy", "verify", *held)
    assert (code, verdict["root_approvers"]) == (0, ["alice", "bob"])
    _, told = run(capsys, "privacy", "spends", *held)
    use = next(one for one in told["spends"] if one["run"]["stage"] == "train")
    model = home / "models" / trained["run_id"]
    files = {path.name: path.read_bytes() for path in model.iterdir() if path.name not in (MANIFEST, REPORT)}
    assert use["artefact"] == model_digest(files)
    assert (use["population"], use["purpose"], use["households"]) == ("kr", "offers (basis: consent)", "roll")
    assert (use["signed"]["name"], use["signed"]["enrolled"], use["run"]["why"]) == ("alice", True, asked[-1])
    assert (use["state"], use["run"]["units_are"]) == ("committed", "noised")
