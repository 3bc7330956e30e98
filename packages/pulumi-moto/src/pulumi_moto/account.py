"""One emulated AWS account in this process: moto with its corrections, behind HTTP and gRPC.

moto reads its environment when it is imported, so `moto_environment` must be in the environment
before this module is.
"""

import functools
import io
import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from moto import backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from pulumi_moto import correction, corrections, machines, provider
from pulumi_moto.awsx import server as awsx
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs.settle import settle
from pulumi_moto.fork import Wsgi, fork
from pulumi_moto.observer import Observer, call_of
from pulumi_moto.registrar import REGISTRAR
from pulumi_moto.row import Client
from pulumi_moto.trouble import Trouble, error

MINUTE_IN_A_SECOND = 60.0
CONTROL = "/pulumi-moto/"
"""Paths of our own beside AWS's: the clock, the registrar (name servers by domain), how many AWS
calls were made, and a copy of it all.

`trouble` is what befalls a write (pulumi_moto/trouble.py).
`unserved` returns the outages that the observer saw (pulumi_moto/observer.py); `reset` drops them.

`machines`, `ended` and `logins` are for a process that runs the tasks (pulumi_moto/machines.py).

`attach` starts a provider for a copy, in this process: a copied process can't speak gRPC.
"""
PATHS = (
    *("clock", "registrar", "calls", "unserved", "trouble", "machines", "ended", "logins"),
    *("fork", "exit"),
    "attach (but in no copy)",
)
_MAKING = threading.Lock()
"""A session is not for two threads; its clients are."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where a running account listens, always on the loopback interface."""

    endpoint: str
    """Of every AWS service: http://127.0.0.1:PORT."""
    region: str
    account_id: str
    provider_port: int
    awsx_port: int


class Front:
    """Counts and serialises the calls, and lets the account catch up with its clock before each.

    moto's backends are plain dictionaries that no lock guards, and the engine calls in parallel.
    """

    def __init__(
        self,
        moto: Wsgi,
        settle: Callable[[], None],
        attach: Callable[[str], int] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._moto = moto
        self._settle = settle
        self._attach = attach
        self._observer = observer or Observer()
        self._trouble = Trouble()
        self._others = {
            "unserved": self._observer.told,
            "trouble": self._trouble.told,
            "machines": machines.attached,
            "ended": machines.ended,
            "logins": machines.logins,
        }
        self._lock = threading.RLock()
        self._calls = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if str(environ["PATH_INFO"]).startswith(CONTROL):
            with self._lock:
                return self._control(environ, start)
        call = call_of(environ, _body(environ))
        if (code := self._trouble.meet(call)) is not None:
            status, headers, body = error(code, str(environ.get("CONTENT_TYPE", "")))
            start(status, headers)
            return body
        with self._lock:
            self._calls += 1
            self._settle()
            answer = list(self._moto(environ, start))
            self._observer.look(call)
            return answer

    def _control(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        asked = json.loads(environ["wsgi.input"].read(length) or b"{}")
        what = str(environ["PATH_INFO"]).removeprefix(CONTROL)
        if what == "clock":
            CLOCK.advance(float(asked.get("advance", 0)))
            if "speed" in asked:
                CLOCK.set_speed(float(asked["speed"]))
            self._settle()
            self._observer.look("the clock")
            answer: dict[str, Any] = {"now": CLOCK.now()}
        elif what == "registrar":
            REGISTRAR.enter(asked)
            answer = {"domains": len(asked)}
        elif what == "calls":
            answer = {"calls": self._calls}
        elif what == "fork":
            # A lock that another thread holds now would be held in the copy for ever: its own.
            copy = Front(self._moto, self._settle, observer=self._observer.copy())
            answer = {"port": fork(copy, MotoRequestHandler)}
        elif what == "attach" and self._attach is not None:
            answer = {"port": self._attach(f"http://127.0.0.1:{int(asked['port'])}")}
        elif what in self._others:
            answer = dict(self._others[what](asked))
        elif what == "exit":
            os._exit(0)
        else:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [f"{CONTROL}: {', '.join(PATHS)}".encode()]
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def _body(environ: dict[str, Any]) -> bytes:
    """Of a call of a query API, whose operation stands in it; it can be read once more."""
    if not str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        return b""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def clients(endpoint: str, region: str) -> Callable[[str], Client]:
    """boto3 clients that can reach this endpoint and nothing else."""

    @functools.cache
    def make(service: str) -> Client:
        return _session(region).client(
            service,
            endpoint_url=endpoint,
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def client_of(service: str) -> Client:
        with _MAKING:
            return make(service)

    return client_of


@functools.cache
def _session(region: str) -> boto3.Session:
    """One for every account that this process knows: each reads the models of AWS's services."""
    return boto3.Session("testing", "testing", region_name=region)


@contextmanager
def running(*, region: str, account_id: str, speed: float) -> Iterator[Account]:
    """Start the account; everything in it is gone at the end.

    `speed` is how many of the account's seconds (a bake time, an export) pass in a real one.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    assert corrections  # importing it registers them
    correction.apply()
    CLOCK.set_speed(speed)
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules  # else read from the disk at every request
    servers = []

    def attach(endpoint: str) -> int:
        server, port = provider.serve(provider.Provider(clients(endpoint, region), account_id))
        servers.append(server)
        return port

    http = make_server(
        "127.0.0.1",
        0,
        Front(DomainDispatcherApplication(create_backend_app), settle, attach),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    endpoint = f"http://127.0.0.1:{http.server_port}"
    os.environ["MOTO_PORT"] = str(http.server_port)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    provider_port = attach(endpoint)
    awsx_port, stop_awsx = awsx.serve()
    try:
        yield Account(
            endpoint=endpoint,
            region=region,
            account_id=account_id,
            provider_port=provider_port,
            awsx_port=awsx_port,
        )
    finally:
        stop_awsx()
        for ending in [server.stop(grace=1) for server in servers]:
            ending.wait()
        http.shutdown()
