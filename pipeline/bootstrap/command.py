"""`python -m pipeline bootstrap`: show the steps, confirm, run them."""

import typer

from arbor import screen
from arbor.procedure import EVERY_SECONDS, Run
from arbor_names import naming
from engine import stack_file
from pipeline.bootstrap import plan
from pipeline.bootstrap.stack_account import StackAccount, connect, of_stack

USAGE = 2


def bootstrap(stack: str, *, dry_run: bool, yes: bool, retire_role: bool) -> None:
    """Run bootstrap and exit: 0 done, 1 failed, 2 wrong usage, 3 refused."""
    with screen.outcome():
        try:
            account = of_stack(stack, connect)
        except stack_file.StackFileError as unknown:
            screen.end(str(unknown), USAGE)
        steps = plan.to_retire(account) if retire_role else plan.to_make(account)
        if steps and (dry_run or not yes):
            Run(say=typer.echo, dry_run=True).execute(steps)
        if steps and not dry_run:
            screen.confirm(yes=yes)
            with screen.progress() as say:
                Run(say=say, every=EVERY_SECONDS).execute(steps)
        if not steps:
            typer.echo("0 steps are left.")
        if not dry_run:
            typer.echo(_after_retiring(account) if retire_role else _after_making(account))


def _after_making(account: StackAccount) -> str:
    backend = naming.state_backend(account.stack, account.account_id, account.region)
    key = f"awskms://{naming.state_key_alias(account.stack)}?region={account.region}"
    return _numbers(account) + (
        f"{account.stack} is ready for its first `up`:\n"
        f"  pulumi login '{backend}'\n"
        f"  pulumi stack init {account.stack} --secrets-provider '{key}'"
    )


def _numbers(account: StackAccount) -> str:
    """How to read the numbers of GitHub's immutable subjects; empty if config has them.

    https://docs.github.com/en/rest/repos/repos#get-a-repository
    """
    if account.pipeline.repository_id is not None:
        return ""
    query = '"arbor:githubOwnerId: \\"\\(.owner.id)\\"", "arbor:githubRepositoryId: \\"\\(.id)\\""'
    return (
        f"{account.pipeline.repository} sends immutable subjects if it was created, renamed "
        "or transferred since July 15, 2026. The roles trust them once\n"
        f"Pulumi.{account.stack}.yaml has the two lines that this prints:\n"
        f"  gh api repos/{account.pipeline.repository} --jq '{query}'\n"
    )


def _after_retiring(account: StackAccount) -> str:
    return f"{naming.ci_bootstrap_role(account.stack)} is retired."
