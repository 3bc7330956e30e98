"""Revisions, the newest deployment, a running task, and the network of the tasks."""

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs import revisions, services
from arbor.procedure import Refused
from arbor.release import migrate
from arbor.runbook.finding import Finder, Finding, Missing
from arbor.words import counted
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskTypeDef

NEWEST = 100
"""Revisions that contain the one before the live one unless 99 are newer."""


def _revisions(app: str, account: Account) -> dict[str, Finding]:
    family = naming.service(account.stack, app)
    live = revisions.number(services.read(account, app).task_definition)
    newest = islice(revisions.newest_first(account, family), NEWEST)
    before = [number for arn in newest if (number := revisions.number(arn)) < live]
    none = Missing(f"{family} has no ACTIVE revision before {live}")
    return {
        f"{app}-revision": str(live),
        f"{app}-previous-revision": str(max(before)) if before else none,
    }


def _infrastructure(account: Account) -> dict[str, Finding]:
    """The revision that a release starts from: docs/decisions/release-revisions.md."""
    found = revisions.infrastructure(account, naming.service(account.stack, "backend"))
    return {"backend-infrastructure-revision": str(revisions.number(found.arn))}


def _deployment(account: Account) -> dict[str, Finding]:
    service = services.read(account, "backend")
    newest = service.deployments()[:1]
    if not newest:
        raise Refused(f"{service.name} was not deployed in the last 90 days")
    arn = newest[0]["serviceDeploymentArn"]
    pauses = services.pauses(services.describe(account, arn))
    none = Missing("the backend's newest deployment is not paused")
    return {
        "backend-deployment-arn": arn,
        "backend-hook-id": pauses[0]["hookId"] if pauses else none,
    }


def _task(account: Account) -> dict[str, Finding]:
    ecs, name = account.client("ecs"), naming.service(account.stack, "backend")
    arns = ecs.list_tasks(cluster=account.cluster, serviceName=name)["taskArns"]
    if not arns:
        raise Refused(f"{name} has 0 running tasks")
    tasks = ecs.describe_tasks(cluster=account.cluster, tasks=arns)["tasks"]
    running = [task for task in tasks if task["lastStatus"] == "RUNNING"]
    if not running:
        raise Refused(f"0 of {counted(len(tasks), 'task')} of {name} are RUNNING")
    # The oldest: a rollback stops the new ones.
    task = min(running, key=lambda one: (one["createdAt"], one["taskArn"]))
    number = task["taskArn"].rsplit("/", 1)[-1]
    return {
        "backend-task-id": number,
        "backend-log-stream": _stream(account, task, number),
        "backend-exec-target": _target(account, task, number),
    }


def _stream(account: Account, task: "TaskTypeDef", number: str) -> Finding:
    """Awslogs names a stream PREFIX/CONTAINER/TASK."""
    found = account.client("ecs").describe_task_definition(taskDefinition=task["taskDefinitionArn"])
    for container in found["taskDefinition"]["containerDefinitions"]:
        options = container.get("logConfiguration", {}).get("options", {})
        if container["name"] == "backend" and "awslogs-stream-prefix" in options:
            return f"{options['awslogs-stream-prefix']}/backend/{number}"
    return Missing("the backend's container does not log to CloudWatch")


def _target(account: Account, task: "TaskTypeDef", number: str) -> Finding:
    for container in task["containers"]:
        if container["name"] == "backend" and container.get("runtimeId"):
            return f"ecs:{account.cluster}_{number}_{container['runtimeId']}"
    return Missing(f"the container of task {number} has no runtime id yet")


def _network(account: Account) -> dict[str, Finding]:
    found = services.read(account, "backend").network["awsvpcConfiguration"]
    return {
        "private-subnet-ids": ",".join(found["subnets"]),
        "backend-security-group-id": found["securityGroups"][0],
    }


def _migrations(account: Account) -> dict[str, Finding]:
    return {"migrations-security-group-id": migrate.security_group(account)}


def for_app(app: str) -> Finder:
    return Finder(
        names=(f"{app}-revision", f"{app}-previous-revision"),
        find=partial(_revisions, app),
    )


FINDERS = (
    Finder(names=("backend-infrastructure-revision",), find=_infrastructure),
    Finder(names=("backend-deployment-arn", "backend-hook-id"), find=_deployment),
    Finder(names=("backend-task-id", "backend-log-stream", "backend-exec-target"), find=_task),
    Finder(names=("private-subnet-ids", "backend-security-group-id"), find=_network),
    Finder(names=("migrations-security-group-id",), find=_migrations),
)
