"""A snapshot on one screen, or as JSON."""

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING

from arbor.account import typed
from arbor.check import Check, table
from arbor.incident.checks import Unknown, needs_attention, sentence
from arbor.incident.public_urls import UrlCheck
from arbor.incident.snapshot import Snapshot

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


def document(snapshot: Snapshot) -> dict[str, object]:
    """For `--json`: every part, and the checks that need attention."""
    parts = {name: _plain(part) for name, part in vars(snapshot).items()}
    return {
        **parts,
        "wrong": [sentence(check) for check in snapshot.checks() if needs_attention(check)],
    }


def screen(snapshot: Snapshot) -> "RenderableType":
    """For a terminal."""
    from rich.console import Group  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    checks = snapshot.checks()
    return Group(title(snapshot), table(checks), Text(summary(checks, snapshot.stack)))


def title(snapshot: Snapshot) -> "Text":
    """Stack and time."""
    from rich.text import Text  # noqa: PLC0415 - slow, and --help is fast

    return Text(f"{snapshot.stack} at {snapshot.at:%Y-%m-%d %H:%M:%S} UTC", style="bold")


def summary(checks: list[Check], stack: str) -> str:
    """The last line."""
    wrong = sum(check.status == "NG" for check in checks)
    unknown = sum(check.status == "??" for check in checks)
    if not wrong and not unknown:
        return "All checks passed."
    command = typed("arbor triage", stack)
    return f"{wrong} wrong, {unknown} unknown. Run `{command}` for severity and next steps."


def _plain(part: object) -> object:
    if isinstance(part, Unknown):
        return {"unknown": part.reason}
    if isinstance(part, UrlCheck):
        return part.document()
    if isinstance(part, dict):
        return {name: _plain(one) for name, one in part.items()}
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if is_dataclass(part) and not isinstance(part, type):
        return asdict(part)
    return part
