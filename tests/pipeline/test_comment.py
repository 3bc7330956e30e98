"""The order of a comment, and its parts that stay when it is too long."""

import re
from dataclasses import replace

import pytest

from pipeline.job import Job
from pipeline.report.comment import LONGEST, NO_REPORT, SHORTENED, render, render_drift
from pipeline.report.report import UNJUDGED, Change, Drift, Finding, Report
from pipeline.report.values import Value

DATABASE = "aws:rds/instance:Instance"
ROLE = "aws:iam/role:Role"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
SIZE = Value(key="instanceClass", before="db.t3.small", after="db.t3.large")
DRIFT = Drift(token=DATABASE, resource="database", property="port", advice="Keep `5433`.")
JOB = Job(commit="c" * 40, run="https://github.com/o/r/actions/runs/1", at="2026-11-28 02:17 UTC")


def change(group: str, name: str, token: str = ROLE, *values: Value) -> Change:
    return Change(group=group, token=token, name=name, properties=("tags",), values=values)


def finding(rule: str, *, mandatory: bool, message: str = "One zone.") -> Finding:
    return Finding(rule=rule, resource="database", mandatory=mandatory, message=message)


def test_verdict_and_counts_come_before_everything() -> None:
    groups = ("created", "updated", "updated", "deleted", "replaced")
    changes = [change(group, f"{group}-{n}") for n, group in enumerate(groups)]
    report = Report(
        stack="production", changes=changes, unchanged=205, drift=[], failure="```\nnoise"
    )
    head, _, row, *_ = render([report]).splitlines()
    assert head.startswith("| stack | verdict | created | updated | replaced | deleted |")
    assert row == "| production | **the preview failed** | 1 | 2 | 1 | 1 | 205 | 0 |"


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (Report(stack="s", failure="f", refused=["r"]), "the preview failed"),
        (Report(stack="s", refused=["r"]), "refused: follow a procedure"),
        (Report(stack="s", findings=[finding("r", mandatory=True)]), "refused by policy"),
        (Report(stack="s", changes=[change("deleted", "d", DATABASE)]), "passes, but loses data"),
        (Report(stack="s", needs_allow=["a"]), "passes, but apply needs --allow"),
        (Report(stack="s", drift=[DRIFT]), "passes, but drift stops apply"),
        (Report(stack="s", drift=[replace(DRIFT, stops=False)]), "no change"),
        (Report(stack="s", changes=[change("updated", "u")]), "passes"),
        (Report(stack="s", findings=[finding("r", mandatory=False)]), "no change"),
    ],
)
def test_the_verdict_is_the_most_important_fact(report: Report, verdict: str) -> None:
    assert f"| s | **{verdict}** |" in render([report])


def test_a_stack_without_a_report_has_a_row() -> None:
    text = render([Report(stack="staging", drift=[])], expected=("staging", "production"))
    assert f"| production | **{NO_REPORT}** | ? |" in text
    assert "| staging | **no change** |" in text


def test_data_loss_comes_first_and_harmless_replacements_are_apart() -> None:
    changes = [
        change("deleted", "a-role"),
        change("replaced", "database", DATABASE),
        change("replaced", "backend-task", TASK),
        replace(change("deleted", "kept", DATABASE), is_retained=True),
    ]
    text = render([Report(stack="production", changes=changes)])
    dangerous = text[text.index("### Replaced or deleted") : text.index("<details>")]
    listed = [line for line in dangerous.splitlines() if line.startswith("- `")]
    assert listed[0].startswith("- `database` Instance **replaced**")
    assert listed[0].endswith("it **holds data**")
    assert listed[1].startswith("- `a-role` Role **deleted**")
    assert len(listed) == 2
    harmless = text[text.index("2 replaced or deleted without loss") :]
    assert "`backend-task` TaskDefinition **replaced**: a new revision" in harmless
    assert "`kept` Instance **deleted**: removed from the state" in harmless


def test_each_changed_property_is_shown_old_and_new() -> None:
    text = render([Report(stack="s", changes=[change("updated", "database", DATABASE, SIZE)])])
    assert "- `database` Instance (`tags`)\n" in text
    assert "  - `instanceClass`: `db.t3.small` → `db.t3.large`\n" in text
    assert "<details open><summary>1 updated</summary>" in text


def test_a_long_document_is_a_diff_in_its_item() -> None:
    before, after = (f'{{\n  "a": 1,\n  "limit": {limit}\n}}' for limit in (1, 2))
    document = Value(key="rules", before=before, after=after, replaces=True)
    text = render([Report(stack="s", changes=[change("replaced", "acl", ROLE, document)])])
    assert "  - `rules` — replaces it:\n\n    ```diff\n    @@" in text
    assert '    -  "limit": 1\n    +  "limit": 2\n' in text


def test_violations_are_listed_with_messages_and_remarks_apart() -> None:
    findings = [
        finding("rds-multi-az", mandatory=True),
        finding("rds-size", mandatory=False, message="Large."),
    ]
    text = render([Report(stack="production", findings=findings)])
    assert "### Policy violations\n\n- `rds-multi-az` on `database`: One zone." in text
    assert "### Policy remarks\n\n- `rds-size` on `database`: Large." in text


SKIPPED = "can't run policy 'task-logs' from policy pack 'arbor' during preview: unknown"


def test_skipped_rules_are_listed_with_their_resources() -> None:
    findings = [
        Finding(rule="task-logs", resource=name, mandatory=False, message=SKIPPED)
        for name in ("c", "a", "b", "f", "e", "d")
    ]
    text = render([Report(stack="production", findings=findings)])
    assert "<details><summary>Checked by no rule: 1 skipped rule</summary>" in text
    assert "the next preview runs them" in text
    assert "| `task-logs` | `a`, `b`, `c`, `d`, `e` | 6 |" in text
    assert "Policy remarks" not in text


def test_a_type_without_a_rule_is_listed_with_its_message() -> None:
    words = "aws:sqs/queue:Queue (orders): no rule judges this type; check its `policy`."
    findings = [
        Finding(rule=UNJUDGED, resource="", mandatory=False, message=words),
        finding("task-logs", mandatory=False, message=SKIPPED),
    ]
    text = render([Report(stack="production", findings=findings)])
    title = "Checked by no rule: 1 type, 1 skipped rule"
    assert f"<details open><summary>{title}</summary>" in text
    assert (
        "\n- aws:sqs/queue:Queue (orders): no rule judges this type; check its `policy`.\n" in text
    )
    assert text.index("Check every input") < text.index("| `task-logs` |")
    assert "Policy remarks" not in text


def test_a_fully_judged_stack_omits_that_section() -> None:
    assert "Checked by no rule" not in render([Report(stack="production")])


def test_a_failed_preview_shows_its_error_as_plain_text() -> None:
    text = render([Report(stack="production", failure="```\n# gotcha")])
    assert text.index("the preview failed") < text.index("gotcha")
    assert "````text\n```\n# gotcha\n````" in text


def test_no_drift_differs_from_unchecked_drift() -> None:
    assert "No drift." in render([Report(stack="staging", drift=[])])
    assert "Drift was not checked." in render([Report(stack="staging")])
    assert "### Drift\n\n- Keep `5433`." in render([Report(stack="staging", drift=[DRIFT])])


def test_commit_run_and_time_come_once_at_the_end() -> None:
    reports = [
        Report(stack="staging", job=JOB),
        Report(stack="live", job=replace(JOB, at="2026-11-28 02:19 UTC")),
    ]
    (footer,) = re.findall(r"<sub>.*</sub>", render(reports))
    assert footer == (
        "<sub>commit `cccccccccccc` · [run](https://github.com/o/r/actions/runs/1) · "
        "2026-11-28 02:19 UTC</sub>"
    )


LONG = Value(key="rules", before="a\n" * 400, after="b\n" * 400)


@pytest.mark.parametrize(
    ("changes", "kept", "gone"),
    [
        ([change("updated", f"u{n}", ROLE, LONG) for n in range(40)], "761 more lines", ""),
        ([change("updated", f"u{n}", ROLE, SIZE) for n in range(900)], "`u899`", "db.t3.large"),
        ([change("created", "x" * 500 + str(n)) for n in range(900)], "| 900 |", "x" * 500),
        ([change("deleted", f"{'x' * 400}{n}") for n in range(900)], "and 880 more", "`" + "y"),
    ],
)
def test_a_long_comment_is_shortened_in_steps_with_a_reference(
    changes: list[Change], kept: str, gone: str
) -> None:
    report = Report(stack="staging", changes=changes)
    text = render([report])
    assert len(text) <= LONGEST
    assert kept in text
    assert SHORTENED in text
    assert not gone or gone not in text
    assert text.count("<details") == text.count("</details>")
    whole = render([report], longest=None)
    assert SHORTENED not in whole
    assert all(one.name in whole for one in changes)


def test_a_comment_is_never_longer_than_github_allows() -> None:
    sentences = ["x" * 1000] * 50
    reports = [Report(stack=f"s{n}", refused=sentences, needs_allow=sentences) for n in range(9)]
    text = render(reports)
    assert len(text) <= LONGEST
    assert "| s8 | **refused: follow a procedure** |" in text


def test_the_issue_lists_drifted_and_unchecked_stacks() -> None:
    text = render_drift(
        [Report(stack="staging", drift=[]), Report(stack="live", drift=[DRIFT])],
        ["other left no report."],
    )
    assert "### live\n\n- Keep `5433`." in text
    assert "### Not checked\n\n- other left no report." in text
    assert "### staging" not in text
