"""ECS clusters: what runs in them counts, and keeps them."""

from typing import Any

from moto.ecs.exceptions import ECSException
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, Service, Task

from emulator.correction import Replacement, corrects
from emulator.ecs.tasks import runs


@corrects(
    EC2ContainerServiceBackend,
    "delete_cluster",
    call="ecs.delete_cluster",
    moto="deletes a cluster with services",
    aws="refuses while it has services or tasks",
)
def delete_cluster(
    original: Replacement, self: EC2ContainerServiceBackend, cluster_str: str
) -> Cluster:
    cluster = self._get_cluster(cluster_str)
    if any(service.status != "INACTIVE" for service in _services(self, cluster)):
        raise ECSException(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        )
    if _tasks(self, cluster):
        raise ECSException(
            "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."
        )
    deleted: Cluster = original(self, cluster_str)
    return deleted


@corrects(
    EC2ContainerServiceBackend,
    "describe_clusters",
    call="ecs.describe_clusters",
    moto="counts no services, and tasks that don't run",
    aws="counts what runs",
)
def describe_clusters(
    original: Replacement, self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any
) -> Any:
    found, failures = original(self, *args, **kwargs)
    for cluster in found:
        active = [s for s in _services(self, cluster) if s.status == "ACTIVE"]
        cluster.active_services_count = len(active)
        cluster.running_tasks_count = len(_tasks(self, cluster))
        cluster.pending_tasks_count = 0
    return found, failures


def _services(backend: EC2ContainerServiceBackend, cluster: Cluster) -> list[Service]:
    return [s for s in backend.services.values() if s.cluster_name == cluster.name]


def _tasks(backend: EC2ContainerServiceBackend, cluster: Cluster) -> list[Task]:
    return [task for task in backend.tasks.get(cluster.name, {}).values() if runs(task)]
