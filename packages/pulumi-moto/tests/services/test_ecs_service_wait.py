"""Waiting, against a client that returns one prepared response per poll."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_moto.services import ecs_service_wait as waiting
from pulumi_moto.services.ecs_service_wait import DeploymentFailedError

ARN = "arn:aws:ecs:us-east-1:123456789012:service/shop/backend"
OLD = {
    "serviceDeploymentArn": "first",
    "createdAt": datetime(2026, 1, 1, tzinfo=UTC),
    "status": "SUCCESSFUL",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0)
    monkeypatch.setattr(waiting, "LONGEST_WAIT_SECONDS", 0.05)


def deployment(status: str, reason: str = "") -> dict[str, Any]:
    return {
        "serviceDeploymentArn": "second",
        "createdAt": datetime(2026, 1, 2, tzinfo=UTC),
        "status": status,
        "statusReason": reason,
    }


class Answers:
    """Each call takes the next answer; the last one is given again and again."""

    def __init__(
        self, deployments: list[list[dict[str, Any]]], services: list[dict[str, Any]] | None = None
    ) -> None:
        self._deployments = deployments
        self._services = services or []

    def list_service_deployments(self, **_asked: str) -> dict[str, Any]:
        now = self._deployments.pop(0) if len(self._deployments) > 1 else self._deployments[0]
        return {"serviceDeployments": now}

    def describe_services(self, **_asked: Any) -> dict[str, Any]:
        now = self._services.pop(0) if len(self._services) > 1 else self._services[0]
        return {"services": [now]}


def test_it_waits_for_the_deployment_that_the_change_began() -> None:
    ecs = Answers(
        [[OLD], [OLD, deployment("IN_PROGRESS")], [OLD, deployment("SUCCESSFUL")]], [busy()]
    )
    waiting.wait_until_steady(ecs, ARN, frozenset({"first"}))
    assert ecs.list_service_deployments()["serviceDeployments"][-1]["status"] == "SUCCESSFUL"


def busy() -> dict[str, Any]:
    return {"status": "ACTIVE", "deployments": [{}], "runningCount": 1, "desiredCount": 2}


@pytest.mark.parametrize("status", ["ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"])
def test_a_deployment_that_was_rolled_back_is_a_failure_with_its_reason(status: str) -> None:
    ecs = Answers([[deployment("IN_PROGRESS")], [deployment(status, "an alarm rang")]])
    with pytest.raises(DeploymentFailedError, match=f"backend ended as {status}: an alarm rang"):
        waiting.wait_until_steady(ecs, ARN, frozenset())


def test_waiting_fails_with_the_last_status_of_a_deployment() -> None:
    with pytest.raises(DeploymentFailedError, match="backend is IN_PROGRESS after"):
        waiting.wait_until_steady(Answers([[deployment("IN_PROGRESS")]]), ARN, frozenset())


def test_a_change_that_begins_no_deployment_waits_for_the_tasks() -> None:
    steady = {"status": "ACTIVE", "deployments": [{}], "runningCount": 2, "desiredCount": 2}
    waiting.wait_until_steady(Answers([[OLD]], [busy(), steady]), ARN, frozenset({"first"}))
    with pytest.raises(DeploymentFailedError, match="no deployment"):
        waiting.wait_until_steady(Answers([[OLD]], [busy()]), ARN, frozenset({"first"}))


def test_a_service_is_gone_when_it_has_drained() -> None:
    waiting.wait_until_gone(Answers([[]], [{"status": "DRAINING"}, {"status": "INACTIVE"}]), ARN)
    with pytest.raises(DeploymentFailedError, match="still drains"):
        waiting.wait_until_gone(Answers([[]], [{"status": "DRAINING"}]), ARN)


def refusal(message: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": "InvalidParameterException", "Message": message}}, "DeleteService"
    )


def test_deleting_is_tried_again_while_a_deployment_runs() -> None:
    refusals = [refusal("The service cannot be stopped while deployments are active.")]

    def delete() -> None:
        if refusals:
            raise refusals.pop()

    waiting.delete_when_idle(delete)
    assert not refusals


def test_any_other_refusal_is_raised_at_once() -> None:
    tries = []

    def delete() -> None:
        tries.append(1)
        raise refusal("The service was not found.")

    with pytest.raises(ClientError, match="not found"):
        waiting.delete_when_idle(delete)
    assert len(tries) == 1
