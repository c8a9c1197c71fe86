"""The Merkle tree of RFC 6962: its root, proofs that an entry is in it, and proofs that it only ever grew.

Every function is pure: hashes in, hashes or a refusal out. Proof shapes are exactly those of RFC 6962 section 2.1,
so any Certificate Transparency tool can check what is written here.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of the tree without entries."""
SIZE: Final = 32
"""Bytes of a hash."""


class BadProof(ValueError):  # noqa: N818  # reads as a sentence where it is caught
    """A proof that does not prove what it is offered for; the message says which step failed."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry's bytes (RFC 6962 section 2.1: SHA-256 over 0x00 and the entry).

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hashes of many entries."""
    sha256 = hashlib.sha256  # named once: this runs once per entry
    return [sha256(LEAF + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees (RFC 6962 section 2.1: SHA-256 over 0x01, left and right)."""
    return hashlib.sha256(NODE + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to know its root after each entry, in memory of log2(entries).

    >>> frontier = Frontier()
    >>> frontier.root() == EMPTY
    True
    >>> frontier.add(leaf_hash(b""))
    >>> frontier.root() == leaf_hash(b""), frontier.size
    (True, 1)
    """

    def __init__(self) -> None:
        """Begin with the empty tree."""
        self.size = 0
        self._full: list[bytes] = []  # roots of the full subtrees, largest first

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self.size += 1
        merges, node = self.size, leaf
        while merges % 2 == 0:
            node = node_hash(self._full.pop(), node)
            merges //= 2
        self._full.append(node)

    def grown(self, leaf: bytes) -> Frontier:
        """Return the edge with one leaf more, and leave this one as it is."""
        grown = Frontier()
        grown.size, grown._full = self.size, list(self._full)
        grown.add(leaf)
        return grown

    def root(self) -> bytes:
        """Return the root of all leaves added so far."""
        if not self._full:
            return EMPTY
        node = self._full[-1]
        for left in reversed(self._full[:-1]):
            node = node_hash(left, node)
        return node


class Tree:
    """All full subtrees over leaf hashes, hashed level by level: the root at any earlier size costs log2(entries).

    >>> tree = Tree([leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
    >>> tree.root(2) == node_hash(leaf_hash(b"a"), leaf_hash(b"b")), tree.root(0) == EMPTY
    (True, True)
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        """Hash every pair of full subtrees once."""
        self._levels = [b"".join(leaves)]  # one after another, so that a pair is one slice
        sha256 = hashlib.sha256  # named once: the loop below runs once per entry
        while len(level := self._levels[-1]) > SIZE:
            pairs = range(0, len(level) - 2 * SIZE + 1, 2 * SIZE)  # the last of an odd number waits for its sibling
            self._levels.append(b"".join([sha256(NODE + level[at : at + 2 * SIZE]).digest() for at in pairs]))

    @property
    def leaves(self) -> bytes:
        """All leaf hashes, one after another."""
        return self._levels[0]

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self.leaves) // SIZE

    def leaf(self, index: int) -> bytes:
        """Return the hash of one leaf."""
        return self.leaves[index * SIZE : (index + 1) * SIZE]

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves, at most as many as there are."""
        full = [
            self._levels[level][((size >> level) - 1) * SIZE : (size >> level) * SIZE]
            for level in range(size.bit_length())
            if size >> level & 1
        ]  # roots of the full subtrees, smallest first
        return functools.reduce(lambda right, left: node_hash(left, right), full) if full else EMPTY


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in order."""
    known = list(leaves)
    return Tree(known).root(len(known))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of one leaf (RFC 6962 section 2.1.1), nearest sibling first.

    Raises:
        BadProof: the index is not in the tree.
    """
    if not 0 <= index < len(leaves):
        raise BadProof(f"there is no entry {index} in a tree of {len(leaves)}")
    return _path(leaves, index)


def _path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*_path(leaves[:split], index), root_of(leaves[split:])]
    return [*_path(leaves[split:], index - split), root_of(leaves[:split])]


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """Return the proof that the first `earlier` leaves are a prefix of all (RFC 6962 section 2.1.2).

    Raises:
        BadProof: the earlier size is 0 or beyond the tree: neither can be proved.
    """
    if not 0 < earlier <= len(leaves):
        raise BadProof(f"no proof leads from size {earlier} to size {len(leaves)}")
    return _subproof(leaves, earlier, whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    if earlier <= split:
        return [*_subproof(leaves[:split], earlier, whole=whole), root_of(leaves[split:])]
    return [*_subproof(leaves[split:], earlier - split, whole=False), root_of(leaves[:split])]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Accept that a leaf hash stands at `index` in the tree of `size` entries with this root.

    Raises:
        BadProof: it does not follow; nothing is said of the entry then.
    """
    if not 0 <= index < size:
        raise BadProof(f"index {index} is not in a tree of {size}")
    if len(leaf) != len(EMPTY):
        raise BadProof(f"a leaf hash has {len(EMPTY)} bytes, not {len(leaf)}")
    inner, border = _steps(index, size)
    _same_length(proof, inner + border)
    _same_root(_chain(leaf, proof, index, inner), root, "the inclusion proof")


def check_consistency(earlier: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> None:
    """Accept that the tree of `earlier` entries with `old_root` is a prefix of the tree of `size` with `root`.

    Raises:
        BadProof: it does not follow, or `earlier` is 0: an empty tree is consistent with anything, so proves nothing.
    """
    if not 0 < earlier <= size:
        raise BadProof(f"nothing can be proved from size {earlier} to size {size}")
    if earlier == size:
        _same_length(proof, 0)
        return _same_root(old_root, root, "two roots of one size")
    inner, border = _steps(earlier - 1, size)
    shift = (earlier & -earlier).bit_length() - 1
    inner -= shift
    seeded = earlier != 1 << shift
    _same_length(proof, inner + border + seeded)
    node = proof[0] if seeded else old_root
    path = proof[1:] if seeded else proof
    mask = (earlier - 1) >> shift
    _same_root(_chain_right(node, path, mask, inner), old_root, "the old end of the consistency proof")
    _same_root(_chain(node, path, mask, inner), root, "the new end of the consistency proof")
    return None


def _chain(node: bytes, path: Sequence[bytes], mask: int, inner: int) -> bytes:
    for level, sibling in enumerate(path[:inner]):
        node = node_hash(sibling, node) if mask >> level & 1 else node_hash(node, sibling)
    for sibling in path[inner:]:
        node = node_hash(sibling, node)
    return node


def _chain_right(node: bytes, path: Sequence[bytes], mask: int, inner: int) -> bytes:
    for level, sibling in enumerate(path[:inner]):
        node = node_hash(sibling, node) if mask >> level & 1 else node
    for sibling in path[inner:]:
        node = node_hash(sibling, node)
    return node


def _steps(index: int, size: int) -> tuple[int, int]:
    """Return how many siblings a path has below the tree's ragged right edge, and how many along it."""
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


def _split(size: int) -> int:
    """Return the largest power of two below `size`: where RFC 6962 cuts a tree in two."""
    return 1 << (size - 1).bit_length() - 1


def _same_length(proof: Sequence[bytes], wanted: int) -> None:
    if len(proof) != wanted:
        raise BadProof(f"the proof has {len(proof)} hashes and must have {wanted}")


def _same_root(found: bytes, wanted: bytes, what: str) -> None:
    if found != wanted:
        raise BadProof(f"{what} leads to {found.hex()}, not to {wanted.hex()}")
