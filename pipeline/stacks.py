"""The stack that a job works on: in AWS, or in an emulated account that needs no credentials."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from pulumi import automation

from emulator import engine, pulumi_cli
from operations.account import Account, connect

PACK = engine.PROJECT_DIR / "policy"
EMULATED_SPEED = 600.0


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A stack, and the account that it is in."""

    stack: automation.Stack
    account: Account
    """For what the state does not know."""


class NoStackError(Exception):
    """The stack can't be opened; the message says why and what to do."""


@contextmanager
def in_aws(stack: str) -> Iterator[Opened]:
    """The stack of the backend that `pulumi login` chose. Raises NoStackError.

    The official CLI runs the program here; it and the credentials are the caller's.
    """
    options = automation.LocalWorkspaceOptions(pulumi_command=_command())
    try:
        opened = automation.select_stack(
            stack_name=stack, work_dir=str(engine.PROJECT_DIR), opts=options
        )
    except automation.StackNotFoundError as missing:
        raise NoStackError(
            f"The backend has no stack {stack}; make it as docs/state.md says."
        ) from missing
    except automation.CommandError as failed:
        said = str(failed).partition("stderr:")[2].strip() or str(failed)
        raise NoStackError(f"{stack} can't be opened: {said}") from failed
    yield Opened(stack=opened, account=connect(stack))


@contextmanager
def emulated(stack: str, base: Path | None) -> Iterator[Opened]:
    """The stack in a fresh emulated account, where the checkout in `base` is up already."""
    command = _command()
    with engine.account_process(stack=stack, speed=EMULATED_SPEED) as account:
        if base is not None:
            _bring_up(base, stack, account)
        with engine.deployment(stack=stack, account=account, command=command) as deployed:
            yield Opened(stack=deployed.stack, account=_emulated(stack, account))


def _emulated(stack: str, account: Mapping[str, str]) -> Account:
    session = boto3.Session("testing", "testing", region_name=account["AWS_REGION"])

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 clients carry no types
        return session.client(
            service, endpoint_url=account["AWS_ENDPOINT_URL"], config=Config(proxies={})
        )

    return Account(stack=stack, client=client)


def _bring_up(base: Path, stack: str, account: dict[str, str]) -> None:
    """By that checkout's own code: its modules must not mix with those of this one."""
    done = subprocess.run(  # noqa: S603 - this Python, on a checkout of this project
        [sys.executable, "-m", "emulator", "up", "--stack", stack],
        cwd=base,
        env={**os.environ, **account},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise NoStackError(
            f"{stack} as it is in {base} does not come up in the emulated account; its message "
            "stands above."
        )


def _command() -> automation.PulumiCommand:
    try:
        return pulumi_cli.find_or_build(_say, lambda _done, _total: None)
    except pulumi_cli.NoPulumiError as missing:
        raise NoStackError(str(missing)) from missing


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
