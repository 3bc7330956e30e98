"""The procedures of docs/runbook.md, Changing a Live Stack, each on a live staging."""

from pathlib import Path
from typing import Any

import pytest

from arbor.ecs import services
from arbor.ecs.rollout import Rollout
from arbor.procedure import Refused
from config_changes import REPORTS, SERVICES
from engine_stack import SPEED, Deployed
from lived_in import AN_HOUR, lived_in, release
from pipeline.apply import pauses
from pipeline.apply.apply import apply
from pipeline.hazards import changes
from pipeline.preview import preview
from pipeline.report.steps import steps_of
from served import outages, serving


@pytest.fixture
def live(staging: Deployed) -> Deployed:
    """Staging after a release of the backend and a change of both services' counts."""
    lived_in(staging)
    return staging


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_EXPERIMENTAL", "true")  # it enables update plans
    return tmp_path / "plan.json"


def refused(live: Deployed) -> list[str]:
    return changes.refusals(steps_of(live.deployment.stack.preview), live.opened.account)


def merge(live: Deployed, **entries: Any) -> None:
    """Make one change of `arbor:services`, as the pipeline does."""
    found = {app: entry for app, entry in {**SERVICES, **entries}.items() if entry is not None}
    live.deployment.configure({"arbor:services": found, "arbor:fargateVcpuQuota": 10})
    assert refused(live) == []
    live.up()
    assert live.up() == []
    assert outages(live) == []


def _registered(live: Deployed, app: str) -> str:
    """The newest revision that `up` registered."""
    found = live.client("ecs").list_task_definitions(
        familyPrefix=f"arbor-staging-{app}", sort="DESC"
    )
    return str(found["taskDefinitionArns"][0])


def _roll_out(live: Deployed, app: str, revision: str) -> None:
    """Deploy a revision as a release or a rollback does."""
    service = services.read(live.opened.account, app)
    rollout = Rollout(service=service, revision=lambda: revision, what="it")
    rollout.begin()
    live.advance(AN_HOUR)
    assert rollout.status() == "SUCCESSFUL", rollout.described


def _answer_all(live: Deployed) -> None:
    """Continue every paused deployment, as an operator does."""
    ecs = live.client("ecs")
    live.advance(600)
    for app in ("backend", "frontend"):
        service = services.read(live.opened.account, app)
        newest = service.deployments()[0]["serviceDeploymentArn"]
        for hook in services.pauses(services.describe(live.opened.account, newest)):
            ecs.continue_service_deployment(
                serviceDeploymentArn=newest, hookId=hook["hookId"], action="CONTINUE"
            )
    live.advance(AN_HOUR)


@pytest.mark.slow
def test_a_port_changes_with_a_release_and_back_with_a_rollback(live: Deployed) -> None:
    old = services.read(live.opened.account, "frontend")
    moving = {**SERVICES["frontend"], "port": 4000, "previousPort": 3000}
    merge(live, frontend=moving)
    assert services.read(live.opened.account, "frontend").port == 3000

    live.deployment.configure(
        {"arbor:services": {**SERVICES, "frontend": {**SERVICES["frontend"], "port": 4000}}}
    )
    (early,) = refused(live)
    assert "needs previousPort: 3000 until" in early

    new = _registered(live, "frontend")
    _roll_out(live, "frontend", new)
    assert services.read(live.opened.account, "frontend").port == 4000
    assert serving(live)["frontend"].revision == new
    _roll_out(live, "frontend", old.task_definition)
    assert services.read(live.opened.account, "frontend").port == 3000
    _roll_out(live, "frontend", new)

    merge(live, frontend={**SERVICES["frontend"], "port": 4000})
    assert outages(live) == []


@pytest.mark.slow
def test_priorities_are_exchanged_through_a_free_one(live: Deployed) -> None:
    """The frontend changes first, because the rule of a service without paths comes last."""
    merge(live, reports=REPORTS)
    first, second = {**SERVICES["backend"]}, {**REPORTS}
    merge(live, backend={**first, "priority": 90}, reports=second)
    merge(live, backend={**first, "priority": 90}, reports={**second, "priority": 100})
    merge(live, backend={**first, "priority": 150}, reports={**second, "priority": 100})
    merge(live, backend={**first, "priority": 150}, reports=None)


@pytest.mark.slow
def test_a_service_is_replaced_by_another_with_its_paths(live: Deployed) -> None:
    merge(live, reports=REPORTS)
    papers = {**REPORTS, "priority": 160}
    merge(live, reports=REPORTS, papers={**papers, "paths": ["/next"]})
    assert {"reports", "papers"} <= serving(live).keys()
    merge(live, reports={**REPORTS, "paths": ["/retired"]}, papers=papers)
    merge(live, papers=papers)
    assert "reports" not in serving(live)
    assert serving(live)["papers"].healthy


@pytest.mark.slow
def test_a_removed_pause_is_deleted_from_ecs_before_up(live: Deployed, plan: Path) -> None:
    """The provider sends no emptied list of hooks, so `up` would wait until its time-out."""
    live.deployment.configure({"arbor:pauseBeforeProduction": True})
    live.up()
    account = live.opened.account
    assert services.read(account, "backend").configuration["lifecycleHooks"]
    _answer_all(live)

    live.deployment.configure({"arbor:pauseBeforeProduction": False})
    assert preview(live.opened, plan=plan, look_for_drift=False).passed
    live.set_speed(0)  # otherwise the pause would end before the test reads it
    release(live, "backend", image="registry.example/backend:v3.0.0", wait=False)
    with pytest.raises(Refused, match="arbor-staging-backend is being deployed"):
        list(pauses.actions(account, steps_of(live.deployment.stack.preview)))
    live.set_speed(SPEED)
    _answer_all(live)

    output: list[str] = []
    done = apply(live.opened, plan, output.append)
    assert "updated backend-service" in done
    assert [line for line in output if "delete the PAUSE hook of arbor-staging-backend" in line]
    assert not services.read(account, "backend").configuration.get("lifecycleHooks")
    assert live.up() == []
    assert outages(live) == []
