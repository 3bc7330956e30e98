"""CloudWatch's metrics of the served application: requests, connections, hits of the cache.

On AWS its services write into these namespaces, and a caller may not:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from postgres_server import superuser
from serve.edge import Served
from serve.stores import Stores

AT_ONCE = 1000
"""The most values of one call."""
Datum = tuple[str, str, dict[str, str], float]
"""Namespace, name, dimensions, value."""


@dataclass(kw_only=True)
class Numbers:
    """Writes the changes since the last call."""

    client: Callable[[str], Any]
    _before: dict[str, int] = field(default_factory=dict)
    """The last values of Redis' counters."""

    def write(
        self, balancer: str, served: Sequence[Served], stores: Stores, instance: str, node: str
    ) -> None:
        """Write all metrics of one moment."""
        data = [
            *(datum for one in served for datum in _of_request(balancer, one)),
            _of_database(stores, instance),
            *self._of_cache(stores, node),
        ]
        by_namespace: dict[str, list[dict[str, Any]]] = {}
        for namespace, name, dimensions, value in data:
            by_namespace.setdefault(namespace, []).append(
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                    "Value": value,
                }
            )
        for namespace, values in by_namespace.items():
            for first in range(0, len(values), AT_ONCE):
                self.client("cloudwatch").put_metric_data(
                    Namespace=namespace, MetricData=values[first : first + AT_ONCE]
                )

    def _of_cache(self, stores: Stores, node: str) -> Iterator[Datum]:
        with stores.cache.client() as client:
            found = client.info()
        dimensions = {"CacheClusterId": node}
        counters = {
            "CacheHits": int(found["keyspace_hits"]),
            "CacheMisses": int(found["keyspace_misses"]),
            "Evictions": int(found["evicted_keys"]),
        }
        for name, count in counters.items():
            # `CONFIG RESETSTAT` resets the counters.
            new = count - self._before.get(name, 0) if count >= self._before.get(name, 0) else count
            yield "AWS/ElastiCache", name, dimensions, float(new)
        self._before = counters
        yield (
            *("AWS/ElastiCache", "CurrConnections", dimensions),
            float(found["connected_clients"]),
        )


def _of_request(balancer: str, served: Served) -> Iterator[Datum]:
    of_balancer = {"LoadBalancer": balancer}
    of_group = {**of_balancer, "TargetGroup": served.group.rpartition(":")[2]}
    failed = served.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    for dimensions in (of_balancer, of_group) if served.group else (of_balancer,):
        yield "AWS/ApplicationELB", "RequestCount", dimensions, 1.0
        if served.group:
            yield "AWS/ApplicationELB", "TargetResponseTime", dimensions, served.seconds
        if failed:
            whose = "Target" if served.group else "ELB"
            yield "AWS/ApplicationELB", f"HTTPCode_{whose}_5XX_Count", dimensions, 1.0


def _of_database(stores: Stores, instance: str) -> Datum:
    with superuser(stores.database, "postgres") as root:
        found = root.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (stores.database.database,)
        ).fetchone()
    assert found is not None
    return (
        *("AWS/RDS", "DatabaseConnections", {"DBInstanceIdentifier": instance}),
        float(found[0]),
    )
