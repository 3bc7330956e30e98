"""Releases, rollback, drift, `operate` and the pipeline's own roles."""

from dataclasses import replace
from typing import Any

import pytest

from arbor_names import naming
from pipeline.report.report import Drift
from rehearsal.conftest import STACKS, Scenario, both_subjects
from rehearsal.expressions import evaluate
from rehearsal.runs import FAILURE, SKIPPED, SUCCESS, WAITING, Event, Run
from rehearsal.tokens import Identity, trusted

DRIFT = Drift(
    token="aws:ec2/securityGroup:SecurityGroup",
    resource="tasks",
    property="",
    advice="Run the workflow `operate` with up-refresh.",
)


def by_hand(scenario: Scenario, workflow: str, ref: str = "refs/heads/main", **inputs: str) -> Run:
    return scenario.rehearsal.run(
        workflow, Event(name="workflow_dispatch", ref=ref, inputs=dict(inputs))
    )


def released(scenario: Scenario) -> list[tuple[str, str]]:
    return [(one["stack"], one["version"]) for one in scenario.commands.of("release")]


# Releases


@both_subjects
def test_a_version_is_released_to_staging_and_then_to_production(scenario: Scenario) -> None:
    run = by_hand(scenario, "release.yml", version="v1.4.0")
    assert run.result == SUCCESS, run.results()
    assert released(scenario) == [("staging", "v1.4.0"), ("production", "v1.4.0")]
    assert run.approvals == ["production"]
    for stack in STACKS:
        assert run[stack].role.endswith(naming.ci_deploy_role(stack))
        assert run[stack].line == {
            "group": f"stack-{stack}",
            "cancel-in-progress": False,
            "queue": "max",
        }
        ran = [" ".join(words) for words in run[stack].commands]
        assert any(words.endswith("packages/arbor/requirements.lock") for words in ran)
        assert not any("pulumi" in words or "pipeline" in words for words in ran)


def test_the_applications_tag_runs_mains_release_with_the_version_as_data(
    scenario: Scenario,
) -> None:
    payload = {"client_payload": {"version": "v1.4.0; curl evil"}}
    run = scenario.rehearsal.run("release.yml", Event(name="repository_dispatch", payload=payload))
    assert run["staging"].commit == scenario.github.main
    assert released(scenario)[0] == ("staging", "v1.4.0; curl evil")  # one argument, nothing else
    assert not any("curl" in words for words in run["staging"].commands)


@pytest.mark.parametrize("version", ["--stack=production", "-h", "--"])
def test_a_version_that_begins_with_a_dash_is_data(scenario: Scenario, version: str) -> None:
    run = by_hand(scenario, "release.yml", version=version, stack="staging")
    assert run.result == SUCCESS, run.results()
    assert released(scenario) == [("staging", version)]


def test_an_older_version_is_a_rollback_by_hand_of_one_stack(scenario: Scenario) -> None:
    by_hand(scenario, "release.yml", version="v1.4.0")
    run = by_hand(scenario, "release.yml", version="v1.3.9", stack="production")
    assert run.result == SUCCESS, run.results()
    assert released(scenario)[-1] == ("production", "v1.3.9")
    assert run["staging"].result == SKIPPED
    assert run.approvals == ["production"]


def test_a_release_that_fails_on_staging_never_reaches_production(scenario: Scenario) -> None:
    scenario.commands.plays["release"] = lambda _options, _environment, _job: (1, "")
    run = by_hand(scenario, "release.yml", version="v1.4.0")
    assert run["staging"].result == FAILURE
    assert run["production"].result == SKIPPED
    assert run.approvals == []


@pytest.mark.parametrize("workflow", ["release.yml", "operate.yml", "own-roles.yml"])
@pytest.mark.parametrize("ref", ["refs/heads/another", "refs/tags/v1.4.0"])
def test_only_mains_workflow_runs(scenario: Scenario, workflow: str, ref: str) -> None:
    inputs = {
        "release.yml": {"version": "v1.4.0"},
        "operate.yml": {"stack": "staging", "action": "refresh"},
        "own-roles.yml": {"stack": "staging"},
    }
    run = by_hand(scenario, workflow, ref, **inputs[workflow])
    assert {job.result for job in run.jobs} == {SKIPPED}


@both_subjects
@pytest.mark.parametrize(
    "other",
    [
        {"ref": "refs/tags/v1.4.0"},
        {"ref": "refs/heads/another"},
        {"workflow": "mine.yml"},
        {"environment": ""},
        {"repository": "other-owner/infrastructure"},
    ],
)
def test_roles_that_write_trust_no_other_job(scenario: Scenario, other: dict[str, str]) -> None:
    """The trust policies refuse what GitHub's own rules may let through."""
    ours = Identity(
        repository=scenario.github.repository,
        workflow="release.yml",
        ref="refs/heads/main",
        event="push",
        environment="production",
    )
    documents = {
        role: document
        for role, document in scenario.rehearsal.trust.items()
        if role.endswith(f"/{naming.ci_deploy_role('production')}")
    }
    (document,) = documents.values()
    immutable = scenario.rehearsal.immutable
    assert trusted(document, ours.token(immutable=immutable))
    assert not trusted(document, replace(ours, **other).token(immutable=immutable))


# Drift


def night(scenario: Scenario) -> Run:
    return scenario.rehearsal.run("drift.yml", Event(name="schedule"))


@both_subjects
def test_drift_opens_one_issue_that_closes_afterwards(scenario: Scenario) -> None:
    scenario.drift["staging"] = [DRIFT]
    run = night(scenario)
    assert run.result == SUCCESS, run.results()
    (issue,) = scenario.github.issues
    assert "operate" in issue["body"]
    scenario.drift["staging"] = []
    night(scenario)
    assert issue["state"] == "closed"
    assert {job.role.rpartition("-")[2] for job in run.jobs if job.role} == {"preview"}


def test_a_missing_report_keeps_the_issue_open(scenario: Scenario) -> None:
    scenario.drift["staging"] = [DRIFT]
    night(scenario)
    scenario.drift["staging"] = []
    scenario.unreadable = {"production"}
    run = night(scenario)
    assert run["look (staging)"].result == SUCCESS
    assert run["issue"].result == FAILURE
    assert [one["state"] for one in scenario.github.issues] == ["open"]


def test_drift_of_one_stack_is_reported_while_the_other_cannot_be_read(scenario: Scenario) -> None:
    scenario.drift["production"] = [DRIFT]
    scenario.unreadable = {"staging"}
    night(scenario)
    (issue,) = scenario.github.issues
    assert "production" in issue["body"]
    assert DRIFT.advice in issue["body"]


# Operate and own roles


@pytest.mark.parametrize("action", ["refresh", "adopt", "up-refresh", "cancel", "state-repair"])
def test_operate_waits_for_approval_and_the_concurrency_group(
    scenario: Scenario, action: str
) -> None:
    run = by_hand(scenario, "operate.yml", stack="production", action=action)
    assert run.result == SUCCESS, run.results()
    job = run["operate"]
    assert run.approvals == ["production"]
    assert job.role.endswith(naming.ci_deploy_role("production"))
    assert job.line["group"] == "stack-production"
    (options,) = scenario.commands.of("operate")
    assert (options["action"], options["stack"], options["yes"]) == (action, "production", True)


@both_subjects
def test_own_roles_are_planned_and_applied_with_the_first_deploy_role(scenario: Scenario) -> None:
    run = by_hand(scenario, "own-roles.yml", stack="production")
    assert run.result == SUCCESS, run.results()
    # The session to plan, the one to apply the plan, and the one to rotate.
    assert run.approvals == ["production", "production", "production"]
    for name in ("plan", "apply"):
        assert run[name].role.endswith(naming.ci_bootstrap_role("production"))
    assert run["apply"].line["group"] == "stack-production"
    assert scenario.applied == [("production", scenario.github.main)]


@pytest.mark.parametrize("rotate", [True, False])
def test_the_first_up_rotates_the_states_secrets_by_default(
    scenario: Scenario, rotate: bool
) -> None:
    inputs = {"stack": "staging", "rotate": rotate}
    event = Event(name="workflow_dispatch", inputs=inputs)
    run = scenario.rehearsal.run("own-roles.yml", event)
    assert run.result == SUCCESS, run.results()
    assert [job for job, name, _ in scenario.commands.made if name == "rotate-first"] == (
        ["rotate"] if rotate else []
    )


@both_subjects
def test_secrets_are_rotated_without_another_change(scenario: Scenario) -> None:
    scenario.changes["production"] = 0
    event = Event(name="workflow_dispatch", inputs={"stack": "production", "rotate": True})
    run = scenario.rehearsal.run("own-roles.yml", event)
    assert (run["apply"].result, run["rotate"].result) == (SKIPPED, SUCCESS)
    assert run["rotate"].role.endswith(naming.ci_bootstrap_role("production"))
    assert run["rotate"].line["group"] == "stack-production"
    assert run.approvals == ["production", "production"]
    assert len(scenario.commands.of("rotate-first")) == 1


@pytest.mark.parametrize("result", ["failed", "refused", "stale"])
def test_nothing_is_rotated_after_a_failed_apply(scenario: Scenario, result: str) -> None:
    scenario.applies["staging"] = result
    event = Event(name="workflow_dispatch", inputs={"stack": "staging", "rotate": True})
    run = scenario.rehearsal.run("own-roles.yml", event)
    assert run["rotate"].result == SKIPPED
    assert scenario.commands.of("rotate-first") == []


def test_without_an_approval_production_is_unchanged(scenario: Scenario) -> None:
    scenario.rehearsal.approve = lambda _environment, _run: WAITING
    by_hand(scenario, "own-roles.yml", stack="production")
    by_hand(scenario, "operate.yml", stack="production", action="up-refresh")
    by_hand(scenario, "release.yml", version="v1.4.0", stack="production")
    assert scenario.applied == []
    assert released(scenario) == []
    assert scenario.commands.of("operate") == []


# What the rehearsal itself stands on


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a.b == 'X'", True),  # GitHub compares texts without case
        ("a.none == ''", True),
        ("a.none || 'default'", "default"),
        ("!(a.b == 'y') && a.n == 3", True),
        ("contains(needs.*.result, 'failure')", True),
        ("contains(needs.*.result, 'cancelled')", False),
        ("fromJSON('[1, 2]')", [1, 2]),
        ("a.b != 'x' || a['n'] == 3", True),
        ("'it''s'", "it's"),
        ("!a.none", True),
    ],
)
def test_expressions_have_githubs_values(expression: str, value: Any) -> None:
    contexts = {
        "a": {"b": "x", "n": 3},
        "needs": {"one": {"result": "success"}, "two": {"result": "failure"}},
    }
    assert evaluate(expression, contexts, {}) == value


@pytest.mark.parametrize("unknown", ["a + b", "a b", "unknown('x')", "other.a"])
def test_an_unknown_expression_fails(unknown: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        evaluate(unknown, {"a": 1, "b": 2}, {})
