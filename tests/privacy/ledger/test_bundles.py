"""Fifty hostile bundles and more: each is named as not in order, at its entry, in words that a terminal can show."""

import gzip
import json
from collections.abc import Callable

import pytest

from privacy.accounting import mechanism as m
from privacy.accounting.canonical import canonical
from privacy.ledger import merkle
from privacy.ledger.export import LedgerExport
from privacy.ledger.note import COSIGNATURE, Checkpoint, Note, NoteVerifier, Signer
from privacy.ledger.terms import EVERYBODY, EntryType
from privacy.ledger.verify import verify
from tests.privacy.ledgers import ALICE, AT, BOB, CAROL, DELTA, NOBODY, ONE, Forge3, signed

IDENTITY = NoteVerifier("mallory", bytes.fromhex("01" + "00" * 31)).text()
Made = Callable[[], tuple[bytes, NoteVerifier]]
HOSTILE: dict[str, tuple[Made, int | None]] = {}
"""What makes each bundle and its key, and the entry at which it must be found; None: at no one entry."""


def rooted() -> Forge3:
    """Three entries by the rules of today: the key, a budget of 3 that two root approvers opened, a spend of 1."""
    forge = Forge3(ALICE, BOB)
    forge.open("3")
    forge.reserve("run-1")
    return forge


def written(forge: Forge3, line: bytes) -> Forge3:
    """Add any bytes as the next entry, signed as the keeper of the key can."""
    forge.lines.append(line)
    forge.leaf = merkle.leaf_hash(line).hex()
    forge.frontier.add(merkle.leaf_hash(line))
    forge.sign()
    return forge


def entry_of(forge: Forge3, kind: str, body: object, **changes) -> dict:
    place = {"at": AT, "index": len(forge.lines), "population": "kr", "prior": forge.leaf, "format": "proffer-ledger-3"}
    return {**place, "kind": kind, "body": body, **changes}


def spend(spend_id: str = "run-2", **changes) -> dict:
    run = {"accountants": {"pld": None, "prv": None}, "catalogue": None, "declaration": None, "software": "x"}
    body = {"cohort": None, "delta": DELTA, "epsilon": "1", "mechanism": ONE.to_document(), "purpose": "a test"}
    body |= {"price": {"pld": "1", "prv": None, "rdp": None}, "requester": "tester", "spend": spend_id}
    body |= {"dataset": {**NOBODY.to_document(), "roll": "0" * 64}}
    return body | {"run": run | {"stage": None, "units_are": "unknown", "why": None}} | changes


def hostile(name: str, at: int | None = None):
    """Register what changes a good ledger: given one, it returns the bytes, or None where it changed the ledger."""

    def registered(change: Callable[[Forge3], bytes | None]):
        def made() -> tuple[bytes, NoteVerifier]:
            forge = rooted()
            content = change(forge)
            return (forge.bytes() if content is None else content), forge.signer.verifier()

        assert name not in HOSTILE
        HOSTILE[name] = (made, at)
        return change

    return registered


def each(at: int | None, **changes: Callable[[Forge3], bytes | None]) -> None:
    for name, change in changes.items():
        hostile(name.replace("_", " "), at)(change)


# --- the file --------------------------------------------------------------------------------------------------------

each(
    None,
    nothing=lambda _: b"",
    zeros=lambda _: bytes(1_000_000),
    only_a_head=lambda f: f.bytes()[: f.bytes().index(b"\n\n") + 2],
    a_count_beyond_all_memory=lambda f: f.bytes().replace(b"entries 3", b"entries 1" + b"0" * 30),
    a_negative_count=lambda f: f.bytes().replace(b"entries 3", b"entries -3"),
    a_count_of_fewer=lambda f: f.bytes().replace(b"entries 3", b"entries 2"),
    a_count_of_more=lambda f: f.bytes().replace(b"entries 3", b"entries 4"),
    a_count_in_other_digits=lambda f: f.bytes().replace(b"entries 3", "entries \u0663".encode()),
    fewer_checkpoints_than_said=lambda f: f.bytes().replace(b"checkpoints 3", b"checkpoints 2"),
    line_ends_of_two_bytes=lambda f: f.bytes().replace(b"\n", b"\r\n"),
    a_mark_of_byte_order=lambda f: b"\xef\xbb\xbf" + f.bytes(),
    compressed=lambda f: gzip.compress(f.bytes()),
    garbage_at_the_end=lambda f: f.bytes() + b"x",
    another_ledger_behind_it=lambda f: f.bytes() + rooted().bytes(),
    cut_within_a_line=lambda f: f.bytes()[: f.bytes().index(b'"kind":"reserve"')],
    cut_within_the_last_signature=lambda f: f.bytes()[:-20],
    another_format_of_bundle=lambda f: f.bytes().replace(b"bundle-1", b"bundle-9"),
)  # fmt: skip

# --- the text of an entry, signed by the keeper of the key -----------------------------------------------------------


def text(change: Callable[[bytes], bytes]) -> Callable[[Forge3], None]:
    """The next spend, its bytes changed, signed all the same."""
    return lambda f: written(f, change(canonical(entry_of(f, "reserve", spend())))) and None


def body(kind: str = "reserve", **changes) -> Callable[[Forge3], None]:
    """The next spend with other fields, well written and signed."""
    return lambda f: written(f, canonical(entry_of(f, kind, spend(**changes)))) and None


TIGHT = {"separators": (",", ":")}


def nested(depth: int) -> dict:
    made: dict = {"mechanism": "gaussian", "noise": "9"}
    for _ in range(depth):
        made = {"mechanism": "composed", "of": [made]}
    return made


each(
    3,
    a_name_twice=text(lambda b: b.replace(b'"index":3', b'"index":3,"index":3')),
    a_name_twice_that_hides_the_first=text(lambda b: b.replace(b'"epsilon":"1"', b'"epsilon":"0","epsilon":"1"')),
    spaces=text(lambda b: b.replace(b",", b", ", 1)),
    names_out_of_order=text(lambda b: json.dumps(dict(reversed(json.loads(b).items())), **TIGHT).encode()),
    an_escape_that_is_not_needed=text(lambda b: b.replace(b"a test", b"\\u0061 test")),
    a_number_with_a_point=text(lambda b: b.replace(b'"index":3', b'"index":3.0')),
    a_number_with_an_exponent=text(lambda b: b.replace(b'"index":3', b'"index":3e0')),
    a_number_too_large=text(lambda b: b.replace(b'"units":0', b'"units":9007199254740993')),
    not_a_number=text(lambda b: b.replace(b'"units":0', b'"units":NaN')),
    bytes_that_are_no_text=text(lambda b: b.replace(b"a test", b"a \xff\xfe test")),
    half_a_character=text(lambda b: b.replace(b"a test", b"\\ud800")),
    a_zero_byte=text(lambda b: b.replace(b"a test", b"a\x00test")),
    a_text_of_a_megabyte=body(purpose="x" * 1_000_000),
    brackets_a_hundred_thousand_deep=text(lambda _: b"[" * 100_000),
    objects_fifty_thousand_deep=text(lambda _: b'{"a":' * 50_000),
    a_mechanism_fifty_deep=body(mechanism=nested(50)),
    a_mechanism_of_ten_thousand_parts=body(mechanism={"mechanism": "composed", "of": [ONE.to_document()] * 10_000}),
    a_list_in_place_of_an_entry=text(lambda b: b"[" + b + b"]"),
    an_unknown_kind=text(lambda b: b.replace(b'"kind":"reserve"', b'"kind":"refund"')),
    an_unknown_format=text(lambda b: b.replace(b"ledger-3", b"ledger-5")),
    an_earlier_format=text(lambda b: b.replace(b"ledger-3", b"ledger-2")),
    an_unknown_field=text(lambda b: b.replace(b'"kind"', b'"jind":1,"kind"')),
    a_population_of_look_alike_letters=text(lambda b: b.replace(b':"kr"', ':"\u043ar"'.encode())),
    a_spend_of_a_name_with_a_line_break=text(lambda b: b.replace(b'"spend":"run-2"', b'"spend":"run-2\\n"')),
    a_day_before_the_calendar=text(lambda b: b.replace(AT.encode(), b"0000-01-01T00:00:00Z")),
    a_second_that_no_minute_has=text(lambda b: b.replace(AT.encode(), b"2026-11-01T00:00:61Z")),
    an_index_of_the_past=text(lambda b: b.replace(b'"index":3', b'"index":2')),
    an_index_of_the_future=text(lambda b: b.replace(b'"index":3', b'"index":4')),
)  # fmt: skip

# --- what an entry says ----------------------------------------------------------------------------------------------

LOUD = {"mechanism": "gaussian", "noise": "0"}
each(
    3,
    a_spend_of_nobodys_budget=text(lambda b: b.replace(b':"kr"', b':"nobody"')),
    a_spend_for_the_whole_ledger=text(lambda b: b.replace(b':"kr"', b':"*"')),
    a_spend_id_again=body(spend="run-1"),
    an_epsilon_below_zero=body(epsilon="-1"),
    an_epsilon_of_nothing=body(epsilon="0"),
    an_epsilon_beyond_numbers=body(epsilon="1e999"),
    a_delta_of_one=body(delta="1"),
    a_claim_below_its_price=body(epsilon="0.5"),
    gaussian_training_priced_by_one_accountant=body(mechanism=m.gaussian("9").to_document()),
    accountants_that_disagree=body(
        mechanism=m.gaussian("9").to_document(), price={"pld": "0.4", "prv": "0.9", "rdp": None}
    ),
    no_noise=body(mechanism=LOUD, price={"pld": "1", "prv": "1", "rdp": None}),
    a_chance_above_one=body(mechanism={"mechanism": "poisson", "of": LOUD | {"noise": "9"}, "probability": "1.5"}),
    no_steps=body(mechanism={"mechanism": "repeated", "count": 0, "of": ONE.to_document()}),
    steps_beyond_pricing=body(mechanism={"mechanism": "repeated", "count": 10**15, "of": ONE.to_document()}),
    more_units_than_delta_bears=body(dataset={**NOBODY.to_document(), "roll": "0" * 64, "units": 2_000_000}),
    a_cohort_of_no_parts=body(cohort={"modulus": 0, "residues": [0], "salt": "s"}),
    a_cohort_outside_of_its_parts=body(cohort={"modulus": 2, "residues": [2], "salt": "s"}),
    more_than_the_cap=lambda f: [f.reserve(f"run-{n}") for n in (2, 3, 4)] and None,
    a_commit_of_nothing_reserved=lambda f: f.commit("run-9"),
    a_commit_of_less_noise=lambda f: f.commit("run-1", m.declared("0.1")),
    an_approval_of_one=lambda f: f.approved("raise", {"epsilon": "9"}, ALICE),
    an_approval_of_one_twice=lambda f: f.approved("raise", {"epsilon": "9"}, ALICE, ALICE),
    an_approval_by_strangers=lambda f: f.approved("raise", {"epsilon": "9"}, CAROL, Signer.generate("dan")),
    an_approval_for_another_population=lambda f: _other_statement(f, population="kp"),
    an_approval_for_another_ledger=lambda f: _other_statement(f, ledger="another-log"),
    an_approval_of_another_history=lambda f: f.approved("raise", {"epsilon": "9"}, head="f" * 64),
    an_approval_drafted_in_the_future=lambda f: f.approved("raise", {"epsilon": "9"}, size=99),
    a_cap_that_is_lowered=lambda f: f.approved("raise", {"epsilon": "2"}),
    a_period_begun_again=lambda f: f.approved("reset", {"epsilon": "3", "period": "2026"}),
    a_budget_opened_twice=lambda f: f.open("9"),
    a_key_of_small_order=lambda f: f.key("enrol", IDENTITY, "approver", "kr", ALICE, BOB),
    the_ledgers_own_key_as_an_approver=lambda f: f.key(
        "enrol", f.signer.verifier().text(), "approver", "kr", ALICE, BOB
    ),
    a_name_that_looks_like_anothers=lambda f: f.key(
        "enrol", Signer.generate("\u0430lice").verifier().text(), "approver", "kr", ALICE, BOB
    ),
    root_approvers_named_again=lambda f: f.open("9", "kp", roots=[CAROL.verifier().text(), BOB.verifier().text()]),
    a_new_ledger_key_signed_by_nobody=lambda f: f.key("rotate", CAROL.verifier().text(), "ledger", EVERYBODY, CAROL),
    rows_made_public_without_their_digest=lambda f: f.approved("public", {"fingerprint": "a" * 64}),
    an_exact_fit_on_rows_that_nobody_called_public=lambda f: f.add(
        EntryType.EXACT,
        {"fingerprint": "a" * 64, "learner": "lightgbm", "requester": "x", "rows": "b" * 64, "spend": "exact-1"},
    ),
)  # fmt: skip
PRICED = {"more than the cap"}
"""What only composing finds."""
FOUND_AT = {"more than the cap": 5, "a checkpoint beyond the end": 2}
UNREAD = {"a text of a megabyte", "a mechanism of ten thousand parts"}
"""Entries too long to be read, which are refused with the file."""


def _other_statement(forge: Forge3, **changes) -> None:
    statement = forge.statement("raise", {"epsilon": "9"}, **changes)
    forge.add(EntryType.RAISE, {"signatures": signed(statement, ALICE, BOB), "statement": statement})


@hostile("an approval that is used again", 4)
def _(forge: Forge3) -> None:
    statement = forge.statement("public", {"fingerprint": "a" * 64, "rows": "b" * 64})
    for _ in range(2):
        forge.add(EntryType.PUBLIC, {"signatures": signed(statement, ALICE, BOB), "statement": statement})


@hostile("an approval from an earlier period", 4)
def _(forge: Forge3) -> None:
    statement = forge.statement("raise", {"epsilon": "9"})
    forge.approved("reset", {"epsilon": "3", "period": "2027"})
    forge.add(EntryType.RAISE, {"signatures": signed(statement, ALICE, BOB), "statement": statement})


@hostile("a commit of what was given back", 4)
def _(forge: Forge3) -> None:
    forge.approved("release", {"spend": "run-1"})
    forge.commit("run-1")


@hostile("what was committed is given back", 4)
def _(forge: Forge3) -> None:
    forge.commit("run-1")
    forge.approved("release", {"spend": "run-1"})


@hostile("what was committed expires", 4)
def _(forge: Forge3) -> None:
    forge.commit("run-1")
    forge.add(EntryType.EXPIRE, {"reason": "crash", "spend": "run-1"})


@hostile("an approver who was revoked signs", 5)
def _(forge: Forge3) -> None:
    forge.key("enrol", CAROL.verifier().text(), "approver", "kr", ALICE, BOB)
    forge.key("revoke", BOB.verifier().text(), "approver", "kr", ALICE, CAROL)
    forge.approved("raise", {"epsilon": "9"}, ALICE, BOB)


# --- the order of entries, and what is signed ------------------------------------------------------------------------


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Forge3], bytes]:
    """Other lines under the good ledger's checkpoints."""
    return lambda f: LedgerExport(tuple(change(f.lines)), tuple(f.notes)).encode()


def _notes(change: Callable[[Forge3], list[Note]]) -> Callable[[Forge3], bytes]:
    """Other checkpoints over the good ledger's entries."""
    return lambda f: LedgerExport(tuple(f.lines), tuple(change(f))).encode()


def _note(forge: Forge3, size: int, root: bytes, origin: str = "", signer: Signer | None = None) -> Note:
    return Note.sign(Checkpoint(origin or forge.origin, size, root).text(), signer or forge.signer)


each(1, swapped_entries=_lines(lambda lines: [lines[0], lines[2], lines[1]]))
each(1, an_entry_taken_out=_lines(lambda lines: [lines[0], lines[2], lines[2]]))
each(0, entries_of_another_ledger=_lines(lambda _: rooted().lines))
each(
    None,
    no_checkpoint=_notes(lambda _: []),
    checkpoints_out_of_order=_notes(lambda f: f.notes[::-1]),
    a_checkpoint_twice=_notes(lambda f: [*f.notes, f.notes[-1]]),
    a_checkpoint_beyond_the_end=_notes(lambda f: [*f.notes, _note(f, 9, f.frontier.root())]),
    a_checkpoint_of_another_log=_notes(lambda f: [*f.notes[:-1], _note(f, 3, f.frontier.root(), "another-log")]),
    a_checkpoint_by_a_strangers_key_of_the_same_name=_notes(
        lambda f: [*f.notes[:-1], _note(f, 3, f.frontier.root(), signer=Signer.generate(f.origin))]
    ),
    a_cosignature_by_nobody_enrolled=_notes(
        lambda f: [*f.notes[:-1], f.notes[-1].joined(CAROL.cosign(f.notes[-1].text, 1_793_534_400))]
    ),
    not_all_entries_signed=_notes(lambda f: f.notes[:-1]),
)  # fmt: skip
each(2, a_checkpoint_of_another_tree=_notes(lambda f: [*f.notes[:-1], _note(f, 3, b"\x00" * 32)]))


@hostile("a witness's signature moved to another checkpoint")
def _(forge: Forge3) -> None:
    forge.key("enrol", CAROL.verifier(COSIGNATURE).text(), "witness", "kr", ALICE, BOB)
    line = CAROL.cosign(forge.notes[-1].text, 1_793_534_400)
    forge.reserve("run-2")
    forge.notes[-1] = forge.notes[-1].joined(line)


def test_there_are_more_than_fifty_kinds():
    print(f"{len(HOSTILE)} hostile bundles")
    assert len(HOSTILE) >= 100


def test_what_they_are_made_of_is_in_order():
    forge = rooted()
    assert verify(forge.bytes(), forge.signer.verifier(), epsilons=False).ok
    written(forge, canonical(entry_of(forge, "reserve", spend())))
    assert verify(forge.bytes(), forge.signer.verifier(), epsilons=False).ok


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_is_named_at_its_entry_in_words_that_a_terminal_shows(name):
    made, at = HOSTILE[name]
    if name in PRICED:
        pytest.importorskip("dp_accounting")
    content, key = made()
    verdict = verify(content, key, epsilons=name in PRICED)
    assert not verdict.ok
    assert verdict.first_bad_index == (None if name in UNREAD else FOUND_AT.get(name, at))
    said = [str(finding) for finding in verdict.findings]
    assert all(line.isprintable() and 0 < len(line) < 1000 for line in said), said
