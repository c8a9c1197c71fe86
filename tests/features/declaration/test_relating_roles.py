"""Whether a role relates: every role that ships says so, and what says nothing relates, the safe side."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from features.declaration.declaration import declare
from features.problem import Rejected

ROOT = Path(__file__).resolve().parents[3]
EVENTS = sorted((ROOT / "data" / "countries").glob("*/declaration/events.yaml"))


def silent(document):
    """The roles of event types that do not say whether they relate."""
    found = []
    for name, body in document["types"].items():
        roles = body.get("roles") or {}
        said = roles if isinstance(roles, dict) else dict.fromkeys(roles)
        found += [f"{name} {role}" for role, words in said.items() if type((words or {}).get("relates")) is not bool]
    return found


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.parts[-3])
def test_every_role_of_every_event_type_says_whether_it_relates(path):
    """Else events of a new kind could bring two people together whom the privacy unit takes apart, unnoticed."""
    assert silent(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def test_a_role_that_says_neither_is_found():
    types = {"life.met": {"roles": {"friend": {"relates": False}}}, "life.left": {"roles": ["friend"]}}
    assert silent({"types": types}) == ["life.left friend"]


def declared(roles, **top):
    types = {"life.met": {"title": {"en": "Met"}, "complete_from": "never", "roles": roles}}
    events = {"zone": "UTC", "epoch": "1900-01-01", "types": types, **top}
    return declare(events, {"facts": {}}, {"features": {}})


def test_roles_in_a_list_relate_and_roles_by_name_as_they_say():
    listed, named = declared(["friend"]), declared({"friend": {"relates": False}, "host": {"relates": True}})
    assert (listed.events["life.met"].roles, listed.events["life.met"].apart) == (("friend",), ())
    assert (named.events["life.met"].roles, named.events["life.met"].apart) == (("friend", "host"), ("friend",))


def test_a_role_by_name_that_does_not_say_whether_it_relates_is_refused():
    with pytest.raises(Rejected, match="relates"):
        declared({"friend": {}})


def test_what_decides_the_privacy_unit_is_part_of_the_declarations_hash():
    plain = declared(["friend"])
    others = [declared({"friend": {"relates": False}}), declared(["friend"], registries=["registry/families"])]
    assert len({one.hash for one in (plain, *others)}) == 3
    assert declared({"friend": {"relates": True}}).hash == plain.hash
