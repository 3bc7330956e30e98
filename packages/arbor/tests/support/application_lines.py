"""A line of each kind that the backend logs, and what `arbor` must find in it.

The application logs JSON with structlog, and gunicorn's and uvicorn's text; the log driver sends
each line of a text as one event. The runbook's kinds follow.
"""

import json
from dataclasses import dataclass

CUSTOMER = "0f8fad5b-d9cb-469f-a165-70867728950e"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Events that are logged together, in sequence."""

    name: str
    events: tuple[str, ...]
    errors: tuple[str, ...] = ()
    """The text of each error in `triage`."""
    slow: int | None = None
    """The duration in them, in milliseconds."""
    customer: str | None = None


def _json(level: str, event: str, **more: object) -> str:
    common = {"event": event, "logger": "app", "level": level, "timestamp": "2026-01-27T12:00:00Z"}
    return json.dumps({**more, **common})


def _request(level: str, event: str, took: int) -> str:
    return _json(
        level,
        event,
        method="POST",
        path="/api/v1/recommendations",
        response_time_ms=took,
        status_code=200,
    )


def _gunicorn(level: str, text: str) -> str:
    return f"[2026-01-27 12:00:00 +0000] [1] [{level}] {text}"


_FRAMES = (
    "Traceback (most recent call last):",
    '  File "/usr/local/lib/python3.11/site-packages/starlette/exceptions.py", line 62, in wrapped',
    "    raise HTTPException(status_code=500)  # an Error",
    "    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
)
_ENDED = 'asyncpg.exceptions.DuplicateTableError: relation "suppliers" already exists'
_POOL = "QueuePool limit of size 10 overflow 20 reached, connection timed out, timeout 30.00"

APPLICATION = (
    Kind(name="started", events=(_json("info", "Starting application", version="1.0.0"),)),
    Kind(
        name="an error that was logged",
        events=(
            _json(
                "error",
                "Unhandled exception",
                error="no plan",
                exception="Traceback\\n  Error: no plan",
            ),
        ),
        errors=("Unhandled exception: no plan",),
    ),
    Kind(
        name="a warning about an error",
        events=(_json("warning", "Failed to warm cache", error="ImportError"),),
    ),
    Kind(
        name="a slow request",
        events=(_request("warning", "Slow request detected", 1200),),
        slow=1200,
    ),
    Kind(
        name="a very slow request",
        events=(_request("error", "Critical slow request", 2400),),
        errors=("Critical slow request",),
        slow=2400,
    ),
    Kind(
        name="a recommendation",
        events=(
            _json(
                "info", "Generated recommendations", customer_id=CUSTOMER, processing_time_ms=1800
            ),
        ),
        slow=1800,
        customer=CUSTOMER,
    ),
    Kind(
        name="requests that did not fail",
        events=(
            '10.0.1.7:0 - "GET /api/v1/plans/ERROR?Traceback=500 HTTP/1.1" 200',
            '10.0.1.7:0 - "GET /api/v1/Exception HTTP/1.1" 404',
            '10.0.1.7 - - [27/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "Error/5"',
            'INFO:     10.0.1.7:0 - "GET /Error HTTP/1.1" 307 Temporary Redirect',
        ),
    ),
    Kind(
        name="a request that failed",
        events=('10.0.1.7:0 - "GET /api/v1/plans HTTP/1.1" 500',),
        errors=('10.0.1.7:0 - "GET /api/v1/plans HTTP/1.1" 500',),
    ),
    Kind(
        name="gunicorn starts",
        events=(
            _gunicorn("INFO", "Listening at: http://0.0.0.0:8000 (1)"),
            _gunicorn("INFO", "Using worker: uvicorn.workers.UvicornWorker"),
        ),
    ),
    Kind(
        name="a server speaks of an error",
        events=(
            _gunicorn("WARNING", "Invalid request from ip=10.0.1.7: Invalid HTTP header: 'Error'"),
            "INFO  [alembic.runtime.migration] Running upgrade 001 -> 002, add table of ERRORs",
        ),
    ),
    Kind(
        name="a traceback that ends with the application's own class",
        events=(*_FRAMES, "app.services.scoring.NoPlans: none in this market"),
        errors=("app.services.scoring.NoPlans: none in this market",),
    ),
    Kind(
        name="gunicorn stops its four workers",
        events=(
            _gunicorn("INFO", "Handling signal: term"),
            *(_gunicorn("ERROR", f"Worker (pid:{pid}) was sent SIGTERM!") for pid in range(7, 11)),
            _gunicorn("INFO", "Shutting down: Master"),
        ),
    ),
    Kind(
        name="a worker is killed",
        events=(_gunicorn("ERROR", "Worker (pid:7) was sent SIGKILL! Perhaps out of memory?"),),
        errors=(_gunicorn("ERROR", "Worker (pid:7) was sent SIGKILL! Perhaps out of memory?"),),
    ),
    Kind(
        name="a worker is stuck",
        events=(_gunicorn("CRITICAL", "WORKER TIMEOUT (pid:7)"),),
        errors=(_gunicorn("CRITICAL", "WORKER TIMEOUT (pid:7)"),),
    ),
    Kind(name="a traceback", events=(*_FRAMES, _ENDED), errors=(_ENDED,)),
    Kind(
        name="a traceback below the server's line",
        events=(_gunicorn("ERROR", "Exception in ASGI application"), *_FRAMES, _ENDED),
        errors=(_ENDED,),
    ),
    Kind(
        name="a traceback in a traceback",
        events=(
            *_FRAMES,
            "KeyError: 'plans'",
            "During handling of the above exception, another exception occurred:",
            *_FRAMES,
            f"sqlalchemy.exc.TimeoutError: {_POOL}",
            "[SQL: INSERT INTO feedback (comment) VALUES ('Error')]",
            "(Background on this error at: https://sqlalche.me/e/20/3o7r)",
        ),
        errors=(f"sqlalchemy.exc.TimeoutError: {_POOL}",),
    ),
    Kind(
        name="a traceback between whose lines another worker writes",
        events=(
            *_FRAMES[:2],
            _json("info", "Generated recommendations"),
            '10.0.1.7:0 - "GET /api/v1/plans HTTP/1.1" 200',
            *_FRAMES[2:],
            "TypeError: no",
        ),
        errors=("TypeError: no",),
    ),
    Kind(
        name="two tracebacks at once",
        events=(*_FRAMES, "ValueError: one", *_FRAMES, "ValueError: two"),
        errors=("ValueError: two", "ValueError: one"),
    ),
)
RUNBOOK = (
    Kind(
        name="the runbook's error",
        events=(json.dumps({"level": "ERROR", "message": "no way", "duration": 2500}),),
        errors=("no way",),
        slow=2500,
    ),
    Kind(
        name="the runbook's line of a customer",
        events=(json.dumps({"level": "INFO", "message": "a plan", "customer_id": CUSTOMER}),),
        customer=CUSTOMER,
    ),
    Kind(
        name="the runbook's duration",
        events=(json.dumps({"level": "INFO", "message": "a plan", "duration": 800.5}),),
        slow=800,
    ),
    Kind(name="the runbook's ERROR in a text", events=("ERROR no way",), errors=("ERROR no way",)),
)
KINDS = (*APPLICATION, *RUNBOOK)
