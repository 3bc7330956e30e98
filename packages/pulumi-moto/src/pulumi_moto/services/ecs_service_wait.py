"""Waiting for ECS: a deployment, the draining of a deleted service."""

import time
from collections.abc import Callable, Iterator

from botocore.exceptions import ClientError

from pulumi_moto.row import Client
from pulumi_moto.shapes import Members

POLL_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 300.0
"""Real seconds, after which waiting fails; the account's clock runs faster."""
FAILED = frozenset({"STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})


class DeploymentFailedError(Exception):
    """The service exists, but its deployment failed."""


def deployments_of(ecs: Client, arn: str) -> frozenset[str]:
    """Return the ARNs of the service's deployments."""
    return frozenset(d["serviceDeploymentArn"] for d in _deployments(ecs, arn))


def wait_until_steady(ecs: Client, arn: str, before: frozenset[str]) -> None:
    """Wait for the deployment of a change, or for all tasks if it started none.

    Raises DeploymentFailedError if it was rolled back, stopped, or did not end in time.
    """
    name = arn.rsplit("/", 1)[-1]
    status = "has started no deployment"
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
        f"{name} {status} after {LONGEST_WAIT_SECONDS:.0f} seconds. Is the account's clock stopped?"
    )


def delete_when_idle(delete: Callable[[], object]) -> None:
    """Retry while a deployment is active. Raises ECS's last error after the longest wait."""
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
    """Wait while the service drains. Raises DeploymentFailedError after the longest wait."""
    for _ in _polls():
        if all(s["status"] == "INACTIVE" for s in _services(ecs, arn)):
            return
    raise DeploymentFailedError(
        f"{arn.rsplit('/', 1)[-1]} still drains after {LONGEST_WAIT_SECONDS:.0f} seconds."
    )


def _polls() -> Iterator[None]:
    """Yield immediately, then after each pause until the longest wait is over."""
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    yield
    while time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        yield


def _deployments(ecs: Client, arn: str) -> list[Members]:
    pages = ecs.list_service_deployments(service=arn, cluster=arn.split("/")[-2])
    return list(pages["serviceDeployments"])


def _services(ecs: Client, arn: str) -> list[Members]:
    return list(ecs.describe_services(cluster=arn.split("/")[-2], services=[arn])["services"])


def _all_tasks_run(ecs: Client, arn: str) -> bool:
    return all(
        len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]
        for service in _services(ecs, arn)
    )
