"""Signed notes and checkpoints as C2SP writes them, with Ed25519 keys: what other transparency tools can check."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy.ledger import merkle
from privacy.ledger.point import is_sound

ED25519: Final = 1
COSIGNATURE: Final = 4
DASH: Final = "— "
PROOF: Final = "c2sp.org/tlog-proof@v1"
_NAME = re.compile(r"[^\s+]{1,200}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VKEY = re.compile(r"[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class BadNote(ValueError):  # noqa: N818  # reads as a sentence where it is caught
    """Text that is no signed note, key or checkpoint, or a signature that does not hold; the message says which."""


class UnknownKey(BadNote):
    """A note that no trusted key has signed."""


def encode(content: bytes) -> str:
    """Standard base64, as C2SP uses it throughout."""
    return base64.b64encode(content).decode()


def decode(text: str) -> bytes:
    """Read base64 in its one form; another text for the same bytes is refused.

    Raises:
        BadNote: it is not base64, or its unused bits are set.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"{text[:60]!r} is not base64") from None
    if encode(content) != text:
        raise BadNote(f"{text[:60]!r} is not base64 in its one form")
    return content


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes by which a signature names its key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True)
class NoteVerifier:
    """A public key with its name; `kind` is 1 for plain Ed25519 and 4 for a witness's timestamped cosignature."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def id(self) -> bytes:
        """The four bytes that its signatures begin with."""
        return key_id(self.name, self.kind, self.public)

    def text(self) -> str:
        """The key as C2SP writes it (a vkey).

        >>> NoteVerifier("example.com/log", bytes(32)).text()
        'example.com/log+a3ad76db+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
        """
        return f"{self.name}+{self.id.hex()}+{encode(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> NoteVerifier:
        """Read a vkey.

        Raises:
            BadNote: it is not one, its id does not belong to it, or it is of an unknown kind.
        """
        name, _, rest = text.partition("+")
        hint, _, encoded = rest.partition("+")
        content = decode(encoded)
        if not _NAME.fullmatch(name) or len(content) != 33 or content[0] not in (ED25519, COSIGNATURE):
            raise BadNote(f"{text[:100]!r} is not an Ed25519 key with a name")
        verifier = cls(name, _sound(content[1:]), content[0])
        if hint != verifier.id.hex():
            raise BadNote(f"the key {name} does not have the id {hint[:8]}")
        return verifier

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether a signature (without its leading key id) is this key's over a note's text."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            if len(signature) != 72:
                return False
            moment = struct.unpack(">Q", signature[:8])[0]
            message, signature = _witnessed(text, moment), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _witnessed(text: str, moment: int) -> bytes:
    return f"cosignature/v1\ntime {moment}\n{text}".encode()


@dataclass(frozen=True)
class Signer:
    """A private key with its name. Never printed, never logged."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> Signer:
        """Make a new key from the operating system's randomness.

        Raises:
            BadNote: the name cannot stand in a note.
        """
        if not _NAME.fullmatch(name):
            raise BadNote(f"{name!r} cannot name a key: no spaces and no plus sign")
        return cls(name, Ed25519PrivateKey.generate())

    def verifier(self, kind: int = ED25519) -> NoteVerifier:
        """Its public half."""
        return NoteVerifier(self.name, self.private.public_key().public_bytes(*_RAW), kind)

    def sign(self, text: str) -> str:
        """The signature line of a note's text."""
        return _line(self.verifier(), self.private.sign(text.encode()))

    def cosign(self, text: str, moment: int) -> str:
        """The line by which a witness says it saw a checkpoint at a moment (POSIX seconds): C2SP cosignature/v1."""
        signature = struct.pack(">Q", moment) + self.private.sign(_witnessed(text, moment))
        return _line(self.verifier(COSIGNATURE), signature)

    def pem(self) -> bytes:
        """The key with its name, for a file that only its owner can read."""
        encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return f"# {self.name}\n".encode() + self.private.private_bytes(*encoding)

    @classmethod
    def from_pem(cls, content: bytes, name: str = "") -> Signer:
        """The inverse of `pem`; any other Ed25519 private key in PEM gets the name given.

        Raises:
            BadNote: it is no Ed25519 private key, or has no name.
        """
        first, _, _ = content.partition(b"\n")
        named = first[2:].decode("utf-8", "replace").strip() if first.startswith(b"# ") else name
        private = _private(content)
        if private is None or not _NAME.fullmatch(named):
            raise BadNote("is not a named Ed25519 private key in PEM")
        return cls(named, private)


def _private(content: bytes) -> Ed25519PrivateKey | None:
    start = content.find(b"-----BEGIN")
    load = serialization.load_ssh_private_key if b"OPENSSH" in content else serialization.load_pem_private_key
    try:
        key = load(content[max(start, 0) :], password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None


def read_public(content: bytes, name: str) -> NoteVerifier:
    """Read a public key in any usual form: a vkey, PEM, an OpenSSH line, or 32 bytes as hex or base64.

    Args:
        content: the content of the key's file.
        name: for forms that carry no name of their own.

    Raises:
        BadNote: it is none of these, or it is a private key: those never enter this process.
    """
    if b"PRIVATE KEY" in content:
        raise BadNote("is a private key: give the public one, and keep this to its owner")
    text = content.decode("utf-8", "replace").strip()
    if _VKEY.fullmatch(text):
        return NoteVerifier.parse(text)
    return NoteVerifier(name, _public(content, text))


def _public(content: bytes, text: str) -> bytes:
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return _sound(bytes.fromhex(text))
    try:
        if text.startswith("ssh-"):
            key = serialization.load_ssh_public_key(content.strip())
        elif text.startswith("-----"):
            key = serialization.load_pem_public_key(content)  # type: ignore[assignment]  # any kind of key; see below
        else:
            key = Ed25519PublicKey.from_public_bytes(decode(text))
    except (ValueError, UnsupportedAlgorithm):
        raise BadNote("is not an Ed25519 public key (a vkey, PEM, OpenSSH, hex or base64)") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadNote("is not an Ed25519 key")
    return _sound(key.public_bytes(*_RAW))


def _sound(public: bytes) -> bytes:
    if not is_sound(public):
        raise BadNote("is a key of small order: anybody could sign for it")
    return public


def _line(verifier: NoteVerifier, signature: bytes) -> str:
    return f"{DASH}{verifier.name} {encode(verifier.id + signature)}"


@dataclass(frozen=True)
class Signature:
    """One signature line of a note: who says so, by which key id, with which bytes."""

    line: str
    name: str
    id: bytes
    content: bytes

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Read one line.

        Raises:
            BadNote: it is no signature line.
        """
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        if not line.startswith(DASH) or not _NAME.fullmatch(name):
            raise BadNote(f"{line[:60]!r} is not a signature line")
        content = decode(encoded)
        if len(content) < 5:
            raise BadNote(f"the signature of {name} is too short")
        return cls(line, name, content[:4], content[4:])

    @property
    def moment(self) -> int | None:
        """POSIX seconds that a witness's cosignature states; None for a plain signature."""
        return struct.unpack(">Q", self.content[:8])[0] if len(self.content) == 72 else None

    def by(self, verifier: NoteVerifier) -> bool:
        """Whether the line claims to be this key's (which `NoteVerifier.holds` then checks)."""
        return self.name == verifier.name and self.id == verifier.id


@dataclass(frozen=True)
class Note:
    r"""A text and the signatures under it (C2SP signed-note).

    >>> signer = Signer.generate("alice")
    >>> note = Note.sign("I agree\n", signer)
    >>> Note.parse(note.encode()).signers([signer.verifier()])[0].name
    'alice'
    """

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def sign(cls, text: str, *signers: Signer) -> Note:
        """Sign a text, which ends in a newline, by one or more keys."""
        return cls(text, tuple(Signature.parse(signer.sign(text)) for signer in signers))

    @classmethod
    def parse(cls, content: bytes) -> Note:
        """Read a note.

        Raises:
            BadNote: it is not UTF-8, contains control characters, or is not a text, an empty line and signatures.
        """
        try:
            whole = content.decode()
        except UnicodeDecodeError:
            raise BadNote("is not UTF-8") from None
        text, found, lines = whole.rpartition("\n\n")
        if not found or not text or not lines.endswith("\n"):
            raise BadNote("is not a text, an empty line and signature lines")
        if _CONTROL.search(whole):
            raise BadNote("contains control characters")
        return cls(text + "\n", tuple(Signature.parse(line) for line in lines[:-1].split("\n")))

    def encode(self) -> bytes:
        """The note's bytes."""
        return (self.text + "\n" + "".join(f"{signature.line}\n" for signature in self.signatures)).encode()

    def signers(self, trusted: Iterable[NoteVerifier]) -> tuple[NoteVerifier, ...]:
        """Those of the trusted keys that signed; unknown signatures are ignored, as C2SP demands.

        Raises:
            BadNote: a line claims to be by a trusted key and is not.
        """
        found = []
        for verifier in trusted:
            claimed = [signature for signature in self.signatures if signature.by(verifier)]
            if any(not verifier.holds(self.text, signature.content) for signature in claimed):
                raise BadNote(f"the signature of {verifier.name} does not hold")
            found += [verifier] if claimed else []
        return tuple(found)

    def require(self, verifier: NoteVerifier) -> None:
        """Accept only a note that this key signed.

        Raises:
            UnknownKey: it did not.
            BadNote: a line claims that it did.
        """
        if not self.signers([verifier]):
            by = ", ".join(f"{signature.name}+{signature.id.hex()}" for signature in self.signatures)
            raise UnknownKey(f"is signed by {by}, not by {verifier.name}+{verifier.id.hex()}")

    def joined(self, line: str) -> Note:
        """The note with one more signature line (a line it has already is not repeated)."""
        more = Signature.parse(line)
        return self if more in self.signatures else Note(self.text, (*self.signatures, more))


@dataclass(frozen=True)
class Checkpoint:
    """The size and root of a log at one moment (C2SP tlog-checkpoint).

    >>> print(Checkpoint("example.com/log", 0, merkle.EMPTY).text(), end="")
    example.com/log
    0
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a note's text; extension lines are refused, since Proffer writes none.

        Raises:
            BadNote: it is no checkpoint.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not _NUMBER.fullmatch(lines[1]) or not _NAME.fullmatch(lines[0]):
            raise BadNote("is not a checkpoint: an origin, a size and a root, a line each")
        root = decode(lines[2])
        if len(root) != len(merkle.EMPTY):
            raise BadNote("does not name a root of 32 bytes")
        return cls(lines[0], int(lines[1]), root)


def proof_text(index: int, path: Sequence[bytes], note: Note) -> bytes:
    """The offline proof that an entry stands at `index` of a signed checkpoint: a ``.tlog-proof`` file."""
    lines = [PROOF, f"index {index}", *map(encode, path), "", ""]
    return "\n".join(lines).encode() + note.encode()


def check_proof(content: bytes, entry: bytes, verifier: NoteVerifier) -> int:
    """Check a ``.tlog-proof`` file for one entry's bytes and return the entry's index.

    Raises:
        BadNote: it is no such file, or its checkpoint is not signed by the key.
        merkle.BadProof: the entry does not stand where the file says.
    """
    head, found, rest = content.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if not found or len(lines) < 2 or lines[0] != PROOF or not lines[1].startswith("index "):
        raise BadNote(f"is not a proof file ({PROOF})")
    if not _NUMBER.fullmatch(lines[1][6:]):
        raise BadNote("does not name an index")
    note = Note.parse(rest)
    note.require(verifier)
    checkpoint = Checkpoint.parse(note.text)
    index = int(lines[1][6:])
    path = [decode(line) for line in lines[2:]]
    merkle.check_inclusion(merkle.leaf_hash(entry), index, checkpoint.size, path, checkpoint.root)
    return index
