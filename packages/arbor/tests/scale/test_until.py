"""The values of --until."""

from datetime import UTC, datetime

import pytest

from arbor.procedure import Refused
from arbor.scale import until

NOW = datetime(2026, 3, 31, 17, 30, 20, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("18:00", datetime(2026, 3, 31, 18, 0, tzinfo=UTC)),
        ("17:30", datetime(2026, 4, 1, 17, 30, tzinfo=UTC)),
        ("17:34", datetime(2026, 4, 1, 17, 34, tzinfo=UTC)),  # too short
        ("9:05", datetime(2026, 4, 1, 9, 5, tzinfo=UTC)),
        ("90m", datetime(2026, 3, 31, 19, 0, 20, tzinfo=UTC)),
        ("2h", datetime(2026, 3, 31, 19, 30, 20, tzinfo=UTC)),
        ("2d", datetime(2026, 4, 2, 17, 30, 20, tzinfo=UTC)),
        ("168h", datetime(2026, 4, 7, 17, 30, 20, tzinfo=UTC)),
    ],
)
def test_until_is_the_next_such_clock_time_or_a_length_from_now(text: str, due: datetime) -> None:
    assert until.parse(text, NOW) == due


@pytest.mark.parametrize("text", ["", "24:00", "18:60", "4m", "169h", "8d", "-2h", "tomorrow"])
def test_other_text_is_refused_with_the_allowed_forms(text: str) -> None:
    with pytest.raises(Refused, match=r"allowed: the next 18:00 in UTC"):
        until.parse(text, NOW)
