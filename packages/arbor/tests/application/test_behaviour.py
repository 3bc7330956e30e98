"""The stand-in has the application's measured behaviour."""

import json
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest

from application_process import Running, Stores, started
from postgres_server import DATABASE, superuser

HEALTH, DETAILED, PLANS = "/api/v1/health", "/api/v1/health/detailed", "/api/v1/plans"
WHO = {"version": "0.1.0", "environment": "production"}
PAGES = ("/docs", "/redoc", "/openapi.json")


@pytest.fixture
def switched(running: Running) -> Iterator[Running]:
    yield running
    running.switch()


def who() -> dict[str, str]:
    """Headers of a new client."""
    return {"X-Forwarded-For": f"{uuid4()}, 10.0.0.1"}


def events(running: Running, event: str) -> list[dict[str, object]]:
    return [one for one in running.documents() if one["event"] == event]


def test_health_is_shallow_and_detailed_health_names_both_stores(
    running: Running, migrated: Stores
) -> None:
    assert running.ask(HEALTH) == (200, {"status": "healthy", **WHO})
    fine = {"status": "healthy", **WHO, "database": "healthy", "cache": "healthy"}
    assert running.ask(DETAILED) == (200, fine)
    with superuser(migrated.database, "postgres") as root:
        root.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false".encode())
        try:
            root.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (DATABASE,),
            )
            degraded = {**fine, "status": "degraded", "database": "unhealthy"}
            assert running.ask(DETAILED) == (200, degraded)
            assert running.ask(HEALTH) == (200, {"status": "healthy", **WHO})
        finally:
            root.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true".encode())


def test_without_redis_it_starts_with_a_warning_and_is_degraded(
    migrated: Stores, tmp_path: Path
) -> None:
    with started(migrated, tmp_path, REDIS_PORT="1") as alone:
        assert alone.ask(DETAILED)[1]["cache"] == "unhealthy"
        assert alone.ask(PLANS, headers=who())[0] == 200
        (warned,) = events(alone, "Failed to initialize Redis")
        assert warned["level"] == "warning"


def test_api_pages_are_absent_in_production_only(
    running: Running, migrated: Stores, tmp_path: Path
) -> None:
    assert [running.ask(page, headers=who())[0] for page in PAGES] == [404, 404, 404]
    with started(migrated, tmp_path, name="staging") as staging:
        assert [staging.ask(page)[0] for page in PAGES] == [200, 200, 200]


def test_the_61st_request_of_a_client_within_a_minute_is_answered_500(
    running: Running, migrated: Stores
) -> None:
    eager = {"X-Forwarded-For": "203.0.113.7, 10.0.0.1"}
    with ThreadPoolExecutor(1) as one:
        answers = list(one.map(lambda _: running.ask(PLANS, headers=eager)[0], range(61)))
    assert answers == [200] * 60 + [500]
    assert running.ask(PLANS, headers=who())[0] == 200
    assert running.ask(HEALTH, headers=eager)[0] == 200
    assert {f"ratelimit:ip:203.0.113.7:{w}" for w in ("minute", "hour")} <= migrated.cache.keys()
    (logged,) = events(running, "Rate limit exceeded")
    assert logged["level"] == "warning"


def test_an_error_is_a_json_line_and_a_traceback_of_one_event_per_line(switched: Running) -> None:
    switched.switch(failing=True)
    assert switched.ask(PLANS, headers=who()) == (500, {"detail": "Internal server error"})
    logged = events(switched, "Unhandled exception")[-1]
    assert logged["level"] == "error"
    assert str(logged["exception"]).endswith("RuntimeError: the stand-in was switched to fail")
    ends = time.monotonic() + 10
    while not (found := _traceback(switched)):
        assert time.monotonic() < ends, switched.log.read_text()
        time.sleep(0.1)
    first, *more, last = found
    assert first.endswith("[ERROR] Exception in ASGI application")
    assert "Traceback (most recent call last):" in more[0]
    assert last.endswith("RuntimeError: the stand-in was switched to fail")


def _traceback(running: Running) -> list[str]:
    """The whole traceback from uvicorn's line on; it is logged after the response."""
    lines = [line for line in running.lines() if not line.startswith("{")]
    begins = [n for n, line in enumerate(lines) if line.endswith("Exception in ASGI application")]
    ends = [n for n, line in enumerate(lines) if line.endswith("switched to fail")]
    return lines[begins[0] : ends[-1] + 1] if begins and ends else []


@pytest.mark.parametrize(
    ("seconds", "event", "level"),
    [(1.0, "Slow request detected", "warning"), (2.0, "Critical slow request", "error")],
)
def test_only_a_slow_request_is_logged(
    switched: Running, seconds: float, event: str, level: str
) -> None:
    switched.ask(PLANS, headers=who())  # the first request opens connections
    before = len(switched.documents())
    assert switched.ask(PLANS, headers=who())[0] == 200
    assert len(switched.documents()) == before
    switched.switch(slow=seconds)
    assert switched.ask(PLANS, headers=who())[0] == 200
    (logged,) = events(switched, event)
    assert (logged["level"], logged["method"], logged["path"]) == (level, "GET", PLANS)
    assert logged["status_code"] == 200
    assert isinstance(took := logged["response_time_ms"], int)
    assert took >= seconds * 1000
    assert any(f'"GET {PLANS} HTTP/1.1" 200' in line for line in switched.lines())


def test_a_recommendation_logs_its_customer_and_sets_keys(
    running: Running, migrated: Stores, customer: str
) -> None:
    requested = {"customer_id": customer}
    status, answer = running.ask(
        "/api/v1/recommendations", method="POST", body=requested, headers=who()
    )
    assert (status, len(answer["recommendations"])) == (200, 3)
    (logged,) = events(running, "Generated recommendations")
    assert logged["customer_id"] == customer
    assert isinstance(logged["processing_time_ms"], int)
    kept = {"plans:all", f"recommendations:{customer}", f"usage_analysis:{customer}"}
    assert kept <= migrated.cache.keys()
    path = f"/api/v1/recommendations/{customer}"
    assert running.ask(path, headers=who()) == (200, answer)
    assert running.ask(path, method="DELETE", headers=who())[0] == 204
    assert running.ask(path, headers=who())[0] == 404


def test_a_year_of_hours_fits_in_one_upload(running: Running) -> None:
    hours = (f"2024-{1 + n // 720 % 12:02}-01T00:00,{n}.25" for n in range(8760))
    rows = "\n".join(["date,kwh", *hours])
    assert len(rows) > 150_000
    form = f'--b\r\nContent-Disposition: form-data; name="file"; filename="u.csv"\r\n\r\n{rows}\r\n'
    status, answer = running.ask(
        "/api/v1/ingest/csv",
        method="POST",
        body=f"{form}--b--\r\n".encode(),
        headers={"Content-Type": "multipart/form-data; boundary=b", **who()},
    )
    assert (status, answer["ingestion_result"]["records_processed"]) == (200, 8760)


def test_a_worker_opens_thirty_connections_and_keeps_ten(
    running: Running, migrated: Stores
) -> None:
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'arbor_user'"
    with superuser(migrated.database) as watching, ThreadPoolExecutor(40) as clients:

        def connections() -> int:
            (found,) = watching.execute(count).fetchone() or (0,)
            return int(found)

        with superuser(migrated.database) as root, root.transaction():
            root.execute("LOCK TABLE energy_plans")
            requested = [clients.submit(running.ask, PLANS, headers=who()) for _ in range(40)]
            ends = time.monotonic() + 20
            while connections() < 30:
                assert time.monotonic() < ends
                time.sleep(0.1)
            time.sleep(0.5)
            assert connections() == 30
        assert [one.result()[0] for one in requested] == [200] * 40
        assert connections() == 10


def test_a_worker_opens_twenty_connections_to_the_cache_at_most(
    running: Running, migrated: Stores
) -> None:
    """Without a connection, a request is rate-limited in memory and answered."""
    with migrated.cache.client() as watching, ThreadPoolExecutor(40) as clients:
        watching.execute_command("CLIENT", "PAUSE", 1500, "ALL")
        requested = [clients.submit(running.ask, PLANS, headers=who()) for _ in range(40)]
        assert [one.result()[0] for one in requested] == [200] * 40
        mine = watching.client_id()
        others = [one for one in watching.client_list() if int(one["id"]) != mine]
        assert len(others) == 20
    warnings = [one for one in running.documents() if "using memory" in str(one["event"])]
    assert warnings
    assert {one["level"] for one in warnings} == {"warning"}


def redirect(running: Running) -> str:
    """The redirect of a path without its slash for an HTTPS client."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=10)
    try:
        headers = {"Host": "arbor.test", "X-Forwarded-Proto": "https", **who()}
        connection.request("GET", "/api/v1", headers=headers)
        return connection.getresponse().headers["Location"]
    finally:
        connection.close()


def test_a_redirect_keeps_https_where_the_environment_trusts_the_load_balancer(
    running: Running, migrated: Stores, tmp_path: Path
) -> None:
    assert redirect(running) == "https://arbor.test/api/v1/"
    with started(migrated, tmp_path, FORWARDED_ALLOW_IPS="10.0.0.1") as distrustful:
        assert redirect(distrustful) == "http://arbor.test/api/v1/"


def closes(running: Running, within: float) -> bool:
    """Whether it closes an idle connection within `within` seconds."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=10)
    try:
        connection.request("GET", HEALTH)
        connection.getresponse().read()
        assert isinstance(connection.sock, socket.socket)
        readable, _, _ = select.select([connection.sock], [], [], within)
        return bool(readable)
    finally:
        connection.close()


def test_keep_alive_follows_the_environment(
    running: Running, migrated: Stores, tmp_path: Path
) -> None:
    """Two seconds by default; with the task's environment, longer than the load balancer's."""
    with started(migrated, tmp_path, GUNICORN_CMD_ARGS="") as by_itself:
        assert closes(by_itself, within=30)
    assert not closes(running, within=4)


def test_a_stop_completes_requests_and_logs_an_error_per_worker(
    migrated: Stores, tmp_path: Path
) -> None:
    with started(migrated, tmp_path, workers=2) as task, ThreadPoolExecutor(1) as client:
        task.switch(slow=1.5)
        requested = client.submit(task.ask, PLANS)
        time.sleep(0.5)
        assert task.stop() < 30, "it is not cut by gunicorn's graceful time-out"
        assert requested.result()[0] == 200
        assert task.process.returncode == 0
        sent = [line for line in task.lines() if line.endswith("was sent SIGTERM!")]
        assert len(sent) == 2, json.dumps(task.lines()[-10:], indent=1)
        assert all(" [ERROR] Worker (pid:" in line for line in sent)
