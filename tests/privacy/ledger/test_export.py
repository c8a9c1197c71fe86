"""An exported ledger has one layout; anything else is refused, and files of earlier versions still verify."""

from pathlib import Path

import pytest

from privacy.ledger.export import LedgerExport, NotAnExport
from privacy.ledger.note import NoteVerifier
from privacy.ledger.verify import verify
from tests.privacy.ledgers import Forge

COUNTS = {
    "dfd8941": (19, 19, 6), "389289b": (18, 18, 4), "4c36870": (20, 20, 4), "f058cd5": (13, 13, 4),
    "01ae53c": (16, 16, 5), "489a5a7": (12, 12, 4),
}  # fmt: skip
LEFT = {
    "dfd8941": {"kr": "1.625001"},
    "389289b": {"jp": "3", "kr": "1"},
    "4c36870": {"kr": "1", "synthetic": "100"},
    "f058cd5": {"kr": "4.477922", "synthetic": "99.025975"},
    "01ae53c": {"kr": "7.008692", "synthetic-x": "1000"},
    "489a5a7": {"copy": "2.75", "kr": "8.202275"},
}
FORMATS = Path(__file__).resolve().parents[1] / "formats"


def made() -> bytes:
    forge = Forge()
    forge.init("4")
    forge.reserve("run-1")
    return forge.bytes()


GOOD = made()


def test_an_export_is_read_back_as_it_was_written():
    assert LedgerExport.parse(GOOD).encode() == GOOD


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x\n\n",
        b"proffer-ledger-bundle-1\nentries 0\n\n",
        GOOD[:-1],
        GOOD + b"x",
        GOOD.replace(b"\x80\x94", b"\x80\x93"),
    ],
)
def test_what_is_not_laid_out_as_a_export_is_refused(content):
    with pytest.raises(NotAnExport):
        LedgerExport.parse(content)


def test_a_file_that_begins_otherwise_or_ends_early_is_called_so():
    for content, why in (
        (b"another" + GOOD, "begin as an exported ledger"),
        (GOOD[: GOOD.index(b"\n\n") + 9], "cut off"),
    ):
        with pytest.raises(NotAnExport, match=why):
            LedgerExport.parse(content)


@pytest.mark.parametrize("path", sorted(FORMATS.glob("*.bundle")), ids=lambda path: path.stem)
def test_a_ledger_that_an_earlier_version_exported_still_verifies(path):
    pytest.importorskip("dp_accounting")
    key = NoteVerifier.parse(path.with_suffix(".pub").read_text(encoding="utf-8").strip())
    found = verify(path.read_bytes(), key)
    assert found.findings == ()
    assert (found.entries, found.checkpoints, found.mechanisms) == COUNTS[path.stem]
    assert {balance.population: str(balance.left) for balance in found.balances} == LEFT[path.stem]


def test_there_is_a_file_of_an_earlier_version():
    assert list(FORMATS.glob("*.bundle"))
