"""The inbox takes what its sender signed, once, and nothing else."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from composition.story_service import StorySecrets
from composition.webhook_inbox import WebhookInbox
from serving.proactive.webhook_signature import parse_keys

NOW = 1_790_000_000
BODY = json.dumps({"citizen": "ann", "offers": []}).encode()


@pytest.fixture
def keys():
    return StorySecrets.made()


@pytest.fixture
def inbox(keys):
    return WebhookInbox(dict(keys.verifiers), lambda: NOW)


def post(address, headers, body):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("POST", "/", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_message_that_comes_twice_is_accepted_twice_and_taken_once(inbox, keys):
    headers = parse_keys(keys.words, "keys").headers("msg_1", NOW, BODY)
    with inbox.listening() as address:
        assert [post(address, headers, BODY), post(address, headers, BODY)] == [204, 204]
    assert inbox.wait_for("ann", 1, 0)
    (message,) = inbox.messages("ann")
    assert message.signed == ("v1", "v1a")
    assert inbox.messages("bob") == ()


@pytest.mark.parametrize("spoilt", ["body", "time", "one signature", "no signature"])
def test_a_message_of_somebody_else_or_of_another_time_is_refused(inbox, keys, spoilt):
    at = NOW - 3_600 if spoilt == "time" else NOW
    headers = parse_keys(keys.words, "keys").headers("msg_1", at, BODY)
    if spoilt == "one signature":
        headers = parse_keys(keys.words.split()[0], "keys").headers("msg_1", at, BODY)
    if spoilt == "no signature":
        del headers["webhook-signature"]
    with inbox.listening() as address:
        assert post(address, headers, BODY + b" " if spoilt == "body" else BODY) == 401
    assert inbox.messages("ann") == ()


def test_keys_are_never_shown(keys):
    assert "whsec_" not in repr(keys)
    assert "whsk_" not in repr(keys)
