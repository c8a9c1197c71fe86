"""The reference desk: what may be looked up without a person: programmes, and what may be sent, as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.declaration.declaration import Declaration
from recommender.rules.catalogue import Catalogue
from recommender.rules.programme import Programme
from serving.http import problem_documents as problems
from serving.http.declared_schema import events_schema, facts_schema
from serving.http.list_page import decoded, encoded
from serving.http.problem_documents import RefusedError


class ReferenceDesk:
    """Looks up programmes by the text that is the rule on a day, or was last; may be shared by threads."""

    def __init__(self, catalogue: Catalogue, declaration: Declaration) -> None:
        """Nothing is computed yet but the schemas."""
        self._catalogue = catalogue
        self._declaration = declaration
        self._chosen = (0, catalogue)
        self.facts: Mapping[str, Any] = facts_schema(declaration)
        self.events: Mapping[str, Any] = events_schema(declaration)

    @property
    def version(self) -> str:
        """The hash of the catalogue."""
        return self._catalogue.hash

    def page(self, now: int, cursor: str, limit: int) -> Mapping[str, Any]:
        """Programmes in the order of their ids, from after the one that a cursor names.

        Raises:
            RefusedError: 422, it is no cursor.
        """
        programmes = self._today(now).programmes
        after = decoded(cursor) if cursor else ""
        rest = [one for one in programmes if one.id > after] if after else programmes
        shown = rest[:limit]
        following = encoded(shown[-1].id) if len(rest) > limit else None
        listed = [_brief(one) for one in shown]
        return {"catalogue": self.version, "total": len(programmes), "programmes": listed, "next": following}

    def programme(self, now: int, name: str) -> Mapping[str, Any]:
        """One programme as it is written in a catalogue, under its id or one that it had before.

        Raises:
            RefusedError: 404, there is none.
        """
        chosen = self._today(now)
        found = chosen.by_id.get(chosen.renamed.get(name, name))
        if found is None:
            raise RefusedError(problems.NOT_FOUND, "The catalogue has no programme of this id.")
        return found.to_document()

    def _today(self, now: int) -> Catalogue:
        day = self._declaration.zone.today(now + 1)
        if self._chosen[0] != day:
            self._chosen = day, self._catalogue.on(day)
        return self._chosen[1]


def _brief(programme: Programme) -> dict[str, Any]:
    document = programme.to_document()
    kept: dict[str, Any] = {
        key: document[key] for key in ("id", "title", "provider", "category", "form", "valid") if key in document
    }
    return {**kept, "applicants": list(programme.who), "verified": programme.verified}
