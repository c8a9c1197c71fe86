"""Requests, on each database: each is due a month after it was made, and ruled on once by somebody else."""

from __future__ import annotations

import pytest

from features.problem import Rejected
from serving.records import store
from serving.records.request_book import DAYS, RequestBook
from tests.serving.records.databases import InAFile, OnAServer

DAY = 86_400


class RequestBookContract:
    def test_a_request_is_due_a_month_after_it_was_made_and_late_from_then_on(self, database):
        with store.writing(database) as opened:
            made = RequestBook(opened.connection).add("r1", "ann", "review", {"reason": "왜"}, 100)
        with store.reading(database) as opened:
            kept = RequestBook(opened.connection).find("r1")
        assert kept == made
        assert (kept.due, kept.state) == (100 + DAYS * DAY, "open")
        assert [kept.to_document(at)["late"] for at in (kept.due, kept.due + 1)] == [False, True]

    def test_it_is_ruled_on_once_and_whether_that_was_late_stays(self, database):
        with store.writing(database) as opened:
            book = RequestBook(opened.connection)
            due = book.add("r1", "ann", "claim", {"facts": {}}, 0).due
            done = book.rule("r1", True, "checked", "clerk", due + 5)
            assert book.find("r1") == done
            assert (done.state, done.note, done.ruled_by, done.ruled) == ("granted", "checked", "clerk", due + 5)
            assert done.to_document(due + 99)["late"] is True
            with pytest.raises(Rejected, match="ruled on already"):
                book.rule("r1", False, "", "clerk", due + 6)
            with pytest.raises(KeyError):
                book.rule("r2", True, "", "clerk", 7)

    def test_nobody_rules_on_their_own(self, database):
        with store.writing(database) as opened:
            book = RequestBook(opened.connection)
            book.add("r1", "clerk", "claim", {}, 0)
            with pytest.raises(Rejected, match="of the person who would rule"):
                book.rule("r1", True, "", "clerk", 1)

    def test_what_is_due_first_waits_first_and_what_was_ruled_on_no_longer(self, database):
        with store.writing(database) as opened:
            book = RequestBook(opened.connection)
            for made, name in ((300, "ann"), (100, "eve"), (200, "ann")):
                book.add(f"r{made}", name, "review", {}, made)
            book.rule("r100", False, "no", "clerk", 400)
            assert [one.id for one in book.waiting()] == ["r200", "r300"]
            assert [one.id for one in book.of("ann")] == ["r300", "r200"]


class TestRequestBookInAFile(InAFile, RequestBookContract):
    pass


@pytest.mark.slow
class TestRequestBookOnAServer(OnAServer, RequestBookContract):
    pass
