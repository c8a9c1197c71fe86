"""Message body: what a message says, as the JSON document that every channel is given."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from features.log.event import rfc3339
from recommender.offers.recommendation import Recommendation, Recommendations, window_json
from recommender.standing import standing
from recommender.text import Text

if TYPE_CHECKING:
    from recommender.contact.contact_decision import Withdrawal
    from recommender.contact.contact_message import ContactMessage
    from recommender.contact.due_offer import DueOffer
    from recommender.messages import Messages
    from recommender.rules.catalogue import Catalogue

__all__ = ["FORMAT", "offer_json", "offers_body", "withdrawal_body"]

FORMAT: Final = "proffer-message-1"


def offers_body(message: ContactMessage, ids: Mapping[str, str], found: Recommendations) -> dict[str, Any]:
    """Return what a message with offers says, without its own id, to whom it goes and when.

    The line for a locked screen names nobody's programme: it says how many there are.

    Args:
        message: what leaves.
        ids: the id of the offer of each programme.
        found: the recommendations of the day, with the words.
    """
    by_id = {one.programme.id: one for one in found.shown}
    asked = next((ask.to_json() for ask in found.asks if message.asks and ask.fact == message.asks[0]), None)
    return {
        "kind": "offers",
        "urgent": message.urgent,
        "preview": found.messages.text("contact.preview", count=len(message.offers)).to_document(),
        "offers": [offer_json(one, ids[one.programme], by_id[one.programme]) for one in message.offers],
        "question": asked,
    }


def offer_json(one: DueOffer, id_: str, found: Recommendation) -> dict[str, Any]:
    """Return an offer as it is told to the person and to whoever speaks to them."""
    programme = found.programme
    how = {name: text for name in ("how", "contact", "summary") if (text := getattr(programme, name)) is not None}
    return {
        "id": id_,
        "programme": programme.id,
        "title": programme.title.to_document(),
        "provider": programme.provider.name.to_document(),
        "standing": standing(found.verdict),
        "amount": found.amount.to_document(),
        "window": window_json(programme, found.window, found.messages),
        "open": [text.to_document() for text in one.open],
        "documents": [text.brief() for text in programme.documents],
        "delivery": found.delivery,
        "renewal": one.renewal,
        "sensitive": one.sensitive,
        **{name: text.to_document() for name, text in how.items()},
    }


def withdrawal_body(
    taken: Sequence[Withdrawal],
    ids: Mapping[str, str],
    sensitive: Collection[str],
    catalogue: Catalogue,
    messages: Messages,
) -> dict[str, Any]:
    """Return what a message says that takes offers back, without its own id, to whom it goes and when.

    Args:
        taken: what is taken back.
        ids: the id of the offer of each programme.
        sensitive: the programmes that only a channel chosen for them may name.
        catalogue: the programmes, for their titles.
        messages: the words.
    """
    return {
        "kind": "withdrawal",
        "preview": messages.text("contact.withdrawn.preview").to_document(),
        "offers": [
            {
                "id": ids[one.programme],
                "programme": one.programme,
                "reason": one.reason,
                "sensitive": one.programme in sensitive,
                "text": messages.text(
                    f"contact.withdrawn.{one.reason}",
                    programme=catalogue.programmes[catalogue.index[one.programme]].title
                    if one.programme in catalogue.index
                    else Text.alone(one.programme),
                ).to_document(),
            }
            for one in taken
        ],
    }


def addressed(body: Mapping[str, Any], id_: str, citizen: str, now: int) -> dict[str, Any]:
    """Return a body with its id, to whom it goes and when it was made."""
    return {"format": FORMAT, "id": id_, "citizen": citizen, "made": rfc3339(now), **body}
