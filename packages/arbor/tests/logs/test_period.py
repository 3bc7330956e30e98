"""Moments as operators type them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbor.logs import period
from arbor.logs.line import Line

NOW = datetime(2026, 1, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("30m", NOW - timedelta(minutes=30)),
        ("90s", NOW - timedelta(seconds=90)),
        ("1h", NOW - timedelta(hours=1)),
        ("2d", NOW - timedelta(days=2)),
        ("1w", NOW - timedelta(weeks=1)),
        ("2026-01-27T11:30:00Z", datetime(2026, 1, 27, 11, 30, tzinfo=UTC)),
        ("2026-01-27 11:30", datetime(2026, 1, 27, 11, 30, tzinfo=UTC)),
        ("2026-01-27T12:30:00+01:00", datetime(2026, 1, 27, 11, 30, tzinfo=UTC)),
        ("2026-01-26", datetime(2026, 1, 26, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_span_ago_or_a_time_in_utc(said: str, found: datetime) -> None:
    assert period.moment(said, NOW) == found


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "is no time; allowed: 30m"),
        ("yesterday", "is no time"),
        ("30", "is no time"),
        ("30 m", "is no time"),
        ("-30m", "is no time"),
        ("1.5h", "is no time"),
        ("999999w", "is no time"),
        ("0001-01-01T00:00:00+23:00", "is no time"),
        ("2026-01-27T12:00:01Z", "is yet to come: it is 2026-01-27T12:00:00Z"),
        ("99999d", "is before 1970"),
    ],
)
def test_what_is_no_moment_says_what_is_allowed(said: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        period.moment(said, NOW)


@given(st.integers(min_value=0, max_value=period.milliseconds(NOW)))
def test_the_time_of_a_line_can_be_typed(at: int) -> None:
    line = Line(id="1", at=at, stream="s", text="")
    assert period.milliseconds(period.moment(line.time, NOW)) == line.at


@given(st.text(max_size=12))
def test_whatever_is_typed_is_read_or_explained(said: str) -> None:
    try:
        found = period.moment(said, NOW)
    except ValueError as error:
        why = str(error)
    else:
        assert period.FIRST <= found <= NOW
        return
    assert any(one in why for one in ("is no time", "is yet to come", "where time begins"))
