"""cache warm: fill the cache, by a command in a running task or by the application's endpoint.

By default in a task: that takes AWS credentials alone. ECS Exec tells no exit code
(https://github.com/aws/amazon-ecs-agent/issues/2846), so the command says itself that it is done.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor import plugin
from arbor.account import Account
from arbor.ecs import entrance
from arbor.procedure import Failed, Run, Step

if TYPE_CHECKING:
    from subprocess import Popen

TEN_MINUTES = 600.0
DONE = "arbor: the cache is warm"
HALVES = (DONE[:8], DONE[8:])
"""So that the command's own text, should it be echoed, is no success."""
COMMAND = (
    'python -c "import asyncio, inspect; from importlib import import_module as of; '
    "plans = of('app.services.cached_plan_service'); "
    "run = asyncio.new_event_loop().run_until_complete; "
    "function = getattr(plans, 'warm_cache', None); "
    "session = None if function else of('app.core.database').async_session_maker(); "
    "cache = of('app.core.redis') if session else None; "
    "made = plans.CachedPlanService(session, cache.CacheService(run(cache.init_redis())))"
    ".warm_cache() if session else function(); "
    # A coroutine that is not awaited does nothing, and writes nothing.
    "inspect.isawaitable(made) and run(made); "
    "session and run(session.close()); "
    f"print('{HALVES[0]}' + '{HALVES[1]}')\""
)
"""By `CachedPlanService`, with a session and the cache of the application's own modules, or by a
function `warm_cache` of that module where there is one. Then the sentence.

One line of expressions: neither a backslash nor a double quote has to survive ECS Exec.
docs/decisions/warming-the-cache.md
"""
FRAME = ("Starting session with SessionId", "Exiting session with sessionId")
"""What the plugin says beside the command."""


@dataclass(frozen=True, kw_only=True)
class Warm:
    """Checked, and not begun."""

    account: Account
    program: str
    """The session manager plugin."""
    entrance: entrance.Entrance

    def execute(self, run: Run) -> None:
        """Raises Failed unless the command said that it is done."""
        step = Step(
            says=f"run warm_cache in task {self.entrance.task} of the backend",
            do=lambda: self._warm(run.say),
            took_effect=lambda: True,
        )
        run.execute([step])

    def _warm(self, say: Callable[[str], None]) -> None:
        opened = self.account.client("ecs").execute_command(
            cluster=self.account.cluster,
            task=self.entrance.task,
            container=self.entrance.container,
            interactive=True,
            command=COMMAND,
        )["session"]
        session = {key[0].upper() + key[1:]: value for key, value in opened.items()}
        ssm, is_over = self.account.client("ssm"), False
        said: list[str] = []
        try:
            asked = {"Target": self.entrance.target}
            with (
                plugin.running(self.program, ssm.meta, session, asked) as process,
                _at_most(TEN_MINUTES, process) as expired,
            ):
                for line in _lines(process):
                    said.append(line)
                    if DONE not in line:
                        say(f"  {line}")
            is_over = not expired.is_set()
        finally:
            if not is_over:
                plugin.end(ssm, session)
        self._judge(said, is_over=is_over)

    def _judge(self, said: list[str], *, is_over: bool) -> None:
        if any(DONE in line for line in said):
            return
        left = "What it had put into the cache is there, and it can be run again."
        if not is_over:
            raise Failed(
                f"warm_cache did not end within {TEN_MINUTES / 60:.0f} minutes, and its session "
                f"was ended. {left}"
            )
        last = said[-1] if said else "not a word came back"
        raise Failed(
            f"warm_cache did not say that it is done in task {self.entrance.task}: {last}. {left}"
        )


def plan(account: Account) -> Warm:
    """Raises Refused without the plugin, or a task that can be entered."""
    return Warm(account=account, program=plugin.installed(), entrance=entrance.find(account))


def _lines(process: "Popen[str]") -> Iterator[str]:
    """What the command says, without the plugin's frame."""
    assert process.stdout is not None
    for line in process.stdout:
        text = line.strip()
        if text and not text.startswith(FRAME):
            yield text


@contextmanager
def _at_most(seconds: float, process: "Popen[str]") -> Iterator[threading.Event]:
    """Ends it when its time is over, and says so."""
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
