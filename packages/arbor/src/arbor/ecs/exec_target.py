"""A running task of the backend for sessions: ECS Exec runs in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs import backend
from arbor.procedure import Refused
from arbor.words import counted

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef


@dataclass(frozen=True, kw_only=True)
class ExecTarget:
    """A task whose container has ECS Exec's agent running."""

    task: str
    """Its id, the end of the ARN."""
    container: str
    target: str
    """The container as Systems Manager names it."""


def find(account: Account) -> ExecTarget:
    """The first task that accepts sessions. Raises Refused if none does."""
    ecs, service = account.client("ecs"), backend.read(account)
    name = service.name
    arns = ecs.list_tasks(cluster=account.cluster, serviceName=name, desiredStatus="RUNNING")
    if not arns["taskArns"]:
        raise Refused(
            f"{name} has 0 running tasks, and a session requires one; run "
            f"`{account.typed('arbor triage')}`."
        )
    found = ecs.describe_tasks(cluster=account.cluster, tasks=arns["taskArns"])["tasks"]
    for task in found:
        for container in task.get("containers", []):
            if container["name"] == service.app and _runs_exec(task, container):
                short = task["taskArn"].rsplit("/", 1)[-1]
                target = f"ecs:{account.cluster}_{short}_{container['runtimeId']}"
                return ExecTarget(task=short, container=service.app, target=target)
    raise Refused(
        f"ECS Exec runs in 0 of {counted(len(found), 'task')} of {name}; tasks have it if they "
        f"started after it was enabled. Start new ones: `aws ecs update-service --cluster "
        f"{account.cluster} --service {name} --force-new-deployment`."
    )


def _runs_exec(task: "TaskTypeDef", container: "ContainerTypeDef") -> bool:
    agents = {agent["name"]: agent["lastStatus"] for agent in container.get("managedAgents", [])}
    return bool(
        task.get("enableExecuteCommand")
        and container.get("runtimeId")
        and agents.get("ExecuteCommandAgent") == "RUNNING"
    )
