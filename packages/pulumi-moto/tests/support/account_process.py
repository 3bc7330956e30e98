"""An account in a process of its own, as `python -m pulumi_moto serve` starts it for any user."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi_moto.remote import CONTROL

ENDING_SECONDS = 30.0


@contextmanager
def account_process(*, speed: float = 0.0) -> Iterator[dict[str, str]]:
    """Start an account and yield the environment that it prints; its clock stands still.

    The account ends when its standard input closes, so it can't outlive this process.
    """
    command = [sys.executable, "-m", "pulumi_moto", "serve", "--speed", str(speed)]
    with subprocess.Popen(
        [*command, "--until-input-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        printed: dict[str, str] = {}
        for line in process.stdout:
            if not line.startswith("export "):
                break
            name, _, value = line.removeprefix("export ").rstrip("\n").partition("=")
            printed[name] = value.strip("'")
        try:
            yield printed
        finally:
            process.stdin.close()
            process.wait(timeout=ENDING_SECONDS)


def control(endpoint: str, path: str, **body: float | str) -> Mapping[str, Any]:
    """POST to one of the account's control paths and return its answer."""
    request = urllib.request.Request(
        f"{endpoint}{CONTROL}{path}", data=json.dumps(body).encode(), method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        found: Mapping[str, Any] = json.load(response)
    return found


def copy_of(endpoint: str) -> str:
    """Fork the account; returns the copy's endpoint."""
    return f"http://127.0.0.1:{int(control(endpoint, 'fork')['port'])}"
