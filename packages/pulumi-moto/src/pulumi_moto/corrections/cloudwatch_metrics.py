"""CloudWatch metrics: their namespaces."""

import copy
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members


@corrects(
    CloudWatchBackend,
    moto="with dimensions in the query, returns any namespace's metric of that name",
    aws="a metric is identified by namespace, name and dimensions",
)
def get_metric_data(
    original: Replacement,
    self: CloudWatchBackend,
    queries: list[Members],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampAscending",
) -> list[Members]:
    """Prefix names with their namespace while moto searches."""
    every = self.get_all_metrics()
    vars(self)["get_all_metrics"] = lambda: [_full(datum) for datum in every]
    try:
        found: list[Members] = original(
            self, [_requested(query) for query in queries], start_time, end_time, scan_by
        )
    finally:
        del vars(self)["get_all_metrics"]
    return found


def _full(datum: Any) -> object:
    named = copy.copy(datum)
    named.name = _name(datum.namespace, datum.name)
    return named


def _requested(query: Members) -> Members:
    if "MetricStat" not in query:
        return query
    stat = query["MetricStat"]
    metric = stat["Metric"]
    full = {**metric, "MetricName": _name(metric["Namespace"], metric["MetricName"])}
    label = query.get("Label") or f"{metric['MetricName']} {stat['Stat']}"
    return {**query, "Label": label, "MetricStat": {**stat, "Metric": full}}


def _name(namespace: str, name: str) -> str:
    return f"{namespace} {name}"
