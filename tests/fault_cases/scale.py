"""The commands that scale, for the fault drill."""

from typing import Any

from fault_cases.release import push_live
from fault_wire import Wire
from faults import Case

WEEK = 168 * 3600.0
CLUSTER, BACKEND = "arbor-production-cluster", "arbor-production-backend"
DATABASE = "arbor-production-db"


def _service(wire: Wire) -> dict[str, Any]:
    found = wire.client("ecs").describe_services(cluster=CLUSTER, services=[BACKEND])
    service: dict[str, Any] = found["services"][0]
    return service


def _floor(wire: Wire) -> int:
    found = wire.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[f"service/{CLUSTER}/{BACKEND}"]
    )["ScalableTargets"]
    return int(found[0]["MinCapacity"])


def counted(wire: Wire) -> dict[str, object]:
    """The count, and the floor now and after the longest allowed time."""
    service, now = _service(wire), _floor(wire)
    wire.copy.control("clock", advance=WEEK + 3600)
    return {
        "desired": service["desiredCount"],
        "running": service["runningCount"],
        "floor": now,
        "floor in a week": _floor(wire),
    }


def sized(wire: Wire) -> dict[str, object]:
    """Running size and deployment status; a lost response leaves an unused revision."""
    ecs = wire.client("ecs")
    live = _service(wire)["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=live)["taskDefinition"]
    deployments = ecs.list_service_deployments(cluster=CLUSTER, service=BACKEND)
    newest = max(deployments["serviceDeployments"], key=lambda one: one["createdAt"])
    return {"size": (definition["cpu"], definition["memory"]), "deployment": newest["status"]}


def classed(wire: Wire) -> dict[str, object]:
    """The class, and pending changes."""
    found = wire.client("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)
    database = found["DBInstances"][0]
    return {"class": database["DBInstanceClass"], "pending": database["PendingModifiedValues"]}


def scale_for_a_while(wire: Wire) -> None:
    """An earlier scaling with a shorter time."""
    scaling = wire.client("application-autoscaling")
    where = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": f"service/{CLUSTER}/{BACKEND}",
    }
    scaling.put_scheduled_action(
        **where,
        ScheduledActionName="arbor-scale-until",
        Schedule="at(2099-01-01T00:00:00)",
        ScalableTargetAction={"MinCapacity": 2},
    )
    scaling.register_scalable_target(**where, MinCapacity=3)


CASES = (
    Case(words=("scale", "backend", "4", "--until", "168h"), state=counted),
    Case(words=("scale", "backend", "5"), prepare=scale_for_a_while, state=counted),
    Case(
        words=("resize", "backend", "--cpu", "1024", "--memory", "2048"),
        prepare=push_live,
        state=sized,
    ),
    Case(words=("database", "scale", "db.t3.large"), state=classed),
)
