"""How long `proffer privacy verify` takes for 100,000 entries and 1,000 checkpoints: `python -m tests.privacy.speed`.

Times, data sets and prices differ from entry to entry as they would over years; the figure includes starting Python.
"""

import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from privacy.accounting import mechanism as m
from privacy.ledger import entry, merkle
from tests.privacy.ledgers import AT, Forge

ROOT = Path(__file__).resolve().parents[2]
PAIRS = 50_000  # of a reservation and its commit
RUNS = 5
PROMISES = [m.declared(str(1 + i)) for i in range(24)]


class Quick(Forge):
    """Writes entries by the fast encoder, which writes the same bytes."""

    at = AT

    def add(self, kind, body, population="kr", checkpoint=True):
        one = entry.LedgerEntry(len(self.lines), kind, population, self.at, self.leaf, body)
        line = entry._fast(one.document()).encode()
        leaf = merkle.leaf_hash(line)
        self.lines.append(line)
        self.leaf = leaf.hex()
        self.frontier.add(leaf)
        if checkpoint:
            self.sign()


def forged() -> Quick:
    forge = Quick()
    forge.init("1000000")
    for i in range(PAIRS):
        people = {name: hashlib.sha256(f"{name}{i}".encode()).hexdigest() for name in ("fingerprint", "sketch")}
        forge.at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_793_534_400 + 997 * i))
        one = PROMISES[i % len(PROMISES)]
        forge.reserve(f"run-{i}", one, checkpoint=False, dataset={**people, "units": 1000 + i})
        forge.commit(f"run-{i}", one, checkpoint=i % (PAIRS // 995) == 0)
    forge.sign()
    return forge


def main() -> int:
    forge = forged()
    with tempfile.TemporaryDirectory() as place:
        bundle = Path(place) / "bundle"
        bundle.write_bytes(forge.bytes())
        verify = ["-m", "proffer", "privacy", "verify", str(bundle), "--key", forge.signer.verifier().text()]
        taken = []
        for _ in range(RUNS):
            begin = time.monotonic()
            subprocess.run([sys.executable, *verify], cwd=ROOT, check=True, capture_output=True)
            taken.append(time.monotonic() - begin)
    print(f"{len(forge.lines)} entries, {len(forge.notes)} checkpoints, {len(forge.bytes()) / 1e6:.0f} MB:")
    print(f"verified in {sorted(taken)[RUNS // 2]:.2f} s (median of {RUNS}; fastest {min(taken):.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
