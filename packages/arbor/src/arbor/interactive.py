"""A program of the terminal that works through an open way, and a way that is kept open."""

import os
import subprocess
import threading
from collections.abc import Callable, Mapping


def run(command: list[str], variables: Mapping[str, str]) -> int:
    """Run it until it ends, and return its exit code; secrets go by `variables` and nowhere else.

    Ctrl-c is the program's own, and cancels a query there.
    """
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - found in PATH
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def keep_open(say: Callable[[str], None]) -> int:
    """Wait until ctrl-c."""
    say("The way is open; ctrl-c closes it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    return 0


def export(variables: Mapping[str, str]) -> str:
    """Variables for another terminal."""
    return "export " + " ".join(f"{name}={value}" for name, value in variables.items())


def export_password(variable: str, secret: str) -> str:
    """How another terminal gets a secret's password, which itself is never told."""
    return (
        f'export {variable}="$(aws secretsmanager get-secret-value --secret-id {secret} '
        '--query SecretString --output text | jq -r .password)"'
    )
