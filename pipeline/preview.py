"""The preview of one stack: what would change, what the policies say, what has drifted."""

from pathlib import Path

from pulumi import automation
from pulumi.automation import events

from pipeline import changes, drift, unowned
from pipeline.report import Report
from pipeline.stacks import PACK, Opened
from pipeline.steps import Seen


def preview(opened: Opened, *, plan: Path | None, look_for_drift: bool) -> Report:
    """Preview with the policy pack; `plan` is where the update plan goes that `apply` will hold to.

    A preview that fails is a report, too.
    """
    stack, seen = opened.stack, Seen()
    report = Report(stack=stack.name)

    def see(event: events.EngineEvent) -> None:
        report.see(event)
        seen.see(event)

    try:
        stack.preview(
            on_event=see,
            policy_packs=[str(PACK)],
            plan=str(plan) if plan else None,
            color="never",
            suppress_progress=True,
        )
        report.refused = changes.refusals(seen.steps, opened.account, changes.ALLOWABLE)
        report.asks = changes.asks(seen.steps, opened.account)
        if look_for_drift:
            report.drift = [*drift.find(stack, seen.steps), *unowned.find(opened)]
    except (automation.CommandError, unowned.LookError) as failed:
        report.refused += changes.protections(str(failed))
        if report.passed:
            report.failure = str(failed)
    return report
