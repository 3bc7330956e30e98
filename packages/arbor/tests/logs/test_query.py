"""The pattern passes every line that matches the query, and only matching lines are shown."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from arbor.logs.line import DURATIONS, Line
from arbor.logs.query import MAX_PATTERN, LogQuery
from pulumi_moto.log_pattern import compile_pattern

LEVELS = st.sampled_from(["ERROR", "error", "Error", "CRITICAL", "critical", "fatal", "info", "x"])


def line(logged: object) -> Line:
    text = logged if isinstance(logged, str) else json.dumps(logged)
    return Line(id="1", at=0, stream="s", text=text)


def passes(query: LogQuery, logged: object) -> bool:
    """Whether a line passes the filter pattern and the query."""
    one = line(logged)
    return compile_pattern(query.pattern())(one.text) and query.matches(one)


@pytest.mark.parametrize(
    ("query", "pattern"),
    [
        (LogQuery(), ""),
        (LogQuery(customer="abc123"), '{ $.customer_id = "abc123" }'),
        (LogQuery(customer='a"b\\'), '{ $.customer_id = "a\\"b\\\\" }'),
        (LogQuery(customer="42"), '{ ($.customer_id = "42" || $.customer_id = 42) }'),
        (
            LogQuery(slower_than=2000),
            "{ ($.duration > 2000 || $.response_time_ms > 2000 || $.processing_time_ms > 2000) }",
        ),
        (
            LogQuery(customer="a", slower_than=2, errors=True),
            (
                '{ $.customer_id = "a" && '
                "($.duration > 2 || $.response_time_ms > 2 || $.processing_time_ms > 2) }"
            ),
        ),
    ],
)
def test_the_pattern_is_the_runbooks(query: LogQuery, pattern: str) -> None:
    assert query.pattern() == pattern


@given(st.text(max_size=30), st.booleans())
def test_a_customer_is_found_by_any_id(customer: str, errors: bool) -> None:
    query = LogQuery(customer=customer, errors=errors)
    assert passes(query, {"customer_id": customer, "level": "error"})


@given(st.text(max_size=8), st.text(alphabet='ab*"\\ ', max_size=8))
def test_no_other_customer_is_shown(theirs: str, given: str) -> None:
    assume(theirs != given)
    assert not passes(LogQuery(customer=given), {"customer_id": theirs})


@given(st.integers(min_value=0, max_value=10**12))
def test_a_customer_may_be_a_number(number: int) -> None:
    assert passes(LogQuery(customer=str(number)), {"customer_id": number})


@given(
    st.sampled_from(DURATIONS),
    st.integers(min_value=0, max_value=10**6),
    st.floats(min_value=0, max_value=10**7),
)
def test_slower_means_a_longer_duration(field: str, limit: int, duration: float) -> None:
    assert passes(LogQuery(slower_than=limit), {field: duration}) is (duration > limit)


@pytest.mark.parametrize(
    "logged",
    [
        {"level": "ERROR", "message": "no way"},
        {"level": "error", "event": "structlog's"},
        {"levelname": "CRITICAL"},
        {"severity": "Fatal"},
        {"level": 40, "err": "TypeError: undefined"},
        "[2026-01-27 12:00:00 +0000] [7] [ERROR] Exception in worker process",
        "Traceback (most recent call last):",
        "  TypeError: cannot read properties of undefined",
        "CRITICAL: out of memory",
    ],
)
def test_a_line_with_such_a_level_or_text_is_an_error(logged: object) -> None:
    assert passes(LogQuery(errors=True), logged)


@pytest.mark.parametrize(
    "logged",
    [
        {"level": "INFO", "message": "sent the page for ERROR 404"},
        {"level": "warning", "errors": 0},
        {"message": "done"},
        "GET /api/v1/health 200, 0 errors",
    ],
)
def test_another_line_is_no_error(logged: object) -> None:
    assert not passes(LogQuery(errors=True), logged)


@given(
    st.one_of(
        st.text(max_size=20),
        st.dictionaries(
            st.sampled_from(["level", "severity", "message", "n"]),
            st.one_of(LEVELS, st.integers(), st.none()),
        ),
    )
)
def test_the_pattern_passes_every_error(logged: object) -> None:
    one = line(logged)
    assert not one.is_error or compile_pattern(LogQuery(errors=True).pattern())(one.text)


def test_a_line_must_meet_every_condition() -> None:
    query = LogQuery(errors=True, customer="a", slower_than=10)
    right = {"level": "ERROR", "customer_id": "a", "duration": 11}
    assert passes(query, right)
    for other in ({"level": "INFO"}, {"customer_id": "b"}, {"duration": 10}):
        assert not passes(query, right | other)


def test_the_pattern_is_a_valid_expression_of_cloudwatch_logs() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html."""
    pattern = LogQuery(errors=True).pattern()
    assert re.fullmatch(r"%[A-Za-z0-9:_#=@/;,^$?\[\]{}|\\*+.-]+%", pattern)
    assert len(pattern) < MAX_PATTERN


def test_a_long_pattern_is_refused() -> None:
    assert len(LogQuery(customer="a" * 900).pattern()) < MAX_PATTERN
    with pytest.raises(ValueError, match="CloudWatch Logs allows 1024"):
        LogQuery(customer='"' * 600).pattern()
