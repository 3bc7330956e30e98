"""The group `audit` on the command line."""

from collections.abc import Callable

import typer

from arbor import check, screen
from arbor.account import Account, connect
from arbor.check import Check
from arbor.options import Json, Stack, StackName
from arbor.procedure import Failed
from arbor.security.audit import access as accesses
from arbor.security.audit import certificate as certificates
from arbor.security.audit import secrets as first_values
from arbor.security.audit import security_groups as groups
from arbor.words import counted

group = typer.Typer(help="Check the stack's security; exit 1 on a finding.", no_args_is_help=True)


@group.command("security-groups")
def security_groups(stack: Stack = "production", as_json: Json = False) -> None:
    """Find rules open to the internet, except the load balancer's ports 80 and 443."""
    _report(groups.audit, stack, as_json=as_json)


@group.command()
def certificate(stack: Stack = "production", as_json: Json = False) -> None:
    """Check that the certificate is valid and that ACM can renew it."""
    _report(certificates.audit, stack, as_json=as_json)


@group.command()
def access(stack: Stack = "production", as_json: Json = False) -> None:
    """Show who may assume the pipeline's roles and every other role of the stack."""
    _report(accesses.audit, stack, as_json=as_json)


@group.command()
def secrets(stack: Stack = "production", as_json: Json = False) -> None:
    """Find secrets whose value is in Pulumi's state; shows the age of each value."""
    _report(first_values.audit, stack, as_json=as_json)


def _report(audit: Callable[[Account], list[Check]], stack: StackName, *, as_json: bool) -> None:
    with screen.outcome():
        checks = audit(connect(stack))
        findings = check.failed(checks)
        document = {
            "stack": stack,
            "findings": len(findings),
            "checks": [one.document() for one in checks],
        }
        screen.answer(document, lambda: check.table(checks), as_json=as_json)
        if not findings:
            return
        if not as_json:
            for one in findings:
                # Commands are printed below the table, unwrapped, so that they can be pasted.
                typer.echo(
                    f"\n{one.name}: {one.message}\n  shown by: {one.shown_by}"
                    f"\n  remedy: {one.remedy}"
                )
        raise Failed(f"{counted(len(findings), 'finding')} in {stack}.")
