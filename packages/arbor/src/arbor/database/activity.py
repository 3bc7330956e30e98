"""Connections and query statistics from PostgreSQL's views.

https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
https://www.postgresql.org/docs/15/pgstatstatements.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from arbor.account import typed
from arbor.procedure import Refused

if TYPE_CHECKING:
    import psycopg

Order = Literal["mean", "total", "calls"]
COLUMNS: dict[Order, str] = {
    "mean": "mean_exec_time",
    "total": "total_exec_time",
    "calls": "calls",
}
CONNECTIONS = """
SELECT usename, coalesce(state, 'unknown'), count(*)::int,
       coalesce(max(extract(epoch FROM now() - state_change)), 0)::float
FROM pg_stat_activity WHERE backend_type = 'client backend'
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
LIMITS = """
SELECT current_setting('max_connections')::int,
       current_setting('superuser_reserved_connections')::int
"""
INSTALLED = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')"
STATEMENTS = """
SELECT query, calls, mean_exec_time, total_exec_time, rows FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY {} DESC LIMIT %s
"""


@dataclass(frozen=True, kw_only=True)
class Share:
    """Connections of one user in one state."""

    user: str
    state: str
    connections: int
    longest_seconds: float
    """Seconds since the oldest of them entered the state."""


@dataclass(frozen=True, kw_only=True)
class Connections:
    """Client connections, and the limit."""

    used: int
    allowed: int
    """max_connections without those reserved for superusers."""
    shares: tuple[Share, ...]


@dataclass(frozen=True, kw_only=True)
class Query:
    """A normalised statement, with statistics since their last reset."""

    query: str
    calls: int
    mean_milliseconds: float
    total_milliseconds: float
    rows: int


def connections(session: "psycopg.Connection") -> Connections:
    """Current client connections, including this one."""
    shares = tuple(
        Share(user=user, state=state, connections=count, longest_seconds=round(longest, 1))
        for user, state, count, longest in session.execute(CONNECTIONS)
    )
    ((most, reserved),) = session.execute(LIMITS)
    return Connections(
        used=sum(share.connections for share in shares), allowed=most - reserved, shares=shares
    )


def top_queries(
    session: "psycopg.Connection", order: Order, limit: int, *, stack: str
) -> list[Query]:
    """The database's most expensive queries. Raises Refused without pg_stat_statements."""
    from psycopg import sql  # noqa: PLC0415 - slow, and --help is fast

    ((installed,),) = session.execute(INSTALLED)
    if not installed:
        raise Refused(
            "The extension pg_stat_statements is missing in this database. Run `CREATE EXTENSION "
            "pg_stat_statements;` once in "
            f"`{typed('arbor database connect', stack)}`."
        )
    statement = sql.SQL(STATEMENTS).format(sql.Identifier(COLUMNS[order]))
    return [
        Query(
            query=" ".join(query.split()),
            calls=calls,
            mean_milliseconds=round(mean, 3),
            total_milliseconds=round(total, 3),
            rows=rows,
        )
        for query, calls, mean, total, rows in session.execute(statement, [limit])
    ]
