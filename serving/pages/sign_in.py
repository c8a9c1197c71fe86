"""Sign in: the page on which people say who they are, and the one way out again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rendering import site_page
from rendering.voice import Words
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.pages.page_form import PageForm, local_path
from serving.pages.page_frame import SIGN_IN, FileSent, GoOn, PageFrame, PageShown, Visit
from serving.pages.page_session import PageSession

SIGN_OUT: Final = "/sign-out"
STAY: Final = "/stay"


@dataclass(frozen=True)
class Persona:
    """Somebody whom one can be where pages are tried, on this machine alone.

    Attributes:
        subject: the id in the log.
        role: whose pages are shown.
        name: what they are called.
        about: who they are, in a few words.
    """

    subject: str
    role: str
    name: Words
    about: Words


class WayIn(Protocol):
    """How people say who they are."""

    def shown(self, visit: Visit, to: str) -> PageShown:
        """The page on which they begin to."""
        ...

    def taken(self, visit: Visit, form: PageForm, to: str) -> GoOn:
        """Go on from that page, to another service or as somebody; raises RefusedError."""
        ...


@dataclass(frozen=True)
class PersonaChooser:
    """Where pages are tried people choose who they are; `people` tells whom there is to choose from."""

    people: Callable[[], Sequence[Persona]]

    def shown(self, visit: Visit, to: str) -> PageShown:
        """Everybody who can be chosen; first those whose page it is that is gone on to."""
        section = to.split("/")[1].partition("?")[0]
        people = sorted(self.people(), key=lambda one: one.role != section)
        voice = visit.voice
        rows = [
            (f"{one.role} {one.subject}", voice.labelled(voice.read(one.name), voice.read(one.about))) for one in people
        ]
        return PageShown(site_page.SIGN_IN, site_page.sign_in_view(visit.voice, to, rows))

    def taken(self, visit: Visit, form: PageForm, to: str) -> GoOn:
        """Be the one who was chosen."""
        chosen = form.text("person")
        found = next((one for one in self.people() if f"{one.role} {one.subject}" == chosen), None)
        if found is None:
            raise RefusedError(problems.NOT_FOUND, "There is no such person.")
        session = PageSession.new(visit.now, found.subject, frozenset({found.role}), visit.voice.read(found.name))
        home = f"/{found.role}"
        return GoOn(to if to.startswith(home) else home, session)


def add_sign_in(frame: PageFrame, way: WayIn) -> None:
    """Add the page on which people sign in, the way out, and what keeps somebody signed in who is still writing."""
    frame.shows(SIGN_IN, "", lambda visit: way.shown(visit, local_path(visit.query.get("to", ""), "/")))
    frame.takes(SIGN_IN, "", lambda visit, form: way.taken(visit, form, local_path(form.text("to"), "/")))
    frame.takes(SIGN_OUT, "", lambda visit, _form: GoOn(SIGN_IN, PageSession.new(visit.now)))
    frame.takes(STAY, "", lambda _visit, _form: FileSent("stay.txt", b"", "text/plain"))  # whatever is sent keeps it
