"""Waiting for what ECS does in its own time: a deployment, the drain of a deleted service."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from pulumi_moto.row import Client

POLL_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 300.0
"""Real seconds; the account's clock runs faster. Then something is wrong and is said so."""
FAILED = frozenset({"STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})


class DeploymentFailedError(Exception):
    """The service is there, but does not run what it was told to."""


def deployments_of(ecs: Client, arn: str) -> frozenset[str]:
    """The ARNs of the service's deployments so far."""
    return frozenset(d["serviceDeploymentArn"] for d in _deployments(ecs, arn))


def wait_until_steady(ecs: Client, arn: str, before: frozenset[str]) -> None:
    """Wait for the deployment that a change began, or for all tasks where it began none.

    Raises DeploymentFailedError when it was rolled back, stopped, or didn't end in time.
    """
    name = arn.rsplit("/", 1)[-1]
    status = "has begun no deployment"
    for _ in _polls():
        begun = [d for d in _deployments(ecs, arn) if d["serviceDeploymentArn"] not in before]
        if begun:
            newest = max(begun, key=lambda d: d["createdAt"])
            status = f"is {newest['status']}"
            if newest["status"] == "SUCCESSFUL":
                return
            if newest["status"] in FAILED:
                reason = newest.get("statusReason") or "no reason given"
                raise DeploymentFailedError(
                    f"The deployment of {name} ended as {newest['status']}: {reason}"
                )
        elif before and _all_tasks_run(ecs, arn):
            return
    raise DeploymentFailedError(
        f"{name} {status} after {LONGEST_WAIT_SECONDS:.0f} seconds; does the account's clock run?"
    )


def delete_when_idle(delete: Callable[[], object]) -> None:
    """Try until no deployment is in the way. Raises what ECS says when it stays so."""
    refused: ClientError | None = None
    for _ in _polls():
        try:
            delete()
        except ClientError as error:
            if "while deployments are active" not in str(error):
                raise
            refused = error
        else:
            return
    assert refused is not None
    raise refused


def wait_until_gone(ecs: Client, arn: str) -> None:
    """Wait while the service drains. Raises DeploymentFailedError when it doesn't end."""
    for _ in _polls():
        if all(s["status"] == "INACTIVE" for s in _services(ecs, arn)):
            return
    raise DeploymentFailedError(
        f"{arn.rsplit('/', 1)[-1]} still drains after {LONGEST_WAIT_SECONDS:.0f} seconds."
    )


def _polls() -> Iterator[None]:
    """Once at once, then again and again until the longest wait is over."""
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    yield
    while time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        yield


def _deployments(ecs: Client, arn: str) -> list[dict[str, Any]]:
    pages = ecs.list_service_deployments(service=arn, cluster=arn.split("/")[-2])
    return list(pages["serviceDeployments"])


def _services(ecs: Client, arn: str) -> list[dict[str, Any]]:
    return list(ecs.describe_services(cluster=arn.split("/")[-2], services=[arn])["services"])


def _all_tasks_run(ecs: Client, arn: str) -> bool:
    return all(
        len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]
        for service in _services(ecs, arn)
    )
