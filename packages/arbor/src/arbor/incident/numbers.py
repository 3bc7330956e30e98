"""The metrics by which the common issues are told, of the last quarter of an hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from arbor.incident import metrics
from arbor.incident.metrics import Metric
from arbor.incident.shared import Shared, production_rule
from arbor_names import naming

WINDOW = timedelta(minutes=15)
BALANCER_TAIL = slice(1, 4)
"""Of a rule's ARN …:listener-rule/app/NAME/ID/LISTENER/RULE the part that is CloudWatch's
dimension: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """None for what CloudWatch has no value of, such as the seconds of no request."""

    requests: float | None
    failed_requests: float | None
    seconds: float | None
    """To answer: the average of the worst five minutes."""
    connections: float | None
    """To the database, the most at a time."""
    hits: float | None
    misses: float | None
    evictions: float | None
    cache_connections: float | None


def read(shared: Shared, now: datetime) -> Numbers:
    """All in one call, once it is known which load balancer and which nodes there are."""
    balancer, nodes = _balancer(shared), _nodes(shared)
    asked: dict[str, list[Metric]] = {
        "requests": _balanced(balancer, "RequestCount", "Sum"),
        "failed": [
            *_balanced(balancer, "HTTPCode_ELB_5XX_Count", "Sum"),
            *_balanced(balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        ],
        "seconds": _balanced(balancer, "TargetResponseTime", "Average"),
        "connections": [
            metrics.of_database(
                "DatabaseConnections", "Maximum", naming.database_instance(shared.account.stack)
            )
        ],
        "hits": _of_nodes(nodes, "CacheHits", "Sum"),
        "misses": _of_nodes(nodes, "CacheMisses", "Sum"),
        "evictions": _of_nodes(nodes, "Evictions", "Sum"),
        "clients": _of_nodes(nodes, "CurrConnections", "Maximum"),
    }
    flat = [metric for many in asked.values() for metric in many]
    answers = iter(metrics.ask(shared.account, flat, now, WINDOW))
    values = {what: [next(answers) for _ in many] for what, many in asked.items()}
    return Numbers(
        requests=_sum(values["requests"]),
        failed_requests=_sum(values["failed"]),
        seconds=_most(values["seconds"]),
        connections=_most(values["connections"]),
        hits=_sum(values["hits"]),
        misses=_sum(values["misses"]),
        evictions=_sum(values["evictions"]),
        cache_connections=_sum([[max(one)] for one in values["clients"] if one]),
    )


def _balancer(shared: Shared) -> str | None:
    """Every service stands behind the same."""
    for service in shared.services.get().values():
        return "/".join(production_rule(service).split("/")[BALANCER_TAIL])
    return None


def _nodes(shared: Shared) -> list[str]:
    """None where the cache can't be described, which is told apart."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        return list(shared.cache.get().get("MemberClusters", []))
    except (BotoCoreError, ClientError):
        return []


def _balanced(balancer: str | None, name: str, stat: str) -> list[Metric]:
    if balancer is None:
        return []
    return [
        Metric(
            namespace="AWS/ApplicationELB",
            name=name,
            stat=stat,
            dimensions={"LoadBalancer": balancer},
        )
    ]


def _of_nodes(nodes: list[str], name: str, stat: str) -> list[Metric]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html."""
    return [
        Metric(
            namespace="AWS/ElastiCache", name=name, stat=stat, dimensions={"CacheClusterId": node}
        )
        for node in nodes
    ]


def _sum(many: list[list[float]]) -> float | None:
    return sum(value for values in many for value in values) if any(many) else None


def _most(many: list[list[float]]) -> float | None:
    return max((value for values in many for value in values), default=None)
