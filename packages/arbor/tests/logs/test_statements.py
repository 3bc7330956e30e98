"""PostgreSQL's lines as RDS exports them, and equal statements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbor.logs.statements import read, without_values

PREFIX = "2026-01-27 12:00:00 UTC:10.0.3.7(53124):arbor_user@arbor_production:[1234]:LOG:  "
VALUES = st.one_of(
    st.text(max_size=12).map(lambda text: "'" + text.replace("'", "''") + "'"),
    st.integers(min_value=0).map(str),
    st.floats(min_value=0, allow_infinity=False).map(repr),
    st.text(alphabet="abc'; \n", max_size=8).map(lambda text: f"$body${text}$body$"),
)


@pytest.mark.parametrize(
    ("line", "milliseconds", "query"),
    [
        ("duration: 1234.567 ms  statement: SELECT 1", 1234.567, "SELECT ?"),
        ("duration: 1000 ms  execute <unnamed>: SELECT * FROM a", 1000, "SELECT * FROM a"),
        ("duration: 2.5 ms  parse s_1: SELECT $1", 2.5, "SELECT $1"),
        ("duration: 2.5 ms  bind __asyncpg_stmt_9__: COMMIT", 2.5, "COMMIT"),
        (
            "duration: 2.5 ms  execute fetch from S_1/C_2: SELECT a\n\tFROM b",
            2.5,
            "SELECT a FROM b",
        ),
    ],
)
def test_a_slow_statement_is_read(line: str, milliseconds: float, query: str) -> None:
    assert read(PREFIX + line) == (milliseconds, query)


@pytest.mark.parametrize(
    "line",
    [
        "duration: 0.123 ms",
        "duration: 12.5 ms  plan:\n\tQuery Text: SELECT 1",
        "statement: SELECT 'duration: x'",
        "checkpoint complete: write=1.2 s",
    ],
)
def test_another_line_has_no_statement(line: str) -> None:
    assert read(PREFIX + line) is None


@pytest.mark.parametrize(
    ("query", "alike"),
    [
        ("SELECT *  FROM plan_2\n WHERE id = 42", "SELECT * FROM plan_2 WHERE id = ?"),
        ("SELECT 'it''s', E'a\\'b', $$x'y$$, $t$z$t$", "SELECT ?, ?, ?, ?"),
        ("SELECT x'1F', 0x1F, 1_000, 1.5e-3, .5", "SELECT ?, ?, ?, ?, ?"),
        ('SELECT "year 2026" FROM t1 -- for 42', 'SELECT "year 2026" FROM t1'),
        ("/*trace=7*/ SELECT a FROM b WHERE c LIKE'%x'", "SELECT a FROM b WHERE c LIKE?"),
        ("DELETE FROM a WHERE b IN (1, 2, 3)", "DELETE FROM a WHERE b IN (...)"),
        ("DELETE FROM a WHERE b IN (1)", "DELETE FROM a WHERE b IN (...)"),
        ("SELECT a FROM b WHERE c IN ($1, $2)", "SELECT a FROM b WHERE c IN (...)"),
        ("INSERT INTO a (b, c) VALUES (1, 'x'), (2, 'y')", "INSERT INTO a (b, c) VALUES (...)"),
        ("SELECT f(1), now()", "SELECT f(?), now()"),
        ("SELECT 'cut off here", "SELECT ?"),
        ("SELECT $x$cut off", "SELECT ?"),
        ("SELECT 1 /* cut off", "SELECT ?"),
    ],
)
def test_values_are_removed(query: str, alike: str) -> None:
    assert without_values(query) == alike


@given(VALUES, VALUES)
def test_statements_with_other_values_are_equal(one: str, other: str) -> None:
    query = "SELECT a FROM b WHERE c = {} AND d < 5 -- e"
    alike = "SELECT a FROM b WHERE c = ? AND d < ?"
    assert without_values(query.format(one)) == without_values(query.format(other)) == alike


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_lists_of_any_length_are_equal(values: list[str]) -> None:
    query = f"SELECT a FROM b WHERE c IN ({', '.join(values)})"
    assert without_values(query) == "SELECT a FROM b WHERE c IN (...)"


@given(st.text(max_size=40), st.text(alphabet="0123456789'\"$abcE-/* \n(),.\\", max_size=40))
def test_removing_values_is_idempotent(one: str, other: str) -> None:
    for query in (one, other):
        assert isinstance(without_values(query), str)
        assert "'" not in without_values(query).replace('"', "") or '"' in query
