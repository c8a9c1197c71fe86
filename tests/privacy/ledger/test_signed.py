"""A signer signs nothing that is not a continuation of what it signed before."""

import contextlib

import pytest

from privacy.ledger import merkle
from privacy.ledger.note import Checkpoint
from privacy.ledger.signed import Inconsistent, SignedState

LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(9)]


def at(size: int, origin: str = "log", leaves=LEAVES) -> Checkpoint:
    return Checkpoint(origin, size, merkle.root_of(leaves[:size]))


@pytest.fixture
def memory(tmp_path) -> SignedState:
    made = SignedState(tmp_path / "signer.json")
    made.keep(at(5))
    return made


def test_what_was_kept_is_read_back_and_nothing_is_known_before(tmp_path, memory):
    assert memory.last() == at(5)
    assert SignedState(tmp_path / "other").last() is None
    SignedState(tmp_path / "other").accept(at(3), [])


def test_a_continuation_is_accepted_and_so_is_the_same_again(memory):
    memory.accept(at(9), merkle.consistency_proof(LEAVES, 5))
    memory.accept(at(5), [])


def test_anything_may_follow_the_empty_log(tmp_path):
    memory = SignedState(tmp_path / "empty")
    memory.keep(at(0))
    memory.accept(at(2), [])


@pytest.mark.parametrize(
    ("new", "proof", "why"),
    [
        (at(4), [], "an earlier copy was put back"),
        (at(9, "other"), [], "is of the log other"),
        (at(9), [], "not a continuation"),
        (at(5, leaves=LEAVES[::-1]), [], "not a continuation"),
        (at(9, leaves=LEAVES[::-1]), merkle.consistency_proof(LEAVES[::-1], 5), "not a continuation"),
    ],
)
def test_what_is_shorter_other_or_unproved_is_refused_and_says_how(memory, new, proof, why):
    with pytest.raises(Inconsistent, match=why):
        memory.accept(new, proof)


def test_a_changed_byte_of_the_memory_is_noticed_or_changes_what_it_remembers(memory):
    content = memory.path.read_bytes()
    for i in range(len(content)):
        memory.path.write_bytes(content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :])
        with contextlib.suppress(Inconsistent):
            assert memory.last() != at(5)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'{"origin":1}', b"\xff"])
def test_a_memory_that_says_nothing_is_refused(memory, content):
    memory.path.write_bytes(content)
    with pytest.raises(Inconsistent, match="damaged"):
        memory.last()
