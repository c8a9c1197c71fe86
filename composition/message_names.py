"""Message names: every message that anything says, by whichever part says it, and the placeholders of each."""

from __future__ import annotations

from collections.abc import Collection


def message_names() -> dict[str, Collection[str]]:
    """Every message that anything says, and the placeholders of each."""
    from composition import screen_keys
    from privacy.ledger import report_text  # loaded only by verbs that explain
    from recommender import message_keys
    from rendering import (
        agency_page,
        budgets_page,
        casework_page,
        consent_page,
        contact_page,
        duty_page,
        evaluation_page,
        export_page,
        household_page,
        ledger_page,
        life_page,
        model_page,
        need_page,
        offers_page,
        pocket_page,
        question_view,
        reach_page,
        reason_page,
        runs_page,
        site_page,
        sweep_page,
        welcome_page,
    )
    from serving.proactive import contact_keys
    from serving.records import record_keys

    pages = (
        consent_page, contact_page, evaluation_page, household_page, life_page, offers_page, pocket_page, question_view,
        reason_page, site_page, sweep_page, welcome_page,
    )  # fmt: skip
    offices = (
        agency_page, budgets_page, casework_page, duty_page, export_page, ledger_page, model_page, need_page,
        reach_page, runs_page,
    )  # fmt: skip
    parts = (message_keys, report_text, screen_keys, *pages, *offices, record_keys, contact_keys)
    return {key: names for part in parts for key, names in part.MESSAGES.items()}
