"""Ledgers to test on: made in memory without fsync, or on disk with two approvers whose keys the test holds."""

import hashlib
from pathlib import Path

from privacy.accounting import mechanism as m
from privacy.accounting.canonical import canonical
from privacy.ledger import merkle
from privacy.ledger.asked import request_text
from privacy.ledger.dataset import Dataset
from privacy.ledger.entry import BEGINNING, EntryPlace, encode
from privacy.ledger.export import LedgerExport
from privacy.ledger.journal import LedgerReceipt
from privacy.ledger.ledger import BudgetTerms, Ledger, SpendTerms
from privacy.ledger.note import Checkpoint, Note, Signer
from privacy.ledger.rule_versions import STATEMENTS
from privacy.ledger.terms import EVERYBODY, EntryType

AT = "2026-11-01T00:00:00Z"
NOON = 1_793_534_400
DELTA = "0.000001"
ALICE, BOB, CAROL = (Signer.generate(name) for name in ("alice", "bob", "carol"))
ONE = m.declared("1")
NOBODY = Dataset("0" * 64, (), 0)


def clock() -> int:
    return NOON


def terms(cap: str = "3", unit: str = "person", **options) -> BudgetTerms:
    return BudgetTerms(unit, cap, DELTA, "2026", [ALICE.verifier(), BOB.verifier()], **options)


def ledger(folder: Path, cap: str = "3", population: str = "kr", **options) -> Ledger:
    made = Ledger.create(folder, clock, [ALICE.verifier(), BOB.verifier()])
    open_budget(made, population, terms(cap, **options))
    return made


def open_budget(made: Ledger, population: str, asked: BudgetTerms, *signers: Signer) -> LedgerReceipt:
    statement = made.draft_open(population, asked, "because")
    return made.approved(statement, signed(statement, *(signers or (ALICE, BOB))))


def reserve(
    made: Ledger, spend: str, mechanism=ONE, population: str = "kr", dataset=NOBODY, **options
) -> LedgerReceipt:
    metrics = options.pop("metrics", None)
    options = {"epsilon": None, "delta": DELTA, "purpose": "a test", "requester": "tester"} | options
    return made.reserve(population, spend, SpendTerms(mechanism, **options), dataset, metrics=metrics)


def statement_text(statement: dict) -> str:
    """What approvers sign, also of statements that are not valid."""
    return canonical(statement).decode() + "\n"


def signed(statement: dict, *signers: Signer) -> list[str]:
    return [signer.sign(statement_text(statement)) for signer in signers]


def approve(made: Ledger, kind: str, what: dict, *signers: Signer, population: str = "kr") -> LedgerReceipt:
    statement = made.draft(kind, population, {"reason": "because", **what})
    return made.approved(statement, signed(statement, *(signers or (ALICE, BOB))))


class Forge:
    """Entries and checkpoints signed by a key that the test holds, as its keeper could write them by hand.

    By the rules of version 1; `Forge2` writes by those of version 2.
    """

    at, version = AT, 1

    def __init__(self, origin: str = "test-log") -> None:
        self.signer = Signer.generate(origin)
        self.origin = origin
        self.lines: list[bytes] = []
        self.leaf = BEGINNING
        self.frontier = merkle.Frontier()
        self.notes: list[Note] = []
        self.statements = 0
        self.key("begin", self.signer.verifier().text(), "ledger", EVERYBODY, self.signer)

    def add(self, kind: EntryType, body: dict, population: str = "kr", checkpoint: bool = True) -> None:
        place = EntryPlace(len(self.lines), population, self.at, self.leaf, f"proffer-ledger-{self.version}")
        line, _ = encode(kind, place, body)
        leaf = merkle.leaf_hash(line)
        self.lines.append(line)
        self.leaf = leaf.hex()
        self.frontier.add(leaf)
        if checkpoint:
            self.sign()

    def sign(self, *signers: Signer) -> None:
        text = Checkpoint(self.origin, self.frontier.size, self.frontier.root()).text()
        self.notes.append(Note.sign(text, *(signers or (self.signer,))))

    def statement(self, kind: str, what: dict, population: str = "kr", **changes) -> dict:
        self.statements += 1
        whole = {
            "format": STATEMENTS[self.version],
            "id": f"{self.statements:032x}",
            "kind": kind,
            "ledger": self.origin,
        }
        return whole | {"population": population, "what": {"reason": "because", **what}} | changes

    def approved(self, kind: str, what: dict, *signers: Signer, population: str = "kr", **changes) -> None:
        statement = self.statement(kind, what, population, **changes)
        body = {"signatures": signed(statement, *(signers or (ALICE, BOB))), "statement": statement}
        self.add(EntryType(kind), body, population)

    def key(self, change: str, key: str, role: str, population: str, *signers: Signer) -> None:
        self.approved("key", {"change": change, "key": key, "role": role}, *signers, population=population)

    def init(self, cap: str = "3", population: str = "kr", **changes) -> None:
        body = {"approvers": [ALICE.verifier().text(), BOB.verifier().text()], "delta": DELTA, "epsilon": cap}
        self.add(
            EntryType.INIT,
            body | {"period": "2026", "relation": "add_or_remove_one", "unit": "person", "units": 0} | changes,
            population,
        )

    def reserve(
        self, spend: str, mechanism=ONE, checkpoint: bool = True, kind: EntryType = EntryType.RESERVE, **changes
    ) -> None:
        population = changes.pop("population", "kr")
        claim = "1" if isinstance(mechanism, dict) else mechanism.to_document().get("epsilon", "1")
        body = {
            "cohort": None,
            "dataset": NOBODY.to_document(),
            "delta": DELTA,
            "epsilon": claim,
            "mechanism": mechanism if isinstance(mechanism, dict) else mechanism.to_document(),
            "price": {"pld": claim, "prv": None, "rdp": None},
            "purpose": "a test",
            "requester": "tester",
            "spend": spend,
        }
        self.add(kind, body | changes, population, checkpoint)

    def commit(self, spend: str, mechanism=ONE, checkpoint: bool = True) -> None:
        self.add(EntryType.COMMIT, {"mechanism": mechanism.to_document(), "spend": spend}, checkpoint=checkpoint)

    def exported(self) -> LedgerExport:
        return LedgerExport(tuple(self.lines), tuple(self.notes))

    def bytes(self) -> bytes:
        return self.exported().encode()


class Forge2(Forge):
    """A forge by the rules of version 2: root approvers, full prices, statements on their history."""

    version = 2

    def __init__(self, *roots: Signer) -> None:
        self.roots = [one.verifier().text() for one in roots]
        super().__init__()

    def statement(self, kind: str, what: dict, population: str = "kr", **changes) -> dict:
        history = {"size": len(self.lines), "head": self.leaf}
        begins = {"roots": self.roots} if what.get("change") == "begin" else {}
        return super().statement(kind, {**what, **begins}, population, **history | changes)

    def open(self, cap: str = "3", population: str = "kr", *signers: Signer, **changes) -> None:
        what = {"approvers": [ALICE.verifier().text(), BOB.verifier().text()], "delta": DELTA, "epsilon": cap}
        what |= {"period": "2026", "relation": "add_or_remove_one", "unit": "person", "units": 0}
        self.approved("open", what | changes, *signers, population=population)

    def commit(self, spend: str, mechanism=ONE, checkpoint: bool = True, artefact: str | None = "a" * 64) -> None:
        body = {"artefact": artefact, "mechanism": mechanism.to_document(), "spend": spend}
        self.add(EntryType.COMMIT, body, checkpoint=checkpoint)


class Forge3(Forge2):
    """A forge by the rules of version 3: spends say what they are part of, and who asks may sign."""

    version = 3

    def reserve(self, spend: str, mechanism=ONE, checkpoint: bool = True, kind=EntryType.RESERVE, **changes) -> None:
        signer, after = changes.pop("signer", None), changes.pop("changed_after", False)
        run = {"accountants": {"pld": None, "prv": None}, "catalogue": None, "declaration": None, "software": "x"}
        said = {"run": run | {"stage": None, "units_are": "unknown", "why": None}}
        signed_run = changes.pop("signed_run", changes.get("run", said["run"]))
        if signer is not None:
            body = {"cohort": None, "delta": DELTA, "epsilon": "1", "mechanism": mechanism.to_document()}
            body |= {"purpose": "a test", "requester": "tester", "spend": spend} | ({} if after else changes)
            text = request_text(self.origin, "kr", {**body, "run": signed_run}, 0, self.version)
            said["request"] = {"key": signer.verifier().text(), "signature": signer.sign(text)}
        said["dataset"] = {**NOBODY.to_document(), "roll": "0" * 64} | changes.pop("dataset", {})
        super().reserve(spend, mechanism, checkpoint, kind, **said | changes)


class Forge4(Forge3):
    """A forge by the rules of version 4: spends and commits say how they came, and units are fixed by entries."""

    version = 4

    def reserve(self, spend: str, mechanism=ONE, checkpoint: bool = True, kind=EntryType.RESERVE, **changes) -> None:
        run = {"accountants": {"pld": None, "prv": None}, "by": changes.pop("by", "hand"), "catalogue": None}
        run |= {"declaration": None, "software": "x", "stage": None, "units_are": "unknown", "why": None}
        super().reserve(spend, mechanism, checkpoint, kind, **{"run": run} | changes)

    def commit(self, spend: str, mechanism=ONE, checkpoint: bool = True, by: str = "hand") -> None:
        body = {"artefact": "a" * 64, "by": by, "mechanism": mechanism.to_document(), "spend": spend}
        self.add(EntryType.COMMIT, body, checkpoint=checkpoint)

    def fix(self, spend: str) -> None:
        self.add(EntryType.UNITS, {"roll": fingerprint(spend), "spend": spend})


class Forge5(Forge4):
    """A forge by the rules of version 5: records state no number, and who asks signs the reason."""

    version = 5


class Forge6(Forge5):
    """A forge by the rules of version 6: names are told apart, and dates do not run backwards."""

    version = 6


def rooted(cap: str = "3") -> Forge2:
    """A ledger whose root approvers are alice and bob, with a budget that they opened."""
    forge = Forge2(ALICE, BOB)
    forge.open(cap)
    return forge


def lived() -> Forge:
    """A ledger in which everything happened once that a report speaks of; one purpose carries a tag."""
    forge = Forge()
    forge.init("3")
    forge.reserve("run-1", purpose="a ranker <script>")
    forge.reserve("run-2", m.declared("0.5"))
    forge.add(EntryType.EXPIRE, {"reason": "crash", "spend": "run-2"})
    forge.approved("release", {"spend": "run-2"})
    forge.approved("raise", {"epsilon": "5"})
    forge.approved("reset", {"epsilon": "4", "period": "2027"})
    forge.reserve("run-3")
    return forge


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
