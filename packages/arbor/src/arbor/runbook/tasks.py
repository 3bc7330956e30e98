"""Revisions, the newest deployment, a running task, and the network of the tasks."""

from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.procedure import Refused
from arbor.runbook.finding import Finder, Finding, Missing, service, tagged
from arbor.words import counted
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceDeploymentTypeDef, TaskTypeDef

NEWEST = 100
"""Revisions in a page; it contains the one before the live one unless 99 are newer."""
BY_INFRASTRUCTURE = {"key": "ManagedBy", "value": "pulumi"}


def _revisions(app: str, account: Account) -> dict[str, Finding]:
    family = naming.service(account.stack, app)
    live = _number(service(account, app)["taskDefinition"])
    listed = account.client("ecs").list_task_definitions(
        familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=NEWEST
    )["taskDefinitionArns"]
    # The prefix also matches longer names.
    active = sorted({_number(arn) for arn in listed if _family(arn) == family}, reverse=True)
    before = [number for number in active if number < live]
    none = Missing(f"{family} has no ACTIVE revision before {live}")
    return {
        f"{app}-revision": str(live),
        f"{app}-previous-revision": str(before[0]) if before else none,
    }


def _infrastructure(account: Account) -> dict[str, Finding]:
    """The revision that a release starts from: docs/decisions/release-revisions.md."""
    ecs, family = account.client("ecs"), naming.service(account.stack, "backend")
    pages = ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix=family, status="ACTIVE", sort="DESC"
    )
    for arn in (arn for page in pages for arn in page["taskDefinitionArns"]):
        if _family(arn) == family:
            found = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
            if BY_INFRASTRUCTURE in found.get("tags", []):
                return {"backend-infrastructure-revision": str(_number(arn))}
    raise Refused(f"{family} has no ACTIVE revision that `pulumi up` registered")


def _family(arn: str) -> str:
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[0]


def _number(arn: str) -> int:
    return int(arn.rsplit(":", 1)[-1])


def _deployment(account: Account) -> dict[str, Finding]:
    ecs, name = account.client("ecs"), naming.service(account.stack, "backend")
    listed = ecs.list_service_deployments(cluster=account.cluster, service=name)
    deployments = sorted(listed["serviceDeployments"], key=lambda one: one["createdAt"])
    if not deployments:
        raise Refused(f"{name} was not deployed in the last 90 days")
    arn = deployments[-1]["serviceDeploymentArn"]
    described = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    return {"backend-deployment-arn": arn, "backend-hook-id": _hook(described)}


def _hook(described: "list[ServiceDeploymentTypeDef]") -> Finding:
    for deployment in described:
        for hook in deployment.get("lifecycleHookDetails", []):
            if hook.get("status") == "AWAITING_ACTION":
                return str(hook["hookId"])
    return Missing("the backend's newest deployment is not paused")


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
    found = service(account, "backend")["networkConfiguration"]["awsvpcConfiguration"]
    return {
        "private-subnet-ids": ",".join(found["subnets"]),
        "backend-security-group-id": found["securityGroups"][0],
    }


def _migrations(account: Account) -> dict[str, Finding]:
    tags = tagged(account, naming.MIGRATIONS)
    found = account.client("ec2").describe_security_groups(
        Filters=[{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    )["SecurityGroups"]
    if len(found) != 1:
        raise Refused(f"{len(found)} security groups have the tags {tags}; expected one")
    return {"migrations-security-group-id": found[0]["GroupId"]}


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
