"""A moment as an operator types it."""

from datetime import UTC, datetime

import pytest

from arbor.database import moments

NOW = datetime(2026, 1, 27, 12, 0, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-01-27T12:00:00Z", "2026-01-27T12:00:00Z"),
        ("2026-01-27 12:00", "2026-01-27T12:00:00Z"),
        ("2026-01-27", "2026-01-27T00:00:00Z"),
        ("2026-01-27T14:00:00+02:00", "2026-01-27T12:00:00Z"),
        ("2026-01-27T12:00:00.9Z", "2026-01-27T12:00:00Z"),
        ("30m ago", "2026-01-27T11:30:00Z"),
        ("90s", "2026-01-27T11:58:30Z"),
        ("2 h ago", "2026-01-27T10:00:00Z"),
        ("1d ago", "2026-01-26T12:00:00Z"),
    ],
)
def test_a_moment_is_understood(text: str, told: str) -> None:
    assert moments.told(moments.parse(text, NOW)) == told


@pytest.mark.parametrize("text", ["", "now", "30", "30m later", "27.01.2026", "-5m ago"])
def test_another_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="2026-01-27T12:00:00Z"):
        moments.parse(text, NOW)
