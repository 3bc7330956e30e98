"""Apply a plan that was approved, and nothing else."""

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from pulumi import automation
from pulumi.automation import events

from emulator.summary import error_of
from operations.database import snapshot
from operations.procedure import Failed, Refused, Run
from pipeline import changes, drift, pauses, stores
from pipeline.report import GROUP_OF, name_of
from pipeline.stacks import PACK, Opened
from pipeline.steps import steps_of

Say = Callable[[str], None]


class RefusedError(Exception):
    """Nothing was changed; the message says why and what to do."""


class HalfDoneError(Exception):
    """Something was changed and something failed; the message says what, and what to run."""


class _Seen:
    """What the engine has finished, and what has failed."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failed: list[str] = []
        self.errors: list[str] = []

    def __call__(self, event: events.EngineEvent) -> None:
        if event.res_outputs_event is not None:
            step = event.res_outputs_event.metadata
            if group := GROUP_OF.get(step.op.value):
                self.done.append(f"{group} {name_of(step.urn)}")
        if event.res_op_failed_event is not None:
            step = event.res_op_failed_event.metadata
            self.failed.append(f"{step.op.value} {name_of(step.urn)}")
        if error := error_of(event):
            self.errors.append(error)


def apply(opened: Opened, plan: Path, say: Say = print, allowed: Collection[str] = ()) -> list[str]:
    """Bring the stack up by the plan; returns what was done, a line for each resource.

    `allowed` are the values of `--allow` (pipeline/changes.py, ALLOWABLE).
    Raises RefusedError while the account has drifted and for a change that needs a procedure,
    and HalfDoneError when the engine fails, which it also does for a step that is not in the plan.
    """
    stack = opened.stack
    try:
        planned = steps_of(stack.preview)
    except automation.CommandError as failed:
        sentences = changes.protections(str(failed))
        said = f"{stack.name} was not changed, for its preview fails.\n{failed}"
        raise RefusedError("\n".join(sentences) or said) from failed
    if sentences := changes.refusals(planned, opened.account, allowed):
        raise RefusedError("\n".join(sentences))
    if found := drift.find(stack, planned):
        told = "\n".join(f"- {one.advice}" for one in found)
        raise RefusedError(f"{stack.name} has drifted; nothing was changed.\n{told}")
    try:
        run = Run(say=say)
        run.execute(pauses.actions(opened.account, planned))
        if changes.UPGRADE in allowed and list(stores.upgrades(planned, opened.account)):
            snapshot.plan(opened.account, snapshot.wanted(opened.account)).execute(run)
    except (Refused, Failed) as refused:
        raise RefusedError(str(refused)) from refused
    seen = _Seen()
    try:
        stack.up(
            on_event=seen,
            plan=str(plan),
            policy_packs=[str(PACK)],
            color="never",
            suppress_progress=True,
        )
    except automation.CommandError as failed:
        raise HalfDoneError("\n".join(_half_done(stack, seen, failed))) from failed
    return sorted(set(seen.done))


def _half_done(
    stack: automation.Stack, seen: _Seen, failed: automation.CommandError
) -> Iterator[str]:
    done = sorted(set(seen.done))
    yield from dict.fromkeys(seen.errors or [str(failed)])
    yield (
        f"{len(done)} changes of {stack.name} were made before that:"
        if done
        else (f"No change of {stack.name} was made before that.")
    )
    yield from _listed(done)
    if seen.failed:
        yield "These failed, and may be half done:"
        yield from _listed(sorted(set(seen.failed)))
    pending = _pending(stack)
    if pending:
        yield "The state doesn't know how these ended; look at them in AWS:"
        yield from _listed(pending)
    yield "What to run, in this order:"
    if pending:
        yield f"- pulumi refresh --stack {stack.name} --clear-pending-creates"
    yield f"- pulumi preview --stack {stack.name} --refresh   (what is left to do)"
    yield "- then mend the cause and start this workflow again: a new plan continues from here."


def _pending(stack: automation.Stack) -> list[str]:
    exported = stack.export_stack().deployment or {}
    return [
        f"{operation['type']} {name_of(operation['resource']['urn'])}"
        for operation in exported.get("pending_operations") or ()
    ]


def _listed(lines: Iterable[str]) -> Iterator[str]:
    return (f"- {line}" for line in lines)
