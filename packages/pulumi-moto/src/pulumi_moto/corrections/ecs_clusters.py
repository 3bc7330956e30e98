"""ECS clusters: counts, refused deletions, and Container Insights' log group."""

from moto.ecs.exceptions import ECSException
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, Service, Task
from moto.logs.models import logs_backends

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.ecs.tasks import runs


@corrects(
    EC2ContainerServiceBackend,
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
    moto="counts no services, and counts stopped tasks",
    aws="counts active services and running tasks",
)
def describe_clusters(
    original: Replacement, self: EC2ContainerServiceBackend, *args: object, **kwargs: object
) -> object:
    found, failures = original(self, *args, **kwargs)
    for cluster in found:
        active = [s for s in _services(self, cluster) if s.status == "ACTIVE"]
        cluster.active_services_count = len(active)
        cluster.running_tasks_count = len(_tasks(self, cluster))
        cluster.pending_tasks_count = 0
    return found, failures


INSIGHTS = "/aws/ecs/containerinsights/{cluster}/performance"
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html"""


@corrects(
    EC2ContainerServiceBackend,
    call="ecs.create_cluster (containerInsights)",
    moto="creates no log group",
    aws="writes performance events, and creates their log group, without retention, if it is "
    "missing",
)
def create_cluster(
    original: Replacement, self: EC2ContainerServiceBackend, *args: object, **kwargs: object
) -> Cluster:
    cluster: Cluster = original(self, *args, **kwargs)
    _make_missing_group(self, cluster)
    return cluster


@corrects(
    EC2ContainerServiceBackend,
    call="ecs.update_cluster (containerInsights)",
    moto="creates no log group",
    aws="creates that of the performance events, as for a new cluster",
)
def update_cluster(
    original: Replacement, self: EC2ContainerServiceBackend, *args: object, **kwargs: object
) -> Cluster:
    cluster: Cluster = original(self, *args, **kwargs)
    _make_missing_group(self, cluster)
    return cluster


def _make_missing_group(backend: EC2ContainerServiceBackend, cluster: Cluster) -> None:
    settings = {one["name"]: one["value"] for one in cluster.settings or []}
    logs = logs_backends[backend.account_id][backend.region_name]
    name = INSIGHTS.format(cluster=cluster.name)
    if settings.get("containerInsights") in {"enabled", "enhanced"} and name not in logs.groups:
        logs.create_log_group(name, {})


def _services(backend: EC2ContainerServiceBackend, cluster: Cluster) -> list[Service]:
    return [s for s in backend.services.values() if s.cluster_name == cluster.name]


def _tasks(backend: EC2ContainerServiceBackend, cluster: Cluster) -> list[Task]:
    return [task for task in backend.tasks.get(cluster.name, {}).values() if runs(task)]
