"""The group `audit` on the command line."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from arbor import screen
from arbor.account import Account, connect
from arbor.options import Json, Stack, StackName
from arbor.procedure import Failed
from arbor.security.audit import access as accesses
from arbor.security.audit import certificate as certificates
from arbor.security.audit import secrets as held
from arbor.security.audit import security_groups as groups
from arbor.security.audit.line import Line, document, findings

if TYPE_CHECKING:
    from rich.table import Table

group = typer.Typer(
    help="Look for what should not be; 0 without a finding, 1 with one.", no_args_is_help=True
)


@group.command("security-groups")
def security_groups(stack: Stack = "production", as_json: Json = False) -> None:
    """Every rule that is open to the world, but for the load balancer's 80 and 443."""
    _tell(groups.audit, stack, as_json=as_json)


@group.command()
def certificate(stack: Stack = "production", as_json: Json = False) -> None:
    """Whether the certificate holds, and whether ACM will renew it by itself."""
    _tell(certificates.audit, stack, as_json=as_json)


@group.command()
def access(stack: Stack = "production", as_json: Json = False) -> None:
    """Who may assume the pipeline's roles and every other role of the stack."""
    _tell(accesses.audit, stack, as_json=as_json)


@group.command()
def secrets(stack: Stack = "production", as_json: Json = False) -> None:
    """Which secrets still have the value that Pulumi's state holds, and how old each value is."""
    _tell(held.audit, stack, as_json=as_json)


def _tell(audit: Callable[[Account], list[Line]], stack: StackName, *, as_json: bool) -> None:
    with screen.told():
        lines = audit(connect(stack))
        screen.answer(document(stack, lines), lambda: _table(lines), as_json=as_json)
        found = findings(lines)
        if not found:
            return
        if not as_json:
            for line in found:
                # Below the table, whole: a command in a cell could not be pasted.
                typer.echo(f"\n{line.what}: {line.says}\n  look: {line.look}\n  mend: {line.mend}")
        raise Failed(f"{len(found)} {'finding' if len(found) == 1 else 'findings'} in {stack}.")


def _table(lines: list[Line]) -> "Table":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table("", box=None)
    for column in ("What", "Is"):
        table.add_column(column, overflow="fold")  # never an ellipsis: the end of a name tells
    for line in lines:
        table.add_row(line.verdict, Text(line.what), Text(line.says))
    return table
