from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.snapshot import from_facts
from recommender.rules.clause import Answer, clause_document
from recommender.rules.compiled import compile_catalogue
from recommender.rules.programme import kinds_mask
from recommender.rules.verdict import CAUSES, judge
from recommender.standing import verdict_json
from tests.examples import examples
from tests.recommender.catalogues import AT, DAY, DECLARATION, MESSAGES, REGIONS, clauses, document, loaded

FARMER = {"fact": "farmer", "is": True}
WORKER = {"fact": "worker", "is": True}
ADULT = {"fact": "age", "at_least": 19}
LOW_INCOME = {"fact": "income_percent", "at_most": 50}
NATIONAL = {"url": "https://example.org/law", "checked": "2026-10-01"}

OPEN_INCOME, OPEN_HOUSEHOLD = (
    f"to be checked: {axis}, which published data do not settle" for axis in ("income", "household")
)


def verdict_of(who, facts=None, applicant=1, **more):
    held = loaded(document("t.a", who, **more))
    snapshot = from_facts(DECLARATION, facts or {}, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY).explaining(MESSAGES)
    return judge(compiled, snapshot, applicant).explain(0)


def told(verdict):
    return [(because.cause, because.text.get("en")) for because in verdict.because]


def test_a_yes_lists_the_clauses_that_held():
    verdict = verdict_of({"all": [ADULT, {"any": [FARMER, WORKER]}]}, {"birth_date": "1990-05-01", "farmer": True})
    assert verdict.answer == Answer.YES
    assert told(verdict) == [("rule", "age at least 19"), ("rule", "is a farmer")]
    assert verdict.missing == ()


def test_a_no_lists_the_clauses_that_failed_and_misses_nothing():
    verdict = verdict_of({"all": [ADULT, FARMER, WORKER]}, {"birth_date": "2020-05-01", "farmer": False})
    assert verdict.answer == Answer.NO
    assert told(verdict) == [("rule", "age at least 19"), ("rule", "is a farmer")]
    assert verdict.missing == ()


def test_alternatives_that_all_failed_are_one_reason():
    verdict = verdict_of({"any": [FARMER, WORKER]}, {"farmer": False, "worker": False})
    assert told(verdict) == [("rule", "is a farmer or is employed")]
    assert verdict.because[0].facts == ("farmer", "worker")


def test_alternatives_with_demands_of_their_own_fail_for_reasons_of_their_own():
    verdict = verdict_of({"any": [{"all": [FARMER, ADULT]}, WORKER]}, {"farmer": False, "worker": False})
    assert told(verdict) == [("rule", "is a farmer"), ("rule", "is employed")]


def test_an_unknown_lists_what_keeps_it_unknown_and_names_what_can_be_stated():
    verdict = verdict_of({"all": [ADULT, {"any": [FARMER, WORKER]}, {"no_data": "income"}]}, {"worker": False})
    assert verdict.answer == Answer.UNKNOWN
    assert told(verdict) == [
        ("missing_fact", "age at least 19"), ("missing_fact", "is a farmer"), ("no_data", OPEN_INCOME),
    ]  # fmt: skip
    assert verdict.because[0].asks == ("birth_date",)
    assert verdict.missing == ("birth_date", "farmer")


def test_a_failed_advisory_clause_is_a_doubtful_source_and_not_a_no():
    advised = {"advisory": LOW_INCOME, "axis": "income"}
    verdict = verdict_of({"all": [advised, FARMER]}, {"income_percent": 80, "farmer": True})
    assert verdict.answer == Answer.UNKNOWN
    assert told(verdict) == [("doubtful_source", "household income (of the median) at most 50%")]
    assert (verdict.because[0].axis, verdict.missing) == ("income", ())
    assert verdict_of({"all": [advised, FARMER]}, {"income_percent": 50, "farmer": True}).answer == Answer.YES
    unknown = verdict_of({"all": [advised, FARMER]}, {"farmer": True})
    assert (told(unknown), unknown.missing) == (
        [("missing_fact", "household income (of the median) at most 50%")], ("income_percent",),
    )  # fmt: skip


def test_unread_words_keep_an_answer_open_and_are_quoted_with_their_field_and_place():
    unread = {"unread_text": {"field": "지원대상", "from": 3, "to": 9, "words": "그 밖의 사람"}}
    verdict = verdict_of({"all": [FARMER, unread]}, {"farmer": True}, source={"url": "https://example.org/1"})
    assert (verdict.answer, verdict.missing) == (Answer.UNKNOWN, ())
    shown = verdict.because[0].to_json()
    assert (shown["cause"], shown["source"]) == (
        "unread_text",
        {"url": "https://example.org/1", "text": {"ko": "그 밖의 사람"}, "field": "지원대상", "from": 3, "to": 9},
    )
    assert "그 밖의 사람" in shown["text"]["ko"]
    assert verdict_of({"all": [FARMER, unread]}, {"farmer": False}).answer == Answer.NO
    assert verdict_of({"any": [FARMER, unread]}, {"farmer": True}).answer == Answer.YES


def test_a_clause_read_from_a_field_is_looked_up_where_its_programme_is():
    placed = FARMER | {"source": {"text": "농업인", "field": "지원대상", "from": 0, "to": 3}}
    source = verdict_of(placed, {"farmer": True}, source={"url": "https://example.org/1"}).because[0].source
    assert (source.url, source.field, source.span) == ("https://example.org/1", "지원대상", (0, 3))


def test_a_missing_fact_that_cannot_matter_is_no_reason():
    verdict = verdict_of({"any": [{"no_data": "household"}, {"all": [{"no_data": "income"}, FARMER]}]})
    assert (told(verdict), verdict.missing) == (
        [("no_data", OPEN_HOUSEHOLD), ("no_data", OPEN_INCOME)], (),
    )  # fmt: skip


def test_an_open_advisory_fact_is_a_reason_because_it_can_speak_against_the_programme():
    verdict = verdict_of({"all": [{"no_data": "household"}, {"advisory": LOW_INCOME}]})
    assert [(reason.cause, reason.asks, reason.advised) for reason in verdict.because] == [
        ("no_data", (), False), ("missing_fact", ("income_percent",), True),
    ]  # fmt: skip
    assert verdict.missing == ()


def test_what_nobody_verified_is_never_yes():
    verdict = verdict_of(FARMER, {"farmer": True}, verified=False)
    assert verdict.answer == Answer.UNKNOWN
    assert told(verdict) == [("doubtful_source", "the rules have not been checked against their official source")]
    assert verdict_of(FARMER, {"farmer": False}, verified=False).answer == Answer.NO
    open_ = verdict_of(FARMER, verified=False)
    assert [because.cause for because in open_.because] == ["missing_fact", "doubtful_source"]
    assert open_.missing == ("farmer",)


def test_rules_not_in_force_say_from_or_until_when():
    later = verdict_of(FARMER, {"farmer": True}, valid={"from": "2026-11-01", "until": "2027-10-31"})
    gone = verdict_of(FARMER, {"farmer": True}, valid={"until": "2026-10-30"}, ended=True)
    assert (later.answer, told(later)) == (Answer.NO, [("rule", "in force from 1 November 2026")])
    assert (gone.answer, told(gone)) == (Answer.NO, [("rule", "in force until 30 October 2026")])


def test_after_the_last_text_known_the_answer_is_unknown_for_everybody():
    for farmer in (True, False):
        lapsed = verdict_of(FARMER, {"farmer": farmer}, valid={"until": "2026-10-30"})
        said = "the rules for 2026 are not known yet; those known ended on 30 October 2026"
        assert (lapsed.answer, told(lapsed)[0], lapsed.missing) == (Answer.UNKNOWN, ("no_data", said), ())
    today = {"from": "2026-10-31", "until": "2026-10-31"}
    assert verdict_of(FARMER, {"farmer": True}, valid=today).answer == Answer.YES


def test_a_programme_for_others_says_for_whom():
    verdict = verdict_of({"small_business": FARMER, "organisation": FARMER}, {"farmer": True})
    assert (verdict.answer, told(verdict)) == (Answer.NO, [("rule", "for small businesses or organisations only")])


def test_of_several_kinds_of_applicant_the_one_that_holds_decides():
    who = {"citizen": WORKER, "small_business": FARMER}
    both = kinds_mask(["citizen", "small_business"])
    yes = verdict_of(who, {"worker": False, "farmer": True}, both)
    assert (yes.answer, [(because.kind, because.facts) for because in yes.because]) == (
        Answer.YES, [("small_business", ("farmer",))],
    )  # fmt: skip
    no = verdict_of(who, {"worker": False, "farmer": False}, both)
    assert [because.kind for because in no.because] == ["citizen", "small_business"]
    open_ = verdict_of(who, {"worker": False}, both)
    assert (open_.missing, [because.kind for because in open_.because]) == (("farmer",), ["small_business"])


def test_a_denied_clause_is_told_as_a_denial():
    assert told(verdict_of({"not": FARMER}, {"farmer": True})) == [("rule", "is not a farmer")]
    assert told(verdict_of({"not": {"not": FARMER}}, {"farmer": True})) == [("rule", "is a farmer")]
    neither = {"not": {"any": [FARMER, WORKER]}}
    assert told(verdict_of(neither, {"farmer": True, "worker": False})) == [("rule", "is not a farmer")]
    assert told(verdict_of(neither, {"farmer": False, "worker": False})) == [
        ("rule", "is not a farmer"), ("rule", "is not employed"),
    ]  # fmt: skip
    not_both = {"not": {"all": [FARMER, WORKER]}}
    assert told(verdict_of(not_both, {"farmer": True, "worker": True})) == [
        ("rule", "is not a farmer or is not employed")
    ]
    assert told(verdict_of({"not": {"advisory": FARMER}}, {"farmer": False})) == [
        ("doubtful_source", "is not a farmer")
    ]


def test_what_is_open_to_everyone_says_so():
    assert told(verdict_of({"all": []})) == [("rule", "open to everyone")]


def test_an_unknown_that_nothing_can_settle_still_gives_a_reason():
    never = {"advisory": {"fact": "child_ages", "above": 30, "below": 20}}
    verdict = verdict_of(never)
    assert (verdict.answer, verdict.missing) == (Answer.UNKNOWN, ())
    assert [because.cause for because in verdict.because] == ["missing_fact"]


def test_a_childs_age_may_be_what_is_asked_for():
    age = {"at_least": 0, "at_most": 18}
    who = {"any": [{"fact": "age"} | age, {"fact": "child_ages"} | age], "why": "age_may_be_the_childs", "axis": "age"}
    adult = {"birth_date": "1990-05-01"}
    unknown = verdict_of(who, adult)
    assert (unknown.answer, unknown.missing) == (Answer.UNKNOWN, ("children",))
    assert [(b.cause, b.why, b.axis, b.asks) for b in unknown.because] == [
        ("missing_fact", "age_may_be_the_childs", "age", ("children",))
    ]
    assert verdict_of(who, adult | {"children": []}).answer == Answer.NO
    assert verdict_of(who, adult | {"children": ["2000-01-01"]}).answer == Answer.NO
    assert verdict_of(who, adult | {"children": ["2000-01-01", "2025-03-01"]}).answer == Answer.YES
    assert verdict_of(who, {"birth_date": "2010-05-01"}).answer == Answer.YES
    assert verdict_of(who, {"children": []}).missing == ("birth_date",)


def test_sources_are_the_clauses_own_or_else_the_programmes():
    cited = {"all": [FARMER | {"source": "농업인법 제3조", "why": {"ko": "이유", "en": "reason"}}, ADULT]}
    verdict = verdict_of(cited, {"farmer": True, "birth_date": "1990-05-01"})
    shown = verdict_json(verdict)
    assert json.loads(json.dumps(shown)) == shown
    assert shown == {
        "programme": "t.a",
        "answer": "yes",
        "standing": "yes",
        "because": [
            {"cause": "rule", "text": {"ko": "농업인입니다.", "en": "is a farmer"}, "fact": "farmer",
             "why": {"ko": "이유", "en": "reason"}, "source": {"text": {"ko": "농업인법 제3조"}}},
            {"cause": "rule", "text": {"ko": "만 나이가 19세 이상입니다.", "en": "age at least 19"}, "fact": "age",
             "source": NATIONAL},
        ],
        "missing": [],
    }  # fmt: skip


def test_several_facts_axes_and_applicants_are_shown():
    alternatives = {"any": [FARMER, WORKER], "axis": "person", "why": "person"}
    verdict = verdict_of({"citizen": alternatives, "organisation": FARMER}, {"farmer": False, "worker": False})
    shown = verdict.because[0].to_json()
    assert (shown["facts"], shown["axis"], shown["why"]) == (["farmer", "worker"], "person", "person")
    assert shown["applicant"] == "citizen"
    assert verdict_json(verdict_of(ADULT))["because"][0]["asks"] == ["birth_date"]


def test_a_snapshot_with_other_columns_is_refused():
    held = loaded(document("t.a", FARMER))
    compiled = compile_catalogue(held, ("farmer",), DECLARATION, REGIONS, DAY).explaining(MESSAGES)
    with pytest.raises(ValueError, match="other columns"):
        judge(compiled, from_facts(DECLARATION, {}, AT))


def test_verdicts_can_be_walked_through():
    held = loaded(document("t.b", FARMER), document("t.a", WORKER))
    snapshot = from_facts(DECLARATION, {"farmer": True, "worker": False}, AT)
    verdicts = judge(
        compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY).explaining(MESSAGES), snapshot
    )
    assert len(verdicts) == 2
    assert [(verdict.programme.id, verdict.answer.name) for verdict in verdicts] == [("t.a", "NO"), ("t.b", "YES")]


FACTS = {"farmer": [True, False], "worker": [True, False], "birth_date": ["1990-05-01", "2020-05-01"]}
STATED = {**FACTS, "region": ["11", "11440", "26110"]}


@examples(60)
@given(
    clauses(("age", "farmer", "worker")),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FACTS.items()}),
    st.booleans(),
)
def test_every_verdict_has_a_reason_and_only_an_unknown_one_misses_facts(clause, facts, verified):
    verdict = verdict_of(clause_document(clause), facts, verified=verified)
    assert verdict.because
    assert all(
        because.cause in CAUSES and because.text.get("ko") and because.text.get("en") for because in verdict.because
    )
    assert verdict.answer == Answer.UNKNOWN or verdict.missing == ()
    assert set(verdict.missing).isdisjoint(facts)
    open_causes = {because.cause for because in verdict.because} - {"rule"}
    assert bool(open_causes) == (verdict.answer == Answer.UNKNOWN)
    asked = {ask for because in verdict.because for ask in because.asks}
    assert verdict.answer != Answer.UNKNOWN or set(verdict.missing) <= asked


@examples(40)
@given(
    clauses(("age", "farmer", "worker", "region")),
    st.lists(
        st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in STATED.items()}),
        min_size=2,
        max_size=6,
    ),
)
def test_what_was_told_to_others_before_changes_nothing_of_what_somebody_is_told(clause, lives):
    held = loaded(document("t.a", clause_document(clause)))
    people = [from_facts(DECLARATION, facts, AT, held.receives) for facts in lives]
    compiled = [
        compile_catalogue(held, people[0].columns, DECLARATION, REGIONS, DAY).explaining(MESSAGES) for _ in people
    ]
    alone = [judge(own, person).explain(0) for own, person in zip(compiled, people, strict=True)]
    assert [judge(compiled[0], person).explain(0) for person in people] == alone
