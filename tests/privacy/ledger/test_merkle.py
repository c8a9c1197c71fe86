"""The Merkle tree against the published proof vectors and against its own definition."""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.ledger import merkle

SHARED = Path(os.environ.get("PROFFER_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
VECTORS = sorted((SHARED / "merkle").glob("*/**/*.json"))
LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(33)]
SIZES = st.integers(1, len(LEAVES))


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def accepted(vector: dict[str, Any], kind: str) -> bool:
    proof = [_bytes(step) for step in vector["proof"] or []]
    try:
        if kind == "inclusion":
            leaf, root = _bytes(vector["leafHash"]), _bytes(vector["root"])
            merkle.check_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof, root)
        else:
            roots = _bytes(vector["root1"]), _bytes(vector["root2"])
            merkle.check_consistency(vector["size1"], vector["size2"], proof, *roots)
    except merkle.BadProof:
        return False
    return True


def test_every_published_vector_is_judged_as_published():
    if not VECTORS:
        pytest.skip(f"no proof vectors under {SHARED / 'merkle'}")
    wrong = []
    for path in VECTORS:
        vector = json.loads(path.read_text(encoding="utf-8"))
        if accepted(vector, path.relative_to(SHARED / "merkle").parts[0]) == vector["wantErr"]:
            wrong.append(path)
    assert (wrong, len(VECTORS)) == ([], 196)


def by_definition(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(len(LEAVES)))
def test_the_frontier_has_the_root_that_the_rfc_defines_at_every_size(size):
    assert merkle.root_of(LEAVES[:size]) == by_definition(LEAVES[:size])


def test_a_grown_frontier_leaves_the_old_one_as_it_was():
    frontier = merkle.Frontier()
    for leaf in LEAVES[:5]:
        frontier.add(leaf)
    assert frontier.grown(LEAVES[5]).root() == by_definition(LEAVES[:6])
    assert (frontier.size, frontier.root()) == (5, by_definition(LEAVES[:5]))


def test_the_known_roots_of_the_first_three_trees_of_certificate_transparency():
    leaves = [merkle.leaf_hash(entry) for entry in (b"", b"\x00", b"\x10")]
    assert [merkle.root_of(leaves[:n]).hex()[:16] for n in range(4)] == [
        "e3b0c44298fc1c14",
        "6e340b9cffb37a98",
        "fac54203e7cc696c",
        "aeb6bcfe274b70a1",
    ]


@given(SIZES, st.data())
def test_every_entry_is_proved_and_no_other_entry_by_its_proof(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(LEAVES[:size], index), by_definition(LEAVES[:size])
    merkle.check_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, len(LEAVES) - 1).filter(lambda i: i != index))
    with pytest.raises(merkle.BadProof):
        merkle.check_inclusion(LEAVES[other], index, size, proof, root)


@given(SIZES, SIZES, st.data())
def test_every_prefix_is_proved_and_a_proof_with_a_changed_bit_is_not(one, other, data):
    earlier, size = min(one, other), max(one, other)
    roots = by_definition(LEAVES[:earlier]), by_definition(LEAVES[:size])
    proof = merkle.consistency_proof(LEAVES[:size], earlier)
    merkle.check_consistency(earlier, size, proof, *roots)
    if proof:
        step, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        number = int.from_bytes(proof[step], "big") ^ 1 << bit
        proof[step] = number.to_bytes(32, "big")
        with pytest.raises(merkle.BadProof):
            merkle.check_consistency(earlier, size, proof, *roots)


@given(SIZES, st.data())
def test_a_proof_that_is_longer_or_shorter_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(LEAVES[:size], index), by_definition(LEAVES[:size])
    for changed in ([*proof, bytes(32)], [bytes(32), *proof], proof[:-1] if proof else [b""]):
        with pytest.raises(merkle.BadProof, match="must have"):
            merkle.check_inclusion(LEAVES[index], index, size, changed, root)


def test_nothing_is_proved_about_entries_and_sizes_that_are_not_there():
    with pytest.raises(merkle.BadProof, match="no entry 3"):
        merkle.inclusion_proof(LEAVES[:3], 3)
    for earlier in (0, 4):
        with pytest.raises(merkle.BadProof):
            merkle.consistency_proof(LEAVES[:3], earlier)
        with pytest.raises(merkle.BadProof):
            merkle.check_consistency(earlier, 3, [], bytes(32), bytes(32))
    with pytest.raises(merkle.BadProof, match="is not in a tree"):
        merkle.check_inclusion(LEAVES[0], 1, 1, [], LEAVES[0])
    with pytest.raises(merkle.BadProof, match="has 32 bytes"):
        merkle.check_inclusion(b"", 0, 1, [], b"")


def test_two_roots_of_one_size_must_be_the_same():
    merkle.check_consistency(2, 2, [], LEAVES[0], LEAVES[0])
    with pytest.raises(merkle.BadProof, match="two roots of one size"):
        merkle.check_consistency(2, 2, [], LEAVES[0], LEAVES[1])


@given(st.integers(0, 70))
def test_a_tree_knows_the_root_at_every_size_it_ever_had(size):
    leaves = [merkle.leaf_hash(bytes([i])) for i in range(size)]
    tree, frontier = merkle.Tree(leaves), merkle.Frontier()
    roots = [frontier.root()]
    for leaf in leaves:
        frontier.add(leaf)
        roots.append(frontier.root())
    assert [tree.root(at) for at in range(size + 1)] == roots
    assert merkle.leaf_hashes(bytes([i]) for i in range(size)) == leaves
