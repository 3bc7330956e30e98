"""Previews of production with the policy pack, in the real engine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pulumi import automation
from pulumi.automation import events
from rich.progress import track

from engine import stack_file
from engine.deployment import Deployment
from proof import batches
from proof.mutation import Mutation, program

PACK = stack_file.PROJECT_DIR / "policy"
SKIPPED = "can't run policy"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A finding of the pack."""

    rule: str
    resource: str
    """Logical name; the stack's for a rule on the whole stack."""
    message: str
    mandatory: bool
    skipped: bool
    """The rule was skipped, because it reads a value that is unknown in a preview."""


def findings(deployed: Deployment) -> list[Finding]:
    """The pack's findings in a preview. Raises CommandError if it fails for another reason."""
    found_so_far: list[Finding] = []

    def see(event: events.EngineEvent) -> None:
        if event.policy_event is not None:
            found_so_far.append(_finding(event.policy_event))

    try:
        deployed.preview(see)
    except automation.CommandError:
        if not any(found.mandatory for found in found_so_far):
            raise
    return found_so_far


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
    """The stack with the changed program and config; restored afterwards."""
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
    """Each mutation and the rules that report it; a wrong batch is tried one by one."""
    doubtful: set[int] = set()
    for batch in track(batches.batches(mutations), transient=True):
        if caught_by(deployed, *batch) != batches.rules(batch):
            doubtful |= {id(mutation) for mutation in batch}
    for mutation in mutations:
        sure = id(mutation) not in doubtful
        yield mutation, {mutation.rule} if sure else caught_by(deployed, mutation)
