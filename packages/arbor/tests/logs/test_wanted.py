"""What is asked of CloudWatch Logs lets through whatever is wanted, and nothing else is shown."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from arbor.logs.line import DURATIONS, Line
from arbor.logs.wanted import LONGEST, Wanted
from pulumi_moto.log_pattern import compile_pattern

LEVELS = st.sampled_from(["ERROR", "error", "Error", "CRITICAL", "critical", "fatal", "info", "x"])


def line(logged: object) -> Line:
    text = logged if isinstance(logged, str) else json.dumps(logged)
    return Line(id="1", at=0, stream="s", text=text)


def comes(wanted: Wanted, logged: object) -> bool:
    """Whether a line passes CloudWatch Logs' filter and ours."""
    one = line(logged)
    return compile_pattern(wanted.pattern())(one.text) and wanted.holds(one)


@pytest.mark.parametrize(
    ("wanted", "pattern"),
    [
        (Wanted(), ""),
        (Wanted(customer="abc123"), '{ $.customer_id = "abc123" }'),
        (Wanted(customer='a"b\\'), '{ $.customer_id = "a\\"b\\\\" }'),
        (Wanted(customer="42"), '{ ($.customer_id = "42" || $.customer_id = 42) }'),
        (
            Wanted(slower_than=2000),
            "{ ($.duration > 2000 || $.response_time_ms > 2000 || $.processing_time_ms > 2000) }",
        ),
        (
            Wanted(customer="a", slower_than=2, errors=True),
            (
                '{ $.customer_id = "a" && '
                "($.duration > 2 || $.response_time_ms > 2 || $.processing_time_ms > 2) }"
            ),
        ),
    ],
)
def test_the_pattern_is_what_the_runbook_types(wanted: Wanted, pattern: str) -> None:
    assert wanted.pattern() == pattern


@given(st.text(max_size=30), st.booleans())
def test_a_customer_is_found_whatever_stands_in_the_id(customer: str, errors: bool) -> None:
    wanted = Wanted(customer=customer, errors=errors)
    assert comes(wanted, {"customer_id": customer, "level": "error"})


@given(st.text(max_size=8), st.text(alphabet='ab*"\\ ', max_size=8))
def test_no_other_customer_is_shown(theirs: str, asked: str) -> None:
    assume(theirs != asked)
    assert not comes(Wanted(customer=asked), {"customer_id": theirs})


@given(st.integers(min_value=0, max_value=10**12))
def test_a_number_is_a_customer_too(number: int) -> None:
    assert comes(Wanted(customer=str(number)), {"customer_id": number})


@given(
    st.sampled_from(DURATIONS),
    st.integers(min_value=0, max_value=10**6),
    st.floats(min_value=0, max_value=10**7),
)
def test_slower_means_a_longer_duration(field: str, limit: int, duration: float) -> None:
    assert comes(Wanted(slower_than=limit), {field: duration}) is (duration > limit)


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
def test_an_error_is_what_is_of_that_level_or_says_so(logged: object) -> None:
    assert comes(Wanted(errors=True), logged)


@pytest.mark.parametrize(
    "logged",
    [
        {"level": "INFO", "message": "sent the page for ERROR 404"},
        {"level": "warning", "errors": 0},
        {"message": "done"},
        "GET /api/v1/health 200, 0 errors",
    ],
)
def test_anything_else_is_none(logged: object) -> None:
    assert not comes(Wanted(errors=True), logged)


@given(
    st.one_of(
        st.text(max_size=20),
        st.dictionaries(
            st.sampled_from(["level", "severity", "message", "n"]),
            st.one_of(LEVELS, st.integers(), st.none()),
        ),
    )
)
def test_cloudwatch_lets_every_error_through(logged: object) -> None:
    one = line(logged)
    assert not one.is_error or compile_pattern(Wanted(errors=True).pattern())(one.text)


def test_every_condition_has_to_hold() -> None:
    wanted = Wanted(errors=True, customer="a", slower_than=10)
    right = {"level": "ERROR", "customer_id": "a", "duration": 11}
    assert comes(wanted, right)
    for other in ({"level": "INFO"}, {"customer_id": "b"}, {"duration": 10}):
        assert not comes(wanted, right | other)


def test_the_pattern_has_only_what_cloudwatch_takes_in_a_regular_expression() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html."""
    pattern = Wanted(errors=True).pattern()
    assert re.fullmatch(r"%[A-Za-z0-9:_#=@/;,^$?\[\]{}|\\*+.-]+%", pattern)
    assert len(pattern) < LONGEST


def test_a_pattern_has_an_end() -> None:
    assert len(Wanted(customer="a" * 900).pattern()) < LONGEST
    with pytest.raises(ValueError, match="takes 1024 characters"):
        Wanted(customer='"' * 600).pattern()
