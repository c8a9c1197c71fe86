"""Every state of a spend and every act that people sign has its words."""

from privacy.ledger import entry, state
from privacy.ledger.report_text import DID, STATES


def test_every_state_and_every_kind_that_people_sign_has_its_words():
    assert {*STATES} == {state.RESERVED, state.COMMITTED, state.EXPIRED, state.RELEASED}
    assert {*DID} == {*map(str, entry.APPROVED), "key"}
