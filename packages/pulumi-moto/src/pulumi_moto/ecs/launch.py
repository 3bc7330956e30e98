"""Start a task of a service's revision."""

from collections import Counter

from moto.ecs.models import EC2ContainerServiceBackend, Service, Task

from pulumi_moto.ecs import tasks
from pulumi_moto.ecs.capacity import next_provider
from pulumi_moto.ecs.network import refuse_missing
from pulumi_moto.ecs.rollout import Rollout

PLATFORM = "1.4.0"
"""The platform version of LATEST."""


def launch(service: Service, rollout: Rollout) -> Task:
    """Start the task; raises ServiceException with ECS's reason if that is impossible."""
    backend, held = service._backend, rollout.revision.held
    network = tasks.spread(held["network_configuration"] or None, len(rollout.tasks))
    refuse_missing(backend, network)
    strategy = held["capacity_provider_strategy"] or []
    provider = next_provider(strategy, _by_provider(rollout)) if strategy else None
    (task,) = backend.run_task(
        service.cluster_name,
        rollout.revision.task_definition,
        1,
        None,
        rollout.started_by,
        _tags(backend, service, rollout),
        None if provider else "FARGATE",
        network,
        group=f"service:{service.name}",
        platform_version=PLATFORM,
        capacity_provider_strategy=[{"capacityProvider": provider}] if provider else None,
    )
    tasks.enable_exec(task, enabled=bool(service.__dict__.get("enable_execute_command")))
    return task


def _tags(
    backend: EC2ContainerServiceBackend, service: Service, rollout: Rollout
) -> list[dict[str, str]]:
    definition = backend.describe_task_definition(rollout.revision.task_definition)
    own = {"SERVICE": service.tags, "TASK_DEFINITION": definition.tags}
    found = list(own.get(service.propagate_tags, []))
    if service.__dict__.get("enable_ecs_managed_tags"):
        found += [
            {"key": "aws:ecs:clusterName", "value": service.cluster_name},
            {"key": "aws:ecs:serviceName", "value": service.name},
        ]
    return found


def _by_provider(rollout: Rollout) -> Counter[str]:
    return Counter(str(task.capacity_provider_name) for task in rollout.tasks)
