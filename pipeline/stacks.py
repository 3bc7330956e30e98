"""The stack that a job works on: in AWS, or in an emulated account that needs no credentials."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from pulumi import automation

from arbor import screen
from arbor.account import Account, connect
from engine import emulation, pulumi_cli, stack_file
from engine.deployment import open_stack
from pipeline import job_target

PACK = stack_file.PROJECT_DIR / "policy"
EMULATED_SPEED = 600.0
UP_COMMANDS = {
    "tools/emulated.py": "tools.emulated",
    "emulator/__main__.py": "emulator",
}
"""The module that deploys a checkout into a served account, by its file: today's, and the one of
commits before the emulated account became packages/pulumi-moto."""
FAILED, USAGE, REFUSED = 1, 2, 3
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
NO_CREDENTIALS = (
    "No AWS credentials were found: sign in (`aws sso login`), or name a profile that has "
    "credentials in AWS_PROFILE."
)
NOT_LOGGED_IN = "PULUMI_ACCESS_TOKEN must be set for login"
"""Without a login the engine uses Pulumi Cloud:
https://github.com/pulumi/pulumi/blob/master/pkg/backend/backenderr/backenderr.go"""
UNSIGNED = "no EC2 IMDS role found"
"""The AWS SDK's message in an engine without credentials:
https://github.com/aws/aws-sdk-go-v2/blob/main/credentials/ec2rolecreds/provider.go"""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A stack and its account."""

    stack: automation.Stack
    account: Account
    """For reads that the state does not cover."""


class NoStackError(Exception):
    """The stack can't be opened; the message gives the reason and the remedy."""

    exit_code = FAILED


class WrongRegionError(NoStackError):
    """The stack's file is wrong, or the environment has another region."""

    exit_code = USAGE


class AnotherAccountError(NoStackError):
    """The credentials belong to another account."""

    exit_code = REFUSED


@contextmanager
def in_aws(stack: str) -> Iterator[Opened]:
    """The stack in the backend of `pulumi login`, and its account.

    The official CLI runs the program with the caller's credentials. Region and account must be
    those of the stack's file: in any other, the checks find no resource and pass.
    Raises NoStackError, WrongRegionError and AnotherAccountError.
    """
    target = _target(stack)
    account = connect(stack, region=target.region)
    _refuse_another_account(account, target)
    yield Opened(stack=_selected(stack, target), account=account)


def _target(stack: str, environ: Mapping[str, str] = os.environ) -> job_target.JobTarget:
    """Region, account and backend of the stack, by its file. Raises WrongRegionError.

    AWS_REGION comes before AWS_DEFAULT_REGION, as in the AWS CLI:
    https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
    """
    try:
        target = job_target.of_stack(stack, stack_file.stack_config(stack), job_target.PREVIEW)
    except (stack_file.StackFileError, job_target.JobTargetError) as wrong:
        raise WrongRegionError(str(wrong)) from wrong
    variable = next((name for name in REGION_VARIABLES if environ.get(name)), None)
    if variable and environ[variable] != target.region:
        raise WrongRegionError(
            f"{variable} is {environ[variable]}, and aws:region in Pulumi.{stack}.yaml is "
            f"{target.region}. Run `export AWS_REGION={target.region}`."
        )
    return target


def _refuse_another_account(account: Account, target: job_target.JobTarget) -> None:
    """Raises AnotherAccountError, and NoStackError if the credentials can't be used.

    The call needs no permission:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    try:
        found = account.client("sts").get_caller_identity()
    except (NoCredentialsError, PartialCredentialsError) as missing:
        raise NoStackError(NO_CREDENTIALS) from missing
    except (BotoCoreError, ClientError) as failed:
        raise NoStackError(screen.sentence(failed)) from failed
    if found["Account"] != target.account:
        raise AnotherAccountError(
            f"The credentials ({found['Arn']}) are of account {found['Account']}, and "
            f"arbor:accountId in Pulumi.{account.stack}.yaml is {target.account}: sign in to "
            f"{target.account}."
        )


def _selected(stack: str, target: job_target.JobTarget) -> automation.Stack:
    options = automation.LocalWorkspaceOptions(pulumi_command=_command())
    try:
        return automation.select_stack(
            stack_name=stack, work_dir=str(stack_file.PROJECT_DIR), opts=options
        )
    except automation.StackNotFoundError as missing:
        raise NoStackError(
            f"The backend has no stack {stack}; create it with `pulumi stack init` (docs/state.md)."
        ) from missing
    except automation.CommandError as failed:
        message = str(failed).partition("stderr:")[2].strip() or str(failed)
        raise NoStackError(_why_not(stack, message, target)) from failed


def _why_not(stack: str, message: str, target: job_target.JobTarget) -> str:
    """The engine's error, as one sentence if the cause is known."""
    if NOT_LOGGED_IN in message:
        return f"No backend is selected: run `pulumi login '{target.backend}'`."
    if UNSIGNED in message:
        return NO_CREDENTIALS
    return f"{stack} can't be opened: {message}"


@contextmanager
def emulated(stack: str, base: Path | None) -> Iterator[Opened]:
    """The stack in a fresh emulated account, after the checkout in `base` was deployed there.

    Raises NoStackError.
    """
    command = _command()
    with ExitStack() as exits:
        try:
            account = exits.enter_context(
                emulation.account_process(stack=stack, speed=EMULATED_SPEED)
            )
        except emulation.AccountFailedError as failed:
            raise NoStackError(str(failed)) from failed
        if base is not None:
            bring_up(base, stack, account)
        deployed = exits.enter_context(open_stack(stack=stack, account=account, command=command))
        yield Opened(stack=deployed.stack, account=_emulated(stack, account))


def _emulated(stack: str, account: Mapping[str, str]) -> Account:
    session = boto3.Session("testing", "testing", region_name=account["AWS_REGION"])

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 clients carry no types
        return session.client(
            service, endpoint_url=account["AWS_ENDPOINT_URL"], config=Config(proxies={})
        )

    return Account(stack=stack, client=client)


def bring_up(base: Path, stack: str, account: Mapping[str, str]) -> None:
    """Deploy a checkout with its own code, whose modules must not mix with those of this tree."""
    module = next((name for file, name in UP_COMMANDS.items() if (base / file).is_file()), None)
    if module is None:
        raise NoStackError(
            f"{base} has none of {', '.join(UP_COMMANDS)}: --base is a checkout of this repository."
        )
    sources = [str(base), *(str(one) for one in sorted(base.glob("packages/*/src")))]
    done = subprocess.run(  # noqa: S603 - this Python, on a checkout of this project
        [sys.executable, "-m", module, "up", "--stack", stack],
        cwd=base,
        env={**os.environ, **account, "PYTHONPATH": os.pathsep.join(sources)},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise NoStackError(
            f"`python -m {module} up --stack {stack}` failed in {base}; its message is above."
        )


def _command() -> automation.PulumiCommand:
    try:
        return pulumi_cli.find_or_build(_say, lambda _done, _total: None)
    except pulumi_cli.NoPulumiError as missing:
        raise NoStackError(str(missing)) from missing


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
