"""A user's path to the application: a proxy for the account's domain that plays its load balancer.

`HTTPS_PROXY` names it, so `arbor health`, curl and a browser request `https://DOMAIN/` as on AWS.
It accepts only the hosts of the account's listener rules: no request leaves the machine. Not
modelled: WAF, the listener for HTTP, health checks of its own.
"""

import fnmatch
import random
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from certificate_authority import Authority

IDLE_SECONDS = 60.0
"""The load balancer's idle timeout: a request whose first byte takes longer gets 504."""
STARTS_WITHIN, LOOKS_EVERY = 60.0, 0.1
"""Seconds."""
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A listener's rule: its requests go to one of its groups, or get a fixed response."""

    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    groups: Mapping[str, int] = field(default_factory=dict)
    """Weights by ARN; empty for a fixed response."""
    status: int = 404

    def takes(self, host: str, path: str) -> bool:
        """Whether every condition is met."""
        return (not self.hosts or host in self.hosts) and (
            not self.paths or any(fnmatch.fnmatchcase(path, one) for one in self.paths)
        )


@dataclass(frozen=True, kw_only=True)
class Routes:
    """The routes at one moment."""

    balancer: str = ""
    """The dimension in CloudWatch."""
    rules: tuple[Rule, ...] = ()
    """In the order of their priority, the default last."""
    ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Local ports of processes, by the group of which they are healthy targets."""
    starting: frozenset[str] = frozenset()
    """Groups with a healthy target whose process does not listen yet."""

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(host for rule in self.rules for host in rule.hosts)


@dataclass(frozen=True, kw_only=True)
class Served:
    """One request, for the account's metrics."""

    group: str
    """Empty if no target received it."""
    status: int
    seconds: float


class Edge:
    """The entry of requests; its routes are replaced as the account changes."""

    def __init__(self, authority: Authority) -> None:
        """Start without routes: every host is refused."""
        self._authority = authority
        self._context: ssl.SSLContext | None = None
        self.routes = Routes()
        self._served: list[Served] = []
        self._lock = threading.Lock()

    def set_routes(self, routes: Routes) -> None:
        """Apply from the next request on; a new host gets a certificate."""
        if routes.hosts and routes.hosts != self.routes.hosts:
            self._context = self._certificate(sorted(routes.hosts))
        self.routes = routes

    def certificate(self, host: str) -> ssl.SSLContext | None:
        """The certificate of a host; None for a host without a rule."""
        return self._context if host in self.routes.hosts else None

    def port(self, host: str, path: str) -> tuple[str, int | None, int]:
        """Group, port and fixed status of a request; no port for a fixed response."""
        for rule in self.routes.rules:
            if not rule.takes(host, path):
                continue
            if not rule.groups:
                return "", None, rule.status
            (group,) = random.choices(list(rule.groups), list(rule.groups.values()))
            ports = self._of_group(group)
            if not ports:
                return "", None, HTTPStatus.SERVICE_UNAVAILABLE
            return group, random.choice(ports), HTTPStatus.OK
        return "", None, HTTPStatus.NOT_FOUND

    def _of_group(self, group: str) -> tuple[int, ...]:
        """The account reports a task healthy at once, so this waits for its process."""
        ends = time.monotonic() + STARTS_WITHIN
        while not (ports := self.routes.ports.get(group, ())):
            if group not in self.routes.starting or time.monotonic() > ends:
                break
            time.sleep(LOOKS_EVERY)
        return ports

    def note(self, served: Served) -> None:
        with self._lock:
            self._served.append(served)

    def taken(self) -> list[Served]:
        """The requests since the last call."""
        with self._lock:
            found, self._served = self._served, []
        return found

    def _certificate(self, hosts: Sequence[str]) -> ssl.SSLContext:
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            self._authority.issue(place, *hosts)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(place / "server.pem", place / "server.key")
        return context


@contextmanager
def listening(edge: Edge) -> Iterator[int]:
    """Serve on a free local port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _proxy(edge)) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()


def _proxy(edge: Edge) -> type[BaseHTTPRequestHandler]:
    class Proxy(BaseHTTPRequestHandler):
        """Opens a tunnel to a host of the account, which ends here."""

        def do_CONNECT(self) -> None:
            host = self.path.rpartition(":")[0].lower()
            context = edge.certificate(host)
            if context is None:
                self.send_error(HTTPStatus.FORBIDDEN, f"no rule of the account has {host}")
                return
            self.send_response(HTTPStatus.OK)
            self.end_headers()
            self.close_connection = True
            try:
                with context.wrap_socket(self.connection, server_side=True) as tls:
                    _requests(edge, host)(tls, self.client_address, self.server)
            except OSError:
                return  # the client disconnected

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            """Write nothing: the load balancer's own log goes to a bucket."""

    return Proxy


def _requests(edge: Edge, host: str) -> Callable[..., BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        """A user's request, after TLS termination."""

        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            began = time.monotonic()
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            group, port, status = edge.port(host, self.path.partition("?")[0])
            answer = b""
            headers: dict[str, str] = {}
            if port is not None:
                status, headers, answer = self._ask(port, body)
            edge.note(Served(group=group, status=status, seconds=time.monotonic() - began))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def _ask(self, port: int, body: bytes) -> tuple[int, dict[str, str], bytes]:
            """A target's response; 502 without one, 504 if it takes too long."""
            forwarded = self.headers.get("X-Forwarded-For")
            kept = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
            connection = HTTPConnection("127.0.0.1", port, timeout=IDLE_SECONDS)
            try:
                connection.request(
                    self.command,
                    self.path,
                    body or None,
                    {
                        **kept,
                        "Host": host,
                        "X-Forwarded-Proto": "https",
                        "X-Forwarded-For": ", ".join(filter(None, (forwarded, "127.0.0.1"))),
                    },
                )
                answer = connection.getresponse()
                headers = {k: v for k, v in answer.getheaders() if k.lower() not in HOP}
                return answer.status, headers, answer.read()
            except TimeoutError:
                return HTTPStatus.GATEWAY_TIMEOUT, {}, b""
            except (OSError, HTTPException):
                return HTTPStatus.BAD_GATEWAY, {}, b""
            finally:
                connection.close()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - http.server

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            """As above."""

    return Request


def rule(found: Mapping[str, Any]) -> Rule:
    """A rule from `describe_rules`; raises NotImplementedError for one that no stack here has."""
    known = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}
    conditions: dict[str, tuple[str, ...]] = {}
    for one in found["Conditions"]:
        if one["Field"] not in known:
            raise NotImplementedError(f"a condition on {one['Field']} is not served")
        values = one.get(known[one["Field"]], {}).get("Values") or one.get("Values") or []
        conditions[one["Field"]] = tuple(values)
    hosts, paths = (conditions.get(one, ()) for one in ("host-header", "path-pattern"))
    (action,) = found["Actions"]
    if action["Type"] == "fixed-response":
        status = int(action["FixedResponseConfig"]["StatusCode"])
        return Rule(hosts=hosts, paths=paths, status=status)
    if action["Type"] != "forward":
        raise NotImplementedError(f"an action {action['Type']} is not served")
    groups = {
        one["TargetGroupArn"]: int(one.get("Weight", 1))
        for one in action["ForwardConfig"]["TargetGroups"]
    }
    live = {arn: weight for arn, weight in groups.items() if weight}
    return Rule(hosts=hosts, paths=paths, groups=live)
