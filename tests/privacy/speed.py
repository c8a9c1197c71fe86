"""The CPU time of `proffer privacy verify` for 100,000 entries and 1,000 checkpoints: `python -m tests.privacy.speed`.

Times, data sets and prices differ from entry to entry as they would over years. The CPU time is that of the whole
command, with the start of Python; pricing, once for each distinct mechanism, is stated apart.
"""

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from privacy.accounting import mechanism as m
from privacy.ledger.verify import verify
from tests.privacy.ledgers import Forge, rooted

ROOT = Path(__file__).resolve().parents[2]
PAIRS = 50_000  # of a reservation and its commit
RUNS = 3
PROMISES = [m.declared(str(1 + i)) for i in range(24)]


def forged() -> Forge:
    forge = rooted("1000000")
    for i in range(PAIRS):
        people = {name: hashlib.sha256(f"{name}{i}".encode()).hexdigest() for name in ("fingerprint", "sketch")}
        forge.at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_793_534_400 + 997 * i))
        one = PROMISES[i % len(PROMISES)]
        forge.reserve(f"run-{i}", one, checkpoint=False, dataset={**people, "units": 1000 + i})
        forge.commit(f"run-{i}", one, checkpoint=i % (PAIRS // 950) == 0)
    forge.sign()
    return forge


def cpu_of(words: list[str]) -> float:
    """CPU seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    forge = forged()
    content, key = forge.bytes(), forge.signer.verifier()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "export"
        path.write_bytes(content)
        words = [sys.executable, "-m", "proffer", "privacy", "verify", str(path), "--key", key.text()]
        taken = sorted(cpu_of(words) for _ in range(RUNS))
    begin = time.process_time()
    assert verify(content, key, epsilons=False).ok
    unpriced = time.process_time() - begin
    print(f"{len(forge.lines)} entries, {len(forge.notes)} checkpoints, {len(content) / 1e6:.0f} MB:")
    print(f"verified in {taken[RUNS // 2]:.2f} s of CPU (median of {RUNS}; least {taken[0]:.2f}), priced and composed")
    print(f"entries, chain, tree, signatures, approvals and rules alone: {unpriced:.2f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
