"""One emulated AWS account in this process: moto with its corrections, behind HTTP and gRPC.

moto reads its environment when it is imported, so `moto_environment` must be in the environment
before this module is.
"""

import io
import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto import backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from pulumi_moto import correction, machines, provider
from pulumi_moto.awsx import server as awsx
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs.settle import settle
from pulumi_moto.fork import fork
from pulumi_moto.observer import Observer, call_of
from pulumi_moto.registrar import REGISTRAR
from pulumi_moto.remote import CONTROL, PATHS, clients
from pulumi_moto.trouble import Trouble, error

MINUTE_IN_A_SECOND = 60.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """The addresses of a running account, all on the loopback interface."""

    endpoint: str
    """Of every AWS service: http://127.0.0.1:PORT."""
    region: str
    account_id: str
    provider_port: int
    awsx_port: int


class Front:
    """Counts and serialises the calls; brings the account up to its clock before each.

    moto's backends are dictionaries without locks, and the engine calls in parallel.
    """

    def __init__(
        self,
        moto: WSGIApplication,
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
            "unserved": self._observer.report,
            "trouble": self._trouble.schedule,
            "machines": machines.attached,
            "ended": machines.ended,
            "logins": machines.logins,
        }
        self._lock = threading.RLock()
        self._calls = 0

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if str(environ["PATH_INFO"]).startswith(CONTROL):
            with self._lock:
                return self._control(environ, start)
        call = call_of(environ, _body(environ))
        if (code := self._trouble.error_code(call)) is not None:
            status, headers, body = error(code, str(environ.get("CONTENT_TYPE", "")))
            start(status, headers)
            return body
        with self._lock:
            self._calls += 1
            self._settle()
            answer = list(self._moto(environ, start))
            self._observer.observe(call)
            return answer

    def _control(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(length) or b"{}")
        what = str(environ["PATH_INFO"]).removeprefix(CONTROL)
        if what == "clock":
            CLOCK.advance(float(body.get("advance", 0)))
            if "speed" in body:
                CLOCK.set_speed(float(body["speed"]))
            self._settle()
            self._observer.observe("the clock")
            answer: dict[str, object] = {"now": CLOCK.now()}
        elif what == "registrar":
            REGISTRAR.enter(body)
            answer = {"domains": len(body)}
        elif what == "calls":
            answer = {"calls": self._calls}
        elif what == "fork":
            # The fork gets its own lock: one that another thread holds now would never be released.
            copy = Front(self._moto, self._settle, observer=self._observer.copy())
            answer = {"port": fork(copy, MotoRequestHandler)}
        elif what == "attach" and self._attach is not None:
            answer = {"port": self._attach(f"http://127.0.0.1:{int(body['port'])}")}
        elif what in self._others:
            answer = dict(self._others[what](body))
        elif what == "exit":
            os._exit(0)
        else:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [f"{CONTROL}: {', '.join(PATHS)}".encode()]
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a query API's call, which names its operation; it can be read again."""
    if not str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        return b""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


@contextmanager
def running(*, region: str, account_id: str, speed: float) -> Iterator[Account]:
    """Run the account; its contents end with it.

    `speed` is the number of seconds on the account's clock (bake times, exports) per real second.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    correction.apply()
    CLOCK.set_speed(speed)
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules  # else read from disk at each request
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
