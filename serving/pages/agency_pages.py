"""Agency pages: what the catalogue says of each agency's programmes, how its words are read, and who offers alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from features.calendar import date_of
from recommender.engine import Engine
from recommender.reading.criteria import CriteriaReader
from recommender.reading.target_group import GroupVocabulary
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import All, Clause, NoData, UnreadText, undecided_in
from recommender.rules.programme import Programme
from recommender.rules.rule_text import RuleText
from rendering import agency_page
from rendering.agency_page import ProgrammeShown
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.pages.page_form import PageForm
from serving.pages.page_frame import PageFrame, PageShown, Visit
from serving.pages.page_role import AGENCY

MOST_AGENCIES: Final = 10
MOST_OTHERS: Final = 8
LONGEST: Final = 2_000
_TRY: Final = "/agency/try"
_FIELD: Final = "who"
"""What the words that are tried are a field of."""


@dataclass(frozen=True)
class AgencyPages:
    """The pages of agencies.

    Attributes:
        engine: gives the engine of the moment.
        vocabulary: whom the country's texts name; empty where no text is read.
    """

    engine: Callable[[], Engine]
    vocabulary: GroupVocabulary

    def programmes(self, visit: Visit) -> PageShown:
        """The programmes by agency; of those whose name holds what is asked, or of those with most."""
        asked = visit.query.get("agency", "").strip()[:100]
        by_agency: dict[str, list[Programme]] = {}
        for one in self._today(visit).programmes:
            if not asked or any(asked.casefold() in words.casefold() for _, words in one.provider.name.pairs):
                by_agency.setdefault(one.provider.id, []).append(one)
        found = sorted(by_agency.values(), key=lambda held: (-len(held), held[0].provider.id))
        shown = [
            (held[0].provider.name.to_document(), [(one.to_document(), len(_unread(one))) for one in held])
            for held in found[:MOST_AGENCIES]
        ]
        more = len(found) > MOST_AGENCIES
        view = agency_page.list_of_programmes_view(shown, asked, more, visit.voice)
        return PageShown(agency_page.LIST, view)

    def programme(self, visit: Visit) -> PageShown:
        """One programme.

        Raises:
            RefusedError: 404, there is none.
        """
        catalogue = self._today(visit)
        one = catalogue.by_id.get(visit.of["programme"])
        if one is None:
            raise RefusedError(problems.NOT_FOUND, "The catalogue has no programme of this id.")
        doubts = list(undecided_of(one))
        barred = sorted(catalogue.excluding.get(one.id, ()))
        others = (other for other in catalogue.programmes if other.provider.id != one.provider.id)
        same = one.category, one.beneficiary
        alike = [other for other in others if (other.category, other.beneficiary) == same]
        close = [other for other in alike if set(other.triggers) & set(one.triggers)]
        shown = ProgrammeShown(
            document=one.to_document(),
            rules=list(self._rules(visit, one)),
            unread=_unread(one),
            missing=[part.reason for part in doubts if isinstance(part, NoData)],
            excludes=[catalogue.by_id[name].to_document() for name in barred if name in catalogue.by_id],
            overlaps=[other.to_document() for other in close[:MOST_OTHERS]],
            elsewhere=[other.to_document() for other in alike if other not in close][:MOST_OTHERS],
        )
        return PageShown(agency_page.ONE, agency_page.programme_shown_view(shown, visit.voice))

    def _rules(self, visit: Visit, one: Programme) -> Iterator[dict[str, str]]:
        """What the rules demand, a sentence each, without what was not read."""
        engine = self.engine()
        words = engine.compiled(date_of(engine.declaration.zone.today(visit.now + 1))).rule_text
        for clause in one.who.values():
            yield from (words.clause(part).to_document() for part in _decided(clause))

    def trying(self, visit: Visit) -> PageShown:
        """Where a sentence is tried."""
        return self._tried(visit, "")

    def tried(self, visit: Visit, form: PageForm) -> PageShown:
        """How a sentence is read; nothing of it is kept."""
        return self._tried(visit, form.text("text").strip()[:LONGEST])

    def _tried(self, visit: Visit, text: str) -> PageShown:
        means: list[dict[str, str]] = []
        unread: list[str] = []
        whole = False
        if text and self.vocabulary.groups:
            found = CriteriaReader(self.vocabulary).read(_FIELD, text)
            unread, whole = [one.clause.words for one in found.unread], found.whole
            engine = self.engine()
            titles = {one.id: one.title for one in engine.catalogue.programmes}
            words = RuleText(engine.declaration, engine.regions, titles, engine.messages)  # that of a day keeps all
            means = [words.clause(part).to_document() for part in _decided(found.clause)]
        view = agency_page.tried_view(text, means, unread, whole, bool(self.vocabulary.groups), visit.voice)
        return PageShown(agency_page.TRY, view)

    def _today(self, visit: Visit) -> Catalogue:
        engine = self.engine()
        return engine.catalogue.on(engine.declaration.zone.today(visit.now + 1))


def undecided_of(one: Programme) -> Iterator[UnreadText | NoData]:
    """Everything that nobody can settle of a programme, for whichever kind of applicant."""
    for clause in one.who.values():
        yield from undecided_in(clause)


def _unread(one: Programme) -> list[str]:
    """The words of a programme that nobody turned into rules, each once."""
    return list(dict.fromkeys(part.words for part in undecided_of(one) if isinstance(part, UnreadText)))


def _decided(clause: Clause) -> Iterator[Clause]:
    """The demands of a clause that were read."""
    for part in clause.of if isinstance(clause, All) else (clause,):
        if not isinstance(part, (UnreadText, NoData)):
            yield part


def add_agency_pages(frame: PageFrame, engine: Callable[[], Engine], vocabulary: GroupVocabulary) -> None:
    """Add the pages."""
    pages = AgencyPages(engine, vocabulary)
    frame.shows("/agency", AGENCY, pages.programmes, "agency.list.name")
    frame.shows(f"{agency_page.PROGRAMMES}/{{programme}}", AGENCY, pages.programme)
    frame.shows(_TRY, AGENCY, pages.trying, "agency.try.name")
    frame.takes(_TRY, AGENCY, pages.tried)
