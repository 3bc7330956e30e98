"""The preview of one stack: changes, policy findings and drift."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi import automation
from pulumi.automation import events

from pipeline.apply.failures import AWS_FAILED, message, sentences
from pipeline.drift import drift, unowned
from pipeline.hazards import changes, unrotated
from pipeline.job import Job
from pipeline.report.report import Report
from pipeline.report.steps import StepCollector
from pipeline.stacks import PACK, Opened


def preview(opened: Opened, *, plan: Path | None, look_for_drift: bool) -> Report:
    """Preview with the policy pack; `plan` is the file for the update plan of `apply`.

    A failed preview or a failed check for drift is part of the report.
    """
    report = Report(stack=opened.stack.name, job=Job.now())
    _run(opened, plan, report, look_for_drift=look_for_drift)
    report.failure = "\n".join(sentences([report.failure]))
    return report


def _run(opened: Opened, plan: Path | None, report: Report, *, look_for_drift: bool) -> None:
    stack, seen = opened.stack, StepCollector()

    def record(event: events.EngineEvent) -> None:
        report.record(event)
        seen.record(event)

    with _reported(report, "The preview failed"):
        stack.preview(
            on_event=record,
            policy_packs=[str(PACK)],
            plan=str(plan) if plan else None,
            color="never",
            suppress_progress=True,
        )
    if report.failure or report.refused:
        return
    with _reported(report, "Reading the account failed"):
        report.refused = changes.refusals(seen.steps, opened.account, changes.ALLOWABLE)
        report.needs_allow = changes.needs_allow(seen.steps, opened.account)
    if look_for_drift:
        with _reported(report, "The check for drift failed"):
            report.drift = [*drift.find(stack, seen.steps), *unowned.find(opened)]
        with _reported(report, "The check of the secrets failed"):
            report.unrotated = list(unrotated.sentences(opened.account))


@contextmanager
def _reported(report: Report, what: str) -> Iterator[None]:
    """An error in this block becomes the report's failure; several are possible."""
    try:
        yield
    except (automation.CommandError, unowned.UnreadableError, *AWS_FAILED) as failed:
        report.refused += changes.protections(str(failed))
        if report.passed:
            report.failure = f"{what}: {message(failed)}"
