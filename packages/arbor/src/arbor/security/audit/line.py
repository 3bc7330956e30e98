"""What an audit says of one thing: in order, a finding, or not looked at and why."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["OK", "NG", "SKIP"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an audit."""

    verdict: Verdict
    what: str
    says: str
    look: str = ""
    """The command that shows it."""
    mend: str = ""
    """The command that puts it right, or what to do."""
    about: dict[str, Any] = field(default_factory=dict)
    """The same facts for scripts."""


def findings(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.verdict == "NG"]


def document(stack: str, lines: Iterable[Line]) -> dict[str, Any]:
    """As `--json` prints it."""
    lines = list(lines)
    return {
        "stack": stack,
        "findings": len(findings(lines)),
        "lines": [asdict(line) for line in lines],
    }
