"""The actions of `python -m pipeline operate`: each reads, shows its changes, confirms, writes."""

import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import typer
from pulumi import automation

from arbor import screen
from arbor.procedure import Failed, Refused
from pipeline.apply.apply import NotDoneError, apply
from pipeline.drift import drift
from pipeline.hazards import changes
from pipeline.hazards.stores import HOLDS_DATA
from pipeline.operate import adopt, lock, refresh, repair, state
from pipeline.report.report import name_of
from pipeline.report.steps import Step, steps_of
from pipeline.stacks import Opened

FILE = "docs/state.md"


class Action(StrEnum):
    """The actions of `operate`."""

    REFRESH = "refresh"
    ADOPT = "adopt"
    UP_REFRESH = "up-refresh"
    CANCEL = "cancel"
    STATE_REPAIR = "state-repair"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One run of `operate`."""

    opened: Opened
    yes: bool
    allowed: Collection[str] = ()
    say: Callable[[str], None] = typer.echo

    @property
    def stack(self) -> automation.Stack:
        return self.opened.stack

    def confirm(self, *lines: str) -> None:
        """Show the changes. Raises Refused without a confirmation."""
        for line in lines:
            self.say(line)
        screen.confirm(yes=self.yes)


def operate(action: Action, opened: Opened, *, yes: bool, allowed: Collection[str] = ()) -> None:
    """Run an action; exit code 0 done, 1 failed, 3 refused."""
    with screen.outcome(), _engine(opened.stack.name):
        ACTIONS[action](Operation(opened=opened, yes=yes, allowed=allowed))


def _refresh(run: Operation) -> None:
    """Copy the values of AWS into the state; AWS and the program stay as they are."""
    found = refresh.preview(run.stack)
    _refuse_loss(run.stack.name, [one for one in found if one.op == refresh.GONE])
    pending = state.pending(state.deployment(run.stack))
    if not found and not pending:
        run.say(f"The state of {run.stack.name} matches AWS.")
        return
    run.confirm(
        *(f"would write: {line}" for one in found for line in _lines(one)),
        *_forgotten(pending),
    )
    done = refresh.write(run.stack)
    run.say(f"The state of {run.stack.name} matches AWS; {len(done)} resources changed in it.")
    if pending:
        run.say(f"Check in AWS: {', '.join(pending)}. {_unmanaged(run.stack.name)}")


def _adopt(run: Operation) -> None:
    """Adopt changes by hand: values into the state, with the lines for config."""
    name = run.stack.name
    found = adopt.find(run.stack, run.opened.account)
    for line in found.left:
        run.say(f"not adopted: {line}: change the program, or change AWS back with up-refresh.")
    if found.created:
        run.say(f"not in the state: {', '.join(found.created)}. {_unmanaged(name)}")
    if not found.values and not found.existing:
        run.say("0 changes can be adopted.")
        return
    run.confirm(
        *(f"would write: {one.name}: {one.key} {one.now}" for one in found.values),
        *(f"would run: {one.command(name)}" for one in found.existing),
    )
    if found.values:
        # Printed first, so that an interrupted run leaves no value without its command.
        run.say(f"Run these and merge Pulumi.{name}.yaml; until then `up` would change AWS back:")
        for line in dict.fromkeys(one.command(name) for one in found.values):
            run.say(f"  {line}")
        refresh.write(run.stack, found.targets)
    if found.existing:
        adopt.write(run.stack, found.existing)
    run.say(f"{len(found.values)} values and {len(found.existing)} resources are in the state.")


def _up_refresh(run: Operation) -> None:
    """Change AWS back to the program, with the refusals of `apply`."""
    name = run.stack.name

    def refreshed(**kwargs: object) -> object:
        preview: Callable[..., object] = run.stack.preview
        return preview(refresh=True, exclude=[drift.VERSIONS_OF_SECRETS], **kwargs)

    steps = _previewed(refreshed)
    held = state.deployment(run.stack)
    known = {one["urn"] for one in held.get("resources") or ()}
    gone = [s for s in steps if s.op == "create" and s.urn in known and s.token in HOLDS_DATA]
    if gone:
        raise Refused("\n".join(_lost(name, step.urn, step.name) for step in gone))
    if sentences := changes.refusals(steps, run.opened.account, run.allowed):
        raise Refused("\n".join(sentences))
    if not steps:
        run.say(f"AWS matches the program: no change of {name}.")
        return
    run.confirm(*(f"would {_operation(step)}" for step in steps), *_forgotten(state.pending(held)))
    refresh.write(run.stack)
    with tempfile.TemporaryDirectory(prefix="arbor-plan-") as directory:
        plan = Path(directory) / "plan.json"
        _previewed(lambda **kwargs: run.stack.preview(plan=str(plan), **kwargs))
        try:
            done = apply(run.opened, plan, run.say, run.allowed)
        except NotDoneError as ended:
            kept = "" if ended.outcome.changed_anything else ", AWS is unchanged"
            raise Failed(f"The state of {name} is refreshed{kept}. {ended}") from None
    run.say(f"{name} matches the program after {len(done)} changes.")


def _cancel(run: Operation) -> None:
    """Delete the lock of a killed run."""
    name, project = run.stack.name, run.stack.workspace.project_settings().name
    url = run.stack.workspace.who_am_i().url or ""
    where = lock.backend(url, run.opened.account)
    if where is None:
        run.confirm(f"would cancel a running update of {name} in {url}")
        run.stack.cancel()
        run.say(f"The update of {name} is cancelled. {_after_cancel(name)}")
        return
    locks = lock.locks(where, project, name)
    if not locks:
        run.say(f"{name} is not locked.")
        return
    now = datetime.now(UTC)
    for one in locks:
        if one.is_alive:
            raise Refused(f"{one.sentence(now)} holds the lock of {name} and is still running.")
    written = lock.last_written(where, project, name)
    if written and now - written < lock.QUIET:
        seconds = (now - written).total_seconds()
        raise Refused(
            f"the state of {name} was written {seconds:.0f} seconds ago, so a run may be active: "
            f"{'; '.join(one.sentence(now) for one in locks)}. Try again in two minutes."
        )
    run.confirm(
        *(f"would delete the lock of {one.sentence(now)}" for one in locks),
        f"The state was last written at {written:%Y-%m-%d %H:%M:%S} UTC." if written else "",
        f"Check that no run of {name} is active in GitHub or in a terminal.",
    )
    if lock.locks(where, project, name) != locks:
        raise Refused(f"the lock of {name} changed meanwhile: a run is active.")
    run.stack.cancel()
    if lock.locks(where, project, name):
        raise Failed(f"{name} is locked again: a run is active.")
    run.say(f"The lock of {name} is deleted. {_after_cancel(name)}")
    for begun in state.pending(state.deployment(run.stack)):
        run.say(f"  unfinished operation of the killed run: {begun}")


def _state_repair(run: Operation) -> None:
    """Repair a state that the engine refuses."""
    name = run.stack.name
    resources = state.resources(run.stack)
    if found := repair.orphans(resources):
        raise Refused(
            "\n".join([*found, f'Restore an earlier state ("An Earlier State" in {FILE}).'])
        )
    wanted = repair.repairable(resources)
    if not wanted:
        run.say(f"The state of {name} is valid.")
        return
    run.confirm(*(f"would repair: {line}" for line in wanted))
    run.say(state.run(run.stack, "state", "repair", "--yes").strip())
    if left := repair.repairable(state.resources(run.stack)):
        raise Failed("\n".join(["The state is still invalid.", *left]))


ACTIONS: dict[Action, Callable[[Operation], None]] = {
    Action.REFRESH: _refresh,
    Action.ADOPT: _adopt,
    Action.UP_REFRESH: _up_refresh,
    Action.CANCEL: _cancel,
    Action.STATE_REPAIR: _state_repair,
}


@contextmanager
def _engine(stack: str) -> Iterator[None]:
    """An error of the engine ends the command with the remedy."""
    os.environ["PULUMI_EXPERIMENTAL"] = "true"  # it enables update plans
    try:
        yield
    except automation.ConcurrentUpdateError as locked:
        raise Refused(
            f"{_message(locked)}\nIf no run of {stack} is active: "
            f"`python -m pipeline operate cancel --stack {stack}`."
        ) from locked
    except automation.CommandError as failed:
        raise Failed(_message(failed)) from failed


def _message(failed: automation.CommandError) -> str:
    """The engine's message, without the SDK's frame."""
    text = str(failed)
    # After the progress of each resource, the engine repeats the errors.
    for mark in ("Diagnostics:", "stderr:", "stdout:"):
        message = text.partition(mark)[2].partition("\n stderr:")[0].strip()
        if message:
            return message
    return text


def _previewed(preview: Callable[..., object]) -> list[Step]:
    """The steps; raises Refused if a protected resource would be deleted."""
    try:
        return steps_of(preview)
    except automation.CommandError as failed:
        if sentences := changes.protections(str(failed)):
            raise Refused("\n".join(sentences)) from failed
        raise


def _refuse_loss(stack: str, gone: list[refresh.Difference]) -> None:
    if lost := [one for one in gone if one.holds_data]:
        raise Refused("\n".join(_lost(stack, one.urn, one.name) for one in lost))


def _lost(stack: str, urn: str, name: str) -> str:
    return (
        f"{name} is gone from the account, but it held data: restore it under its name first "
        '("Backup and Recovery" in docs/runbook.md). To give it up for good: '
        f"`pulumi state delete '{urn}' --stack {stack} --force`."
    )


def _lines(one: refresh.Difference) -> list[str]:
    return list(one.sentences()) or [f"{one.name}: its outputs"]


def _forgotten(pending: list[str]) -> list[str]:
    return [f"would forget this operation of a killed run: {one}" for one in pending]


def _operation(step: Step) -> str:
    keys = f" ({', '.join(step.keys)})" if step.keys and step.op != "create" else ""
    return f"{step.op} {name_of(step.urn)}{keys}"


def _unmanaged(stack: str) -> str:
    return f"`python -m pipeline adopt --stack {stack}` finds them in the account."


def _after_cancel(stack: str) -> str:
    return f"Next: `python -m pipeline operate refresh --stack {stack}`."
