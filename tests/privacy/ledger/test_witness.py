"""A witness cosigns what continues what it saw, remembers it first, and says no as C2SP tlog-witness demands."""

import threading
import urllib.error
import urllib.request

import pytest

from composition.witness_http import server
from features.problem import Rejected
from privacy.ledger import merkle
from privacy.ledger.note import Checkpoint, Note, Signer
from privacy.ledger.witness import PATH, Witness, request_bytes
from tests.privacy.ledgers import ALICE, BOB

LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(9)]


def head(size: int, leaves=LEAVES, signer=ALICE, origin: str = "alice") -> Note:
    return Note.sign(Checkpoint(origin, size, merkle.root_of(leaves[:size])).text(), signer)


def asked(old: int, new: int, leaves=LEAVES) -> bytes:
    proof = merkle.consistency_proof(leaves[:new], old) if 0 < old <= new else []
    return request_bytes(old, proof, head(new, leaves))


@pytest.fixture
def witness(tmp_path) -> Witness:
    return Witness.open(tmp_path / "witness", "office.example", ALICE.verifier())


def test_a_continuation_is_cosigned_and_remembered_before_the_answer(witness):
    for old, new in ((0, 3), (3, 9), (9, 9)):
        answer = witness.answer(asked(old, new), 1_700_000_000)
        assert answer.status == 200
        cosigned = head(new).joined(answer.body.strip())
        assert cosigned.signers([witness.verifier()]) == (witness.verifier(),)
    again = Witness.open(witness.folder, "office.example", ALICE.verifier())
    assert again.verifier() == witness.verifier()
    assert again.answer(asked(3, 9), 0).status == 409
    assert (witness.folder / "office.example.vkey").read_text(encoding="utf-8").strip() == witness.verifier().text()


def test_a_witness_that_cannot_remember_signs_nothing(witness, monkeypatch):
    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("privacy.ledger.signed.write_whole", fails)
    with pytest.raises(OSError, match="space"):
        witness.answer(asked(0, 3), 0)


def test_a_stale_size_is_told_the_size_that_was_seen(witness):
    witness.answer(asked(0, 5), 0)
    for old, new in ((0, 9), (3, 9), (9, 9)):
        answer = witness.answer(asked(old, new), 0)
        assert (answer.status, answer.body, answer.kind) == (409, "5\n", "text/x.tlog.size")


def test_two_roots_of_one_size_and_a_rewritten_history_are_refused(witness):
    witness.answer(asked(0, 5), 0)
    assert witness.answer(asked(5, 5, LEAVES[::-1]), 0).status == 409
    assert witness.answer(asked(5, 9, LEAVES[::-1]), 0).status == 422
    assert witness.answer(request_bytes(5, [bytes(32)], head(9)), 0).status == 422
    assert witness.answer(asked(5, 9), 0).status == 200


def test_a_first_checkpoint_needs_no_proof_and_may_have_none(witness):
    assert witness.answer(request_bytes(0, [bytes(32)], head(3)), 0).status == 422


def test_an_unknown_log_or_key_or_size_is_refused(witness):
    assert witness.answer(request_bytes(0, [], head(3, origin="other")), 0).status == 404
    assert witness.answer(request_bytes(0, [], head(3, signer=Signer("alice", BOB.private))), 0).status == 403
    assert witness.answer(asked(9, 3), 0).status == 400


@pytest.mark.parametrize(
    "request_body",
    [
        b"",
        b"old x\n\n",
        b"new 3\n\n",
        b"old 3\nAAAA\n\nx",
        b"old 0\n\nx",
        b"old 0\n\n\xff",
        b"old 99999999999999999\n\n",
    ],
)
def test_what_is_no_request_is_refused(witness, request_body):
    assert witness.answer(request_body, 0).status == 400


def test_a_folder_belongs_to_one_witness(witness):
    with pytest.raises(Rejected, match=r"folder of office\.example"):
        Witness.open(witness.folder, "another.example", ALICE.verifier())


def test_it_answers_over_http_and_keeps_silent_about_everything_else(witness, monkeypatch):
    with server(witness, ("127.0.0.1", 0), lambda: 7) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{serving.server_address[1]}"

        def post(path: str, content: bytes) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(url + path, content, timeout=10) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as failure:
                return failure.code, failure.read().decode()

        status, line = post(PATH, asked(0, 3))
        found = [post("/", b"x")[0], post(PATH, b"x" * 65_537)[0], post(PATH, asked(0, 9))[0]]
        largest = post(PATH, b"x" * 65_536)[0]
        monkeypatch.setattr(
            "privacy.ledger.witness.SignedState.keep", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
        )
        found.append(post(PATH, asked(3, 9))[0])
        serving.shutdown()
        thread.join()
    assert (status, found, largest) == (200, [404, 413, 409, 500], 400)
    assert head(3).joined(line.strip()).signers([witness.verifier()])
