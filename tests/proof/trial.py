"""Previews of production with the policy pack, by the real engine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pulumi import automation
from pulumi.automation import events
from rich.progress import track

from engine import stack_file
from engine.deployment import Deployment
from proof import grid
from proof.mutation import Mutation, program

PACK = stack_file.PROJECT_DIR / "policy"
SKIPPED = "can't run policy"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that the pack said."""

    rule: str
    resource: str
    """Logical name; the stack's where a rule is about the whole."""
    message: str
    mandatory: bool
    skipped: bool
    """The rule met a value that isn't known in a preview, and judged nothing."""


def findings(deployed: Deployment) -> list[Finding]:
    """What the pack says of a preview. Raises CommandError when it fails for another reason."""
    told: list[Finding] = []

    def see(event: events.EngineEvent) -> None:
        if event.policy_event is not None:
            told.append(_finding(event.policy_event))

    try:
        deployed.preview(see)
    except automation.CommandError:
        if not any(found.mandatory for found in told):
            raise
    return told


def _finding(event: events.PolicyEvent) -> Finding:
    return Finding(
        rule=event.policy_name,
        resource=(event.resource_urn or "").split("::", 3)[-1],
        message=" ".join(event.message.split()),
        mandatory=event.enforcement_level == "mandatory",
        skipped=SKIPPED in event.message,
    )


@contextmanager
def mutated(deployed: Deployment, *mutations: Mutation) -> Iterator[None]:
    """The stack's program and config with the changes in them, and afterwards without."""
    before = deployed.stack.workspace.program
    file = deployed.workdir / f"Pulumi.{deployed.stack.name}.yaml"
    text = file.read_text()
    deployed.stack.workspace.program = program(mutations)
    for mutation in mutations:
        deployed.configure(mutation.config)
    try:
        yield
    finally:
        deployed.stack.workspace.program = before
        file.write_text(text)


def caught_by(deployed: Deployment, *mutations: Mutation) -> set[str]:
    """The rules that fail a preview of the changed program."""
    with mutated(deployed, *mutations):
        return {found.rule for found in findings(deployed) if found.mandatory}


def verdicts(
    deployed: Deployment, mutations: Sequence[Mutation]
) -> Iterator[tuple[Mutation, set[str]]]:
    """Each mutation and what catches it; a batch that isn't exact is tried one by one."""
    doubtful: set[int] = set()
    for batch in track(grid.batches(mutations), transient=True):
        if caught_by(deployed, *batch) != grid.rules(batch):
            doubtful |= {id(mutation) for mutation in batch}
    for mutation in mutations:
        sure = id(mutation) not in doubtful
        yield mutation, {mutation.rule} if sure else caught_by(deployed, mutation)
