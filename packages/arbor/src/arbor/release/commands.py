"""The commands that release a version, roll it back, and report on both."""

from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

import typer

from arbor import check, screen
from arbor.account import Account, connect
from arbor.ecs import health
from arbor.options import (
    Frontend,
    Images,
    Json,
    OneOrAll,
    Stack,
    StackName,
    WriteOptions,
    chosen,
    versions,
    writes,
)
from arbor.procedure import Failed, Steps
from arbor.release import catalogue
from arbor.release import release as releases
from arbor.release import restart as restarts
from arbor.release import rollback as rollbacks
from arbor.release.verify import snapshot, table

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer()
Version = Annotated[
    str, typer.Argument(help="The images' tag, such as v1.2.3 or a git SHA, or a digest.")
]
NoUrl = Annotated[bool, typer.Option("--no-url", help="Skip the check of the public URL.")]


@app.command()
@writes
def release(
    version: Version,
    stack: Stack = "production",
    no_url: NoUrl = False,
    image: Images = None,
    frontend: Frontend = None,
    *,
    write: WriteOptions,
) -> None:
    """Migrate, deploy every service, check health; on failure roll the services back."""
    others = versions(image, frontend)
    _deploy_version(version, others, stack, write, migrates=True, checks_url=not no_url)


@app.command()
@writes
def deploy(
    version: Version,
    stack: Stack = "production",
    no_url: NoUrl = False,
    image: Images = None,
    frontend: Frontend = None,
    *,
    write: WriteOptions,
) -> None:
    """Deploy every service without migrations, check health; on failure roll back."""
    others = versions(image, frontend)
    _deploy_version(version, others, stack, write, migrates=False, checks_url=not no_url)


def _deploy_version(
    version: str,
    others: dict[str, str],
    stack: StackName,
    write: WriteOptions,
    *,
    migrates: bool,
    checks_url: bool,
) -> None:
    opener = health.get if checks_url else None
    with screen.outcome():
        account = connect(stack)
        _refuse_unknown(account, others)
        write.carry_out(
            account,
            f"{'release' if migrates else 'deploy'} {version}",
            lambda: releases.plan(
                account, version, others=others, migrates=migrates, opener=opener
            ),
            f"{version} serves {stack}.",
        )


def _refuse_unknown(account: Account, others: dict[str, str]) -> None:
    """Raises typer.BadParameter for a version of a service that isn't in the stack."""
    for app_name in others:
        chosen(account, app_name)


@app.command()
@writes
def migrate(
    stack: Stack = "production",
    version: Annotated[
        str | None, typer.Option(help="The version whose migrations run; by default the live one.")
    ] = None,
    *,
    write: WriteOptions,
) -> None:
    """Run the database migrations; exit 1 unless they end with exit code 0."""
    with screen.outcome():
        account = connect(stack)
        write.carry_out(
            account,
            "migrate",
            lambda: Steps(make=releases.plan_migration(account, version).steps),
            f"{stack} is migrated.",
        )


@app.command()
@writes
def restart(
    service: OneOrAll = None,
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Replace the tasks of the live revision through a blue/green deployment."""
    with screen.outcome():
        account = connect(stack)
        apps = chosen(account, service)
        write.carry_out(
            account,
            f"restart {' and '.join(apps)}",
            lambda: restarts.plan(account, apps),
            f"{' and '.join(apps)} of {stack} restarted.",
        )


@app.command()
@writes
def rollback(
    service: OneOrAll = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="A revision of the service (12) or its version; see `revisions`."
        ),
    ] = None,
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Return one service or all to the previous revision; roll back a deployment in progress."""
    if to is not None and service is None:
        raise typer.BadParameter("name the service of the revision, too.", param_hint="--to")
    with screen.outcome():
        account = connect(stack)
        # The reverse of the release order.
        apps = chosen(account, service)[::-1]
        try:
            write.carry_out(
                account,
                f"rollback {' and '.join(apps)}",
                lambda: rollbacks.plan(account, apps, to),
                f"{' and '.join(apps)} of {stack} rolled back. Migrations are not undone: the "
                "database's schema stays as the newest migration left it.",
            )
        except rollbacks.NothingToDo as nothing:
            typer.echo(str(nothing))


@app.command()
def revisions(
    service: OneOrAll = None,
    stack: Stack = "production",
    limit: Annotated[int, typer.Option(help="Revisions per service.", min=1, max=100)] = 10,
    as_json: Json = False,
) -> None:
    """List the revisions to roll back to: version, age, which is live, which has its image."""
    with screen.outcome():
        account = connect(stack)
        apps = chosen(account, service)
        found = catalogue.rows(account, apps, limit)
        screen.answer([asdict(row) for row in found], lambda: _revisions(found), as_json=as_json)
        for sentence in catalogue.unknown(found, apps, stack):
            screen.warn(sentence)


def _revisions(found: list[catalogue.Row]) -> "Table":
    from rich.table import Table  # noqa: PLC0415 - slow, and --help is fast

    table = Table("", "Revision", "Version", "Registered (UTC)", "By", "Image", box=None)
    images = {True: "exists", False: "MISSING", None: "not in ECR"}
    for row in found:
        table.add_row(
            "live" if row.live else "",
            row.revision,
            row.version or row.image,
            f"{row.registered.astimezone(UTC):%Y-%m-%d %H:%M}" if row.registered else "-",
            row.managed_by or row.by.rsplit("/", 1)[-1] or "-",
            images[row.has_image],
        )
    return table


@app.command()
def verify(
    version: Annotated[
        str | None,
        typer.Argument(help="The images' tag or a digest; by default the live version's."),
    ] = None,
    stack: Stack = "production",
    image: Images = None,
    frontend: Frontend = None,
    as_json: Json = False,
) -> None:
    """Check deployment prerequisites; exit 1 if any check fails."""
    others = versions(image, frontend)
    with screen.outcome():
        account = connect(stack)
        _refuse_unknown(account, others)
        seen = snapshot.read(account, version, others)
        found = table.checks(seen)
        screen.answer(
            [one.document() for one in found], lambda: check.table(found), as_json=as_json
        )
        wrong = list(dict.fromkeys(one.name for one in check.failed(found)))
        if wrong:
            raise Failed(f"{seen.version} is not ready for {stack}: {', '.join(wrong)}.")
