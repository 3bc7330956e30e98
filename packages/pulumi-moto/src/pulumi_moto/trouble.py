"""Injected failures: a write that is throttled, or that hangs.

A test schedules one through the control path `trouble`, at the n-th write from then on. It happens
once. A hanging call fails when the test releases it.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from enum import StrEnum

from pulumi_moto.shapes import Params

READS = re.compile(
    r"(Describe|Get|List|Filter|Lookup|Search|Head|BatchGet|Test|Assume)\w*|(GET|HEAD) .*"
)
LONGEST_HANG = 120.0
"""Seconds after which a hanging call is released without a request."""


class Kind(StrEnum):
    """The kind of failure."""

    THROTTLED = "throttled"
    """The write is refused and has no effect."""
    HANGS = "hangs"
    """The write has no effect, and no response until it is released."""


@dataclass
class Trouble:
    """The scheduled failure, and the hanging call."""

    kind: Kind | None = None
    left: int = 0
    """Writes until the failure."""
    met: str = ""
    """The failed call."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def schedule(self, body: Params) -> dict[str, str]:
        """Schedule with `kind` and `at`, cancel with `at` alone; return the failed call in `met`.

        Either releases a hanging call.
        """
        if "at" in body:
            with self._lock:
                self._over.set()
                self._over = threading.Event()
                self.kind = Kind(body["kind"]) if body.get("kind") else None
                self.left, self.met = int(body["at"]), ""
        return {"met": self.met}

    def error_code(self, call: str) -> str | None:
        """Return the error code if this call fails. Blocks while the call hangs."""
        if self.kind is None or READS.fullmatch(call.split(" ", 1)[1]):
            return None
        with self._lock:
            self.left -= 1
            if self.kind is None or self.left != 0:
                return None
            kind, over = self.kind, self._over
            self.met = call
        if kind is Kind.HANGS:
            over.wait(LONGEST_HANG)
            return "ServiceUnavailable"
        return "ThrottlingException"


def error(code: str, content_type: str) -> tuple[str, list[tuple[str, str]], list[bytes]]:
    """Return status, headers and body of an error in the call's protocol."""
    if "json" in content_type:
        body = json.dumps({"__type": code, "message": "a drill"})
        return "400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")], [body.encode()]
    body = (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>a drill</Message></Error>"
        "<RequestId>0</RequestId></ErrorResponse>"
    )
    return "400 Bad Request", [("Content-Type", "text/xml")], [body.encode()]
