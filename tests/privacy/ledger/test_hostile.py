"""Bundles, keys, folders and disks made to get something past the ledger or to bring its verifier down."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.problem import Rejected
from privacy.accounting import mechanism as m
from privacy.accounting.canonical import NotCanonical
from privacy.ledger import export
from privacy.ledger.dataset import Dataset
from privacy.ledger.entry import parse
from privacy.ledger.export import LedgerExport, NotAnExport
from privacy.ledger.ledger import Ledger
from privacy.ledger.ledger_tables import Unwritable
from privacy.ledger.note import COSIGNATURE, BadNote, NoteVerifier, read_public
from privacy.ledger.verify import AuditTerms, verify
from tests.privacy.ledgers import ALICE, BOB, CAROL, NOON, ONE, Forge, clock, fingerprint, ledger, lived, reserve

ROOT = Path(__file__).resolve().parents[3]
ORDER_EIGHT = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
OTHER_OF_ORDER_EIGHT = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
SMALL = [
    *("00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", ORDER_EIGHT, OTHER_OF_ORDER_EIGHT),
    *("ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f", "ee" + "ff" * 31),  # a second form of the same points
    *("01" + "00" * 30 + "80", ORDER_EIGHT[:-2] + "85"),
]


def whole(forge: Forge, not_before=None, now=None, **options):
    asked = AuditTerms(not_before, now=now)
    return verify(forge.bytes(), forge.signer.verifier(), asked=asked, **options)


@pytest.mark.parametrize("point", SMALL)
def test_a_key_that_anybody_can_sign_for_is_refused_in_every_form(point):
    public = bytes.fromhex(point)
    for read in (
        lambda: NoteVerifier.parse(NoteVerifier("alice", public).text()),
        lambda: read_public(point.encode(), "alice"),
        lambda: read_public(NoteVerifier("alice", public).text().encode(), "alice"),
    ):
        with pytest.raises(BadNote, match="small order"):
            read()


@pytest.mark.parametrize("at", ["2026-99-99T99:99:99Z", "2026-02-30T00:00:00Z", "2026-01-01T24:01:00Z"])
def test_an_entry_dated_with_what_is_no_time_is_named(at):
    forge = lived()
    line = forge.lines[-1].replace(b"2026-11-01T00:00:00Z", at.encode())
    with pytest.raises(NotCanonical, match="no time"):
        parse(line)
    verdict = verify(LedgerExport((*forge.lines[:-1], line), tuple(forge.notes)).encode(), forge.signer.verifier())
    assert (verdict.ok, verdict.first_bad_index) == (False, len(forge.lines) - 1)


@pytest.mark.parametrize(
    "loud", [m.gaussian("0.000000000000000000000000000001"), m.laplace("0.000000000000000000000000000001")]
)
def test_noise_that_no_accountant_can_price_is_a_finding_with_its_index(loud):
    pytest.importorskip("dp_accounting")
    forge = Forge()
    forge.init("900000")
    forge.reserve("loud", loud, epsilon="100", price={"pld": "100", "prv": "100", "rdp": "100"})
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (False, 2)


def test_a_mechanism_of_more_steps_than_can_be_priced_in_a_breath_is_refused_unpriced():
    forge = Forge()
    forge.init("3")
    many = m.repeated(m.repeated(m.gaussian_sgd("1000", "0.001", 1_000_000), 1), 1)
    forge.reserve("all", {"mechanism": "repeated", "count": 10, "of": many.to_document()})
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (False, 2)
    assert "times in all" in str(verdict.findings[0])


def test_spends_that_no_accountant_can_compose_are_a_finding(monkeypatch):
    pytest.importorskip("dp_accounting")
    from privacy.ledger import repricing as module

    def fails(_):
        from privacy.accounting.accountant import Unpriceable

        raise Unpriceable([])

    monkeypatch.setattr(module.BudgetInterval, "epsilon", fails)
    assert "cannot be composed" in str(whole(lived()).findings[0])


def people(name: str) -> dict:
    return Dataset(fingerprint(name), (1, 2), 2).to_document()


def test_the_same_people_under_a_second_population_are_named():
    forge = Forge()
    forge.init("3")
    forge.init("3", "copy")
    forge.reserve("first", dataset=people("all"))
    forge.reserve("again", dataset=people("all"))
    assert whole(forge, epsilons=False).ok
    forge.reserve("copied", population="copy", dataset=people("all"))
    verdict = whole(forge, epsilons=False)
    assert (verdict.ok, verdict.first_bad_index) == (False, 5)
    assert "a copy" in str(verdict.findings[0])


def test_an_older_view_of_a_ledger_is_found_by_the_date_that_the_auditor_asks_for():
    forge = lived()
    assert whole(forge).last == "2026-11-01T00:00:00Z"
    assert whole(forge, not_before=datetime(2026, 11, 1, tzinfo=UTC)).ok
    late = whole(forge, not_before=datetime(2026, 11, 2, tzinfo=UTC))
    assert "an older view" in str(late.findings[0])


def test_an_entry_that_is_dated_after_the_auditors_clock_is_named_and_makes_no_ledger_young():
    forge, now = lived(), datetime(2026, 11, 1, tzinfo=UTC)
    assert whole(forge, now=now).ok
    forge.at = "2026-11-01T23:00:00Z"  # within the day by which clocks may differ
    forge.reserve("a-little-early", ONE)
    assert whole(forge, now=now, not_before=now).ok
    forge.at = "9999-01-01T00:00:00Z"
    forge.reserve("far-ahead", m.declared("0.1"))
    forge.at = "2026-11-01T00:00:00Z"
    forge.reserve("behind-it", m.declared("0.1"))
    found = whole(forge, now=now)
    assert found.first_bad_index == len(forge.lines) - 2
    assert "is dated 9999-01-01T00:00:00Z, and the auditor's clock says 2026-11-01T00:00:00Z" in str(found.findings[0])
    assert whole(forge).ok  # without a clock nothing is said of it


def test_a_date_that_has_not_come_does_not_answer_the_date_that_an_auditor_asks_for():
    forge, now = lived(), datetime(2026, 12, 1, tzinfo=UTC)
    forge.at = "9999-01-01T00:00:00Z"
    forge.reserve("far-ahead", m.declared("0.1"))
    found = whole(forge, now=now, not_before=datetime(2026, 11, 20, tzinfo=UTC))
    assert "its last entry was written at 2026-11-01T00:00:00Z" in str(found.findings[-1])


def test_a_witness_that_saw_a_checkpoint_in_the_future_saw_nothing():
    forge, witness = lived(), CAROL.verifier(COSIGNATURE)
    forge.key("enrol", witness.text(), "witness", "kr", ALICE, BOB)
    forge.notes[-1] = forge.notes[-1].joined(CAROL.cosign(forge.notes[-1].text, NOON + 400 * 86_400))
    now = datetime(2026, 12, 1, tzinfo=UTC)
    found = whole(forge, now=now, not_before=datetime(2026, 11, 1, tzinfo=UTC), witnesses=[witness])
    assert "the witness saw it last never" in str(found.findings[0])


def test_the_date_that_an_auditor_asks_for_is_held_against_the_witness_where_one_is_asked_for():
    forge, witness = lived(), CAROL.verifier(COSIGNATURE)
    forge.key("enrol", witness.text(), "witness", "kr", ALICE, BOB)
    forge.notes[-1] = forge.notes[-1].joined(CAROL.cosign(forge.notes[-1].text, 1_793_534_400 - 86_400))
    asked = datetime(2026, 11, 1, tzinfo=UTC)
    assert whole(forge, witnesses=[witness]).cosigned_at == ("2026-10-31T12:00:00Z",)
    assert "the witness saw it last" in str(whole(forge, witnesses=[witness], not_before=asked).findings[0])
    assert whole(forge, not_before=asked).ok  # by the keeper's own clock, which proves less
    without = whole(lived(), witnesses=[witness], not_before=asked)
    assert any("never" in str(finding) for finding in without.findings)


def test_a_moment_that_no_calendar_has_is_no_moment():
    forge, witness = lived(), CAROL.verifier(COSIGNATURE)
    forge.key("enrol", witness.text(), "witness", "kr", ALICE, BOB)
    forge.notes[-1] = forge.notes[-1].joined(CAROL.cosign(forge.notes[-1].text, 2**63))
    assert whole(forge, witnesses=[witness]).cosigned_at == ()


def test_a_file_of_too_many_lines_bytes_or_too_long_an_entry_is_refused_before_it_is_taken_apart(monkeypatch):
    content = lived().bytes()
    for name, most in (("MOST_BYTES", 1000), ("MOST_LINES", 5), ("LONGEST_LINE", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(export, name, most)
            with pytest.raises(NotAnExport, match=r"that (is|are) read|has more than|the longest"):
                LedgerExport.parse(content)
            assert not verify(content, ALICE.verifier()).ok


# What `getrusage` says of a child counts the memory of the process that began it, so the child reads its own peak.
BOUNDED = """
import pathlib, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
from proffer.cli import main
code = main(sys.argv[2:])
peak = re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
pathlib.Path(sys.argv[1]).write_text(peak[1])
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["nothing but zeros", "nothing but lines", "deep", "one long line"])
def test_a_hostile_bundle_ends_verify_neither_in_a_traceback_nor_out_of_memory(tmp_path, kind):
    head, path = b"proffer-ledger-bundle-1\nentries 1\ncheckpoints 1\n\n", tmp_path / "bundle"
    if kind == "nothing but zeros":
        path = Path("/dev/zero")
    else:
        body = {
            "nothing but lines": b"\n" * 200_000_000,
            "deep": b'{"a":' * 40_000,
            "one long line": b"x" * 200_000_000,
        }
        path.write_bytes(head + body[kind] + b"\n\n")
    peak, asked = tmp_path / "peak", ["privacy", "verify", str(path), "--key", ALICE.verifier().text()]
    command = [sys.executable, "-c", BOUNDED, str(peak), *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert done.stdout.startswith("NOT verified")
    assert int(peak.read_text()) < 2 * 2**20  # kB


def test_a_folder_or_database_that_others_may_write_to_is_refused(folder):
    ledger(folder)
    folder.chmod(0o777)
    for ask in (Ledger.open, Ledger.create):
        with pytest.raises(Rejected, match="chmod go-w"):
            ask(folder, clock)
    folder.chmod(0o700)
    (folder / "ledger.sqlite").chmod(0o666)
    with pytest.raises(Rejected, match="chmod go-w"):
        Ledger.open(folder, clock)


def test_how_long_a_run_took_is_told_by_no_entry(folder):
    ticks = iter(range(NOON, NOON + 3_600, 317))
    ledger(folder)
    made = Ledger.open(folder, lambda: next(ticks))
    reserve(made, "run-1")
    made.commit("run-1")
    assert {made.entry(index).at for index in (2, 3)} == {"2026-11-01T12:00:00Z"}


def test_a_ledger_on_read_only_media_is_read_and_exported_and_never_written(folder, tmp_path):
    reserve(ledger(folder), "run-1")
    mount = shutil.which("mount")
    bind = [mount, "--bind", str(folder), str(folder)]
    if mount is None or subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run([mount, "-o", "remount,ro,bind", str(folder)], check=True)
        made = Ledger.open(folder, clock)
        assert made.status("kr").spent == 1
        made.export(tmp_path / "bundle")
        assert verify((tmp_path / "bundle").read_bytes(), made.verifier).ok
        with pytest.raises(Unwritable):
            reserve(made, "run-2")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert Ledger.open(folder, clock).status("kr").spent == 1
