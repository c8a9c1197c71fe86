"""A call is told as a command that asks for the same thing."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from composition.dev_caller import BATCH, DevCall, DevCaller
from composition.workspace import Workspace


@pytest.fixture
def caller(tmp_path):
    return DevCaller("http://127.0.0.1:8000", Workspace(tmp_path / "a home"))


def test_a_short_body_stands_in_the_command_and_a_token_never_does(caller):
    body = {"purpose": "it's hers", "given": False}
    command = caller.command(DevCall("PUT", "/v1/citizens/c-1/consents", "c-1", ("--rights",), body), "withdrawn")
    words = shlex.split(command)
    assert words[:5] == ["curl", "-s", "-X", "PUT", "http://127.0.0.1:8000/v1/citizens/c-1/consents"]
    assert json.loads(words[words.index("-d") + 1]) == body
    token = f"$(proffer token --dev --rights --subject c-1 --home '{caller.home.path}')"
    assert f"Authorization: Bearer {token}" in words


def test_a_long_body_is_left_in_a_file_that_the_command_names(caller):
    body = [{"id": str(place), "data": {"note": "출생"}} for place in range(20)]
    command = caller.command(DevCall("POST", "/v1/events", "registries", ("--write-events",), body, BATCH), "born")
    (file,) = (word.removeprefix("@") for word in shlex.split(command) if word.startswith("@"))
    assert json.loads(Path(file).read_text(encoding="utf-8")) == body
