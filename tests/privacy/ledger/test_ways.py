"""A spend says how it was reserved, and who commits it comes the same way: from version 4 on."""

import pytest

from privacy.ledger.entry import parse
from privacy.ledger.ledger import Ledger
from privacy.ledger.verify import verify
from privacy.refusal import Conflict, NotTheirs
from tests.privacy.ledgers import ALICE, BOB, NOBODY, Forge3, Forge4, clock, ledger, reserve

WAYS = ("gate", "hand", "http")
OTHERS = [(one, other) for one in WAYS for other in WAYS if one != other]


class Forge4Early(Forge4):
    """What version 4 adds, under the format of version 3."""

    version = 3


def whole(forge):
    return verify(forge.bytes(), forge.signer.verifier(), epsilons=False)


def opened(forge_type):
    forge = forge_type(ALICE, BOB)
    forge.open()
    return forge


@pytest.mark.parametrize(("reserved", "committed"), OTHERS)
def test_what_was_reserved_in_one_way_is_committed_in_no_other(folder, reserved, committed):
    made = ledger(folder)
    reserve(made, "run", run={"by": reserved})
    with pytest.raises(NotTheirs, match=r"was reserved by .* and is committed by"):
        made.commit("run", by=committed)
    made.commit("run", by=reserved)
    assert [spend.state for spend in Ledger.open(folder, clock).spends("kr")] == ["committed"]
    forge = opened(Forge4)
    forge.reserve("run", by=reserved)
    forge.commit("run", by=committed)
    assert whole(forge).first_bad_index == 3


def test_the_same_request_made_in_another_way_is_another_request(folder):
    made = ledger(folder)
    reserve(made, "run", run={"by": "hand"})
    with pytest.raises(Conflict):
        reserve(made, "run", run={"by": "http"})
    assert reserve(made, "run", run={"by": "hand"}).index == 2


def test_who_crashed_is_expired_by_hand_however_it_was_reserved(folder):
    made = ledger(folder)
    for way in WAYS:
        reserve(made, f"run-{way}", run={"by": way})
        made.expire(f"run-{way}", "it died")
    assert {spend.state for spend in made.spends("kr")} == {"expired"}


@pytest.mark.parametrize(("committed", "ok"), [("hand", True), ("gate", True), ("http", False)])
def test_a_reservation_of_version_3_says_no_way_and_is_committed_by_no_caller_over_http(committed, ok):
    forge = opened(Forge3)
    forge.reserve("run")
    forge.version = 4
    Forge4.commit(forge, "run", by=committed)
    assert whole(forge).ok is ok


def test_an_entry_of_version_4_says_its_way_and_an_earlier_one_does_not():
    said, unsaid = opened(Forge4Early), opened(Forge4)
    said.reserve("run")
    Forge3.reserve(unsaid, "run")
    for forge in (said, unsaid):
        assert "does not say by whom it comes" in str(whole(forge).findings[0])
    forge = opened(Forge4)
    forge.reserve("run")
    Forge3.commit(forge, "run")
    assert whole(forge).first_bad_index == 3


def test_no_count_of_people_is_written_that_nobody_stated_as_public(folder):
    made = ledger(folder)
    reserve(made, "run", dataset=made.dataset(f"c{i}" for i in range(4_321)))
    assert b"4321" not in b"".join(made.exported().entries)
    assert parse(made.exported().entries[2]).body.run.units_are == "unknown"
    assert made.dataset(["c1"]).units == NOBODY.units == 0
