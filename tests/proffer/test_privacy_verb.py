"""`proffer privacy` by hand: from an approver's keys to an auditor's verdict, and every refusal on the way."""

import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import yaml

from composition.ledger_files import open_ledger
from composition.ledger_reading import status_document
from composition.witness_http import server
from privacy.accounting import accountant
from privacy.accounting.mechanism import declared
from privacy.ledger.ledger import SpendTerms
from privacy.ledger.note import NoteVerifier, Signer
from privacy.ledger.witness import Witness
from proffer.cli import main
from tests.privacy.ledgers import Forge3
from training.runs.private_run import FEWEST


@pytest.fixture
def here(monkeypatch) -> Iterator[Path]:
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as path:
        monkeypatch.chdir(path)
        monkeypatch.setenv("PROFFER_HOME", "home")
        for name in ("alice", "bob", "carol"):
            assert main(["privacy", "key", "--name", name, "--out", name]) == 0
        yield Path(path)


@pytest.fixture
def opened(here, capsys) -> Path:
    open_budget("kr", "--epsilon 4 --delta 1e-6 --approver alice.pub --approver bob.pub")
    capsys.readouterr()
    return here


def open_budget(population: str, words: str) -> None:
    assert privacy(f"init --population {population} --draft opened {words}") == 0
    for name in ("alice", "bob"):
        assert privacy(f"approve opened --key {name}.key --out {name}.sig") == 0
    assert privacy(f"init --population {population} --approval alice.sig --approval bob.sig") == 0


def privacy(words: str, *more: str) -> int:
    return main(["privacy", *words.split(), *more])


def told(capsys) -> dict:
    return json.loads(capsys.readouterr().out)


def changed(words: str, *signers: str) -> int:
    assert privacy(f"{words} --draft change --reason because") == 0
    for name in signers:
        assert privacy(f"approve change --key {name}.key --out {name}.sig") == 0
    given = [part for name in signers for part in ("--approval", f"{name}.sig")]
    return main(["privacy", words.split()[0], *given])


@pytest.mark.usefixtures("opened")
def test_every_reason_is_shown_with_who_signed_it_and_an_overlap_is_told_to_the_keeper_alone(capsys):
    Path("people").write_text("c1\n", encoding="utf-8")
    words = "reserve --population kr --epsilon 0.5 --people people --spend"
    assert main(["privacy", *words.split(), "run-1", "--reason", "a first ranker", "--requester-key", "alice.key"]) == 0
    assert main(["privacy", *words.split(), "run-2", "--reason", "whatever"]) == 0
    capsys.readouterr()
    assert privacy("spends") == 0
    said = capsys.readouterr().out
    assert "run-1: a first ranker (signed by alice)\nrun-2: whatever (nobody signed it)\n" in said
    assert privacy("spends --json") == 0
    signed = told(capsys)["spends"][0]["signed"]
    assert json.loads(signed["text"])["run"]["why"] == "a first ranker"
    open_budget("copy", "--epsilon 3 --delta 1e-6 --approver alice.pub --approver bob.pub")
    ledger = open_ledger(Path("home"))
    terms = SpendTerms(declared("0.5"), None, "0.000001", "a ranker", "office-7", run={"by": "http"})
    ledger.reserve("copy", "far-1", terms, ledger.dataset(["c1"]))
    capsys.readouterr()
    assert privacy("status --json") == 0
    assert told(capsys)["overlaps"] == [
        {"index": 5, "spend": "far-1", "population": "copy", "requester": "office-7", "also": ["kr"]}
    ]
    assert privacy("status") == 0
    assert "far-1 of copy, by office-7: also kr" in capsys.readouterr().out
    assert "overlaps" not in status_document(ledger)


@pytest.mark.usefixtures("opened")
def test_a_budget_is_opened_spent_from_exported_and_verified(capsys):
    Path("people").write_text("c1\n\nc2\nc3\n", encoding="utf-8")
    assert privacy("reserve --population kr --spend run-1 --epsilon 1 --people people --json") == 0
    assert told(capsys)["balance"]["left"] == "3"
    assert privacy("commit --spend run-1") == 0
    assert privacy("reserve --population kr --spend run-2 --epsilon 2 --delta 1e-9") == 0
    assert privacy("expire --spend run-2 --reason crash") == 0
    assert privacy("export --out bundle") == 0
    capsys.readouterr()
    assert privacy("verify bundle --key home/ledger/ledger.pub --json") == 0
    found = told(capsys)
    assert (found["ok"], found["populations"][0]["spent"]) == (True, "3")
    assert privacy("verify bundle --key home/ledger/ledger.pub") == 0
    assert (
        "Verified: 6 entries, 6 checkpoints, 2 prices recomputed\nformat proffer-ledger-6\n" in capsys.readouterr().out
    )
    assert (found["format"], found["formats"]) == ("proffer-ledger-6", ["proffer-ledger-6"])
    bundle = Path("bundle").read_text(encoding="utf-8")
    Path("bundle").write_text(bundle.replace("crash", "crush"), encoding="utf-8")
    assert privacy("verify bundle --key home/ledger/ledger.pub") == 1
    assert capsys.readouterr().out.endswith("format proffer-ledger-6\n")
    assert privacy("status --json") == 0
    assert told(capsys)["populations"][0]["open"] == ["run-2"]
    assert privacy("status --population kr") == 0
    assert "kr" in capsys.readouterr().out
    assert len(list(Path("home").rglob("ledger.pub"))) == 1


@pytest.mark.usefixtures("here")
def test_a_declaration_in_which_no_event_names_others_gets_a_budget_for_each_person(capsys):
    """The country's would have a household, which nobody there can be put into."""
    Path("own").mkdir()
    types = (
        "{benefit.shown: {title: {ko: 안내, en: Shown}, complete_from: never, fields: {programme: {type: identifier}}}}"
    )
    Path("own/events.yaml").write_text(f"zone: UTC\nepoch: 1900-01-01\ntypes: {types}\n", encoding="utf-8")
    Path("own/facts.yaml").write_text("facts: {}\n")
    Path("own/features.yaml").write_text("features: {}\n")
    terms = "--epsilon 1 --delta 1e-6 --approver alice.pub --approver bob.pub --json"
    for population, declaration, unit in (("own", "--declaration own", "person"), ("kr", "", "household")):
        assert privacy(f"init --population {population} {terms} {declaration}") == 0
        assert told(capsys)["statement"]["what"]["unit"] == unit


@pytest.mark.usefixtures("opened")
def test_verify_says_no_with_exit_code_1_and_the_first_bad_entry(capsys):
    privacy("reserve --population kr --spend run-1 --epsilon 1")
    privacy("export --out bundle")
    content = Path("bundle").read_bytes()
    Path("bundle").write_bytes(content.replace(b"run-1", b"run-9"))
    capsys.readouterr()
    assert privacy("verify bundle --key home/ledger/ledger.pub --json") == 1
    assert told(capsys)["first_bad_index"] == 2
    assert privacy("verify bundle --key home/ledger/ledger.pub") == 1
    assert "NOT verified" in capsys.readouterr().out
    Path("bundle").write_bytes(content)
    assert privacy("verify bundle --key alice.pub") == 1
    assert privacy("verify nowhere --key alice.pub") == 2
    assert privacy("verify bundle --key nonsense") == 2


@pytest.mark.parametrize("epsilon", ["0", "-1", "nan", "inf", "1e400", "one"])
@pytest.mark.usefixtures("opened")
def test_an_epsilon_that_is_none_is_refused(capsys, epsilon):
    for words in ("reserve --population kr --spend x", "init --population jp --delta 1e-6 --approver alice.pub"):
        assert main(["privacy", *words.split(), f"--epsilon={epsilon}"]) == 2
        assert "epsilon" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_all_that_is_wrong_with_a_new_budget_is_said_at_once(capsys):
    assert privacy("init --population kr --epsilon 0 --delta 0 --approver alice.key") == 2
    said = capsys.readouterr().err
    assert all(word in said for word in ("epsilon", "delta", "is a private key", "two people"))
    assert not Path("home").exists()
    assert (
        privacy("init --population kr --epsilon 1 --delta 0.01 --units 100 --approver alice.pub --approver bob.pub")
        == 2
    )
    assert "1/n" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_budget_whose_delta_no_private_run_could_meet_is_refused_however_many_people_there_are(capsys):
    for delta in ("0.5", f"{1 / FEWEST}"):
        words = f"init --population kr --epsilon 1 --delta {delta} --approver alice.pub --approver bob.pub"
        assert privacy(words) == 2
        assert f"1/n for n = {FEWEST}" in capsys.readouterr().err
    assert privacy("init --population kr --epsilon 1 --delta 0.01 --approver alice.pub --approver bob.pub") == 0


@pytest.mark.usefixtures("opened")
def test_a_spend_above_the_rest_says_asked_left_and_difference(capsys):
    assert privacy("reserve --population kr --spend big --epsilon 5") == 2
    assert "asked for epsilon 5, 4 is left: 1 too much" in capsys.readouterr().err
    assert privacy("reserve --population jp --spend big --epsilon 5") == 2
    assert "jp: has no privacy budget" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
def test_what_will_be_run_is_given_as_a_file_or_as_training_or_not_at_all(capsys):
    Path("mechanism.json").write_text('{"mechanism": "declared", "epsilon": "0.5", "delta": "0"}', encoding="utf-8")
    assert privacy("reserve --population kr --spend a --mechanism mechanism.json") == 0
    assert privacy("reserve --population kr --spend b") == 2
    assert privacy("reserve --population kr --spend b --sigma 3") == 2
    assert "does not say what will be run" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("opened")
def test_training_is_priced_by_both_accountants(capsys):
    pytest.importorskip("opacus")
    assert privacy("reserve --population kr --spend t --sigma 2.969 --rate 0.041 --steps 250 --json") == 0
    assert told(capsys)["balance"]["spent"] == "0.990344"


@pytest.mark.usefixtures("opened")
def test_training_is_not_priced_without_the_second_accountant_and_the_refusal_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "opacus.accountants", None)
    accountant.prv.cache_clear()
    assert privacy("reserve --population kr --spend t --sigma 2.969 --rate 0.041 --steps 250") == 2
    assert "make setup-private" in capsys.readouterr().err
    assert privacy("status --json") == 0
    assert told(capsys)["populations"][0]["spent"] == "0"


@pytest.mark.usefixtures("opened")
def test_two_people_sign_with_their_own_files(capsys):
    assert changed("raise --population kr --epsilon 6", "alice") == 2
    assert "needs the signatures of 2" in capsys.readouterr().err
    assert changed("raise --population kr --epsilon 6", "alice", "carol") == 2
    assert changed("raise --population kr --epsilon 6", "alice", "bob") == 0
    assert changed("enrol --population kr --key carol.pub", "alice", "bob") == 0
    assert changed("revoke --population kr --key alice.pub", "carol", "bob") == 0
    assert changed("reset --population kr --epsilon 2 --period 2999", "carol", "bob") == 0
    privacy("reserve --population kr --spend lost --epsilon 1")
    assert changed("release --population kr --spend lost", "carol", "bob") == 0
    assert changed("public --population kr --fingerprint " + "a" * 64 + " --rows " + "b" * 64, "carol", "bob") == 0
    assert privacy("rotate --reason yearly --json") == 0


@pytest.mark.usefixtures("opened")
def test_bare_signature_lines_are_taken_with_their_draft(capsys):
    privacy("raise --population kr --epsilon 6 --draft change --reason because")
    for name in ("alice", "bob"):
        privacy(f"approve change --key {name}.key")
        signed = Path(f"change.{name}.sig").read_text(encoding="utf-8")
        Path(f"{name}.line").write_text(signed.rpartition("\n\n")[2], encoding="utf-8")
    capsys.readouterr()
    assert privacy("raise --approval alice.line --approval bob.line") == 2
    assert "one and the same draft" in capsys.readouterr().err
    assert privacy("raise --approval alice.line --approval bob.line --draft change") == 0
    assert privacy("reset --approval change.alice.sig --approval change.bob.sig") == 2
    Path("junk").write_bytes(b"junk")
    assert privacy("raise --approval junk --draft change") == 2


@pytest.mark.usefixtures("opened")
def test_what_is_no_draft_or_key_is_refused(capsys):
    Path("junk").write_text("junk", encoding="utf-8")
    Path("junk").chmod(0o600)
    assert privacy("approve junk --key alice.key") == 2
    privacy("raise --population kr --epsilon 6 --draft change --reason because")
    assert privacy("approve change --key junk") == 2
    assert privacy("raise --population kr") == 2
    assert "needs --epsilon" in capsys.readouterr().err
    Path("not-json").write_text("[1]", encoding="utf-8")
    privacy("approve change --key alice.key --out alice.sig")
    Path("lines").write_text(Path("alice.sig").read_text(encoding="utf-8").rpartition("\n\n")[2], encoding="utf-8")
    assert privacy("raise --approval lines --draft not-json") == 2
    assert privacy("key --name alice --out alice") == 2
    assert main(["privacy", "key", "--name", "two words", "--out", "x"]) == 2


@pytest.mark.usefixtures("opened")
def test_a_proof_a_checkpoint_and_a_report_are_written():
    privacy("reserve --population kr --spend a --epsilon 1")
    assert privacy("proof --index 2 --out entry.tlog-proof") == 0
    assert Path("entry.tlog-proof").read_text(encoding="utf-8").startswith("c2sp.org/tlog-proof@v1\nindex 2\n")
    assert privacy("proof --index 9 --out x") == 2
    assert privacy("checkpoint --out kept") == 0
    assert privacy("report") == 0
    assert "<h2>What is not promised</h2>" in Path("home/reports/privacy.html").read_text(encoding="utf-8")
    assert "<h2>약속하지 않는 것</h2>" in Path("home/reports/privacy.ko.html").read_text(encoding="utf-8")
    assert json.loads(Path("home/reports/privacy.json").read_text(encoding="utf-8"))["entries"] == 3
    privacy("reserve --population kr --spend b --epsilon 1")
    privacy("export --out bundle")
    assert privacy("verify bundle --key home/ledger/ledger.pub --checkpoint kept") == 0
    assert privacy("verify bundle --key home/ledger/ledger.pub --checkpoint alice.pub") == 2


@pytest.mark.parametrize("verb", ["export", "checkpoint", "report", "proof --index 0"])
@pytest.mark.parametrize("out", ["home/ledger/ledger.sqlite", "home/ledger/new.html", "link.html", "same.html"])
@pytest.mark.usefixtures("opened")
def test_no_output_is_written_over_the_ledgers_own_files(capsys, verb, out):
    Path("link.html").symlink_to("home/ledger/ledger.key")
    Path("same.html").hardlink_to("home/ledger/ledger.sqlite")
    before = {path: path.read_bytes() for path in Path("home/ledger").iterdir()}
    assert privacy(f"{verb} --out {out}") == 2
    assert "Choose an output path outside the ledger's folder" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path("home/ledger").iterdir()} == before


@pytest.mark.slow
@pytest.mark.usefixtures("opened")
def test_a_witness_cosigns_over_http_and_the_auditor_may_ask_for_it():
    assert privacy("witness --folder w --name office.example --log home/ledger/ledger.pub") == 0
    assert changed("enrol-witness --population kr --key w/office.example.vkey", "alice", "bob") == 0
    log = NoteVerifier.parse(Path("home/ledger/ledger.pub").read_text(encoding="utf-8").strip())
    with server(Witness.open(Path("w"), "office.example", log), ("127.0.0.1", 0), lambda: 7) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{serving.server_address[1]}"
        codes = [privacy(f"cosign --witness {url}")]
        privacy("reserve --population kr --spend a --epsilon 1")
        codes.append(privacy(f"cosign --witness {url}"))
        Path("w/seen.json").write_bytes(Path("w/seen.json").read_bytes().replace(b'"size":4', b'"size":9'))
        codes.append(privacy(f"cosign --witness {url}"))
        serving.shutdown()
        thread.join()
    assert codes == [0, 0, 2]
    privacy("export --out bundle")
    assert privacy("verify bundle --key home/ledger/ledger.pub --witness w/office.example.vkey") == 0
    stranger = Signer.generate("stranger").verifier(4).text()
    assert privacy(f"verify bundle --key home/ledger/ledger.pub --witness {stranger}") == 1
    assert privacy("cosign --witness ftp://x") == 2
    assert privacy("witness --folder w --name office.example --log home/ledger/ledger.pub --listen here") == 2


@pytest.mark.usefixtures("here")
def test_a_home_without_a_ledger_says_what_to_do(capsys):
    assert privacy("status") == 2
    assert "proffer privacy init" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["two words", "plus+sign"])
def test_a_budget_that_is_refused_leaves_nothing_behind(capsys, name):
    words = "--epsilon 4 --delta 1e-6 --approver alice.pub --approver bob.pub"
    assert privacy("init", "--population", name, *words.split()) == 2
    assert "valid name" in capsys.readouterr().err
    assert not Path("home").exists()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("epsilon", ["1_0", "４", "1e9999", "0x10"])
def test_an_amount_is_written_in_plain_digits(capsys, epsilon):
    words = f"--population kr --epsilon {epsilon} --delta 1e-6 --approver alice.pub --approver bob.pub"
    assert privacy(f"init {words}") == 2
    assert "is not a number" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b'{"kind": "declared", "kind": "declared"}', "a name twice"),
        (b"[" * 100_000, "nested deeper"),
        (b"{", "JSON"),
    ],
)
def test_a_mechanism_that_cannot_be_read_is_refused_in_one_sentence(capsys, content, said):
    Path("mechanism").write_bytes(content)
    assert privacy("reserve --population kr --spend run-1 --mechanism mechanism") == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


@pytest.mark.usefixtures("opened")
def test_people_that_are_no_text_and_words_that_do_not_print_are_refused(capsys):
    Path("people").write_bytes(b"c1\n\xff\n")
    assert privacy("reserve --population kr --spend run-1 --epsilon 1 --people people") == 2
    assert "not UTF-8" in capsys.readouterr().err
    assert privacy("reserve --population kr --spend run-1 --epsilon 1", "--purpose", "a\x1b[2Jb") == 2
    assert "does not print" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("draft", [b"\xff", b"[" * 100_000, b'{"kind":"raise","kind":"raise"}\n', b"{ }\n"])
def test_a_draft_that_cannot_be_read_is_refused_in_one_sentence(capsys, draft):
    Path("change").write_bytes(draft)
    assert privacy("approve change --key alice.key") == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not Path("change.alice.sig").exists()


@pytest.mark.usefixtures("opened")
def test_a_draft_written_in_another_form_is_not_signed(capsys):
    assert privacy("raise --population kr --epsilon 5 --draft change --reason because") == 0
    Path("change").write_text(json.dumps(json.loads(Path("change").read_text()), indent=1) + "\n")
    assert privacy("approve change --key alice.key") == 2
    assert "not a draft" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--name", "bad name+"), "cannot name a key"),
        (("--name", "office", "--listen", "127.0.0.1:99999"), "is not HOST:PORT"),
        (("--name", "office", "--listen", "127.0.0.1:８０"), "is not HOST:PORT"),
        (("--name", "office", "--listen", "no.such.host.example:8099"), "cannot be listened on"),
    ],
)
def test_a_witness_that_cannot_begin_says_why(capsys, more, said):
    assert privacy("witness --folder witness --log home/ledger/ledger.pub", *more) == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
def test_verify_compares_root_approvers_only_with_keys_that_it_is_given_and_says_so(capsys):
    privacy("export --out bundle")
    Path("roots").write_text(Path("alice.pub").read_text() + "# a comment\n" + Path("bob.pub").read_text())
    Path("others").write_text(Path("alice.pub").read_text() + Path("carol.pub").read_text())
    Path("nobody").write_text("\n")
    capsys.readouterr()
    assert privacy("verify bundle --key home/ledger/ledger.pub") == 0
    said = capsys.readouterr().out
    assert "root approvers: alice, bob (NOT compared" in said
    assert "0 days ago" in said
    head, _, row = (line.split() for line in said.splitlines()[-3:])
    assert (head[1], row[1], head[-4], row[-1]) == ("unit", "household", "delta", "0")
    assert row[-2] == "0.000001"
    assert privacy("verify bundle --key home/ledger/ledger.pub --approvers roots --json") == 0
    assert told(capsys)["root_approvers_compared"] is True
    assert privacy("verify bundle --key home/ledger/ledger.pub --approvers others") == 1
    assert "the root approver bob" in capsys.readouterr().out
    assert privacy("verify bundle --key home/ledger/ledger.pub --approvers nobody") == 2


@pytest.mark.usefixtures("opened")
def test_verify_refuses_an_older_view_and_what_is_no_day(capsys):
    privacy("export --out bundle")
    for day, code in (("2020-01-01", 0), ("2020-01-01T00:00:00+09:00", 0), ("9999-01-01", 1), ("soon", 2)):
        assert privacy(f"verify bundle --key home/ledger/ledger.pub --not-before {day}") == code
    assert "is no day or time" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
def test_a_commit_names_a_file_a_model_or_a_hash(capsys):
    Path("released").write_bytes(b"x")
    Path("model").mkdir()
    Path("model/manifest.json").write_text(json.dumps({"artefact": "c" * 64}))
    wanted = (hashlib.sha256(b"x").hexdigest(), "c" * 64, "d" * 64)
    for number, (what, found) in enumerate(zip(("released", "model", "d" * 64), wanted, strict=True)):
        assert privacy(f"reserve --population kr --spend run-{number} --epsilon 0.1") == 0
        assert privacy(f"commit --spend run-{number} --artefact {what}") == 0
        assert privacy("export --out bundle") == 0
        assert found in Path("bundle").read_text(encoding="utf-8")
    privacy("reserve --population kr --spend other --epsilon 0.1")
    capsys.readouterr()
    assert privacy("commit --spend other --artefact nothing") == 2
    assert "sha256" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_budget_of_synthetic_people_is_opened_at_once_and_names_root_approvers_later(capsys):
    assert privacy("init --population synthetic-trial --epsilon 9 --delta 1e-6 --unit person --json") == 0
    assert told(capsys)["left"] == "9"
    Path("people").write_text("c1\n", encoding="utf-8")
    assert privacy("reserve --population synthetic-trial --spend a --epsilon 1 --people people") == 2
    assert "budget of synthetic people" in capsys.readouterr().err
    assert privacy("init --population kr --epsilon 4 --delta 1e-6") == 2
    assert "two people" in capsys.readouterr().err
    open_budget("kr", "--epsilon 4 --delta 1e-6 --approver alice.pub --approver bob.pub")
    open_budget("jp", "--epsilon 4 --delta 1e-6")
    privacy("export --out bundle")
    capsys.readouterr()
    assert privacy("verify bundle --key home/ledger/ledger.pub --json") == 0
    found = told(capsys)
    assert (found["root_approvers"], len(found["populations"])) == (["alice", "bob"], 3)


@pytest.mark.usefixtures("opened")
def test_root_approvers_change_by_two_of_them():
    assert changed("enrol-root --key carol.pub", "alice", "bob") == 0
    assert changed("revoke-root --key alice.pub", "carol", "bob") == 0
    assert privacy("revoke-root --key bob.pub --reason because --draft refused") == 2
    assert not Path("refused").exists()


@pytest.mark.usefixtures("opened")
def test_public_rows_are_named_by_what_they_hold(capsys):
    Path("rows").mkdir()
    table = pyarrow.table({"subject": ["c1", "c2", "c1"]})
    pyarrow.parquet.write_table(table, "rows/events.parquet")
    assert changed("public --population kr --data rows", "alice", "bob") == 0
    privacy("export --out bundle")
    assert hashlib.sha256(Path("rows/events.parquet").read_bytes()).hexdigest() in Path("bundle").read_text("utf-8")
    capsys.readouterr()
    assert privacy("public --population kr --data nowhere --draft x --reason y") == 2
    assert "events.parquet" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
def test_the_log_of_a_home_is_learned_from_exactly_once_two_people_called_it_public(capsys):
    event = {"specversion": "1.0", "source": "desk", "type": "benefit.applied", "time": "2026-01-01T00:00:00Z"}
    said = [event | {"id": who, "subject": who, "data": {"programme": "kr.child-allowance"}} for who in ("c1", "c2")]
    Path("log.ndjson").write_text("".join(f"{json.dumps(one)}\n" for one in said), encoding="utf-8")
    assert main(["ingest", "log.ndjson"]) == 0
    capsys.readouterr()
    assert main(["train", "--dry-run", "--json"]) == 2
    assert "proffer privacy public --population P" in told(capsys)["problems"][0]["remedy"]
    assert privacy("public --population kr --draft change --reason because --json") == 0
    document = told(capsys)
    assert document["people"] == 2
    assert document["rows"] == document["statement"]["what"]["rows"]
    assert privacy("public --population kr --draft change --reason because") == 0
    assert "all events of 2 people" in capsys.readouterr().out
    assert changed("public --population kr", "alice", "bob") == 0
    capsys.readouterr()
    assert main(["train", "--dry-run", "--json"]) == 0
    assert told(capsys)["data_kind"] == "public"
    Path("more.ndjson").write_text(json.dumps(said[0] | {"id": "another"}) + "\n", encoding="utf-8")
    assert main(["ingest", "more.ndjson"]) == 0
    capsys.readouterr()
    assert main(["train", "--dry-run", "--json"]) == 2  # other rows than those that were signed


@pytest.mark.usefixtures("opened")
def test_every_spend_is_listed_with_who_signed_for_it_and_opens_in_the_report(capsys):
    assert privacy("reserve --population kr --spend train-1 --sigma 30 --rate 0.5 --steps 20", *SIGNED) == 0
    assert privacy("reserve --population kr --spend train-2 --epsilon 1") == 0
    capsys.readouterr()
    assert privacy("spends --json") == 0
    first, second = told(capsys)["spends"]
    assert (first["population"], first["signed"]["name"], first["signed"]["enrolled"]) == ("kr", "carol", False)
    assert first["mechanism"] == [{"kind": "gaussian", "noise": "30", "steps": 20, "rate": "0.5"}]
    assert first["run"]["why"] == "the November ranker"
    assert (second["signed"], second["mechanism"][0]["kind"]) == (None, "declared")
    assert privacy("spends --population kr") == 0
    text = capsys.readouterr().out
    assert "gaussian 30 x 20 of 0.5" in text
    assert "not stated (signed)" in text
    assert privacy("spends --population nobody") == 2
    capsys.readouterr()
    assert privacy("report --out page.html") == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert "the November ranker" in page
    assert "<script" not in page


SIGNED = ("--requester-key", "carol.key", "--reason", "the November ranker")


@pytest.fixture
def at_home(opened, monkeypatch, tmp_path_factory) -> Path:
    """Where an auditor has the export of a ledger with a use, its key and nothing else of the operator's."""
    assert privacy("reserve --population kr --spend train-1 --sigma 30 --rate 0.5 --steps 20", *SIGNED) == 0
    home = tmp_path_factory.mktemp("auditor")
    assert privacy(f"export --out {home}/ledger.bundle") == 0
    for name in ("alice", "bob"):
        (home / f"{name}.pub").write_bytes((opened / f"{name}.pub").read_bytes())
    (home / "roots").write_bytes(b"".join((home / f"{name}.pub").read_bytes() for name in ("alice", "bob")))
    (home / "ledger.pub").write_bytes((opened / "home/ledger/ledger.pub").read_bytes())
    monkeypatch.chdir(home)
    return home


@pytest.mark.usefixtures("at_home")
def test_an_auditor_reads_the_uses_and_the_page_from_the_export_alone(capsys):
    capsys.readouterr()
    assert privacy("spends ledger.bundle --key ledger.pub --json") == 0
    (use,) = told(capsys)["spends"]
    assert (use["spend"], use["run"]["why"]) == ("train-1", "the November ranker")
    assert privacy("spends ledger.bundle --key ledger.pub --population nobody") == 2
    assert privacy("report ledger.bundle --key ledger.pub --approvers roots") == 0
    page = Path("ledger.bundle.html").read_text(encoding="utf-8")
    assert "the November ranker" in page
    assert "<details" in page
    assert "made from the exported ledger alone" in page
    assert "whose keys the auditor was given" in page
    assert "no model kept beside this ledger" not in page
    assert json.loads(Path("ledger.bundle.json").read_text(encoding="utf-8"))["verified"]["root_approvers_compared"]
    assert privacy("report ledger.bundle --key ledger.pub --out said.html") == 0
    assert "not compared with keys" in Path("said.html").read_text(encoding="utf-8")
    assert not Path("home").exists()


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("verb", ["spends", "report"])
def test_of_an_export_that_does_not_verify_only_the_verdict_is_told(capsys, verb):
    whole = Path("ledger.bundle").read_bytes()
    Path("changed.bundle").write_bytes(whole.replace(b"November", b"December"))
    files = set(Path().iterdir())
    capsys.readouterr()
    assert privacy(f"{verb} changed.bundle --key ledger.pub --json") == 1
    assert told(capsys)["ok"] is False
    assert privacy(f"{verb} ledger.bundle --key alice.pub") == 1
    assert "is not a key of this ledger" in capsys.readouterr().out
    assert set(Path().iterdir()) == files


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("spends ledger.bundle", "--key"),
        ("report ledger.bundle", "--key"),
        ("spends --key ledger.pub", "--key"),
        ("report --approvers roots", "--approvers"),
        ("report ledger.bundle --key ledger.pub --out ledger.bundle", "--out"),
    ],
)
def test_an_export_and_what_it_is_checked_with_go_together(capsys, words, option):
    before = {path: path.read_bytes() for path in Path().iterdir()}
    assert privacy(words) == 2
    assert option in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


@pytest.mark.usefixtures("opened")
def test_the_entry_of_the_registry_is_written_once_something_counts(capsys):
    said = [
        "registry",
        "--population",
        "kr",
        "--curator",
        "An office",
        "--author",
        "A person",
        "--region",
        "South Korea",
    ]
    assert main(["privacy", *said, "--out", "entry.yaml"]) == 2
    assert "nothing was published" in capsys.readouterr().err
    assert privacy("reserve --population kr --spend train-1 --epsilon 1") == 0
    assert main(["privacy", *said, "--out", "entry.yaml"]) == 0
    written = yaml.safe_load(Path("entry.yaml").read_text(encoding="utf-8"))
    assert (written["tier"], written["status"], written["url_slug"]) == (3, "Draft", "proffer-kr")
    assert main(["privacy", *said, "--out", "home/ledger/ledger.key"]) == 2


@pytest.mark.usefixtures("here")
def test_a_name_that_moves_a_terminal_is_written_out_in_the_verdict(capsys):
    forge = Forge3(Signer.generate("eve\x1b[2J\x1b[31m"), Signer.generate("\u202ebob"))
    Path("bundle").write_bytes(forge.bytes())
    Path("ledger.pub").write_text(forge.signer.verifier().text() + "\n")
    capsys.readouterr()
    privacy("verify bundle --key ledger.pub")
    said = capsys.readouterr().out
    assert "\\u001b[2J" in said
    assert not {"\x1b", "\u202e"} & set(said)


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "words",
    [
        "reserve --population kr --spend run-1 --epsilon 1 --people {}",
        "reserve --population kr --spend run-1 --mechanism {}",
        "commit --spend run-0 --artefact {}",
        "approve {} --key alice.key",
        "raise --approval {} --approval {}",
        "verify alice.pub --key alice.pub --checkpoint {}",
        "verify alice.pub --key alice.pub --approvers {}",
    ],
)
def test_a_device_or_a_pipe_is_not_read(capsys, words):
    os.mkfifo("pipe")
    privacy("reserve --population kr --spend run-0 --epsilon 1")
    for given in ("pipe", "/dev/null"):
        capsys.readouterr()
        assert privacy(words.format(given, given)) == 2
        assert f"{given}: is a device or a pipe, not a file" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
def test_an_artefact_is_hashed_without_being_held(monkeypatch):
    privacy("reserve --population kr --spend run-0 --epsilon 1")
    Path("released").write_bytes(b"x" * 5_000_000)
    held = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("held") if path.name == "released" else held(path))
    assert privacy("commit --spend run-0 --artefact released") == 0
    assert privacy("export --out bundle") == 0
    assert hashlib.sha256(b"x" * 5_000_000).hexdigest() in Path("bundle").read_text(encoding="utf-8")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["", ".", "/", "\u0430lice", "al\u0456ce", "alice\u200b", "\u0391lice"])
def test_a_name_that_is_none_or_reads_as_another_gets_no_key(capsys, name):
    before = sorted(Path().rglob("*"))
    assert main(["privacy", "key", "--name", name, "--json"]) == 2
    (problem,) = told(capsys)["problems"]
    assert problem["where"] in ("--name", "--out")
    assert sorted(Path().rglob("*")) == before


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["김철수", "김-kim", "алёна", "zoë", "Ångström"])
def test_a_name_in_letters_of_one_script_gets_a_key(name):
    assert main(["privacy", "key", "--name", name]) == 0
    assert Path(f"{name}.key").exists()


@pytest.mark.usefixtures("opened")
def test_nobody_signs_by_a_name_that_the_key_does_not_hold(capsys):
    assert privacy("raise --population kr --epsilon 6 --draft change --reason because") == 0
    capsys.readouterr()
    assert privacy("approve change --key alice.key --name mallory") == 2
    assert "--name: is 'mallory', and alice.key is the key of 'alice'" in capsys.readouterr().err
    assert not list(Path().glob("change.*"))
    assert privacy("approve change --key alice.key --name alice") == 0


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "words", ["checkpoint", "export", "report", "proof --index 0", "raise --population kr --epsilon 6 --reason x"]
)
def test_no_output_is_written_over_a_private_key(capsys, words):
    before = Path("alice.key").read_bytes()
    assert privacy(f"{words} --{'draft' if 'raise' in words else 'out'} alice.key") == 2
    assert "alice.key: is a private key" in capsys.readouterr().err
    assert Path("alice.key").read_bytes() == before
    assert Path("alice.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("opened")
def test_a_checkpoint_takes_the_place_of_an_earlier_one_and_of_no_other_file(capsys):
    assert privacy("checkpoint --out kept") == 0
    first = Path("kept").read_bytes()
    privacy("reserve --population kr --spend a --epsilon 1")
    assert privacy("checkpoint --out kept") == 0
    assert Path("kept").read_bytes() != first
    for name, content in (("notes", b"mine\n"), ("empty", b""), ("alice.sig", Path("alice.sig").read_bytes())):
        Path(name).write_bytes(content)
        capsys.readouterr()
        assert privacy(f"checkpoint --out {name}") == 2
        assert f"{name}: is there already, and is no checkpoint" in capsys.readouterr().err
        assert Path(name).read_bytes() == content


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("words", "option", "given"),
    [
        ("expire --spend run-0", "--reason", ""),
        ("expire --spend run-0", "--reason", "x" * 2001),
        ("rotate", "--reason", ""),
        ("rotate", "--reason", "a\x1b[2Jb"),
        ("raise --population kr --epsilon 6 --draft d", "--reason", "x" * 2001),
        ("public --population kr --draft d --reason x --rows " + "a" * 64, "--fingerprint", "zz"),
        ("public --population kr --draft d --reason x --fingerprint " + "a" * 64, "--rows", "A" * 64),
        ("release --population kr --draft d --reason x", "--spend", "two words"),
        ("reset --population kr --epsilon 6 --draft d --reason x", "--period", "two words"),
    ],
)
def test_an_option_that_is_wrong_is_named_as_it_was_given(capsys, words, option, given):
    privacy("reserve --population kr --spend run-0 --epsilon 1")
    keys = {path: path.read_bytes() for path in Path("home/ledger").glob("*.key*")}
    capsys.readouterr()
    assert privacy(words, option, given, "--json") == 2
    (problem,) = told(capsys)["problems"]
    assert problem["where"] == option
    assert "$." not in problem["what"]
    assert {path: path.read_bytes() for path in Path("home/ledger").glob("*.key*")} == keys


@pytest.mark.usefixtures("opened")
def test_rows_that_cannot_be_read_are_named_once(capsys):
    Path("events").mkdir()
    for content, said in ((None, "no such file"), (b"x", "is no Parquet file of events"), ("other", "is no Parquet")):
        if content == "other":
            pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), "events/events.parquet")
        elif content:
            Path("events/events.parquet").write_bytes(content)
        capsys.readouterr()
        assert privacy("public --population kr --draft d --reason x --data events") == 2
        shown = capsys.readouterr().err
        assert said in shown
        assert shown.count("events/events.parquet") == 1
        assert "Errno" not in shown
