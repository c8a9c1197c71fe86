"""Page frame: how every page is asked for, guarded and sent; a page gives a template and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import Request

from rendering import site_page
from rendering.page import page
from rendering.voice import Voice
from serving.http import problem_documents as problems
from serving.http.access import Authentication
from serving.http.fair_share import WorkerPool
from serving.http.front_page import preferred, styled
from serving.http.problem_documents import ProblemType, RefusedError
from serving.http.refusal_page import draw_refusals
from serving.http.tokens import Caller
from serving.pages.ended_sessions import EndedSessions
from serving.pages.page_form import BACK, TOKEN, PageForm, form_of, from_here, local_path
from serving.pages.page_session import HELD_SECONDS, IDLE_SECONDS, WHOLE_SECONDS, PageSeal, PageSession

AT_WORK: Final = 2
WAITING: Final = 64
SIGN_IN: Final = "/sign-in"
LANGUAGE: Final = "language"
_SESSION: Final = "session"
_HELD: Final = "held"
_ELSEWHERE: Final = 303
_YEAR: Final = 365 * 86_400


@dataclass(frozen=True)
class PageShown:
    """A page to be shown.

    Attributes:
        template: its template.
        context: what is in it.
        status: of HTTP.
        whole: whether the template is one that is printed, with its styles in it and nothing around it.
    """

    template: str
    context: Mapping[str, object]
    status: int = 200
    whole: bool = False


@dataclass(frozen=True)
class GoOn:
    """Another page to go on to; `session` replaces that of whoever asks."""

    path: str
    session: PageSession | None = None


@dataclass(frozen=True)
class FileSent:
    """A file to be kept by whoever asks: its name, its bytes, and of which media type they are."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Visit:
    """One request for a page.

    Attributes:
        session: who asks.
        voice: in which language they are answered.
        now: the UTC second.
        path: of the page.
        query: of the page, each name once.
        of: what the path names, by the name of its part.
        held: what was typed into this page's forms when the session had ended, by field.
        former: who asked last, though their session may have ended.
        chosen: whether the language was chosen with this request.
    """

    session: PageSession
    voice: Voice
    now: int
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, Sequence[str]] = field(default_factory=dict)
    former: str = ""
    chosen: bool = False

    @property
    def caller(self) -> Caller:
        """Who asks, to the desks of the service."""
        return self.session.caller

    @property
    def subject(self) -> str:
        """The person who asks."""
        return self.session.subject

    @property
    def address(self) -> str:
        """The page with its query."""
        return self.path + (f"?{urlencode(self.query)}" if self.query else "")


@dataclass(frozen=True)
class PageTerms:
    """What a deployment decides about its pages.

    Attributes:
        voices: in which languages they are shown, first the one for who prefers none.
        ended: which sessions were left before their time.
        secure: whether cookies are for https alone.
        theme: a style sheet of the operator's, beside the one that is here; empty for none.
        provider: the origin that people are sent to in order to sign in; empty where nobody is.
        dev: whether people choose who they are.
    """

    voices: Mapping[str, Voice]
    ended: EndedSessions
    secure: bool = True
    theme: bytes = b""
    provider: str = ""
    dev: bool = False

    @cached_property
    def policy(self) -> str:
        """The Content-Security-Policy of every page: scripts and styles from here alone, and none within a page."""
        forms = " ".join(filter(None, ("'self'", self.provider)))
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            f"form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
        )

    def cookie(self, name: str) -> str:
        """What a cookie is called: browsers let nobody but this host set one with the prefix."""
        return f"{'__Host-' if self.secure else ''}proffer-{name}"


Found = PageShown | GoOn | FileSent
Showing = Callable[[Visit], Found]
Taking = Callable[[Visit, PageForm], Found]


class PageFrame:
    """Adds pages to an application; each is asked for by one role, or by anybody where the role is empty."""

    def __init__(
        self, app: FastAPI, terms: PageTerms, seal: PageSeal, access: Authentication, clock: Callable[[], int]
    ) -> None:
        """Nothing is added yet; `clock` gives UTC seconds."""
        self.app, self.terms = app, terms
        self._seal, self._access, self._clock = seal, access, clock
        self._work = WorkerPool(AT_WORK, WAITING, "pages")
        self.sections: dict[str, dict[str, str]] = {}
        """The pages that stand in the navigation of each role: by path, the message that names one."""
        draw_refusals(app, self._drawn)

    def shows(self, path: str, role: str, showing: Showing, name: str = "") -> None:
        """Add a page; with a name, a message, it stands in the navigation of its role."""
        if name:
            self.sections.setdefault(role, {})[path] = name

        @self.app.get(path, include_in_schema=False)
        async def page_shown(request: Request) -> Response:
            """A page."""
            visit = self._visit(request)
            if role and role not in visit.session.roles:
                return self._sent(visit, GoOn(sign_in_path(visit.address)))
            return await self._answered(request, visit, lambda: showing(visit))

    def takes(self, path: str, role: str, taking: Taking) -> None:
        """Add what a form is sent to: what is taken is answered with another page to go on to."""

        @self.app.post(path, include_in_schema=False)
        async def form_taken(request: Request) -> Response:
            """A form."""
            visit = self._visit(request)
            try:
                if not from_here(request):
                    raise RefusedError(problems.INSUFFICIENT_SCOPE, "The form is of another site.")
                form = request.state.form = await form_of(request)
            except RefusedError as refusal:
                return self._sent(visit, refused(visit, refusal))
            if (role and role not in visit.session.roles) or form.text(TOKEN) != visit.session.form_token:
                return self._kept(visit, form, typed=bool(role and form.typed))
            answer = await self._answered(request, visit, lambda: taking(visit, form), form)
            if role and answer.status_code == _ELSEWHERE:  # what waited to be sent was sent
                answer.delete_cookie(self.terms.cookie(_HELD), path="/", secure=self.terms.secure, httponly=True)
            return answer

    async def _answered(
        self, request: Request, visit: Visit, answer: Callable[[], Found], form: PageForm | None = None
    ) -> Response:
        try:
            self._access.admit(request, visit.caller)
            found = await self._work.run(answer)
        except RefusedError as refusal:
            return self._sent(visit, refused(visit, refusal, form))
        return self._sent(visit, found)

    # --- who asks ----------------------------------------------------------------------------------------------------

    def _visit(self, request: Request) -> Visit:
        now, query, voices = self._clock(), dict(request.query_params), self.terms.voices
        chosen = query.pop(LANGUAGE, "")
        kept = request.cookies.get(self.terms.cookie(LANGUAGE), "")
        language = next(
            (one for one in (chosen, kept) if one in voices),
            preferred(request.headers.get("accept-language", ""), list(voices)),
        )
        known = self._opened(request, _SESSION, now, 2 * WHOLE_SECONDS)
        last = None if known is None else PageSession.parse(known)
        if last is not None and last.subject and self.terms.ended.ended(last.nonce, now):
            last = None
        former = "" if last is None else last.subject or last.former
        session = replace(PageSession.new(now), former=former)
        if last is not None and last.alive(now):
            session = last.seen_at(now)
        held = self._opened(request, _HELD, now, HELD_SECONDS) or {}
        mine = held.get("subject") == session.subject and held.get(BACK) == request.url.path
        return Visit(
            session, voices[language], now, request.url.path, query, dict(request.path_params),
            held["typed"] if mine else {}, former, chosen in voices,
        )  # fmt: skip

    def _opened(self, request: Request, name: str, now: int, seconds: int) -> Mapping[str, Any] | None:
        return self._seal.opened(name, request.cookies.get(self.terms.cookie(name), ""), now, seconds)

    # --- what is sent ------------------------------------------------------------------------------------------------

    def _sent(self, visit: Visit, found: Found) -> Response:
        session, policy = visit.session, self.terms.policy
        if isinstance(found, GoOn):
            session = found.session or session
            if visit.subject and session.nonce != visit.session.nonce:
                self.terms.ended.end(visit.session.nonce, visit.now)
            answer: Response = RedirectResponse(found.path, _ELSEWHERE)
        elif isinstance(found, FileSent):
            answer = Response(found.content, media_type=found.media_type)
            answer.headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
        else:
            around = {} if found.whole else {"frame": self._around(visit)}
            html = page(found.template, {**found.context, **around})
            answer, session = HTMLResponse(html, found.status), session.telling()
            policy = styled(html) if found.whole else policy
        self._put(answer, _SESSION, session.to_document(), visit.now)
        if visit.chosen:
            self._set(answer, LANGUAGE, visit.voice.language, _YEAR)
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["Content-Language"] = visit.voice.language
        answer.headers["Referrer-Policy"] = "same-origin"  # with less, browsers name no origin when a form is sent
        answer.headers["Vary"] = "Accept-Language, Cookie"
        return answer

    def _drawn(self, request: Request, kind: ProblemType) -> Response:
        """What is refused outside of pages, such as an address that is none, as whoever reads pages is shown it."""
        visit = replace(self._visit(request), path=local_path(request.url.path, "/"), query={})
        form: PageForm | None = getattr(request.state, "form", None)  # what was typed is not lost by what fails here
        return self._sent(visit, refused(visit, RefusedError(kind, kind.title), form))

    def _around(self, visit: Visit) -> site_page.Around:
        """What stands around the content of every page."""
        roles = [role for role in self.sections if role in visit.session.roles]
        return site_page.Around(
            voice=visit.voice,
            path=visit.path,
            query=urlencode(visit.query),
            name=visit.session.name,
            form_token=visit.session.form_token,
            signed_in=bool(visit.subject),
            languages=[(code, voice.say("page.language")) for code, voice in self.terms.voices.items()],
            sections=[(path, visit.voice.say(key)) for role in roles for path, key in self.sections[role].items()],
            held=visit.held,
            told=visit.session.told,
            theme=bool(self.terms.theme),
            idle=IDLE_SECONDS,
            whole=visit.session.lasts(visit.now),
            kept=HELD_SECONDS,
        )

    def _kept(self, visit: Visit, form: PageForm, *, typed: bool) -> Response:
        """A form of an ended session: what was typed waits until whoever typed it has signed in again.

        Where that is not known, or where it is too much for a cookie, it stands in the answer instead. A form in which
        nothing was typed, such as a button of another tab, leaves alone what waits already.
        """
        back = local_path(form.text(BACK), "/").partition("?")[0].partition("#")[0]
        held = {"subject": visit.former, BACK: back, "typed": form.typed}
        answer = self._sent(visit, GoOn(back if visit.subject else sign_in_path(back)))
        if not typed or (visit.former and self._put(answer, _HELD, held, visit.now, HELD_SECONDS)):
            return answer
        return self._sent(visit, refused(visit, RefusedError(problems.UNAUTHENTICATED, "It ended."), form))

    def _put(
        self, answer: Response, name: str, document: Mapping[str, Any], now: int, seconds: int | None = None
    ) -> bool:
        """Seal a document into a cookie; whether it fits one."""
        sealed = self._seal.sealed(name, document, now)
        if sealed is not None:
            self._set(answer, name, sealed, seconds)
        return sealed is not None

    def _set(self, answer: Response, name: str, value: str, seconds: int | None) -> None:
        answer.set_cookie(
            self.terms.cookie(name), value, max_age=seconds, path="/", secure=self.terms.secure, httponly=True,
            samesite="lax",
        )  # fmt: skip


def sign_in_path(to: str) -> str:
    """The page to sign in on, from which one goes on to another."""
    return f"{SIGN_IN}?{urlencode({'to': to}, safe='/')}"


def refused(visit: Visit, refusal: RefusedError, form: PageForm | None = None) -> PageShown:
    """The page that says what was refused; what was typed stands in it, to be copied."""
    typed = [text for values in (form.typed if form else {}).values() for text in values if " " in text]
    shown = site_page.refusal_view(refusal.kind.status, visit.voice, typed)
    return PageShown(site_page.REFUSAL, shown, refusal.kind.status)
