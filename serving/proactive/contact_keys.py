"""Contact keys: the messages that offers leave with, and the placeholders of each."""

from __future__ import annotations

from typing import Final

from recommender.messages import Keys

MESSAGES: Final[Keys] = {
    "contact.preview": ("count",),
    "contact.withdrawn.excluded": ("programme",),
    "contact.withdrawn.apart": ("programme",),
    "contact.withdrawn.depends": ("programme",),
    "contact.withdrawn.preview": (),
}
