"""A client program that runs through a tunnel, and a tunnel that stays open for others."""

import os
import subprocess
import threading
from collections.abc import Callable, Mapping


def run(command: list[str], variables: Mapping[str, str]) -> int:
    """Run a program and return its exit code; pass secrets in `variables`.

    Ctrl-C goes to the program, which cancels a query.
    """
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - found in PATH
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def keep_open(say: Callable[[str], None]) -> int:
    """Wait until Ctrl-C."""
    say("Tunnel open; press Ctrl-C to close it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    return 0


def export(variables: Mapping[str, str]) -> str:
    """The shell command that sets variables in another terminal."""
    return "export " + " ".join(f"{name}={value}" for name, value in variables.items())


def export_password(variable: str, secret: str) -> str:
    """The shell command that reads a password from its secret, so that it is never printed."""
    return (
        f'export {variable}="$(aws secretsmanager get-secret-value --secret-id {secret} '
        '--query SecretString --output text | jq -r .password)"'
    )
