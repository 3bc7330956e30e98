"""The parser of times on the command line."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbor import times
from arbor.logs.line import Line

NOW = datetime(2026, 1, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("1h", NOW - timedelta(hours=1)),
        ("2d", NOW - timedelta(days=2)),
        ("1w", NOW - timedelta(weeks=1)),
        ("2d ago", NOW - timedelta(days=2)),
        ("2 h ago", NOW - timedelta(hours=2)),
        (" 30 m ", NOW - timedelta(minutes=30)),
        ("2026-01-27T11:30:00Z", datetime(2026, 1, 27, 11, 30, tzinfo=UTC)),
        ("2026-01-27T11:30:00.25Z", datetime(2026, 1, 27, 11, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-01-27 11:30", datetime(2026, 1, 27, 11, 30, tzinfo=UTC)),
        ("2026-01-27T12:30:00+01:00", datetime(2026, 1, 27, 11, 30, tzinfo=UTC)),
        ("2026-01-26", datetime(2026, 1, 26, tzinfo=UTC)),
    ],
)
def test_a_time_is_a_length_before_now_or_a_time_in_utc(text: str, expected: datetime) -> None:
    assert times.parse(text, NOW) == times.past(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "yesterday",
        "30",
        "ago",
        "-30m",
        "-5m ago",
        "30m later",
        "1.5h",
        "2y",
        "27.01.2026",
        "999999w",
        "0001-01-01T00:00:00+23:00",
    ],
)
def test_other_text_is_refused_with_the_allowed_forms(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; allowed: `30m`") as refused:
        times.parse(text, NOW)
    assert repr(text) in str(refused.value)


def test_each_form_that_the_refusal_lists_is_accepted() -> None:
    examples = [word.strip("` ") for word in times.ALLOWED.split("`")[1::2]]
    assert len(examples) > 2
    for example in examples:
        assert times.parse(example, NOW) <= NOW


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-01-27T12:00:01Z", "is in the future: it is 2026-01-27T12:00:00Z"),
        ("99999d", "is before 1970-01-01T00:00:00Z"),
    ],
)
def test_a_past_time_lies_between_1970_and_now(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        times.past(text, NOW)


@given(st.integers(min_value=0, max_value=times.milliseconds(NOW)))
def test_the_time_of_a_log_line_is_accepted(at: int) -> None:
    line = Line(id="1", at=at, stream="s", text="")
    assert times.milliseconds(times.past(line.time, NOW)) == line.at


@given(st.text(max_size=12))
def test_any_text_is_parsed_or_refused_with_a_reason(text: str) -> None:
    try:
        moment = times.past(text, NOW)
    except ValueError as error:
        reason = str(error)
    else:
        assert times.EPOCH <= moment <= NOW
        return
    assert any(one in reason for one in ("is not a time", "in the future", "is before 1970"))


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_printed_time_is_accepted(moment: datetime) -> None:
    assert times.parse(times.utc(moment), NOW) == moment.replace(microsecond=0)
