"""A cancelled job stops its engine in order and writes its report.

GitHub sends SIGINT to the process of a step, SIGTERM 7.5 seconds later, and kills it after another
2.5: https://docs.github.com/en/actions/reference/workflow-cancellation-reference. Only that
process receives them (NixKillProcessTree and SendSignal,
https://github.com/actions/runner/blob/main/src/Runner.Sdk/ProcessInvoker.cs), and bash does not
forward them: a step that applies begins with `exec`.

The first signal cancels: the engine finishes its current operations, saves the state and deletes
the lock. The second terminates it, and unfinished operations stay in the state as pending.
https://github.com/pulumi/pulumi/blob/master/pkg/backend/cancellation_scope.go
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any, Final

from pulumi import automation
from pulumi.automation.errors import create_command_error

OnOutput = Callable[[str], Any]
PATIENCE_SECONDS: Final = 1.5
"""The wait after the second signal; then the report is written without the engine."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class CancelledError(BaseException):
    """The job was cancelled while no engine ran, or the engine did not end in time.

    A BaseException, so that handlers of errors do not catch it.
    """


class EngineCommand(automation.PulumiCommand):
    """The Pulumi CLI for the Automation API, with processes that can be interrupted.

    The SDK's own command does not expose its process.
    """

    def __init__(self, found: automation.PulumiCommand) -> None:
        # PulumiCommand's own would run `pulumi version` once more.
        self.command, self.version = found.command, found.version
        self.codes: dict[str, int] = {}
        """The exit code of the last run, by command (`up`, `preview`); negative: killed."""
        self._running: dict[int, tuple[str, subprocess.Popen[str]]] = {}

    @property
    def runs(self) -> bool:
        return bool(self._running)

    def is_running(self, command: str) -> bool:
        return any(name == command for name, _ in list(self._running.values()))

    def interrupt(self) -> None:
        """Send SIGINT to each process; the second time, an engine terminates."""
        for _, process in list(self._running.values()):
            process.send_signal(signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> automation.CommandResult:
        """Run a command of the CLI. Raises CommandError when it fails."""
        process = subprocess.Popen(  # noqa: S603 - the CLI that was found, arguments of the SDK
            [self.command, "--non-interactive", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=self._environment(additional_env),
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C in a terminal reaches it once, through interrupt()
        )
        self._running[process.pid] = (args[0], process)
        written: tuple[list[str], list[str]] = ([], [])
        readers = [
            threading.Thread(target=_read, args=(stream, on_line, kept), daemon=True)
            for stream, on_line, kept in zip(
                (process.stdout, process.stderr), (on_output, on_error), written, strict=True
            )
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        code = process.wait()
        del self._running[process.pid]
        self.codes[args[0]] = code
        result = automation.CommandResult(
            stdout="\n".join(written[0]), stderr="\n".join(written[1]), code=code
        )
        if code:
            raise create_command_error(result)
        return result

    def _environment(self, additional: Mapping[str, str]) -> dict[str, str]:
        environment = {**os.environ, **additional, "PULUMI_AUTOMATION_API": "true"}
        if os.path.isabs(self.command):  # noqa: PTH117 - a text of the SDK
            beside = os.path.dirname(self.command)  # noqa: PTH120 - the same
            environment["PATH"] = os.pathsep.join((beside, environment.get("PATH", "")))
        return environment


class Interruption:
    """Whether the job was cancelled, and by how many signals."""

    def __init__(self, engine: EngineCommand, on_signal: Callable[[str], None]) -> None:
        self._engine, self._on_signal = engine, on_signal
        self.count = 0
        self.is_over = False
        """Whether only the report is left to write, which can't be cancelled."""

    def handle(self, number: int, _frame: FrameType | None = None) -> None:
        """Take a signal: the engine ends first; without one, CancelledError is raised here."""
        self.count += 1
        if not self.is_over:
            self._on_signal(signal.Signals(number).name)
        if self._engine.runs:
            self._engine.interrupt()
            if self.count > 1:
                signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)
        elif not self.is_over:
            raise CancelledError

    def give_up(self, _number: int, _frame: FrameType | None) -> None:
        """End the wait for an engine that does not end. Raises CancelledError."""
        if self._engine.runs:
            raise CancelledError


@contextmanager
def interruptible(
    stack: automation.Stack, on_signal: Callable[[str], None]
) -> Iterator[tuple[EngineCommand, Interruption]]:
    """The stack's engine ends in order when this job is cancelled.

    `on_signal` is called with the name of each signal. Outside the main thread no signal is
    handled, because Python delivers signals to the main thread only.
    """
    workspace: Any = stack.workspace
    before = workspace.pulumi_command
    engine = EngineCommand(before)
    interruption = Interruption(engine, on_signal)
    handlers: dict[int, Any] = {}
    workspace.pulumi_command = engine
    try:
        if threading.current_thread() is threading.main_thread():
            handlers = {one: signal.signal(one, interruption.handle) for one in SIGNALS}
            handlers[signal.SIGALRM] = signal.signal(signal.SIGALRM, interruption.give_up)
        yield engine, interruption
    finally:
        workspace.pulumi_command = before
        if handlers:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _read(stream: IO[str], on_line: OnOutput | None, kept: list[str]) -> None:
    for line in stream:
        stripped = line.rstrip()
        if on_line:
            on_line(stripped)
        kept.append(stripped)
    stream.close()
