"""Faults of calls to the emulated account: the call of a command, and the kind of fault."""

import os
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.endpoint import Endpoint
from botocore.exceptions import ReadTimeoutError

from arbor import procedure
from engine_stack import control

OPERATIONS = str(Path(__file__).parents[2] / "packages" / "arbor" / "src" / "arbor") + os.sep
READS = ("Describe", "Get", "List", "Filter", "Lookup", "Search", "Head")
Client = Any


class Killed(BaseException):
    """The process has ended: nothing catches it, and no later call is made."""


class Fault(Enum):
    """The fault of one call."""

    THROTTLED = "is throttled at every attempt"
    BROKEN = "is answered by 503 at every attempt"
    LOST = "takes effect and its answer is lost"
    KILLED_BEFORE = "is never made: the process is killed"
    KILLED_AFTER = "takes effect and the process is killed"


STOP_READS = (Fault.THROTTLED, Fault.BROKEN, Fault.KILLED_BEFORE)
"""A process that is killed after a read is killed before the next call."""


@dataclass(frozen=True, order=True)
class Place:
    """A call site: the operation, and the lines of `arbor` that lead to it."""

    operation: str
    lines: tuple[str, ...]

    @property
    def is_read(self) -> bool:
        return self.operation.split(":")[1].startswith(READS)

    def __str__(self) -> str:
        return f"{self.operation} ({self.lines[0] if self.lines else '?'})"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A copy of the account, and its port."""

    port: int

    def control(self, what: str, **arguments: float) -> Mapping[str, float]:
        return control(f"http://127.0.0.1:{self.port}", what, **arguments)

    @contextmanager
    def fork(self) -> Iterator["Copy"]:
        """Another copy, of the present state."""
        made = Copy(port=int(self.control("fork")["port"]))
        try:
            yield made
        finally:
            with suppress(OSError):
                made.control("exit")


@dataclass
class Wire:
    """Between botocore and the account: one set of clients, connected to the copy in use."""

    session: boto3.Session
    copy: Copy
    fault: Fault | None = None
    at: set[Place] = field(default_factory=set)
    """The pending fault, at the first call of each of these places."""
    dead: bool = False
    places: list[Place] = field(default_factory=list)
    """The places of the calls so far, in order."""
    effects: list[tuple[str, bytes]] = field(default_factory=list)
    """Operation and body of the calls that reached this copy, in order."""
    local: threading.local = field(default_factory=threading.local)
    clients: dict[str, Client] = field(default_factory=dict)

    @property
    def region_name(self) -> str:
        """The region, as in a boto3 session."""
        return str(self.session.region_name)

    def client(self, service: str, **_: object) -> Client:
        if service not in self.clients:
            self.clients[service] = self.session.client(service, endpoint_url="http://127.0.0.1:1")
        return self.clients[service]

    def disturb(self, fault: Fault | None = None, *at: Place) -> None:
        self.fault, self.at, self.dead, self.places = fault, set(at), False, []

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Calls beside the command's, which are neither disturbed nor counted."""
        self.local.aside = True
        try:
            yield
        finally:
            self.local.aside = False

    def begin(self, operation: str) -> None:
        """Start a call that is no retry of botocore's."""
        self.local.fault = None
        if getattr(self.local, "aside", False):
            return
        if self.dead:
            raise Killed
        self.local.operation = operation
        place = Place(operation, _lines())
        self.places.append(place)
        self.local.fault = self.fault if place in self.at else None
        self.at.discard(place)

    def answer(self, body: bytes, answered: Callable[[], Any]) -> Any:
        def send() -> Any:
            if not getattr(self.local, "aside", False):
                self.effects.append((self.local.operation, body))
            return answered()

        fault: Fault | None = self.local.fault
        if fault is None:
            return send()
        if fault is Fault.THROTTLED:
            return _error("ThrottlingException", 400), None
        if fault is Fault.BROKEN:
            return _error("ServiceUnavailable", 503), None
        if fault is not Fault.KILLED_BEFORE:
            send()
        self.local.fault = None
        if fault is Fault.LOST:
            return None, ReadTimeoutError(endpoint_url="the account")
        self.dead = True
        raise Killed


def _lines() -> tuple[str, ...]:
    """The lines of `arbor` on the stack, the innermost first."""
    stack = traceback.walk_stack(None)
    return tuple(
        f"{frame.f_code.co_filename.removeprefix(OPERATIONS)}:{line}"
        for frame, line in stack
        if frame.f_code.co_filename.startswith(OPERATIONS)
    )


@dataclass(frozen=True)
class _Http:
    status_code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: None = None
    content: bytes = b""


def _error(code: str, status: int) -> tuple[_Http, dict[str, Any]]:
    error = {"Code": code, "Message": "a drill"}
    return _Http(status), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}


@contextmanager
def wired(copy: Copy, region: str) -> Iterator[Wire]:
    """Connect every boto3 client of `arbor` to `copy`, with the requested faults."""
    wire = Wire(session=boto3.Session("testing", "testing", region_name=region), copy=copy)
    # botocore has no public hook between a call, its retries, and the network.
    begin, answer, send = Endpoint._send_request, Endpoint._get_response, Endpoint._send  # noqa: SLF001 - as above

    def began(self: Any, request: Any, model: Any) -> Any:
        wire.begin(f"{model.service_model.service_name}:{model.name}")
        return begin(self, request, model)

    def answered(self: Any, request: Any, model: Any, context: Any) -> Any:
        return wire.answer(request.body, lambda: answer(self, request, model, context))

    def sent(self: Any, request: Any) -> Any:
        request.url = request.url.replace("127.0.0.1:1/", f"127.0.0.1:{wire.copy.port}/", 1)
        return send(self, request)

    def run(**arguments: Any) -> procedure.Run:
        def sleep(seconds: float) -> None:
            wire.copy.control("clock", advance=seconds)

        return procedure.Run(**arguments, sleep=sleep)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Endpoint, "_send_request", began)
        patch.setattr(Endpoint, "_get_response", answered)
        patch.setattr(Endpoint, "_send", sent)
        patch.setattr("botocore.endpoint.time.sleep", lambda _: None)
        patch.setattr("boto3.Session", lambda **_: wire)
        patch.setattr("arbor.options.Run", run)
        yield wire
