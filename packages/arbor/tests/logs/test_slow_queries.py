"""`arbor slow-queries`: groups, order, and the message if there are none."""

import json
from datetime import timedelta

import pytest

from ecs_world import client
from log_fixtures import DATABASE, PARAMETERS, operate, put

PREFIX = "2026-01-27 12:00:00 UTC:10.0.3.7(53124):arbor_user@arbor_staging:[1234]:LOG:  "
OFTEN = "SELECT * FROM plans WHERE id = {}"
LONG = "SELECT * FROM usage WHERE customer_id = 'abc123\x1b'"

pytestmark = pytest.mark.usefixtures("logged")


def took(milliseconds: float, query: str, *, ago: timedelta = timedelta(minutes=1)) -> None:
    put(f"{PREFIX}duration: {milliseconds} ms  statement: {query}", group=DATABASE, ago=ago)


@pytest.fixture
def slow(logged: None) -> None:  # noqa: ARG001 - the account comes first
    for number, milliseconds in enumerate((1500, 2000.25, 1100)):
        took(milliseconds, OFTEN.format(number))
    took(4000, LONG)
    took(9000, "SELECT 'days ago'", ago=timedelta(days=2))
    put(f"{PREFIX}duration: 5.5 ms", group=DATABASE)


def limit(value: str) -> None:
    client("rds").modify_db_parameter_group(
        DBParameterGroupName=PARAMETERS,
        Parameters=[
            {
                "ParameterName": "log_min_duration_statement",
                "ParameterValue": value,
                "ApplyMethod": "immediate",
            }
        ],
    )


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(
    ("words", "order"), [((), ["plans", "usage"]), (("--by", "slowest"), ["usage", "plans"])]
)
def test_equal_statements_are_grouped(words: tuple[str, ...], order: list[str]) -> None:
    done = operate("slow-queries", "--json", *words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [one["query"].split()[3] for one in found] == order
    often = found[order.index("plans")]
    assert often["query"] == "SELECT * FROM plans WHERE id = ?"
    assert (often["times"], often["total_milliseconds"]) == (3, 4600.25)
    assert often["slowest_milliseconds"] == 2000.25


@pytest.mark.usefixtures("slow")
def test_the_table_has_no_values() -> None:
    done = operate("slow-queries")
    assert done.exit_code == 0, done.output
    assert "4600" in done.stdout
    assert "abc123" not in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


@pytest.mark.usefixtures("slow")
def test_a_limit_that_cuts_queries_is_a_warning() -> None:
    done = operate("slow-queries", "--limit", "1")
    assert "usage" not in done.stdout
    assert "1 more; raise --limit to show them." in done.stderr
    assert "days ago" not in done.stdout
    assert "9000" in operate("slow-queries", "--since", "3d").stdout


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1000", "No query took 1000 ms (log_min_duration_statement) or more since 20"),
        ("-1", "PostgreSQL logs no slow query, as log_min_duration_statement is off;"),
        (None, "PostgreSQL logs no slow query, as log_min_duration_statement is off;"),
    ],
)
def test_no_query_is_explained_by_the_threshold(value: str | None, message: str) -> None:
    if value is not None:
        limit(value)
    done = operate("slow-queries")
    assert (done.exit_code, done.stdout) == (0, "")
    assert message in done.stderr
    assert "`arbor database top-queries --stack staging`" in done.stderr
    assert operate("slow-queries", "--json").stdout.strip() == "[]"


def test_a_missing_log_and_an_invalid_time_are_refused() -> None:
    assert operate("slow-queries", "--since", "soon").exit_code == 2
    client("logs").delete_log_group(logGroupName=DATABASE)
    done = operate("slow-queries")
    assert done.exit_code == 3
    assert f"There is no log group {DATABASE}" in done.stderr
