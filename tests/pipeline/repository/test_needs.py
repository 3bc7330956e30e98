"""The requirements of the workflows are read from their YAML."""

from pathlib import Path

import yaml

from pipeline.repository import needs

PREVIEW = """
name: preview
on: [pull_request, merge_group]
jobs:
  tests:
    name: tests
    steps:
      - uses: actions/checkout@aaaa # v6
      - uses: ./.github/actions/setup
        with: {account: "${{ vars.AWS_ACCOUNT_ID }}"}
  passed:
    name: preview passed
    needs: [tests]
    steps:
      - run: echo ${{ vars.CHAT || 'nothing' }} ${{vars.CHAT}}
"""
UP = """
name: up
on:
  push: {branches: [main], tags: ["release-v[0-9]+.[0-9]+"]}
jobs:
  passed:
    name: up passed
    steps:
      - uses: aws-actions/configure-aws-credentials/sub@bbbb
      # uses: someone/else@cccc
"""


def written(directory: Path, **files: str) -> Path:
    (directory / "workflows").mkdir()
    for name, text in files.items():
        (directory / "workflows" / f"{name}.yml").write_text(text)
    return directory


def test_the_aggregate_job_of_a_workflow_on_pull_requests_is_required(tmp_path: Path) -> None:
    found = needs.read(written(tmp_path, preview=PREVIEW, up=UP))
    assert found.checks == ("preview passed",)


def test_a_variable_with_an_alternative_is_not_required(tmp_path: Path) -> None:
    found = needs.read(written(tmp_path, preview=PREVIEW))
    assert found.variables == ("AWS_ACCOUNT_ID",)


def test_actions_of_other_repositories_are_listed(tmp_path: Path) -> None:
    found = needs.read(written(tmp_path, preview=PREVIEW, up=UP))
    assert found.actions == ("actions/checkout", "aws-actions/configure-aws-credentials")


def test_tags_that_start_a_workflow_are_patterns_of_rulesets(tmp_path: Path) -> None:
    assert needs.read(written(tmp_path, preview=PREVIEW, up=UP)).tags == ("release-v*",)


def test_the_workflows_of_this_repository_are_read() -> None:
    found = needs.read()
    assert "preview passed" in found.checks
    assert found.tags == ("infrastructure-v*",)
    assert "actions/checkout" in found.actions


def test_each_workflow_on_pull_requests_has_a_check_that_can_be_required() -> None:
    """It runs whatever the result of the other jobs, and is unique."""
    checks = []
    for file in sorted((needs.GITHUB / "workflows").glob("*.yml")):
        workflow = yaml.safe_load(file.read_text())
        if "pull_request" not in workflow.get("on", workflow.get(True)):
            continue
        name = f"{workflow['name']} passed"
        (job,) = (job for job in workflow["jobs"].values() if job.get("name") == name)
        assert "always()" in job["if"]
        assert "strategy" not in job
        checks.append(name)
    assert sorted(checks) == list(needs.read().checks)
