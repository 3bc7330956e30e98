"""The commands cache clear, flush, warm and snapshot."""

from dataclasses import replace
from typing import Annotated

import typer

from arbor import screen
from arbor.account import connect
from arbor.cache import clear as clearing
from arbor.cache import endpoint
from arbor.cache import flush as flushing
from arbor.cache import snapshot as taking
from arbor.cache import warm as warming
from arbor.cache.session import session
from arbor.options import Plan, Stack, WriteOptions, writes
from arbor.procedure import Run

app = typer.Typer()


@app.command()
@writes
def clear(
    pattern: Annotated[str, typer.Argument(help="Pattern of the keys, such as 'plans:*'.")],
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Count and delete the keys that match a pattern, in batches that don't block Redis.

    The application uses 'plans:*', 'recommendations:*' and 'usage_analysis:*'. Only a pattern that
    starts with 'ratelimit:' deletes counters of the rate limit.
    """
    with screen.outcome():
        clearing.check_pattern(pattern, stack)
        account = connect(stack)
        with session(account) as redis:
            write.carry_out(
                account,
                f"cache clear {pattern}",
                lambda: clearing.plan(redis, pattern),
                f"Keys that match {pattern} are deleted from the cache of {stack}.",
            )


@app.command()
@writes
def flush(
    stack: Stack = "production",
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", help="The stack's name, for scripts that can't type it."),
    ] = None,
    *,
    write: WriteOptions,
) -> None:
    """Delete all keys of the cache; requires the stack's name."""
    with screen.outcome():
        if not write.dry_run:
            flushing.check_confirmation(stack, confirm, yes=write.yes)
        account = connect(stack)
        with session(account) as redis:
            if not write.dry_run and confirm is None:
                flushing.plan(redis, stack).execute(Run(say=typer.echo, dry_run=True))
                flushing.prompt_for_name(stack)
            warm = account.typed("arbor cache warm")
            replace(write, yes=True).carry_out(
                account,
                "cache flush",
                lambda: flushing.plan(redis, stack),
                f"The cache of {stack} is flushed; `{warm}` fills it.",
            )


@app.command()
@writes
def warm(
    stack: Stack = "production",
    by_endpoint: Annotated[
        bool,
        typer.Option("--endpoint", help="Use the application's endpoint and $ARBOR_ADMIN_TOKEN."),
    ] = False,
    *,
    write: WriteOptions,
) -> None:
    """Fill the cache, by a command in a backend task or by the application's endpoint."""
    with screen.outcome():
        account = connect(stack)

        def plan() -> Plan:
            return endpoint.plan(account, endpoint.post) if by_endpoint else warming.plan(account)

        write.carry_out(account, "cache warm", plan, f"The cache of {stack} is warm.")


@app.command()
@writes
def snapshot(
    stack: Stack = "production",
    *,
    write: WriteOptions,
) -> None:
    """Create a snapshot, of a replica if there is one, and wait until it is available."""
    with screen.outcome():
        account = connect(stack)
        write.carry_out(
            account,
            "cache snapshot",
            lambda: taking.plan(account),
            f"The snapshot is available; `{account.typed('arbor cache snapshots')}` lists it.",
        )
