"""Mistakes: command lines that somebody gets wrong, and what must be said of each, as one table.

The files that the commands name are laid out by `lay_out`. Every mistake is tried by test_mistakes.py, which also sees
what all of them have in common: one problem says where, what and what to do, nothing is written, nothing escapes.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from proffer import cli


@dataclass(frozen=True)
class Mistake:
    """A command line, and what must be said of it.

    Attributes:
        words: the command line, as a shell reads it.
        said: words that must be said.
        code: the exit code.
        given: what stands on standard input.
        environment: variables that are set.
    """

    words: str
    said: str
    code: int = 2
    given: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """As the test is called."""
        return f"{self.words} {' '.join(map('='.join, self.environment.items()))}".strip() or "nothing"


FACTS = [
    Mistake("eligible --facts nowhere.json", "nowhere.json: no such file"),
    Mistake("eligible", "--facts"),
    Mistake("eligible --fact facts.json", "Did you mean --facts?"),
    Mistake("eligible --facts folder", "folder: "),
    Mistake("eligible --facts empty.json", "empty.json"),
    Mistake("eligible --facts -", "standard input"),
    Mistake("eligible --facts broken.json", "line 3"),
    Mistake("eligible --facts list.json", "holds a list, not a JSON object"),
    Mistake("eligible --facts twice.json", "sex"),
    Mistake("eligible --facts binary.json", "UTF-8"),
    Mistake("eligible --facts utf16.json", "UTF-8"),
    Mistake("eligible --facts deep.json", "nested deeper"),
    Mistake("eligible --facts seven.json", "shoe_size"),
    Mistake("eligible --facts odd.json", "Did you mean age? It is computed: state birth_date"),
    Mistake("eligible --facts misspelt.json", "kr.medical-aid"),
    Mistake("eligible --facts unborn.json --as-of 2026-10-31", "birth_date"),
    Mistake("eligible --facts nan.json", "NaN"),
    Mistake("eligible --facts huge.json", "beyond 9007199254740991"),
    Mistake("eligible --facts text.json", "pregnant"),
    Mistake("eligible --facts children.json", "children"),
    Mistake("eligible --facts applicant.json", "applicant"),
    Mistake(f"eligible --facts {'x' * 300}.json", "too long"),
    Mistake("eligible --facts facts.json --as-of 2026-13-01", "--as-of"),
    Mistake("eligible --facts facts.json --as-of 31/10/2026", "YYYY-MM-DD"),
    Mistake("eligible --facts facts.json --as-of 2026-02-30", "--as-of"),
    Mistake("eligible --facts facts.json --as-of 3000-01-01", "--as-of"),
    Mistake("eligible --facts facts.json --as-of 0001-01-01", "--as-of"),
    Mistake("eligible --facts facts.json --as-of ''", "--as-of"),
    Mistake("eligible --facts facts.json --language xx", "no language of this country"),
    Mistake("eligible --facts facts.json --country xx", "--country"),
    Mistake("eligible --facts facts.json --country folder", "folder/country.yaml"),
    Mistake("eligible --facts facts.json --declaration folder", "folder"),
    Mistake("eligible --facts facts.json --programme kr.basic-pensoin", "kr.basic-pension"),
    Mistake("eligible --facts facts.json --programme ''", "--programme"),
    Mistake("eligible --facts facts.json --no --programme kr.basic-pension", "not allowed with"),
    Mistake("recommend --facts facts.json -k 0", "-k"),
    Mistake("recommend --facts facts.json -k many", "-k"),
    Mistake("recommend --facts facts.json --citizen c1", "not allowed with"),
    Mistake("recommend -k 3", "--facts"),
    Mistake("recommend --facts facts.json --model nope", "there is no model 'nope'"),
    Mistake("recommend --facts facts.json --model folder", "there is no model 'folder'"),
    Mistake("recommend --facts facts.json --model torn", "torn"),
    Mistake("recommend --facts facts.json --weights nowhere.yaml", "nowhere.yaml"),
    Mistake("recommend --facts facts.json --weights broken.json", "broken.json"),
    Mistake("recommend --facts facts.json --weights weights.yaml", "weights.yaml"),
    Mistake("recommend --facts facts.json --asked agee", "--asked"),
    Mistake("recommend --facts facts.json --home nowhere", "nowhere: does not exist"),
    Mistake("recommend --citizen c9 --home lived", "c9"),
    Mistake("recommend --citizen '' --home lived", "--citizen"),
    Mistake("recommend --citizen c1 --home lived --as-of 2020-01-01", "before every event"),
    Mistake("recommend --citizen c1 --home lived --applicant cat", "--applicant"),
    Mistake("recommend --citizen c1 --home facts.json", "is a file, not a folder"),
    Mistake("recommend --citizen c1 --home notalog", "notalog"),
]

CATALOGUES = [
    Mistake("catalogue check nowhere", "nowhere"),
    Mistake("catalogue check folder", "folder"),
    Mistake("catalogue check binary.json", "binary.json"),
    Mistake("catalogue check broken.yaml", "broken.yaml"),
    Mistake("catalogue check wrong.jsonl", "shoe_size", 1),
    Mistake("catalogue check facts.json --stale-after soon", "--stale-after"),
    Mistake("catalogue chek folder", "Did you mean check?"),
    Mistake("catalogue", "check"),
    Mistake("catalogue diff nowhere folder", "nowhere"),
    Mistake("catalogue import gov24 --list nowhere.json --out o.jsonl", "--detail"),
    Mistake(
        "catalogue import gov24 --list facts.json --detail facts.json --conditions list.json --out o.jsonl", "facts"
    ),
    Mistake("catalogue import youth --list facts.json --out nowhere/o.jsonl", "folder that does not exist"),
    Mistake("catalogue import youth --list facts.json --out o.jsonl", "facts.json"),
    Mistake("catalogue fetch gov24 --out fetched", "PROFFER_GOV24_KEY"),
    Mistake("catalogue fetch gov24 --out facts.json", "facts.json: is not a folder", 2, "", {"PROFFER_GOV24_KEY": "k"}),
    Mistake("catalogue fetch gov24 --out o --per-page 0", "--per-page", 2, "", {"PROFFER_GOV24_KEY": "k"}),
    Mistake("catalogue fetch gov24 --out o --base-url ftp://x", "--base-url", 2, "", {"PROFFER_GOV24_KEY": "k"}),
    Mistake("eligible --facts facts.json --catalogue nowhere", "nowhere"),
    Mistake("eligible --facts facts.json --catalogue wrong.jsonl", "shoe_size"),
]

EVENTS = [
    Mistake("ingest nowhere.ndjson", "nowhere.ndjson"),
    Mistake("ingest folder", "folder"),
    Mistake("ingest", "FILE"),
    Mistake("ingest e.ndjson --home facts.json", "facts.json"),
    Mistake("ingest e.ndjson --home /proc/nowhere", "/proc/nowhere"),
    Mistake("ingest torn.parquet", "torn.parquet"),
    Mistake("ingest other.parquet", "other.parquet"),
    Mistake("ingest e.ndjson --home notalog", "notalog"),
    Mistake("ingest spread.ndjson --home fresh", "spread.ndjson:1: is not JSON", 1),
    Mistake("ingest facts.json --home fresh", "facts.json:1", 1),
    Mistake("ingest binary.json --home fresh", "binary.json", 1),
    Mistake("ingest conflict.ndjson --home lived", "e1", 1),
    Mistake("ingest future.ndjson --home fresh", "in the future", 1),
    Mistake("ingest e.ndjson", "PROFFER_DATABASE", 2, "", {"PROFFER_DATABASE_URL": "mysql://db/x"}),
    Mistake("ingest e.ndjson", "PROFFER_DATABASE", 2, "", {"PROFFER_DATABASE_URL": "nonsense"}),
    Mistake("migrate --home folder", "folder"),
    Mistake("migrate --home notalog", "notalog"),
    Mistake("features --events e.ndjson --at wrong.csv --out o.parquet", "person and t"),
    Mistake("features --events e.ndjson --at days.csv --out o.parquet", "line 3"),
    Mistake("features --events e.ndjson --at binary.json --out o.parquet", "binary.json"),
    Mistake("features --events e.ndjson --at empty.json --out o.parquet", "empty.json"),
    Mistake("features --events nowhere --at pairs.csv --out o.parquet", "nowhere"),
    Mistake("features --events e.ndjson --at pairs.csv --out folder", "folder"),
    Mistake("features --events e.ndjson --at pairs.csv --out nowhere/o.parquet", "nowhere/o.parquet"),
    Mistake("features --events e.ndjson --at pairs.csv --out /proc/o.parquet", "/proc/o.parquet"),
    Mistake("features --events e.ndjson --at pairs.csv", "--out"),
]

LEARNING = [
    Mistake("demo --citizens 0", "--citizens"),
    Mistake("demo --citizens ten", "--citizens"),
    Mistake("demo --citizens 99999999999", "--citizens"),
    Mistake("demo --seed -1", "--seed"),
    Mistake("demo --home lived", "people who are not the demo's"),
    Mistake("synth --citizens 0 --months 0 --seed -1 --processes 0 --out o", "--processes"),
    Mistake("synth --months 121 --out o", "--months"),
    Mistake("synth --out facts.json", "is a file"),
    Mistake("synth --out lived", "holds files that are not synthetic people"),
    Mistake("synth --citizens 5", "--out"),
    Mistake("train", "--data"),
    Mistake("train --data nowhere", "nowhere: holds no events.parquet"),
    Mistake("train --data facts.json", "facts.json"),
    Mistake("train --data real", "--ranker private"),
    Mistake("train --data real --epsilon 1", "no private training"),
    Mistake("train --data real --ranker student", "--teacher"),
    Mistake("train --data real --ranker student --teacher nope", "nope"),
    Mistake("train --data real --seed -1", "--seed"),
    Mistake("train --data real --ranker tree", "--ranker"),
    Mistake("train --data real --ranker private --epsilon 0 --delta 2 --units 0", "--epsilon"),
    Mistake("train --data real --ranker private --epsilon one --evaluate -1", "--evaluate"),
    Mistake("train --data real --ranker private --epsilon 1000 --dry-run", "--epsilon"),
    Mistake("train --data real --ranker private --population nobody", "nobody"),
    Mistake("train --data real --ranker private --requester ''", "holds no budget"),
    Mistake("evaluate --data nowhere", "nowhere: holds no events.parquet"),
    Mistake("evaluate --data real", "Run `proffer train`"),
    Mistake("evaluate --data real --cold-start -1", "--cold-start"),
    Mistake("evaluate --data real --threads 0", "--threads"),
    Mistake("evaluate --data real --model nope --home modelled", "Give --model one of: 634a"),
    Mistake("evaluate --data real --home nowhere", "nowhere: does not exist"),
    Mistake("promote nope --data real", "nope"),
    Mistake("promote nope --data real --home modelled", "634a"),
    Mistake("promote 634a", "there is no model '634a'"),
    Mistake("promote 634a --mirror", "is given beside --mirror"),
    Mistake("promote --rollback --mirror", "--rollback and --mirror is given"),
    Mistake("promote", "nothing is given"),
    Mistake("score --events e.ndjson --out o.parquet", "Run `proffer train`"),
    Mistake("score --events e.ndjson --out o.parquet --model none", "`none` names no model"),
    Mistake("score --events e.ndjson --out o.parquet --model torn", "torn/manifest.json"),
    Mistake("score --events e.ndjson --out o.parquet --model 634a --home modelled", "lists no files"),
    Mistake("sweep --events e.ndjson --out swept --seed -5", "--seed: cannot be -5"),
    Mistake("population --events e.ndjson --out grown --grow 5 --seed -5", "--seed: cannot be -5"),
    Mistake("sheets --duties nowhere", "nowhere: holds no sheet"),
    Mistake("sheets --out alice.key", "is a private key"),
    Mistake("sheets --out lived/events.db --home lived", "would be replaced"),
    Mistake("reach e.ndjson --events other.parquet --out e.ndjson", "would be replaced"),
    Mistake("catalogue diff folder folder --people --events e.ndjson --out e.ndjson", "would be replaced"),
    Mistake("score --events real/events.parquet --out real/events.parquet", "would be replaced"),
    Mistake("privacy report bundle --key public.pem --out public.pem", "would be replaced"),
    Mistake("bench nope", "NAME"),
    Mistake("bench adult --data nowhere", "nowhere"),
    Mistake("bench features --units 3", "--units"),
]

PRIVACY = [
    Mistake("privacy", "status, reserve"),
    Mistake("privacy status", "proffer privacy init"),
    Mistake("privacy status --population jp --home ledgered", "jp"),
    Mistake("privacy init --population kr --epsilon 0 --delta 0", "delta"),
    Mistake("privacy init --population kr --epsilon 1 --delta 1e-6", "--approver"),
    Mistake(
        "privacy init --population kr --epsilon 1 --delta 1e-6 --approver alice.pub --approver alice.pub",
        "one person twice",
    ),
    Mistake(
        "privacy init --population kr --epsilon 1 --delta 1e-6 --approver alice.key --approver bob.pub", "private key"
    ),
    Mistake(
        "privacy init --population 'two words' --epsilon 1 --delta 1e-6 --approver alice.pub --approver bob.pub",
        "valid name",
    ),
    Mistake(
        "privacy init --population kr --epsilon 1 --delta 0.01 --units 100 --approver alice.pub --approver bob.pub",
        "1/n",
    ),
    Mistake(
        "privacy init --population kr --epsilon 1 --delta 1e-6 --approver alice.pub --approver bob.pub --home ledgered",
        "has a budget already",
    ),
    Mistake("privacy reserve --population kr --spend big --epsilon 5 --home ledgered", "too much"),
    Mistake("privacy reserve --population kr --spend big --home ledgered", "does not say what will be run"),
    Mistake("privacy reserve --population jp --spend big --epsilon 1 --home ledgered", "jp"),
    Mistake("privacy reserve --population kr --spend big --epsilon NaN --home ledgered", "--epsilon"),
    Mistake("privacy reserve --population kr --spend run-1 --epsilon 2 --home ledgered", "run-1"),
    Mistake("privacy reserve --population kr --spend b --mechanism nowhere.json --home ledgered", "nowhere.json"),
    Mistake("privacy reserve --population kr --spend b --epsilon 1 --people nowhere --home ledgered", "nowhere"),
    Mistake("privacy commit --spend nope --home ledgered", "nope: is not the id of a spend"),
    Mistake("privacy expire --spend nope --reason lost --home ledgered", "nope"),
    Mistake(
        "privacy raise --population kr --epsilon 1 --draft r.draft --reason x --home ledgered", "does not raise the cap"
    ),
    Mistake("privacy raise --population kr --home ledgered", "needs --epsilon"),
    Mistake("privacy approve nowhere.draft --key alice.key", "nowhere.draft"),
    Mistake("privacy approve facts.json --key alice.key", "facts.json"),
    Mistake("privacy approve kr.draft --key nowhere.key", "nowhere.key"),
    Mistake("privacy approve kr.draft --key alice.pub", "alice.pub"),
    Mistake("privacy init --population jp --approval jp.sig --home ledgered", "the signatures of 2"),
    Mistake("privacy init --population jp --approval jp.sig --approval jp.sig --home ledgered", "the signatures of 2"),
    Mistake("privacy init --population kr --approval nowhere.sig --approval bob.sig --home fresh", "nowhere.sig"),
    Mistake("privacy key --name alice --out alice", "alice"),
    Mistake("privacy key --name 'two words' --out x", "cannot name a key"),
    Mistake("privacy export --out nowhere/bundle --home ledgered", "nowhere/bundle: No such file"),
    Mistake("privacy export --out ledgered/ledger/ledger.key --home ledgered", "outside the ledger's folder"),
    Mistake("privacy export --out folder --home ledgered", "folder"),
    Mistake("privacy verify nope.bundle --key nope.pub", "nope.bundle"),
    Mistake("privacy verify bundle --key nope.pub", "as its keeper gave it to you"),
    Mistake("privacy verify bundle --key alice.key", "private key"),
    Mistake("privacy verify bundle --key alice.pub", "ledger", 1),
    Mistake("privacy verify cut.bundle --key ledgered/ledger/ledger.pub", "ends within a checkpoint", 1),
    Mistake("privacy verify facts.json --key alice.pub", "ledger", 1),
    Mistake("privacy verify bundle --key alice.pub --not-before yesterday", "--not-before"),
    Mistake("privacy verify bundle --key alice.pub --approvers empty.json", "names nobody"),
    Mistake("privacy proof --index 99 --out p --home ledgered", "--index"),
    Mistake("privacy proof --index -1 --out p --home ledgered", "--index"),
    Mistake("privacy report --out r.json --home ledgered", "--out"),
    Mistake("privacy report --out nowhere/r.html --home ledgered", "nowhere/r.html"),
    Mistake("privacy cosign --witness ftp://x --home ledgered", "ftp://x"),
    Mistake("privacy cosign --witness http://127.0.0.1:9 --home ledgered", "127.0.0.1:9"),
    Mistake("privacy witness --folder w --name o --log alice.pub --listen here", "HOST:PORT"),
    Mistake("privacy audit --canaries 1 --epsilon 0 --units 0", "--canaries"),
    Mistake("privacy audit --data nowhere", "nowhere"),
]

SERVICE = [
    Mistake("serve --port 99999", "65535"),
    Mistake("serve --port -1", "--port"),
    Mistake("serve --port http", "--port"),
    Mistake("serve --dev --host 0.0.0.0", "--dev"),
    Mistake("serve --host 999.1.1.1 --port 0", "--host"),
    Mistake("serve --public-key nowhere.pem --issuer https://id.example", "nowhere.pem"),
    Mistake("serve --public-key alice.key --issuer https://id.example", "alice.key"),
    Mistake("serve --public-key public.pem", "--issuer"),
    Mistake("serve --dev --model nope", "nope"),
    Mistake("serve --dev --weights nowhere.yaml", "nowhere.yaml"),
    Mistake("token", "--dev"),
    Mistake("token --dev --minutes 0", "60"),
    Mistake("token --dev --minutes 61", "60"),
    Mistake("token --dev --subject ''", "the subject must be"),
    Mistake("token --dev --home facts.json", "facts.json"),
]

WORDS = [
    Mistake("eligibel", "Did you mean eligible?"),
    Mistake("xyzzy", "proffer --help"),
    Mistake("eligible --facts facts.json --jsn", "Did you mean --json?"),
    Mistake("eligible facts.json", "facts"),
    Mistake("eligible --facts", "expected one argument"),
    Mistake("recommend --citizen c1", "facts.json: is a file", 2, "", {"PROFFER_HOME": "facts.json"}),
]

MISTAKES = FACTS + CATALOGUES + EVENTS + LEARNING + PRIVACY + SERVICE + WORDS

EVENT = {
    "specversion": "1.0", "id": "e1", "source": "registry", "subject": "c1", "type": "life.moved",
    "time": "2026-01-01T09:00:00+09:00", "recordedtime": "2026-02-01T09:00:00+09:00", "data": {"region": "11440"},
}  # fmt: skip
SEVEN = {
    "birth_date": "1990-02-30", "income_percent": -5, "region": "99999", "shoe_size": 42, "sex": "f", "pregnant": 1,
    "children": "none",
}  # fmt: skip
TEXTS: dict[str, Any] = {
    "facts.json": {"birth_date": "1993-04-02", "sex": "female", "region": "41360"},
    "odd.json": {"agee": 36},
    "seven.json": SEVEN,
    "misspelt.json": {"receives.kr.medicl-aid": True},
    "unborn.json": {"birth_date": "2026-12-01"},
    "huge.json": {"income_percent": 10**40},
    "text.json": {"pregnant": "yes"},
    "children.json": {"children": {"first": "2020-01-01"}},
    "applicant.json": {"applicant": "cat"},
    "list.json": [],
    "nan.json": '{"income_percent": NaN}',
    "broken.json": '{\n  "sex": "female"\n  "pregnant": true\n}\n',
    "twice.json": '{"sex": "female", "sex": "male"}',
    "deep.json": "[" * 100_000,
    "empty.json": "",
    "weights.yaml": "likelihood: -3\nluck: 1\n",
    "broken.yaml": "id: [",
    "wrong.csv": "who,when\nc1,2026-03-01\n",
    "days.csv": "person,t\nc1,2026-03-01\nc1,2026-02-30\n",
    "pairs.csv": "person,t\nc1,2026-03-01\n",
    "e.ndjson": json.dumps(EVENT) + "\n",
    "spread.ndjson": json.dumps(EVENT, indent=2) + "\n",
    "conflict.ndjson": json.dumps(EVENT | {"data": {"region": "26110"}}) + "\n",
    "future.ndjson": json.dumps(EVENT | {"time": "2999-01-01T00:00:00Z", "recordedtime": "2999-01-02T00:00:00Z"}),
    "wrong.jsonl": {
        "id": "kr.d", "title": {"ko": "라", "en": "D"}, "category": "livelihood", "form": "cash",
        "provider": {"id": "kr.x", "name": "X", "level": "national"},
        "who": {"all": [{"fact": "shoe_size", "above": 40}]},
        "source": {"url": "https://example.org/", "checked": "2026-11-01", "text": "x"},
    },
    "modelled/models/634a/manifest.json": {"format": 0},
    "torn/manifest.json": '{"files": ',
    "folder/kept.txt": "kept\n",
    "notalog/events.db": "this is no database\n" * 100,
}  # fmt: skip


def lay_out(folder: Path) -> None:
    """Write every file that the mistakes name, two homes in use, and the keys of two approvers; it is the cwd."""
    for name, content in TEXTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8")
    (folder / "binary.json").write_bytes(bytes(range(256)) * 4)
    (folder / "utf16.json").write_text("{}", "utf-16")
    (folder / "torn.parquet").write_bytes(b"PAR1 and no more")
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), folder / "other.parquet")
    (folder / "real").mkdir()
    row = {name: EVENT[name] for name in ("id", "source", "subject", "type", "time", "recordedtime")}
    table = pyarrow.Table.from_pylist([{**row, "data": json.dumps(EVENT["data"])}])
    pyarrow.parquet.write_table(table, folder / "real" / "events.parquet")
    programme = TEXTS["wrong.jsonl"] | {"who": {"all": []}}
    (folder / "real" / "catalogue.jsonl").write_text(json.dumps(programme) + "\n", "utf-8")
    _keep_a_ledger()
    done("ingest e.ndjson --home lived")
    (folder / "cut.bundle").write_bytes((folder / "bundle").read_bytes()[:-30])


def _keep_a_ledger() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = Ed25519PrivateKey.generate().public_key()
    Path("public.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for name in ("alice", "bob"):
        done(f"privacy key --name {name} --out {name}")
    ours = "--home ledgered"
    budget = "--epsilon 4 --delta 1e-6 --approver alice.pub --approver bob.pub --draft kr.draft"
    done(f"privacy init --population kr {budget} {ours}")
    for name in ("alice", "bob"):
        done(f"privacy approve kr.draft --key {name}.key --out {name}.sig")
    done(f"privacy init --population kr --approval alice.sig --approval bob.sig {ours}")
    done(f"privacy init --population jp {budget.replace('kr.draft', 'jp.draft')} {ours}")
    done("privacy approve jp.draft --key alice.key --out jp.sig")
    done(f"privacy reserve --population kr --spend run-0 --epsilon 0.000001 {ours}")
    done(f"privacy reserve --population kr --spend run-1 --epsilon 0.000001 {ours}")
    done(f"privacy export --out bundle {ours}")


def done(words: str) -> None:
    """Run a command that must succeed."""
    assert cli.main(shlex.split(words)) == 0, words
