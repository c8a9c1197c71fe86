"""Every state of a spend and every act that people sign has its words."""

from privacy.ledger import change
from privacy.ledger.report_text import DID, STATES
from privacy.ledger.terms import APPROVED


def test_every_state_and_every_kind_that_people_sign_has_its_words():
    assert {*STATES} == {change.RESERVED, change.COMMITTED, change.EXPIRED, change.RELEASED}
    assert {*DID} == {*map(str, APPROVED), "key"}
