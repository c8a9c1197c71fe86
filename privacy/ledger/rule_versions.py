"""Rule versions: the formats of entries and statements, and the first version by which each later rule judges.

`privacy.ledger.authority` says what each version adds; an entry is judged for ever by the version that wrote it.
"""

from __future__ import annotations

from typing import Final

FORMATS: Final = {f"proffer-ledger-{version}": version for version in range(1, 7)}
"""The version of the rules that judge an entry, by its format."""
FORMAT: Final = "proffer-ledger-6"
"""The format of new entries."""
STATEMENTS: Final = {1: "proffer-approval-1"} | dict.fromkeys(range(2, 7), "proffer-approval-2")
"""The formats of statements, by the version of the rules that judge them."""

SAID: Final = 3
"""A spend says what it is part of, an audit is an entry, and approvers' names are told apart by their looks."""
ADAPTIVE: Final = 3
"""Spends compose by the filter that is proven for runs chosen by earlier results."""
ROLLS: Final = 3
"""Entries state a roll of units."""
LEGIBLE: Final = 4
"""Entries hold only texts that a screen shows as they are."""
WAYS: Final = 4
"""Spends say how they were reserved, and the roll grows by entries alone."""
UNCOUNTED: Final = 5
"""Records state no number of decisions."""
REASONED: Final = 5
"""Who asks signs the reason, too, and whatever else is said of the run."""
FIXED: Final = 5
"""A run on households is committed only once these were fixed."""
TOLD_APART: Final = 6
"""Nobody is named in letters of more than one script, which could be read as somebody else's name."""
FORWARD: Final = 6
"""No entry is dated before the one that it follows."""
COUNTED: Final = 6
"""Units are said to be counted with noise only by a run whose count is a spend that was committed before it."""
PRICED: Final = 6
"""What an audit claims of a run is the price of the mechanism that it ran."""
