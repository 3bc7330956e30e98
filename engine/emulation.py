"""An emulated account in a process of its own: started here, or kept up by another command.

`python -m pulumi_moto serve` prints the environment in which any client, and the engine, reaches
the account. Nothing of it is imported: an account can be served by any process that prints that.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engine import stack_file

NAMES = "EMULATED_ACCOUNT"
"""The variable that lists the others which `serve` prints, separated by spaces."""
ENDING_SECONDS = 30.0
"""How long an account may take to end in order."""


class AccountFailedError(Exception):
    """The account's process ended before it could be used."""


@contextmanager
def account_process(*, stack: str, speed: float) -> Iterator[dict[str, str]]:
    """Start `python -m pulumi_moto serve` for a stack; yields the environment that it prints.

    The account is a process of its own: awsx's Construct changes the SDK's global settings, so
    it can't share one with the program. It ends when its standard input closes, so it can't
    outlive this process, however that ends. Raises StackFileError and AccountFailedError.
    """
    config = stack_file.stack_config(stack)
    command = [sys.executable, "-m", "pulumi_moto", "serve", "--speed", str(speed)]
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
            raise AccountFailedError(
                "The emulated account did not start; its message stands above."
            )
        try:
            yield printed
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()  # nothing in it outlives it anyway


def served_account() -> dict[str, str] | None:
    """The account that `serve` keeps up, if its lines are in this environment."""
    names = os.environ.get(NAMES, "").split()
    if not names or any(name not in os.environ for name in names):
        return None
    return {name: os.environ[name] for name in names}
