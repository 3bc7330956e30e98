"""Reports as a reviewer reads them: Markdown for a comment, an issue or a job's summary."""

from collections.abc import Iterator, Sequence

from pipeline.report import DELETED, GROUPS, REPLACED, Change, Report

LONGEST = 60_000
"""Characters; GitHub refuses a comment of more than 65,536."""
MOST_LISTED = 60
"""Resources named in a group; the rest is counted."""
HOLDS_DATA = frozenset(
    {
        "aws:rds/instance:Instance",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:s3/bucket:Bucket",
        "aws:secretsmanager/secret:Secret",
        "aws:kms/key:Key",
        "aws:route53/zone:Zone",
        "aws:cloudwatch/logGroup:LogGroup",
    }
)
CUT = "\n\n*Cut here: GitHub allows no longer comment. The whole stands in the job's log.*\n"


def render(reports: Sequence[Report]) -> str:
    """One text for all stacks, what is dangerous first."""
    text = "\n".join(part for report in reports for part in _stack(report))
    return text if len(text) <= LONGEST else text[:LONGEST] + CUT


def render_drift(reports: Sequence[Report]) -> str:
    """The drift alone, for the issue that the nightly job keeps."""
    lines = ["The account differs from the program. Adopt each value, or change AWS back.", ""]
    for report in reports:
        if report.drift:
            lines += [f"### {report.stack}", "", *_drift(report), ""]
    return "\n".join(lines)


def _stack(report: Report) -> Iterator[str]:
    yield f"## {report.stack}: {_verdict(report)}"
    yield ""
    if report.failure:
        yield from ("```text", report.failure.replace("```", "'''"), "```", "")
    if report.refused:
        yield "### Refused: a live stack needs a procedure for this"
        yield ""
        yield from (f"- {sentence}" for sentence in report.refused)
        yield ""
    if report.asks:
        yield "### To be allowed: `apply` stops at this unless it is asked for"
        yield ""
        yield from (f"- {sentence}" for sentence in report.asks)
        yield ""
    mandatory = [found for found in report.findings if found.mandatory]
    advisory = [found for found in report.findings if not found.mandatory]
    for title, found in (("Policy violations", mandatory), ("Policy remarks", advisory)):
        if found:
            yield f"### {title}"
            yield ""
            yield from (
                f"- `{f.rule}` on `{f.resource or 'the stack'}`: {f.message}" for f in found
            )
            yield ""
    for group in GROUPS:
        yield from _group(group, list(report.in_group(group)))
    if report.drift is None:
        yield "Drift was not looked for."
    elif report.drift:
        yield from ("### Drift", "", *_drift(report))
    else:
        yield "No drift."
    yield ""


def _verdict(report: Report) -> str:
    counted = [f"{n} {group}" for group in GROUPS if (n := len(list(report.in_group(group))))]
    changes = ", ".join(counted) or "nothing changes"
    if report.failure:
        return "the preview failed"
    if report.passed:
        return changes
    return f"refused{'' if report.refused else ' by policy'} ({changes})"


def _group(group: str, changes: list[Change]) -> Iterator[str]:
    if not changes:
        return
    dangerous = group in {REPLACED, DELETED}
    yield f"<details{' open' if dangerous else ''}><summary>{len(changes)} {group}</summary>"
    yield ""
    ordered = sorted(changes, key=lambda c: (not _loses_data(c, group), c.name))
    for change in ordered[:MOST_LISTED]:
        warning = " **holds data**" if _loses_data(change, group) else ""
        keys = f": {', '.join(change.properties)}" if change.properties else ""
        yield f"- `{change.name}` ({change.token.split(':')[-1]}){keys}{warning}"
    if len(changes) > MOST_LISTED:
        yield f"- and {len(changes) - MOST_LISTED} more"
    yield from ("", "</details>", "")


def _loses_data(change: Change, group: str) -> bool:
    return group in {REPLACED, DELETED} and change.token in HOLDS_DATA


def _drift(report: Report) -> list[str]:
    return [f"- {found.advice}" for found in report.drift or ()]
