"""Trouble on the way to the account, on demand: a write that is throttled, or that hangs.

A test asks for it through the account's control path and says at which write it comes, counted
from then on. It comes once; a call that hangs is let go, and fails, when the test says so.
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

READS = re.compile(
    r"(Describe|Get|List|Filter|Lookup|Search|Head|BatchGet|Test|Assume)\w*|(GET|HEAD) .*"
)
LONGEST_HANG = 120.0
"""Seconds after which a call is let go although no one says so."""


class Kind(StrEnum):
    """What befalls the write."""

    THROTTLED = "throttled"
    """It is refused, and takes no effect."""
    HANGS = "hangs"
    """It takes no effect, and no answer comes until it is let go."""


@dataclass
class Trouble:
    """What is to come, and what hangs now."""

    kind: Kind | None = None
    left: int = 0
    """Writes until then."""
    met: str = ""
    """The call that it befell."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def told(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """Which call it befell; `kind` and `at` ask for trouble, `at` alone ends it.

        What hangs is let go with that.
        """
        if "at" in asked:
            with self._lock:
                self._over.set()
                self._over = threading.Event()
                self.kind = Kind(asked["kind"]) if asked.get("kind") else None
                self.left, self.met = int(asked["at"]), ""
        return {"met": self.met}

    def meet(self, call: str) -> str | None:
        """Whether this call fails: the error's code. It may take a while."""
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
    """Status, headers and body of an error, in the call's own protocol."""
    if "json" in content_type:
        body = json.dumps({"__type": code, "message": "a drill"})
        return "400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")], [body.encode()]
    body = (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>a drill</Message></Error>"
        "<RequestId>0</RequestId></ErrorResponse>"
    )
    return "400 Bad Request", [("Content-Type", "text/xml")], [body.encode()]
