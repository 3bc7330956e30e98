"""Metric math as in CloudWatch's documentation, above all missing values."""

import pytest

from pulumi_moto.metric_math import NotModelledError, Series, evaluate

PERIODS = (0, 60, 120, 180, 240)


def series(*values: float | None) -> Series:
    """One value a minute; None where there is none."""
    found = zip(PERIODS, values, strict=False)
    return {period: float(value) for period, value in found if value is not None}


EMPTY: Series = {}
METRIC1, METRIC2 = series(30, 20, 0, 0), series(20, None, 20, None)
ONES, TWOS, THREES = (
    series(1, 1, 0, 0, None),
    series(30, None, 0, 0, 30),
    series(0, 0, 20, None, 20),
)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("a < b", series(0, 0, 1, 0)),
        ("a >= 30", series(1, 0, 0, 0)),
        ("a + b", series(50, 20, 20, 0)),
        ("a - b", series(10, 20, -20, 0)),
        ("a / b", series(1.5, None, 0, None)),
        ("100 * a", series(3000, 2000, 0, 0)),
        ("SUM([a, b])", series(50, 20, 20, 0)),
        ("MIN([a, b])", series(20, 20, 0, 0)),
        ("FILL(b, 5)", series(20, 5, 20, 5, 5)),
        ("IF(a > 15, a, b)", series(30, 20, 20, None)),
        ("IF(a > 15, b)", series(20, 0)),
    ],
)
def test_two_series_of_which_one_has_gaps(expression: str, wanted: Series) -> None:
    assert evaluate(expression, {"a": METRIC1, "b": METRIC2}, PERIODS) == wanted


def test_if_is_as_the_documentation_shows_it() -> None:
    metrics = {"one": ONES, "two": TWOS, "three": THREES}
    assert evaluate("IF(one, two, three)", metrics, PERIODS) == series(30, 0, 20, None, None)
    assert evaluate("IF(one, 5, three)", metrics, PERIODS) == series(5, 5, 20, None, None)
    assert evaluate("IF(one, two, 5)", metrics, PERIODS) == series(30, 0, 5, 5, None)


@pytest.mark.parametrize("fills_empty", [True, False])
@pytest.mark.parametrize("expression", ["blue + green", "green + blue", "SUM([blue, green])"])
def test_a_sum_is_right_while_one_colour_has_never_had_a_datapoint(
    expression: str, fills_empty: bool
) -> None:
    """The result is independent of FILL."""
    metrics = {"blue": METRIC1, "green": EMPTY}
    assert evaluate(expression, metrics, PERIODS, fills_empty=fills_empty) == METRIC1


def test_a_sum_of_nothing_is_nothing() -> None:
    assert evaluate("blue + green", {"blue": EMPTY, "green": EMPTY}, PERIODS) == {}


def test_the_caller_decides_fill_of_a_metric_without_datapoints() -> None:
    metrics = {"green": EMPTY}
    assert evaluate("FILL(green, 0)", metrics, PERIODS) == {}
    assert evaluate("FILL(green, 0)", metrics, PERIODS, fills_empty=True) == series(0, 0, 0, 0, 0)


def test_fill_hides_the_latest_minute_until_it_is_reported() -> None:
    """An alarm with FILL on all of its minutes can never leave OK."""
    late = series(90, 90, 90, 90, None)
    assert evaluate("FILL(late, 0)", {"late": late}, PERIODS) == series(90, 90, 90, 90, 0)


@pytest.mark.parametrize(
    "expression", ["RATE(a)", "a ** 2", "unknown", "a +", "IF(1, a)", "FILL(a, REPEAT)", "[a]"]
)
def test_an_expression_that_is_not_modelled_raises(expression: str) -> None:
    with pytest.raises(NotModelledError):
        evaluate(expression, {"a": METRIC1}, PERIODS)
