"""An emulated account in a process of its own: started here, or served by another command.

`python -m pulumi_moto serve` prints the environment in which any client, and the engine, reaches
the account. This module imports nothing of it, so that production's pipeline runs without it.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engine import stack_file

MODULE = "pulumi_moto"
NAMES = "EMULATED_ACCOUNT"
"""The variable that lists the others which `serve` prints, separated by spaces."""
ENDING_SECONDS = 30.0
"""The longest time for an account to end in order."""
NOT_INSTALLED = (
    "The emulated account is not installed in this Python environment: run "
    "`{python} -m pip install ./packages/pulumi-moto` in the repository."
)


class AccountFailedError(Exception):
    """The account could not be started; the message gives the reason or refers to it."""


@contextmanager
def account_process(*, stack: str, speed: float) -> Iterator[dict[str, str]]:
    """Start `python -m pulumi_moto serve` for a stack; yield the environment that it prints.

    The account is a process of its own: awsx's Construct changes the SDK's global settings, so
    it can't share one with the program. It ends when its standard input closes, so it can't
    outlive this process, however that ends. Raises StackFileError and AccountFailedError.
    """
    config = stack_file.stack_config(stack)
    if importlib.util.find_spec(MODULE) is None:
        raise AccountFailedError(NOT_INSTALLED.format(python=sys.executable))
    command = [sys.executable, "-m", MODULE, "serve", "--speed", str(speed)]
    command += ["--account-id", str(config["arbor:accountId"]), "--region", config["aws:region"]]
    with subprocess.Popen(  # noqa: S603 - this Python and arguments of ours
        [*command, "--until-input-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for this process; it then ends the account in order
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        printed: dict[str, str] = {}
        for line in process.stdout:
            if not line.startswith("export "):
                break
            name, _, value = line.removeprefix("export ").rstrip("\n").partition("=")
            printed[name] = value.strip("'")
        if "PULUMI_DEBUG_PROVIDERS" not in printed:
            process.wait()
            raise AccountFailedError("The emulated account did not start; its message is above.")
        try:
            yield printed
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()  # it keeps everything in memory


def served_account() -> dict[str, str] | None:
    """The account of a running `serve`, if the lines that it printed are in this environment."""
    names = os.environ.get(NAMES, "").split()
    if not names or any(name not in os.environ for name in names):
        return None
    return {name: os.environ[name] for name in names}
