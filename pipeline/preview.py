"""The preview of one stack: what would change, what the policies say, what has drifted."""

from pathlib import Path

from pulumi import automation

from pipeline import drift
from pipeline.report import Report
from pipeline.stacks import PACK


def preview(stack: automation.Stack, *, plan: Path | None, look_for_drift: bool) -> Report:
    """Preview with the policy pack; `plan` is where the update plan goes that `apply` will hold to.

    A preview that fails is a report, too.
    """
    report = Report(stack=stack.name)
    try:
        stack.preview(
            on_event=report.see,
            policy_packs=[str(PACK)],
            plan=str(plan) if plan else None,
            color="never",
            suppress_progress=True,
        )
        if look_for_drift:
            report.drift = drift.find(stack)
    except automation.CommandError as failed:
        if report.passed:
            report.failure = str(failed)
    return report
