"""The engine's progress: a line in the log for each finished resource."""

import time
from collections.abc import Callable

from pulumi.automation import events

from pipeline.apply.failures import UNSEEN, shortened
from pipeline.report.report import failure_of, is_component, name_of

Say = Callable[[str], None]
SLOW_SECONDS = 10.0
"""From this duration on, a line contains it."""
WORDS = {
    "create": "created",
    "import": "imported",
    "update": "updated",
    "delete": "deleted",
    "create-replacement": "created the replacement",
    "delete-replaced": "deleted the replaced",
}
"""By operation. The `replace` between the last two does nothing."""


class Progress:
    """The lines of an `up`; `changed` is called after each event that adds one."""

    def __init__(
        self,
        say: Say,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._changed, self._clock = say, changed, clock
        self._began: dict[tuple[str, str], float] = {}
        self._done: dict[str, None] = {}
        self._failed: dict[str, None] = {}
        self.errors: list[str] = []
        self.violations: list[str] = []
        """Findings of mandatory policies."""

    @property
    def done(self) -> list[str]:
        """`updated firewall-acl`, each once, by name within its group."""
        return sorted(self._done)

    @property
    def failed(self) -> list[str]:
        return sorted(self._failed)

    @property
    def begun(self) -> list[str]:
        """The engine's current operations."""
        return sorted(f"{op} {name_of(urn)}" for op, urn in list(self._began))

    def __call__(self, event: events.EngineEvent) -> None:
        """Record one event of the engine."""
        if event.resource_pre_event is not None:
            self._begin(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._finish(event.res_outputs_event.metadata)
        elif event.res_op_failed_event is not None:
            step = event.res_op_failed_event.metadata
            self._began.pop((step.op.value, step.urn), None)
            line = f"{step.op.value} {name_of(step.urn)}"
            self._failed[line] = None
            self._log(f"failed: {line}")
        elif event.policy_event is not None and event.policy_event.enforcement_level == "mandatory":
            finding = event.policy_event
            message = " ".join(finding.message.split())
            where = name_of(finding.resource_urn or "") or "the stack"
            self.violations.append(f"{finding.policy_name} on {where}: {message}")
            self._log(self.violations[-1])
        elif error := failure_of(event):
            self._fail(error)

    def _fail(self, error: str) -> None:
        follows = UNSEEN.search(error) and (self.errors or self._failed)
        if not follows and error not in self.errors:
            self.errors.append(error)
            self._log(shortened(error))

    def _begin(self, step: events.StepEventMetadata) -> None:
        if step.op.value in WORDS and not is_component(step):
            self._began[step.op.value, step.urn] = self._clock()
            self._changed()

    def _finish(self, step: events.StepEventMetadata) -> None:
        began = self._began.pop((step.op.value, step.urn), None)
        word = WORDS.get(step.op.value)
        if word is None or is_component(step):
            return
        line = f"{word} {name_of(step.urn)}"
        if "creat" in word and step.new is not None and step.new.id:
            line += f" ({step.new.id})"
        seconds = 0.0 if began is None else self._clock() - began
        took = f" in {seconds:.0f} s" if seconds >= SLOW_SECONDS else ""
        if line not in self._done:
            self._done[line] = None
            self._log(f"{line}{took}")

    def _log(self, line: str) -> None:
        self._say(line)
        self._changed()
