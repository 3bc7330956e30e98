"""The messages of settings about a wrong config."""

from typing import Any

import pytest

from config import settings
from stack_config import stack_values

APP_NAMES = (
    "names of at most 16 characters (a-z, 0-9, -), not migrations; backend must be among them, "
    "and there are at most 50"
)


def problems(stack: str, **changes: Any) -> tuple[str, ...]:
    """The problems of this stack's config after these changes."""
    return problems_of(stack_values(stack, **changes), stack)


def problems_of(values: dict[str, str], stack: str) -> tuple[str, ...]:
    with pytest.raises(settings.SettingsError) as refused:
        settings.parse(values, stack)
    return refused.value.problems
