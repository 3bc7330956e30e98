"""Records a command's calls of AWS, and answers them where a test requires it."""

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
"""Returns the result of `Endpoint._get_response` for an operation's model."""


class WroteError(BaseException):
    """An unexpected write; a BaseException, so that no handler catches it."""


@dataclass(frozen=True)
class Call:
    """One attempt of a call."""

    operation: str
    """Service and operation, such as `ecs:UpdateService`."""
    body: bytes

    @property
    def is_read(self) -> bool:
        return self.operation.split(":")[1].startswith(READS)

    @property
    def is_of_the_lock(self) -> bool:
        return self.operation.startswith("ssm:") and LOCK.search(self.body) is not None


@dataclass
class Recording:
    """The recorded calls."""

    calls: list[Call] = field(default_factory=list)

    def writes(self) -> list[str]:
        """Calls that may change something, except those of the operators' lock."""
        return [c.operation for c in self.calls if not c.is_read and not c.is_of_the_lock]

    def locks(self) -> list[str]:
        return [c.operation for c in self.calls if not c.is_read and c.is_of_the_lock]


@dataclass(frozen=True)
class _Http:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict)


def error(code: str, status: int = 400) -> tuple[Any, Any]:
    """An AWS error as botocore parses it, for any protocol."""
    body = {"Code": code, "Message": "a drill"}
    return _answered(status, {"Error": body})


def success(**answer: Any) -> tuple[Any, Any]:
    return _answered(200, answer)


def _answered(status: int, body: dict[str, Any]) -> tuple[Any, Any]:
    """The response and its HTTP status, without an exception."""
    return (_Http(status), {**body, "ResponseMetadata": {"HTTPStatusCode": status}}), None


@contextmanager
def recording(answer: Answer | None = None, *, may_write: bool = False) -> Iterator[Recording]:
    """Record the calls; without `answer` they reach the emulated account.

    Raises WroteError at a write outside of the lock, unless `may_write`.
    """
    found = Recording()
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
