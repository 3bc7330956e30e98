"""Times of operators' commands: `--help`, and `status` against its slowest call."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from engine import emulation, pulumi_cli, stack_file
from engine.deployment import open_stack

TRIES = 7
NETWORK = (0.0, 0.3)
"""The delay of each call in seconds: none, as in the emulated account, and about that of AWS."""
AIM, HELP_AIM = 1.5, 0.3
STACK = "production"


def help_ratio() -> str:
    """`--help` against an interpreter that does nothing, and against typer alone."""
    commands: dict[str, list[str]] = {
        "python -c pass": ["-c", "pass"],
        "python -c 'import typer'": ["-c", "import typer"],
        "python -m arbor --help": ["-m", "arbor", "--help"],
    }
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(TRIES):
        for name, words in commands.items():
            best[name] = min(best[name], _seconds(words, {}))
    own = best["python -m arbor --help"]
    lines = [
        "## An operator's `--help`\n",
        f"`python -m arbor --help` takes {own:.2f} s; the aim is less than {HELP_AIM} s.\n",
        "| against | seconds | ratio |",
        "|---|---|---|",
        *(
            f"| `{name}` | {seconds:.2f} | **{own / seconds:.2f}** |"
            for name, seconds in list(best.items())[:2]
        ),
    ]
    return "\n".join(lines) + "\n"


def status_ratio() -> str:
    """`status` against its start-up and the slowest of its calls."""
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    lines = [
        "## An operator's `status`\n",
        "Start-up is all before the first call: interpreter, boto3, each service's client.\n",
        "| delay of a call | start-up | slowest single call | `status` | ratio |",
        "|---|---|---|---|---|",
    ]
    with emulation.account_process(stack=STACK, speed=600) as account:
        with open_stack(stack=STACK, account=account, command=command) as deployed:
            deployed.up()
        environment = account
        for delay in NETWORK:
            start, status = float("inf"), float("inf")
            for _ in range(TRIES):
                start = min(start, _seconds(_operator("start", delay), environment))
                status = min(status, _seconds(_operator("status", delay), environment))
            call = float(_run(_operator("call", delay), environment))
            ratio = f"**{status / (start + call):.2f}**"
            lines.append(
                f"| {delay:.1f} s | {start:.2f} s | {call:.3f} s | {status:.2f} s | {ratio} |"
            )
    lines.append(
        f"\nThe aim is less than {AIM} on the emulated account, the first line. With a network, "
        "each of its four rounds of calls (docs/decisions/parallel-rounds.md) adds a round trip."
    )
    return "\n".join(lines)


def _operator(what: str, delay: float) -> list[str]:
    return ["-m", "tools.benchmarks.operator", what, str(delay)]


def _seconds(words: Sequence[str], environment: Mapping[str, str]) -> float:
    began = time.perf_counter()
    _run(words, environment)
    return time.perf_counter() - began


def _run(words: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - this Python and arguments of ours
        [sys.executable, *words],
        cwd=stack_file.PROJECT_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout
