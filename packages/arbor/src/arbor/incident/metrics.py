"""CloudWatch metrics of the last 15 minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.incident.reads import SharedReads, production_rule
from arbor_names import limits, naming

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

WINDOW = timedelta(minutes=15)
PERIOD = timedelta(minutes=5)
DATABASE, CACHE, BALANCER = "AWS/RDS", "AWS/ElastiCache", "AWS/ApplicationELB"
DIMENSIONS = {
    DATABASE: "DBInstanceIdentifier",
    CACHE: "CacheClusterId",
    BALANCER: "LoadBalancer",
}
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"""
BALANCER_PART = slice(1, 4)
"""The load balancer's dimension in a rule's ARN …:listener-rule/app/NAME/ID/LISTENER/RULE."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of one resource."""

    namespace: str
    name: str
    stat: str
    resource: str

    def query(self, number: int) -> "MetricDataQueryTypeDef":
        return {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": self.namespace,
                    "MetricName": self.name,
                    "Dimensions": [{"Name": DIMENSIONS[self.namespace], "Value": self.resource}],
                },
                "Period": int(PERIOD.total_seconds()),
                "Stat": self.stat,
            },
        }


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Values of the window; None if CloudWatch has no data point."""

    requests: float | None
    failed_requests: float | None
    """Responses with 5xx, of the load balancer and of tasks."""
    seconds: float | None
    """The highest 5-minute average of the response time."""
    connections: float | None
    """The highest number of database connections."""
    hits: float | None
    misses: float | None
    evictions: float | None
    cache_connections: float | None


def read(shared: SharedReads, now: datetime) -> Metrics:
    """All metrics in one request."""
    database = [naming.database_instance(shared.account.stack)]
    balancer, nodes = _balancer(shared), _nodes(shared)
    groups = {
        "requests": _each(BALANCER, balancer, "Sum", "RequestCount"),
        "failed": _each(
            BALANCER, balancer, "Sum", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"
        ),
        "seconds": _each(BALANCER, balancer, "Average", "TargetResponseTime"),
        "connections": _each(DATABASE, database, "Maximum", "DatabaseConnections"),
        "hits": _each(CACHE, nodes, "Sum", "CacheHits"),
        "misses": _each(CACHE, nodes, "Sum", "CacheMisses"),
        "evictions": _each(CACHE, nodes, "Sum", "Evictions"),
        "clients": _each(CACHE, nodes, "Maximum", "CurrConnections"),
    }
    found = iter(_values(shared.account, [one for group in groups.values() for one in group], now))
    values = {name: [next(found) for _ in group] for name, group in groups.items()}
    return Metrics(
        requests=_sum(values["requests"]),
        failed_requests=_sum(values["failed"]),
        seconds=_highest(values["seconds"]),
        connections=_highest(values["connections"]),
        hits=_sum(values["hits"]),
        misses=_sum(values["misses"]),
        evictions=_sum(values["evictions"]),
        cache_connections=_sum([[max(one)] for one in values["clients"] if one]),
    )


def free_storage_gib(account: Account, now: datetime) -> float | None:
    """The database's; None if CloudWatch has no data point, or refuses."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    instance = [naming.database_instance(account.stack)]
    try:
        (values,) = _values(account, _each(DATABASE, instance, "Minimum", "FreeStorageSpace"), now)
    except (BotoCoreError, ClientError):
        return None  # the check of the database is useful without it
    return min(values) / limits.GIB if values else None


def _each(namespace: str, resources: Iterable[str], stat: str, *names: str) -> list[Metric]:
    return [
        Metric(namespace=namespace, name=name, stat=stat, resource=resource)
        for name in names
        for resource in resources
    ]


def _values(account: Account, metrics: Sequence[Metric], now: datetime) -> list[list[float]]:
    """For each metric a value per 5-minute period that has a data point.

    The window starts at a multiple of the period, as CloudWatch's own periods do; otherwise it
    returns fewer points:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """
    seconds = int(PERIOD.total_seconds())
    start = datetime.fromtimestamp((now - WINDOW).timestamp() // seconds * seconds, tz=now.tzinfo)
    response = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=[metric.query(number) for number, metric in enumerate(metrics)],
        StartTime=start,
        EndTime=now,
    )
    values = {one["Id"]: one["Values"] for one in response["MetricDataResults"]}
    return [values.get(f"m{number}", []) for number in range(len(metrics))]


def _balancer(shared: SharedReads) -> list[str]:
    """All services of a stack have one load balancer; empty without a service."""
    found = shared.services.get().values()
    return sorted({"/".join(production_rule(one).split("/")[BALANCER_PART]) for one in found})


def _nodes(shared: SharedReads) -> list[str]:
    """Empty if the cache can't be described; its own check has the reason."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        found = shared.cache.get()
    except (BotoCoreError, ClientError):
        return []
    return found.get("MemberClusters", []) if found else []


def _sum(many: list[list[float]]) -> float | None:
    return sum(value for values in many for value in values) if any(many) else None


def _highest(many: list[list[float]]) -> float | None:
    return max((value for values in many for value in values), default=None)
