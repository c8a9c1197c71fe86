"""Signed notes, keys and checkpoints: what C2SP says, byte for byte, and every way in which they can be false."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from privacy.ledger import merkle, note
from privacy.ledger.note import BadNote, Checkpoint, Note, NoteVerifier, Signature, Signer, UnknownKey
from tests.privacy.ledgers import ALICE, BOB

# From the signed-note specification (C2SP): its example note and key.
EXAMPLE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
SSH = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)


def test_the_example_of_the_go_implementation_verifies():
    verifier = NoteVerifier.parse(EXAMPLE_KEY)
    assert Note.parse(EXAMPLE.encode()).signers([verifier]) == (verifier,)
    assert verifier.text() == EXAMPLE_KEY
    assert Note.parse(EXAMPLE.encode()).encode() == EXAMPLE.encode()


@given(st.data())
def test_no_changed_byte_of_a_note_goes_unseen(data):
    content = bytearray(Note.sign("some text\n", ALICE).encode())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadNote):
        Note.parse(bytes(content)).require(ALICE.verifier())


def test_signatures_of_strangers_are_ignored_and_a_missing_one_is_named():
    signed = Note.sign("text\n", ALICE, BOB)
    assert [one.name for one in signed.signers([BOB.verifier()])] == ["bob"]
    with pytest.raises(UnknownKey, match=r"signed by alice\+.*, not by bob"):
        Note.sign("text\n", ALICE).require(BOB.verifier())


def test_a_line_is_joined_once():
    signed = Note.sign("text\n", ALICE)
    both = signed.joined(BOB.sign("text\n"))
    assert len(both.signatures) == 2
    assert both.joined(BOB.sign("text\n")) == both


def test_a_cosignature_states_its_time_and_holds_for_no_other_text():
    verifier = ALICE.verifier(note.COSIGNATURE)
    line = Signature.parse(ALICE.cosign("a\n1\nx\n", 1_700_000_000))
    assert line.by(verifier)
    assert not line.by(ALICE.verifier())
    assert int.from_bytes(line.content[:8], "big") == 1_700_000_000
    assert verifier.holds("a\n1\nx\n", line.content)
    assert not verifier.holds("a\n2\nx\n", line.content)
    assert not verifier.holds("a\n1\nx\n", line.content[1:])
    assert not verifier.holds("a\n1\nx\n", bytes(8) + line.content[8:])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\nno signature\n",
        b"text\n\n\xe2\x80\x94 alice AAAAAAAA",
        b"te\x00xt\n\n\xe2\x80\x94 alice AAAAAAAA\n",
        b"\xff\n\n\xe2\x80\x94 alice AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 alice AAAA\n",
        b"text\n\n\xe2\x80\x94 al+ice AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 alice AAAAAA==\n"[:-4] + b"B==\n",
    ],
)
def test_what_is_no_note_is_refused(content):
    with pytest.raises(BadNote):
        Note.parse(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "alice+00000000+AAAA",
        EXAMPLE_KEY.replace("c74f", "c74e"),
        EXAMPLE_KEY.replace("+AR", "+CR"),
        "a+b+*",
    ],
)
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(BadNote):
        NoteVerifier.parse(text)


def test_a_public_key_is_read_in_every_usual_form():
    key, verifier = ALICE.private.public_key(), ALICE.verifier()
    forms = [
        verifier.text().encode(),
        key.public_bytes(*PEM),
        key.public_bytes(*SSH) + b" alice@example.org",
        verifier.public.hex().encode(),
        base64.b64encode(verifier.public) + b"\n",
    ]
    assert [note.read_public(form, "alice") for form in forms] == [verifier] * 5


def test_a_private_key_never_enters_and_other_keys_are_refused():
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(BadNote, match="private key"):
        note.read_public(ALICE.pem(), "alice")
    for content in (
        other.public_bytes(*PEM),
        other.public_bytes(*SSH),
        b"nonsense!",
        b"ssh-ed25519 AAAA",
        b"-----BEGIN",
    ):
        with pytest.raises(BadNote):
            note.read_public(content, "alice")


def test_a_signer_is_read_back_from_its_file_and_from_openssh():
    assert Signer.from_pem(ALICE.pem()).verifier() == ALICE.verifier()
    secret = (serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    openssh = ALICE.private.private_bytes(serialization.Encoding.PEM, *secret)
    assert Signer.from_pem(openssh, "alice").verifier() == ALICE.verifier()
    for content, name in ((b"x", "alice"), (openssh, ""), (b"-----BEGIN PRIVATE KEY-----", "alice")):
        with pytest.raises(BadNote):
            Signer.from_pem(content, name)
    with pytest.raises(BadNote, match="cannot name a key"):
        Signer.generate("two words")


def test_an_all_zero_key_holds_nothing():
    assert not NoteVerifier("zero", b"\xff" * 32).holds("x\n", bytes(64))
    assert isinstance(ALICE.private, ed25519.Ed25519PrivateKey)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nAA==\n",
        "o\n-1\nAA==\n",
        "o\n1\nAA==\n",
        "o\n1\n%\n",
        f"o\n1\n{'A' * 43}=\nmore\n",
        "a b\n1\n=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


def test_a_checkpoint_is_read_back():
    checkpoint = Checkpoint("example.com/log", 7, merkle.EMPTY)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(7)]


def a_proof() -> bytes:
    signed = Note.sign(Checkpoint("alice", 7, merkle.root_of(LEAVES)).text(), ALICE)
    return note.proof_text(3, merkle.inclusion_proof(LEAVES, 3), signed)


def test_a_proof_file_proves_its_entry_and_no_other():
    assert note.check_proof(a_proof(), b"\x03", ALICE.verifier()) == 3
    with pytest.raises(merkle.BadProof):
        note.check_proof(a_proof(), b"\x04", ALICE.verifier())
    with pytest.raises(UnknownKey):
        note.check_proof(a_proof(), b"\x03", BOB.verifier())


@pytest.mark.parametrize(
    ("old", "new"), [(b"@v1", b"@v2"), (b"index 3", b"index x"), (b"index", b"place"), (b"\n\n", b"\n")]
)
def test_what_is_no_proof_file_is_refused(old, new):
    with pytest.raises(BadNote):
        note.check_proof(a_proof().replace(old, new), b"\x03", ALICE.verifier())


def test_a_key_whose_base64_is_full_of_plus_signs_is_still_read_in_every_form():
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    made = (Signer.generate("alice") for _ in range(10_000))
    signer = next(one for one in made if note.encode(one.private.public_key().public_bytes(*raw)).count("+") >= 2)
    for form in (note.encode(signer.verifier().public).encode(), signer.private.public_key().public_bytes(*SSH)):
        assert note.read_public(form, "alice") == signer.verifier()
