"""Apply exactly the approved plan, and report every outcome."""

import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from pulumi import automation

from arbor.database import snapshot
from arbor.procedure import Failed, Refused, Run
from pipeline.apply import pauses, plan_file
from pipeline.apply.ending import NotYetError, Reporter, conclude
from pipeline.apply.failures import message, sentences
from pipeline.apply.interruption import CancelledError, interruptible
from pipeline.apply.outcome import DONE, FAILED, REFUSED, STALE, Outcome, listed
from pipeline.drift import drift
from pipeline.hazards import changes, stores
from pipeline.job import Job
from pipeline.report.steps import Step, steps_of
from pipeline.stacks import PACK, NoStackError, Opened

Say = Callable[[str], None]


class NotDoneError(Exception):
    """The stack differs from the plan; the message is the whole report."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("\n".join(outcome.lines()))
        self.outcome = outcome


class RefusedError(NotDoneError):
    """Nothing was changed, and this plan can't be applied."""


class StaleError(NotDoneError):
    """Nothing was changed; a new plan differs from the approved one."""


class HalfDoneError(NotDoneError):
    """It failed or was cancelled; the report lists the changes made and the commands to run."""


ERRORS: Final = {REFUSED: RefusedError, STALE: StaleError}


def apply(
    opened: Opened,
    plan: Path,
    say: Say = print,
    allowed: Collection[str] = (),
    report: Path | None = None,
) -> list[str]:
    """Run `up` with the plan; returns a line for each changed resource.

    `say` gets a line for each resource when it is finished. `allowed` are the values of `--allow`
    (ALLOWABLE in pipeline/hazards/changes.py). `report` is written when the engine starts, after
    each resource and at the end, whatever the outcome.

    Raises RefusedError while the account has drifted and for a change that needs a procedure,
    StaleError when a new preview differs from the plan, and HalfDoneError for everything else.
    """
    outcome = Outcome(stack=opened.stack.name, job=Job.now())
    reporter = Reporter(outcome, report, say)
    with interruptible(opened.stack, reporter.signalled) as (engine, interruption):
        reporter.engine = engine
        try:
            _Applying(opened, plan, say, allowed, reporter).run()
        except (CancelledError, Exception) as ended:  # noqa: BLE001 - all of it goes into the report
            interruption.is_over = True
            conclude(ended, opened, reporter, interruption)
        reporter.keep()
    if outcome.result != DONE:
        raise ERRORS.get(outcome.result, HalfDoneError)(outcome)
    return outcome.done


def not_opened(stack: str, error: Exception, report: Path | None) -> Outcome:
    """Write and return the outcome for a stack that could not be opened.

    The result is "refused" for another account, another region, missing reviewers and a file that
    is not a plan, and "failed" for any other error; nothing was changed in either case.
    """
    elsewhere = isinstance(error, NoStackError) and error.exit_code != NoStackError.exit_code
    refused = elsewhere or isinstance(error, plan_file.NoPlanError)
    outcome = Outcome(
        stack=stack,
        result=REFUSED if refused else FAILED,
        reasons=sentences([message(error)]),
        job=Job.now(),
    )
    if report is not None:
        outcome.write(report)
    return outcome


class _Applying:
    """One `apply`, from the new preview to the engine's end."""

    def __init__(
        self, opened: Opened, plan: Path, say: Say, allowed: Collection[str], reporter: Reporter
    ) -> None:
        self._opened, self._plan, self._say = opened, plan, say
        self._allowed, self._reporter = allowed, reporter

    def run(self) -> None:
        """Preview, check, prepare, then start the engine. Raises every error."""
        stack, reporter = self._opened.stack, self._reporter
        planned = self._planned_steps()
        reporter.doing = "The check for drift"
        if found := drift.find(stack, planned):
            drifted = f"{stack.name} has drifted:"
            raise NotYetError(REFUSED, [drifted, *listed(one.advice for one in found)])
        reporter.doing = "The preparation"
        self._prepare(planned)
        reporter.doing = "The engine"
        reporter.keep()
        stack.up(
            on_event=reporter.progress,
            plan=str(self._plan),
            policy_packs=[str(PACK)],
            color="never",
            suppress_progress=True,
        )
        reporter.end(DONE)

    def _planned_steps(self) -> list[Step]:
        """The steps of a new plan that equals the approved one. Raises NotYetError."""
        stack, account = self._opened.stack, self._opened.account
        self._reporter.doing = "The preview"
        with tempfile.TemporaryDirectory(prefix="arbor-plan-") as directory:
            fresh = Path(directory) / "plan.json"

            def preview(**options: Any) -> object:  # noqa: ANN401 - passed through
                return stack.preview(plan=str(fresh), **options)

            try:
                planned = steps_of(preview)
            except automation.CommandError as failed:
                if found := changes.protections(str(failed)):
                    raise NotYetError(REFUSED, found) from failed
                raise
            self._reporter.doing = "Reading the account"
            if found := changes.refusals(planned, account, self._allowed):
                raise NotYetError(REFUSED, found)
            self._reporter.doing = "The comparison of the plans"
            if names := plan_file.stale(self._plan, fresh):
                differs = f"The approved plan is stale: it differs for {', '.join(names)}."
                raise NotYetError(STALE, [differs])
        return planned

    def _prepare(self, planned: list[Step]) -> None:
        """Delete hooks that the provider keeps, and take the snapshot before an upgrade.

        Raises NotYetError.
        """
        account, allowed = self._opened.account, self._allowed
        run = Run(say=self._act)
        try:
            run.execute(pauses.actions(account, planned))
            if changes.UPGRADE in allowed and list(stores.upgrades(planned, account)):
                snapshot.plan(account, snapshot.choose_name(account)).execute(run)
        except (Refused, Failed) as refused:
            result = FAILED if self._reporter.acted else REFUSED
            raise NotYetError(result, [str(refused)]) from refused

    def _act(self, line: str) -> None:
        self._reporter.acted.append(line.strip())
        self._say(line)
