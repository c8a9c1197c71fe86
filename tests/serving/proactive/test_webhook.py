"""Webhooks: signed as Standard Webhooks says, sent only into the public internet, and never led elsewhere."""

from __future__ import annotations

import base64
import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from features.problem import Rejected
from serving.proactive import webhook_post
from serving.proactive.public_address import NotPublicError, checked_url, is_public, resolved
from serving.proactive.webhook_post import WebhookPost
from serving.proactive.webhook_signature import Verifier, WebhookKeys, parse_keys
from tests.serving.proactive.receivers import certificate, receiving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"b" * 32).decode()
PRIVATE = "whsk_" + base64.b64encode(bytes(range(32))).decode()
AT = 1_614_265_330
BODY = b'{"test": 2432232314}'
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_the_signature_is_that_of_the_reference_vector():
    found = parse_keys(SECRET, "keys").headers(ID, AT, BODY)
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (found["webhook-id"], found["webhook-timestamp"]) == (ID, str(AT))


def test_a_receiver_with_either_key_accepts_also_while_keys_are_changed():
    keys = parse_keys(f"{SECRET} {PRIVATE}", "keys")
    headers = parse_keys(f"{SECRET} {OTHER} {PRIVATE}", "keys").headers(ID, AT, BODY)
    assert [one.split(",")[0] for one in headers["webhook-signature"].split(" ")] == ["v1", "v1", "v1a"]
    for words in ([SECRET], [OTHER], keys.public, [OTHER, *keys.public]):
        assert Verifier.of(words).accepts(headers, BODY, AT)


@pytest.mark.parametrize(
    ("changed", "body", "now"),
    [
        ({}, BODY + b" ", AT),
        ({}, BODY, AT + 301),
        ({}, BODY, AT - 301),
        ({"webhook-id": "msg_2"}, BODY, AT),
        ({"webhook-id": ""}, BODY, AT),
        ({"webhook-timestamp": str(AT + 1)}, BODY, AT),
        ({"webhook-timestamp": "1e9"}, BODY, AT),
        ({"webhook-timestamp": ""}, BODY, AT),
        ({"webhook-signature": ""}, BODY, AT),
        ({"webhook-signature": "v1,"}, BODY, AT),
        ({"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, BODY, AT),
        ({"webhook-signature": "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, BODY, AT),
        ({"webhook-signature": "v1,not base64"}, BODY, AT),
    ],
)
def test_what_was_changed_replayed_late_or_signed_otherwise_is_refused(changed, body, now):
    keys = parse_keys(f"{SECRET} {PRIVATE}", "keys")
    headers = keys.headers(ID, AT, BODY)
    verifier = Verifier.of([SECRET, *keys.public])
    assert verifier.accepts(headers, BODY, AT)
    assert not verifier.accepts({**headers, **changed}, body, now)


def test_a_revoked_key_signs_nothing_that_is_accepted():
    assert not Verifier.of([OTHER]).accepts(parse_keys(SECRET, "keys").headers(ID, AT, BODY), BODY, AT)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_c2hvcnQ=", "whsk_c2hvcnQ=", "secret", f"{SECRET} whsec_!"])
def test_what_is_no_key_is_refused_and_not_repeated(text):
    with pytest.raises(Rejected) as refusal:
        parse_keys(text, "PROFFER_WEBHOOK_KEYS")
    assert not text or text.split()[-1] not in str(refusal.value).replace("whsec_ and", "").replace("whsk_ and", "")


def test_keys_are_not_shown():
    shown = repr(parse_keys(f"{SECRET} {PRIVATE}", "keys"))
    assert shown == "WebhookKeys(1 secrets, 1 private keys)"
    assert str(WebhookKeys()) == "WebhookKeys(0 secrets, 0 private keys)"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "127.1", "0x7f.1", "2130706433", "", "localhost",
    ],
)  # fmt: skip
def test_no_address_within_a_network_of_ones_own_is_public_however_it_is_written(address):
    assert not is_public(address)
    with pytest.raises(NotPublicError):
        resolved("hooks.example", 443, lambda *_: [address])


def test_a_name_with_one_address_that_is_not_public_is_refused_whole():
    assert resolved("hooks.example", 443, lambda *_: ["93.184.216.34", "2606:4700::1111"]) == "93.184.216.34"
    with pytest.raises(NotPublicError):
        resolved("hooks.example", 443, lambda *_: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(NotPublicError):
        resolved("hooks.example", 443, lambda *_: [])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "ftp://hooks.example/", "https://", "https://user:pw@hooks.example/", "hooks.example",
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest",
        "https://hooks.example:99999/", "https://hooks.example/#part", "https://hooks.example/a b", "https://[::1",
        "http://127.0.0.1:8000/", "https://hooks.example/\r\nHost: evil", "https://hooks.example:0/",
    ],
)  # fmt: skip
def test_a_receiver_is_https_and_public(url):
    with pytest.raises(Rejected, match="is not where a message may be sent"):
        checked_url(url, "PROFFER_WEBHOOK_URL")


def test_only_for_trying_it_a_receiver_may_be_on_this_machine():
    assert checked_url("http://127.0.0.1:8000/hook", "url", dev=True).port == 8000
    assert checked_url("https://hooks.example:8443/in?x=1", "url").path == "/in"
    with pytest.raises(Rejected):
        checked_url("http://hooks.example/", "url", dev=True)


def local(server, timeout=5.0):
    return WebhookPost(urlsplit(f"http://127.0.0.1:{server.server_port}/hook?a=1"), timeout=timeout)


def test_what_is_sent_arrives_with_its_signature_and_what_came_of_it_is_told():
    keys = parse_keys(SECRET, "keys")
    answers = [
        (204, {}, 0),
        (302, {"Location": "http://169.254.169.254/"}, 0),
        (410, {}, 0),
        (503, {"Retry-After": "120"}, 0),
    ]
    with receiving(*answers) as server:
        post = local(server)
        found = [post.send(keys.headers(ID, AT, BODY), BODY) for _ in answers]
    assert [one.is_accepted for one in found] == [True, False, False, False]
    assert [one.is_gone for one in found] == [False, False, True, False]
    assert (found[1].detail, found[3].wait) == ("status 302", 120)
    assert len(server.got) == 4  # nobody was led elsewhere
    headers, body = server.got[0]
    assert Verifier.of([SECRET]).accepts(headers, body, AT)


def test_a_receiver_that_is_slow_dead_or_mute_is_a_failure_within_bounded_time():
    with receiving((200, {}, 0.5)) as server:
        assert local(server, timeout=0.1).send({}, BODY).detail == "no answer in time"
    assert local(server, timeout=0.5).send({}, BODY).detail == "the connection failed"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        post = WebhookPost(urlsplit(f"http://127.0.0.1:{mute.getsockname()[1]}/"), timeout=0.1)
        assert post.send({}, BODY).detail == "no answer in time"


def test_a_name_is_resolved_once_and_its_certificate_has_to_be_for_it(tmp_path, monkeypatch):
    server_side, trusting = certificate(tmp_path, "hooks.example")
    asked = []
    monkeypatch.setattr(webhook_post, "resolved", lambda host, *_: asked.append(host) or "127.0.0.1")
    with receiving(context=server_side) as server:
        parts = urlsplit(f"https://hooks.example:{server.server_port}/in")
        post = WebhookPost(parts, context=trusting, timeout=5.0)
        assert post.send({}, BODY).is_accepted
        assert asked == ["hooks.example"]
        other = replace(post, parts=urlsplit(f"https://other.example:{server.server_port}/in"))
        assert other.send({}, BODY).detail == "the certificate is not accepted"
        assert replace(post, context=webhook_post.ssl.create_default_context).send({}, BODY).status is None
    assert len(server.got) == 1


def test_a_name_that_means_this_machine_now_is_not_connected_to():
    post = WebhookPost(urlsplit("https://hooks.example/in"), resolver=lambda *_: ["127.0.0.1"])
    assert post.send({}, BODY).detail == "the receiver's name has an address that is not public"
