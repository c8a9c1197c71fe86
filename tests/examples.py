"""How many examples a property is tried with where the profile's are too many: twenty times as many in `make soak`."""

from typing import Any

from hypothesis import settings

_CHECKED = 100  # examples of a property that says nothing, outside `make soak`


def examples(count: int, **further: Any) -> settings:
    """So many on every run, and as many times that as the profile in use asks for."""
    return settings(max_examples=count * settings.default.max_examples // _CHECKED, **further)
