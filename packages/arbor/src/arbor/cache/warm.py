"""cache warm: fill the cache by a command in a running backend task.

This requires AWS credentials only. ECS Exec returns no exit code
(https://github.com/aws/amazon-ecs-agent/issues/2846), so the command prints a sentence at its end.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor import plugin
from arbor.account import Account
from arbor.ecs import exec_target
from arbor.procedure import Failed, Run, Step

if TYPE_CHECKING:
    from subprocess import Popen

TEN_MINUTES = 600.0
DONE = "arbor: the cache is warm"
HALVES = (DONE[:8], DONE[8:])
"""Split, so that an echo of the command itself doesn't count as success."""
COMMAND = (
    'python -c "import asyncio, inspect; from importlib import import_module as of; '
    "plans = of('app.services.cached_plan_service'); "
    "run = asyncio.new_event_loop().run_until_complete; "
    "function = getattr(plans, 'warm_cache', None); "
    "session = None if function else of('app.core.database').async_session_maker(); "
    "cache = of('app.core.redis') if session else None; "
    "made = plans.CachedPlanService(session, cache.CacheService(run(cache.init_redis())))"
    ".warm_cache() if session else function(); "
    # A coroutine must be awaited to run.
    "inspect.isawaitable(made) and run(made); "
    "session and run(session.close()); "
    f"print('{HALVES[0]}' + '{HALVES[1]}')\""
)
"""Calls the module's function `warm_cache` if it exists, else `CachedPlanService.warm_cache` with
the application's own session and cache; then prints DONE.

One line of expressions without backslash or double quote, which ECS Exec could change.
docs/decisions/warming-the-cache.md
"""
FRAME = ("Starting session with SessionId", "Exiting session with sessionId")
"""Lines of the Session Manager plugin itself."""


@dataclass(frozen=True, kw_only=True)
class TaskWarmUp:
    """The command, and the task to run it in."""

    account: Account
    program: str
    """Path of the Session Manager plugin."""
    exec_target: exec_target.ExecTarget

    def execute(self, run: Run) -> None:
        """Raises Failed unless the command reports its end."""
        step = Step(
            action=f"run warm_cache in backend task {self.exec_target.task}",
            do=lambda: self._warm(run.say),
            took_effect=lambda: True,
        )
        run.execute([step])

    def _warm(self, say: Callable[[str], None]) -> None:
        opened = self.account.client("ecs").execute_command(
            cluster=self.account.cluster,
            task=self.exec_target.task,
            container=self.exec_target.container,
            interactive=True,
            command=COMMAND,
        )["session"]
        session: plugin.Session = {
            "SessionId": opened["sessionId"],
            "TokenValue": opened["tokenValue"],
            "StreamUrl": opened["streamUrl"],
        }
        ssm, has_ended = self.account.client("ssm"), False
        output: list[str] = []
        try:
            request = {"Target": self.exec_target.target}
            with (
                plugin.running(self.program, ssm.meta, session, request) as process,
                _at_most(TEN_MINUTES, process) as expired,
            ):
                for line in _lines(process):
                    output.append(line)
                    if DONE not in line:
                        say(f"  {line}")
            has_ended = not expired.is_set()
        finally:
            if not has_ended:
                plugin.end(ssm, session)
        self._check(output, has_ended=has_ended)

    def _check(self, output: list[str], *, has_ended: bool) -> None:
        if any(DONE in line for line in output):
            return
        again = "Keys that it has set stay; run the command again."
        if not has_ended:
            raise Failed(
                f"warm_cache did not end within {TEN_MINUTES / 60:.0f} minutes; its session was "
                f"terminated. {again}"
            )
        last = output[-1] if output else "no output"
        raise Failed(f"warm_cache failed in task {self.exec_target.task}: {last}. {again}")


def plan(account: Account) -> TaskWarmUp:
    """Raises Refused without the plugin, or without a task that runs ECS Exec."""
    return TaskWarmUp(
        account=account, program=plugin.installed(), exec_target=exec_target.find(account)
    )


def _lines(process: "Popen[str]") -> Iterator[str]:
    """The command's output without the plugin's own lines."""
    assert process.stdout is not None
    for line in process.stdout:
        text = line.strip()
        if text and not text.startswith(FRAME):
            yield text


@contextmanager
def _at_most(seconds: float, process: "Popen[str]") -> Iterator[threading.Event]:
    """Terminate the process after `seconds`; the event is set if that happened."""
    expired = threading.Event()

    def end() -> None:
        expired.set()
        process.terminate()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
