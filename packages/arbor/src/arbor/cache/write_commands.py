"""cache clear, flush, warm and snapshot on the command line."""

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
from arbor.options import Manner, Plan, Stack, writes
from arbor.procedure import Run

app = typer.Typer()


@app.command()
@writes
def clear(
    pattern: Annotated[str, typer.Argument(help="Of the keys, such as 'plans:*'.")],
    stack: Stack = "production",
    *,
    manner: Manner,
) -> None:
    """Free the keys that match a pattern, after they were counted; Redis goes on answering.

    The application's are 'plans:*', 'recommendations:*' and 'usage_analysis:*'. Counters of its
    rate limit are freed by a pattern that begins with 'ratelimit:' alone.
    """
    with screen.told():
        clearing.must_choose(pattern, stack)
        account = connect(stack)
        with session(account) as redis:
            manner.carry_out(
                account,
                f"cache clear {pattern}",
                lambda: clearing.plan(redis, pattern),
                f"{pattern} is cleared from the cache of {stack}.",
            )


@app.command()
@writes
def flush(
    stack: Stack = "production",
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", help="The stack's name, in place of typing it; for scripts."),
    ] = None,
    *,
    manner: Manner,
) -> None:
    """Empty the cache, all of it; you type the stack's name."""
    with screen.told():
        if not manner.dry_run:
            flushing.must_be_named(stack, confirm, yes=manner.yes)
        account = connect(stack)
        with session(account) as redis:
            if not manner.dry_run and confirm is None:
                flushing.plan(redis, stack).execute(Run(say=typer.echo, dry_run=True))
                flushing.ask_for(stack)
            warm = account.typed("arbor cache warm")
            replace(manner, yes=True).carry_out(
                account,
                "cache flush",
                lambda: flushing.plan(redis, stack),
                f"The cache of {stack} was emptied; `{warm}` fills it.",
            )


@app.command()
@writes
def warm(
    stack: Stack = "production",
    by_endpoint: Annotated[
        bool,
        typer.Option("--endpoint", help="By the application's URL and $ARBOR_ADMIN_TOKEN."),
    ] = False,
    *,
    manner: Manner,
) -> None:
    """Fill the cache, by a command in a running task of the backend or by its endpoint."""
    with screen.told():
        account = connect(stack)

        def plan() -> Plan:
            return endpoint.plan(account, endpoint.post) if by_endpoint else warming.plan(account)

        manner.carry_out(account, "cache warm", plan, f"The cache of {stack} is warm.")


@app.command()
@writes
def snapshot(
    stack: Stack = "production",
    *,
    manner: Manner,
) -> None:
    """Take a snapshot, of a replica where there is one, and wait until it is available."""
    with screen.told():
        account = connect(stack)
        manner.carry_out(
            account,
            "cache snapshot",
            lambda: taking.plan(account),
            f"The snapshot is available; `{account.typed('arbor cache snapshots')}` lists it.",
        )
