"""The summary of an operation: the resources by component, the outputs and the time."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Self

import yaml
from pulumi import automation
from pulumi.automation import events
from rich.console import Console
from rich.table import Table

DEPTH = 2
"""Components below the top-level ones are counted with the one they belong to."""
ENGINE_ENDED = "resource monitor shut down"
LONGEST_LINE = 1000
"""In characters: an ARN stays on one line."""


class Steps:
    """Counts what the engine does, by operation and by component, as its events arrive."""

    def __init__(self, on_step: "OnStep") -> None:
        self._on_step = on_step
        self.operations: Counter[str] = Counter()
        self.by_component: dict[str, Counter[str]] = defaultdict(Counter)
        self.failures: list[str] = []
        self.findings: list[str] = []
        """The findings of policy packs, as sentences."""
        self._counted: set[tuple[str, str]] = set()

    def record(self, event: events.EngineEvent) -> None:
        if event.resource_pre_event is not None:
            self._on_step(event.resource_pre_event.metadata)
        if event.res_outputs_event is not None:
            self._count(event.res_outputs_event.metadata)
        if error := error_of(event):
            self.failures.append(error)

        if event.policy_event is not None:
            self.findings.append(finding(event.policy_event))

    def reasons(self) -> list[str]:
        """The errors, each once.

        The engine repeats the program's logged errors after a prefix of its own:
        https://github.com/pulumi/pulumi/blob/master/sdk/python/lib/pulumi/automation/_server.py
        """
        every = dict.fromkeys((*self.findings, *self.failures))
        return [
            one for one in every if not any(one != other and one.endswith(other) for other in every)
        ]

    def _count(self, step: events.StepEventMetadata) -> None:
        # A component has a second event when it registers its outputs.
        if step.type.startswith("pulumi:") or (step.op, step.urn) in self._counted:
            return
        self._counted.add((step.op, step.urn))
        self.operations[step.op] += 1
        self.by_component[component_of(step.urn)][step.op] += 1


def error_of(event: events.EngineEvent) -> str:
    """The error of an event; empty for any other event, and for a consequential error.

    After a resource failed, the engine ends, and the program then fails because of that.
    """
    diagnostic = event.diagnostic_event
    if diagnostic is None or diagnostic.severity != "error" or ENGINE_ENDED in diagnostic.message:
        return ""
    return diagnostic.message.strip()


def finding(event: events.PolicyEvent) -> str:
    """One finding of a policy pack: level, rule, resource and message."""
    name = (event.resource_urn or "").split("::", 3)[-1]
    message = " ".join(event.message.split())
    return f"{event.enforcement_level} {event.policy_name} ({name}): {message}"


class OnStep:
    """Shows the resource that the engine is working on."""

    def __init__(self, console: Console) -> None:
        self._status = console.status("starting the engine")
        self._seen = 0

    def __call__(self, step: events.StepEventMetadata) -> None:
        self._seen += 1
        name = step.urn.split("::", 3)[-1]
        self._status.update(f"{self._seen} resources · {step.op} {name}")

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()


def component_of(urn: str) -> str:
    """The outermost component's type in a URN, such as `Network`; a resource without one itself."""
    types = urn.split("::")[2].split("$")
    outermost = next((t for t in types if t != "pulumi:pulumi:Stack"), types[-1])
    return outermost.split(":")[-1]


def show(
    console: Console,
    *,
    title: str,
    steps: Steps,
    outputs: Mapping[str, automation.OutputValue],
    seconds: float,
) -> None:
    """Print the table of components, the outputs and the time."""
    console.print(title, style="bold", markup=False)
    table = Table()
    table.add_column("component")
    operations = sorted(steps.operations)
    for operation in operations:
        table.add_column(operation, justify="right")
    for component, counted in sorted(steps.by_component.items()):
        table.add_row(component, *(str(counted[op] or "") for op in operations))
    table.add_section()
    table.add_row("all", *(str(steps.operations[op]) for op in operations))
    console.print(table)
    shown = {name: "[secret]" if out.secret else out.value for name, out in outputs.items()}
    if shown:
        # Plain: rich would read `:secret:` in an ARN as the name of an emoji.
        text = yaml.safe_dump(shown, width=LONGEST_LINE)
        console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)
    console.print(f"{steps.operations.total()} resources in {seconds:.1f} s")
