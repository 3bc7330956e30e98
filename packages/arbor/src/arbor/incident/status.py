"""How everything is, on one screen."""

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from arbor.account import typed
from arbor.incident.look import Look
from arbor.incident.row import Row, Unknown

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

STYLES = {"OK": "green", "NG": "bold red", "??": "yellow", "": ""}


def document(look: Look) -> dict[str, Any]:
    """For scripts: every part, and what of them is wrong or unknown."""
    parts = {name: _plain(part) for name, part in vars(look).items()}
    wrong = [f"{row.what}: {row.says}" for row in look.rows() if row.wrong]
    return {**parts, "wrong": wrong}


def screen(look: Look) -> "RenderableType":
    """For people."""
    from rich.console import Group  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    rows = look.rows()
    return Group(
        title(look),
        table(rows),
        Text(summary(rows, look.stack)),
    )


def title(look: Look) -> "Text":
    """The first line: of which stack, and when."""
    from rich.text import Text  # noqa: PLC0415 - slow, and --help is fast

    return Text(f"{look.stack} at {look.at:%Y-%m-%d %H:%M:%S} UTC", style="bold")


def summary(rows: list[Row], stack: str) -> str:
    """The last line."""
    wrong = sum(row.mark == "NG" for row in rows)
    unknown = sum(row.mark == "??" for row in rows)
    if not wrong and not unknown:
        return "Everything is fine."
    command = typed("arbor triage", stack)
    return f"{wrong} wrong, {unknown} unknown: `{command}` says how severe it is and what to do."


def table(rows: list[Row]) -> "Table":
    """Lines with their marks; what AWS says is text, whatever is in it."""
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    grid = Table.grid(padding=(0, 2))
    for row in rows:
        grid.add_row(Text(row.mark, STYLES[row.mark]), Text(row.what), Text(row.says))
    return grid


def _plain(part: object) -> Any:  # noqa: ANN401 - whatever JSON can say
    if isinstance(part, Unknown):
        return {"unknown": part.why}
    if isinstance(part, dict):
        return {name: _plain(one) for name, one in part.items()}
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if is_dataclass(part) and not isinstance(part, type):
        return asdict(part)
    return part
