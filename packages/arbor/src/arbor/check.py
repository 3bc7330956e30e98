"""A check: one verified claim with its status and remedy, in `verify`, `audit` and `status`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from rich.table import Table

Status = Literal["OK", "NG", "SKIP", "??", ""]
"""Passed, failed, skipped, unreadable; empty for information only."""
STYLES: Final[dict[Status, str]] = {
    "OK": "green",
    "NG": "bold red",
    "SKIP": "yellow",
    "??": "yellow",
    "": "",
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of a report."""

    name: str
    status: Status
    message: str
    """What was found, with numbers and units."""
    shown_by: str = ""
    """The command that shows it."""
    remedy: str = ""
    """The command that corrects it, or what to do."""
    details: Mapping[str, object] = field(default_factory=dict)
    """The same as data, for scripts."""

    @property
    def failed(self) -> bool:
        return self.status == "NG"

    def document(self) -> dict[str, object]:
        """For `--json`, without the empty fields."""
        return {
            key: value
            for key, value in asdict(self).items()
            if value or key in {"name", "status", "message"}
        }


def failed(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if check.failed]


def table(checks: Sequence[Check]) -> "Table":
    """The checks as lines; AWS's words are text, never markup, and no cell is cut off."""
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    lines = Table.grid(padding=(0, 2))
    for _ in ("status", "name", "message"):
        lines.add_column(overflow="fold")
    for check in checks:
        status = Text(check.status, STYLES[check.status])
        lines.add_row(status, Text(check.name), Text(check.message))
    return lines
