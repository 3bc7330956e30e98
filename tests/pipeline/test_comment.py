from pipeline.comment import LONGEST, render, render_drift
from pipeline.report import Change, Drift, Finding, Report

DATABASE = "aws:rds/instance:Instance"
ROLE = "aws:iam/role:Role"


def change(group: str, name: str, token: str = ROLE) -> Change:
    return Change(group=group, token=token, name=name, properties=("tags",))


def test_what_is_replaced_or_deleted_comes_first_and_is_open_to_see() -> None:
    report = Report(
        stack="production",
        changes=[change(g, g) for g in ("created", "updated", "deleted", "replaced")],
        drift=[],
    )
    text = render([report])
    places = [text.index(f"1 {group}</summary>") for group in ("replaced", "deleted", "updated")]
    assert places == sorted(places) < [text.index("1 created</summary>")]
    assert "<details open><summary>1 replaced" in text
    assert "<details open><summary>1 deleted" in text
    assert "<details><summary>1 updated" in text
    assert "## production: 1 replaced, 1 deleted, 1 updated, 1 created" in text


def test_losing_data_is_said_and_stands_above_the_rest() -> None:
    changes = [change("deleted", "a-role"), change("deleted", "database", DATABASE)]
    lines = render([Report(stack="production", changes=changes)]).splitlines()
    listed = [line for line in lines if line.startswith("- `")]
    assert listed[0].startswith("- `database`")
    assert listed[0].endswith("**holds data**")
    assert "holds data" not in listed[1]


def test_a_policy_that_refuses_is_told_with_its_sentence() -> None:
    found = Finding(rule="rds-multi-az", resource="database", mandatory=True, message="One zone.")
    text = render([Report(stack="production", findings=[found])])
    assert "refused by policy" in text
    assert "- `rds-multi-az` on `database`: One zone." in text


def test_a_failed_preview_shows_why_and_cannot_break_out_of_its_block() -> None:
    text = render([Report(stack="production", failure="```\n# gotcha")])
    assert "the preview failed" in text
    assert text.count("```") == 2


def test_no_drift_and_drift_that_nobody_looked_for_are_not_the_same() -> None:
    assert "No drift." in render([Report(stack="staging", drift=[])])
    assert "Drift was not looked for." in render([Report(stack="staging")])


def test_a_comment_is_never_longer_than_github_allows() -> None:
    reports = [Report(stack=f"s{n}", changes=[change("created", "x" * 500)] * 60) for n in range(9)]
    text = render(reports)
    assert len(text) < 65_536
    assert len(text) > LONGEST
    assert "Cut here" in text


def test_the_issue_lists_the_stacks_that_have_drifted() -> None:
    drift = Drift(token=DATABASE, resource="database", property="port", advice="Adopt it.")
    text = render_drift([Report(stack="staging", drift=[]), Report(stack="live", drift=[drift])])
    assert "### live\n\n- Adopt it." in text
    assert "staging" not in text
