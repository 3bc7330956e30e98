"""The engine's own cost: as many resources with a provider that does nothing."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pulumi
from pulumi import automation

from engine import stack_file
from engine.deployment import Program, open_stack

STACK = "production"


def program(resources: int) -> Callable[[], None]:
    """Register `resources` bare resources of one type."""

    def run() -> None:
        for number in range(resources):
            pulumi.CustomResource("floor:index:Thing", f"thing-{number}", {"size": number})

    return run


@contextmanager
def provider() -> Iterator[dict[str, str]]:
    """The do-nothing provider in a process of its own, as the emulated account is."""
    with (
        tempfile.TemporaryDirectory(prefix="arbor-floor-") as state,
        subprocess.Popen(
            [sys.executable, "-m", "tools.benchmarks.floor_provider"],
            cwd=stack_file.PROJECT_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield {
                "PULUMI_DEBUG_PROVIDERS": f"floor:{process.stdout.readline().strip()}",
                "PULUMI_BACKEND_URL": f"file://{state}",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
                "AWS_REGION": "us-east-1",
            }
        finally:
            process.stdin.close()


def timed(operation: Callable[[], object]) -> float:
    """Seconds of one engine operation."""
    started = time.perf_counter()
    operation()
    return time.perf_counter() - started


def times(
    account: dict[str, str], command: automation.PulumiCommand, run: Program | None
) -> dict[str, float]:
    """Preview from nothing, up, preview of no change, and up of no change."""
    with open_stack(stack=STACK, account=account, command=command, program=run) as stack:
        return {
            "preview from nothing": timed(stack.preview),
            "up from nothing": timed(stack.up),
            "preview, no change": timed(stack.preview),
            "up, no change": timed(stack.up),
        }
