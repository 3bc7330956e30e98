"""Reports for a reviewer: Markdown for a comment, an issue or a job's summary.

Verdict and counts come first, then decisions, then each change. A text that is too long is
shortened in steps, the least important parts first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipeline.hazards.stores import HOLDS_DATA as STORES
from pipeline.job import Job
from pipeline.report.markdown import block, cell, code, details, prose, table
from pipeline.report.report import (
    CREATED,
    DELETED,
    REPLACED,
    UPDATED,
    Change,
    Finding,
    Report,
)
from pipeline.report.values import Value

LONGEST: Final = 60_000
"""Characters; GitHub refuses a comment of more than 65,536."""
HOLDS_DATA: Final = STORES | {"aws:cloudwatch/logGroup:LogGroup"}
HARMLESS: Final = {
    "aws:ecs/taskDefinition:TaskDefinition": "a new revision; earlier ones stay",
    "aws:secretsmanager/secretVersion:SecretVersion": "a new version of the secret",
}
"""Types whose replacement deletes nothing, and its effect."""
COUNTED: Final = (CREATED, UPDATED, REPLACED, DELETED)
FULL, SHORT, NAMES, COUNTS, TABLE = range(5)
"""Levels of detail: all; documents cut; no values; the first of each kind; verdicts only."""
DIFF_LINES: Final = 40
"""Lines of one document's diff, at the level SHORT."""
SENTENCES: Final = 20
"""Sentences of one kind, at the level COUNTS."""
SENTENCE: Final = 500
"""Characters of a sentence, at that level."""
NAMED: Final = 5
"""Resources that the table of skipped rules names for one rule."""
SHORTENED: Final = (
    "*Shortened to GitHub's limit for a comment. The log of the preview's job has every line, and "
    "the report in the run's artifacts every value.*"
)
UNROTATED: Final = "Secrets to rotate: their value is in Pulumi's state"
UNREADABLE: Final = "unreadable report"
NO_REPORT: Final = "no report: the job ended before the preview"


def render(
    reports: Sequence[Report],
    expected: Iterable[str] = (),
    longest: int | None = LONGEST,
    unreadable: Iterable[str] = (),
) -> str:
    """One text for all stacks; an `expected` stack without a report has a row, too.

    `longest` is in characters; None shows everything, for a log. `unreadable` are stacks or files
    with an unreadable report.
    """
    unread = list(dict.fromkeys(unreadable))
    seen = {*unread, *(one.stack for one in reports)}
    missing = dict.fromkeys(unread, UNREADABLE)
    missing |= {stack: NO_REPORT for stack in expected if stack not in seen}
    for level in (FULL, SHORT, NAMES, COUNTS):
        text = "\n".join(_all(reports, missing, level))
        if longest is None or len(text) <= longest:
            return text
    return "\n".join(_all(reports, missing, TABLE))


def render_drift(reports: Sequence[Report], unknown: Iterable[str] = ()) -> str:
    """Drift and secrets to rotate, for the issue that the nightly job keeps.

    `unknown` has a sentence for each unchecked stack.
    """
    lines = []
    drifted = [report for report in reports if report.drift]
    if drifted:
        lines += ["AWS differs from the program. Adopt each value or change AWS back.", ""]
    for report in drifted:
        lines += [f"### {prose(report.stack)}", "", *_drift(report), ""]
    if unrotated := [sentence for report in reports for sentence in report.unrotated]:
        lines += [f"### {UNROTATED}", "", *(f"- {prose(sentence)}" for sentence in unrotated), ""]
    unknown = list(unknown)
    if unknown:
        lines += ["### Not checked", "", *(f"- {prose(sentence)}" for sentence in unknown), ""]
    lines += _footer(report.job for report in reports)
    return "\n".join(lines)


def _all(reports: Sequence[Report], missing: Mapping[str, str], level: int) -> Iterator[str]:
    head = ("stack", "verdict", *COUNTED, "unchanged", "drift")
    rows = [_row(report) for report in reports]
    rows += [(prose(stack), f"**{why}**", *(["?"] * 6)) for stack, why in missing.items()]
    yield from table(head, rows, left=2)
    for report in reports if level < TABLE else ():
        yield from _stack(report, level)
    if level != FULL:
        yield from (SHORTENED, "")
    yield from _footer(report.job for report in reports)


def _row(report: Report) -> tuple[str, ...]:
    counts = Counter(change.group for change in report.changes)
    drift = "?" if report.drift is None else str(len(report.drift))
    numbers = (str(counts[group]) for group in COUNTED)
    return (
        prose(report.stack),
        f"**{verdict(report)}**",
        *numbers,
        str(report.unchanged),
        drift,
    )


def verdict(report: Report) -> str:
    """The verdict, in a few words."""
    mandatory = any(finding.mandatory for finding in report.findings)
    verdicts = (
        (report.failure, "the preview failed"),
        (report.refused, "refused: follow a procedure"),
        (mandatory, "refused by policy"),
        (any(map(_loses_data, report.changes)), "passes, but loses data"),
        (report.needs_allow, "passes, but apply needs --allow"),
        (
            any(found.stops for found in report.drift or ()),
            "passes, but drift stops apply",
        ),
        (report.changes, "passes"),
    )
    return next((text for holds, text in verdicts if holds), "no change")


def _stack(report: Report, level: int) -> Iterator[str]:
    yield f"## {prose(report.stack)}"
    yield ""
    mandatory = [f for f in report.findings if f.mandatory]
    remarks = [f for f in report.findings if not (f.mandatory or f.is_skipped or f.is_unjudged)]
    dangerous, harmless = _replaced_or_deleted(report)
    yield from _sentences("Refused: follow a procedure", report.refused, level)
    yield from _sentences("Policy violations", map(_finding, mandatory), level)
    yield from _dangerous(dangerous, level)
    yield from _sentences("`apply` needs --allow", report.needs_allow, level)
    if report.failure:
        yield from ("### Why the preview failed", "")
        yield from block(report.failure if level == FULL else report.failure[: 20 * SENTENCE])
        yield ""
    for group in (UPDATED, CREATED):
        yield from _group(group, list(report.in_group(group)), level, is_open=group == UPDATED)
    if harmless:
        titled = f"{len(harmless)} replaced or deleted without loss"
        yield from details(titled, _changes(harmless, level), is_open=False)
    yield from _sentences("Policy remarks", map(_finding, remarks), level)
    yield from _drift_of(report, level)
    yield from _sentences(UNROTATED, report.unrotated, level)
    yield from _not_judged(report.findings, level)


def _replaced_or_deleted(report: Report) -> tuple[list[Change], list[Change]]:
    """The harmful ones, and the harmless ones."""
    found = [*report.in_group(REPLACED), *report.in_group(DELETED)]
    harmless = [change for change in found if _why_harmless(change)]
    return [change for change in found if change not in harmless], harmless


def _why_harmless(change: Change) -> str:
    if change.is_retained:
        return "removed from the state, kept in AWS"
    return HARMLESS.get(change.token, "") if change.group == REPLACED else ""


def _dangerous(changes: list[Change], level: int) -> Iterator[str]:
    if changes:
        yield "### Replaced or deleted"
        yield ""
        ordered = sorted(changes, key=lambda c: (not _loses_data(c), c.group, c.name))
        yield from _changes(ordered, level)
        yield ""


def _group(group: str, changes: list[Change], level: int, *, is_open: bool) -> Iterator[str]:
    if changes and level < COUNTS:
        ordered = sorted(changes, key=lambda change: change.name)
        title = f"{len(changes)} {group}"
        yield from details(title, _changes(ordered, level), is_open=is_open)


def _changes(changes: Sequence[Change], level: int) -> Iterator[str]:
    if level == COUNTS:
        for change in changes[:SENTENCES]:
            yield _title(replace(change, name=change.name[:SENTENCE], properties=(), values=()))
        yield from _left_out(max(0, len(changes) - SENTENCES))
        return
    for change in changes:
        yield _title(change)
        if level < NAMES and change.group != CREATED:
            yield from _values(change.values, level)


def _title(change: Change) -> str:
    kind = change.token.split(":")[-1]
    verb = f" **{change.group}**" if change.group in {REPLACED, DELETED} else ""
    data = "; it **holds data**" if _loses_data(change) else ""
    harmless = f": {why}" if (why := _why_harmless(change)) else ""
    shown = {value.key for value in change.values}
    others = [key for key in change.properties if key not in shown]
    keys = f" ({', '.join(code(key) for key in others)})" if others else ""
    return f"- {code(change.name)} {prose(kind)}{verb}{harmless}{keys}{data}"


def _values(values: Sequence[Value], level: int) -> Iterator[str]:
    short = [value for value in values if not value.is_long]
    for value in short:
        why = " — replaces it" if value.replaces else ""
        yield f"  - {code(value.key)}: {code(value.before)} → {code(value.after)}{why}"
    for value in values:
        if value.is_long:
            yield f"  - {code(value.key)}{' — replaces it' if value.replaces else ''}:"
            yield ""
            lines = value.diff()
            cut = lines if level == FULL else lines[:DIFF_LINES]
            if len(cut) < len(lines):
                cut = [*cut, f"@@ {len(lines) - len(cut)} more lines @@"]
            yield from (f"    {line}" for line in block("\n".join(cut), "diff"))
            yield ""


def _sentences(title: str, found: Iterable[str], level: int) -> Iterator[str]:
    sentences = list(found)
    if not sentences:
        return
    cut = sentences if level < COUNTS else [one[:SENTENCE] for one in sentences[:SENTENCES]]
    yield f"### {title}"
    yield ""
    yield from (f"- {prose(sentence)}" for sentence in cut)
    yield from _left_out(len(sentences) - len(cut))
    yield ""


def _left_out(count: int) -> Iterator[str]:
    if count:
        yield f"- and {count} more"


def _finding(finding: Finding) -> str:
    return f"`{finding.rule}` on `{finding.resource or 'the stack'}`: {finding.message}"


def _not_judged(findings: Sequence[Finding], level: int) -> Iterator[str]:
    """What a reviewer must check by hand: types without a rule, and skipped rules."""
    types = sorted({found.message for found in findings if found.is_unjudged})
    skipped = [found for found in findings if found.is_skipped]
    rules = {found.rule for found in skipped}
    counts = [_count(len(types), "type"), _count(len(rules), "skipped rule")]
    if counts := [one for one in counts if one]:
        title = f"Checked by no rule: {', '.join(counts)}"
        yield from details(title, _unjudged(types, skipped, level), is_open=bool(types))


def _unjudged(types: list[str], skipped: list[Finding], level: int) -> Iterator[str]:
    if types:
        yield "No rule reads these types. Check every input of their resources:"
        yield ""
        cut = types if level < COUNTS else types[:SENTENCES]
        yield from (f"- {prose(one if level < COUNTS else one[:SENTENCE])}" for one in cut)
        yield from _left_out(len(types) - len(cut))
        yield ""
    if skipped:
        yield (
            "These rules read a value that is known only after the `up`; the next preview runs "
            "them. Until then, check in the program what each rule requires (docs/policies.md):"
        )
        yield ""
        by_rule = defaultdict(list)
        for found in skipped:
            by_rule[found.rule].append(found.resource or "the stack")
        rows = [
            (cell(rule), ", ".join(map(cell, sorted(names)[:NAMED])), str(len(names)))
            for rule, names in sorted(by_rule.items())
        ]
        head = ("rule", f"resources (the first {NAMED})", "all")
        yield from table(head, rows, left=2)


def _count(number: int, noun: str) -> str:
    """`2 types`; empty for none."""
    return f"{number} {noun}{'s' if number > 1 else ''}" if number else ""


def _drift_of(report: Report, level: int) -> Iterator[str]:
    if report.drift is None:
        yield from ("Drift was not checked.", "")
    elif report.drift:
        yield from _sentences("Drift", (found.advice for found in report.drift), level)
    else:
        yield from ("No drift.", "")


def _drift(report: Report) -> list[str]:
    return [f"- {prose(found.advice)}" for found in report.drift or ()]


def _loses_data(change: Change) -> bool:
    lost = change.group in {REPLACED, DELETED} and not change.is_retained
    return lost and change.token in HOLDS_DATA


def _footer(jobs: Iterable[Job]) -> Iterator[str]:
    """Commit, run and time, once for all reports of one run."""
    last = {(job.commit, job.run): job for job in sorted(jobs, key=lambda job: job.at)}
    for job in last.values():
        commit = [f"commit {code(job.commit[:12])}"] if job.commit else []
        run = [f"[run]({job.run})"] if job.run else []
        if parts := [*commit, *run, *([job.at] if job.at else [])]:
            yield f"<sub>{' · '.join(parts)}</sub>"
