"""What a command asks of AWS: noted call by call, and answered here where a test says so."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.endpoint import Endpoint

READS = ("Describe", "Get", "List", "Filter", "Lookup", "Search", "Head", "BatchGet", "StartQuery")
LOCK = re.compile(rb"%2Farbor%2F\w+%2Foperation|/arbor/\w+/operation")
Answer = Callable[[Any], tuple[Any, Any]]
"""Of an operation's model: what `Endpoint._get_response` returns."""


class WroteError(BaseException):
    """A write that was not to be: nothing catches it, and nobody waits for what it began."""


@dataclass(frozen=True)
class Call:
    """One try of one call."""

    operation: str
    """Such as `ecs:UpdateService`."""
    body: bytes

    @property
    def is_read(self) -> bool:
        return self.operation.split(":")[1].startswith(READS)

    @property
    def is_of_the_lock(self) -> bool:
        return self.operation.startswith("ssm:") and LOCK.search(self.body) is not None


@dataclass
class Asked:
    """Everything that was asked meanwhile."""

    calls: list[Call] = field(default_factory=list)

    def writes(self) -> list[str]:
        """What could change something: all but reads, and the operators' own lock."""
        return [c.operation for c in self.calls if not c.is_read and not c.is_of_the_lock]

    def locks(self) -> list[str]:
        return [c.operation for c in self.calls if not c.is_read and c.is_of_the_lock]


@dataclass(frozen=True)
class _Http:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict)


def error(code: str, status: int = 400) -> tuple[Any, Any]:
    """As botocore parses an error of AWS, of whatever protocol."""
    said = {"Code": code, "Message": "a drill"}
    return _answered(status, {"Error": said})


def success(**answer: Any) -> tuple[Any, Any]:
    return _answered(200, answer)


def _answered(status: int, body: dict[str, Any]) -> tuple[Any, Any]:
    """The answer and its HTTP, and no exception."""
    return (_Http(status), {**body, "ResponseMetadata": {"HTTPStatusCode": status}}), None


@contextmanager
def asked(answer: Answer | None = None, *, may_write: bool = False) -> Iterator[Asked]:
    """Note the calls; without an answer of the test's own they go on to the emulated account.

    Raises WroteError at a call that could change more than the lock, unless that is allowed.
    """
    found = Asked()
    original = Endpoint._get_response  # noqa: SLF001 - no public place sees an answer before a retry

    def answered(self: Any, request: Any, model: Any, context: Any) -> Any:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        found.calls.append(Call(f"{model.service_model.service_name}:{model.name}", body))
        if found.writes() and not may_write:
            raise WroteError(found.writes()[-1])
        return original(self, request, model, context) if answer is None else answer(model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Endpoint, "_get_response", answered)
        patch.setattr("botocore.endpoint.time.sleep", lambda _: None)
        yield found
