"""A running task of the backend that a session can enter: ECS Exec runs in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs import backend
from arbor.procedure import Refused
from arbor.words import counted

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A task whose container has ECS Exec's agent running."""

    task: str
    """Its id, the end of the ARN."""
    container: str
    target: str
    """The container as Systems Manager names it."""


def find(account: Account) -> Entrance:
    """The first task that can be entered; raises Refused when none can."""
    ecs, service = account.client("ecs"), backend.read(account)
    name = service.name
    arns = ecs.list_tasks(cluster=account.cluster, serviceName=name, desiredStatus="RUNNING")
    if not arns["taskArns"]:
        raise Refused(f"No task of {name} runs, and sessions need one.")
    found = ecs.describe_tasks(cluster=account.cluster, tasks=arns["taskArns"])["tasks"]
    for task in found:
        for container in task.get("containers", []):
            if container["name"] == service.app and _can_be_entered(task, container):
                short = task["taskArn"].rsplit("/", 1)[-1]
                target = f"ecs:{account.cluster}_{short}_{container['runtimeId']}"
                return Entrance(task=short, container=service.app, target=target)
    raise Refused(
        f"ECS Exec runs in none of {counted(len(found), 'task')} of {name}: it is on in tasks that "
        f"were started after it was enabled; `aws ecs update-service --cluster {account.cluster} "
        f"--service {name} --force-new-deployment` starts new ones."
    )


def _can_be_entered(task: "TaskTypeDef", container: "ContainerTypeDef") -> bool:
    agents = {agent["name"]: agent["lastStatus"] for agent in container.get("managedAgents", [])}
    return bool(
        task.get("enableExecuteCommand")
        and container.get("runtimeId")
        and agents.get("ExecuteCommandAgent") == "RUNNING"
    )
